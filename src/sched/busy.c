#include "sched/busy.h"

#include "base/clock.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>

/* Batches of a stage whose ends are remembered, and parts of batches that may be under way at once. Both are more than
 * channels and workers let happen. */
enum { BATCHES = 16, PARTS = 16 };

/* A part of a batch under way. */
typedef struct part {
    struct locl_busy *busy;
    size_t lane, stage;
    uint64_t n;
    double enqueued;
} part;

typedef struct stage_ends {
    double end[BATCHES]; /* of batch n, in n % BATCHES */
    part part[PARTS];
    size_t parts; /* watched so far */
    bool *source; /* [stages] those that it reads from */
} stage_ends;

/* A driver may tell of an end after all who waited for it have gone on, so the last one to leave frees this. */
struct locl_busy {
    pthread_mutex_t lock;
    size_t holders; /* the pipeline, and every part under way */
    size_t lanes, stages;
    double *seconds, *last; /* [lanes] of work; end of the last part */
    stage_ends *stage;      /* [stages] */
};

static void release(locl_busy *busy)
{
    for (size_t i = 0; busy->stage && i < busy->stages; i++) {
        free(busy->stage[i].source);
    }
    pthread_mutex_destroy(&busy->lock);
    free(busy->seconds);
    free(busy->last);
    free(busy->stage);
    free(busy);
}

static bool allocate(locl_busy *busy)
{
    busy->seconds = calloc(busy->lanes, sizeof *busy->seconds);
    busy->last = calloc(busy->lanes, sizeof *busy->last);
    busy->stage = calloc(busy->stages, sizeof *busy->stage);
    bool all = busy->seconds && busy->last && busy->stage;
    for (size_t i = 0; all && i < busy->stages; i++) {
        busy->stage[i].source = calloc(busy->stages, sizeof *busy->stage[i].source);
        all = busy->stage[i].source != NULL;
    }
    return all;
}

locl_status locl_busy_open(size_t lanes, size_t stages, locl_busy **out, locl_error *err)
{
    *out = NULL;
    locl_busy *busy = calloc(1, sizeof *busy);
    if (!busy) {
        return locl_fail_memory(err, sizeof *busy);
    }
    busy->holders = 1;
    busy->lanes = lanes;
    busy->stages = stages;
    pthread_mutex_init(&busy->lock, NULL);
    if (!allocate(busy)) {
        release(busy);
        return locl_fail_memory(err, stages * sizeof *busy->stage);
    }
    *out = busy;
    return LOCL_OK;
}

static void let_go(locl_busy *busy)
{
    pthread_mutex_lock(&busy->lock);
    bool last = --busy->holders == 0;
    pthread_mutex_unlock(&busy->lock);
    if (last) {
        release(busy);
    }
}

void locl_busy_close(locl_busy *busy)
{
    if (busy) {
        let_go(busy);
    }
}

void locl_busy_join(locl_busy *busy, size_t source, size_t stage)
{
    busy->stage[stage].source[source] = true;
}

/* Adds what a part took, up to `now`. Under the lock. */
static void add_part(locl_busy *busy, const part *p, double now)
{
    stage_ends *stage = &busy->stage[p->stage];
    double start = fmax(p->enqueued, busy->last[p->lane]);
    for (size_t i = 0; i < busy->stages; i++) {
        start = stage->source[i] ? fmax(start, busy->stage[i].end[p->n % BATCHES]) : start;
    }
    busy->seconds[p->lane] += now > start ? now - start : 0;
    busy->last[p->lane] = now;
    stage->end[p->n % BATCHES] = now;
}

static void CL_CALLBACK part_ended(cl_event event, cl_int state, void *user)
{
    const part *p = user;
    locl_busy *busy = p->busy;
    (void)event;
    (void)state; /* whoever waits for the event is told of failures */
    pthread_mutex_lock(&busy->lock);
    add_part(busy, p, locl_clock_seconds());
    pthread_mutex_unlock(&busy->lock);
    let_go(busy);
}

locl_status locl_busy_watch(locl_busy *busy, locl_device *device, size_t lane, size_t stage, uint64_t n,
                            double enqueued, cl_event end, locl_error *err)
{
    stage_ends *s = &busy->stage[stage];
    pthread_mutex_lock(&busy->lock);
    part *p = &s->part[s->parts++ % PARTS];
    *p = (part){busy, lane, stage, n, enqueued};
    busy->holders++;
    pthread_mutex_unlock(&busy->lock);
    locl_status status = locl_event_call(device, end, part_ended, p, err);
    if (status != LOCL_OK) {
        let_go(busy);
    }
    return status;
}

double locl_busy_seconds(locl_busy *busy, size_t lane)
{
    pthread_mutex_lock(&busy->lock);
    double seconds = busy->seconds[lane];
    pthread_mutex_unlock(&busy->lock);
    return seconds;
}
