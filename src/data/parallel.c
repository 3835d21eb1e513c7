#include "data/parallel.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum { MOST_THREADS = 1024, PROGRESS_STEPS = 100 };

typedef struct shared {
    const locl_parallel *work;
    pthread_mutex_t lock;
    size_t next, done, failed; /* failed: the lowest index that failed; SIZE_MAX: none */
    locl_status status;
    locl_error *err;
} shared;

/* Records the failure of the work at `index`. Called under the lock. */
static void finish(shared *all, size_t index, locl_status status, const locl_error *found)
{
    const locl_parallel *work = all->work;
    locl_error err = *found;
    if (status == LOCL_E_DATA && work->problems) {
        status = locl_data_problems_take(work->problems, work->name(work->user, index), status, found, &err);
    }
    if (status != LOCL_OK && index < all->failed) {
        all->failed = index;
        all->status = status;
        if (all->err) {
            *all->err = err;
        }
    }
}

static void *take_turns(void *user)
{
    shared *all = user;
    const locl_parallel *work = all->work;
    const locl_data_options *options = work->options;
    size_t each = work->count / PROGRESS_STEPS + 1;
    locl_error err;
    pthread_mutex_lock(&all->lock);
    while (all->next < work->count && all->status == LOCL_OK) {
        size_t index = all->next++;
        pthread_mutex_unlock(&all->lock);
        locl_status status = work->body(work->user, index, &err);
        pthread_mutex_lock(&all->lock);
        if (status != LOCL_OK) {
            finish(all, index, status, &err);
        }
        all->done++;
        if (options && options->progress && (all->done % each == 0 || all->done == work->count)) {
            options->progress(options->progress_user, work->stage, all->done, work->count);
        }
    }
    pthread_mutex_unlock(&all->lock);
    return NULL;
}

size_t locl_parallel_threads(unsigned threads)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t wanted = threads ? threads : cores > 0 ? (size_t)cores : 1;
    return wanted < MOST_THREADS ? wanted : MOST_THREADS;
}

locl_status locl_parallel_run(const locl_parallel *work, locl_error *err)
{
    shared all = {.work = work, .failed = SIZE_MAX, .err = err};
    pthread_t threads[MOST_THREADS];
    size_t wanted = locl_parallel_threads(work->threads), started = 0;
    pthread_mutex_init(&all.lock, NULL);
    /* the calling thread works, too; if no more threads can be started, fewer do the work */
    while (started + 1 < wanted && pthread_create(&threads[started], NULL, take_turns, &all) == 0) {
        started++;
    }
    take_turns(&all);
    for (size_t i = 0; i < started; i++) {
        pthread_join(threads[i], NULL);
    }
    pthread_mutex_destroy(&all.lock);
    return all.status;
}
