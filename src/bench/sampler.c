#include "bench/sampler.h"

#include "base/clock.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

struct locl_sampler {
    void (*take)(void *user, double seconds);
    void *user;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t end;
    bool ending;
};

static void *run(void *user)
{
    locl_sampler *s = user;
    double before = locl_clock_seconds();
    pthread_mutex_lock(&s->lock);
    while (!s->ending) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += 100000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&s->end, &s->lock, &until);
        double now = locl_clock_seconds();
        s->take(s->user, now - before);
        before = now;
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

locl_sampler *locl_sampler_start(void (*take)(void *user, double seconds), void *user)
{
    locl_sampler *s = calloc(1, sizeof *s);
    if (!s) {
        return NULL;
    }
    s->take = take;
    s->user = user;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->end, NULL);
    if (pthread_create(&s->thread, NULL, run, s) != 0) {
        pthread_cond_destroy(&s->end);
        pthread_mutex_destroy(&s->lock);
        free(s);
        return NULL;
    }
    return s;
}

void locl_sampler_stop(locl_sampler *s)
{
    if (!s) {
        return;
    }
    pthread_mutex_lock(&s->lock);
    s->ending = true;
    pthread_cond_signal(&s->end);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->thread, NULL);
    pthread_cond_destroy(&s->end);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

void locl_sampler_lock(locl_sampler *s)
{
    pthread_mutex_lock(&s->lock);
}

void locl_sampler_unlock(locl_sampler *s)
{
    pthread_mutex_unlock(&s->lock);
}
