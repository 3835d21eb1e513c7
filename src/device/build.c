#include "device/build.h"

#include "device/command_parts.h"
#include "device/program.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MOST_THREADS = 16, MOST_DEVICES = 64, TELL_NS = 100000000 };

/* A program, or the parts of a merged one, for one device after another: devices of a kind find on disk what
 * the first of them has built. */
typedef struct job {
    size_t first, count; /* of the parts */
    uint64_t devices;    /* as bits */
} job;

/* What one kernel is built from. */
typedef struct part {
    locl_merge_part merge;
    bool late;        /* of devices that build late, see locl_caps */
    uint64_t devices; /* as bits: those that launch it */
} part;

struct locl_build {
    locl_device *device[MOST_DEVICES]; /* [devices] */
    size_t devices;
    part *part; /* [parts], each once */
    locl_merge_part *merge;
    job *job; /* [jobs] */
    size_t parts, jobs;
    pthread_t thread[MOST_THREADS]; /* [threads] */
    size_t threads;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    size_t next, running, done; /* jobs begun; jobs under way; parts built */
    bool stop;
};

static size_t index_of(locl_build *build, locl_device *device)
{
    size_t i = 0;
    while (i < build->devices && build->device[i] != device) {
        i++;
    }
    if (i == build->devices && i < MOST_DEVICES) {
        build->device[build->devices++] = device;
    }
    return i;
}

static int compare_parts(const void *a, const void *b)
{
    const part *x = a, *y = b;
    int order = (int)y->late - (int)x->late;
    order = order ? order : strcmp(x->merge.file, y->merge.file);
    return order ? order : strcmp(x->merge.options, y->merge.options);
}

/* Notes what every launch is built from. A device beyond the most is left to the binding. */
static void collect(locl_build *build, locl_command_buffer *const *cmd, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t device = index_of(build, cmd[i]->device);
        for (size_t j = 0; j < cmd[i]->launches && device < MOST_DEVICES; j++) {
            const locl_launch_record *launch = &cmd[i]->launch[j];
            if (launch->kernel) {
                build->part[build->parts++] = (part){.merge = {launch->kernel->file, launch->options},
                                                     .late = cmd[i]->device->caps.builds_late,
                                                     .devices = UINT64_C(1) << device};
            }
        }
    }
}

/* Sorts the parts, so that a merged program is the same whatever the order of the launches, and keeps each once. */
static void sort(locl_build *build)
{
    size_t kept = 0;
    qsort(build->part, build->parts, sizeof *build->part, compare_parts);
    for (size_t i = 0; i < build->parts; i++) {
        if (kept && !compare_parts(&build->part[kept - 1], &build->part[i])) {
            build->part[kept - 1].devices |= build->part[i].devices;
        } else {
            build->part[kept++] = build->part[i];
        }
    }
    build->parts = kept;
}

/* One job for all parts of devices that build late, one for each other part. */
static void cut(locl_build *build)
{
    for (size_t i = 0; i < build->parts; i++) {
        const part *p = &build->part[i];
        job *last = build->jobs ? &build->job[build->jobs - 1] : NULL;
        build->merge[i] = p->merge;
        if (last && p->late) {
            last->count++;
            last->devices |= p->devices;
        } else {
            build->job[build->jobs++] = (job){i, 1, p->devices};
        }
    }
}

/* Builds one job. False: something could not be built. */
static bool run(const locl_build *build, const job *j)
{
    locl_error err; /* told when the launch is bound */
    for (size_t i = 0; i < build->devices; i++) {
        if (j->devices >> i & 1u &&
            locl_program_get_all(build->device[i], build->merge + j->first, j->count, &err) != LOCL_OK) {
            return false;
        }
    }
    return true;
}

static void *take_turns(void *user)
{
    locl_build *build = user;
    pthread_mutex_lock(&build->lock);
    while (!build->stop && build->next < build->jobs) {
        const job *j = &build->job[build->next++];
        build->running++;
        pthread_mutex_unlock(&build->lock);
        bool good = run(build, j);
        pthread_mutex_lock(&build->lock);
        build->running--;
        build->done += good ? j->count : 0;
        build->stop = build->stop || !good;
        pthread_cond_signal(&build->changed);
    }
    pthread_mutex_unlock(&build->lock);
    return NULL;
}

static void release(locl_build *build)
{
    for (size_t i = 0; i < build->threads; i++) {
        pthread_join(build->thread[i], NULL);
    }
    pthread_cond_destroy(&build->changed);
    pthread_mutex_destroy(&build->lock);
    free(build->part);
    free(build->merge);
    free(build->job);
    free(build);
}

locl_status locl_build_begin(locl_command_buffer *const *cmd, size_t count, locl_build **out, locl_error *err)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t launches = 1, wanted = cores < 1 ? 1 : cores > MOST_THREADS ? MOST_THREADS : (size_t)cores;
    locl_build *build = calloc(1, sizeof *build);
    *out = NULL;
    if (!build) {
        return locl_fail_memory(err, sizeof *build);
    }
    pthread_mutex_init(&build->lock, NULL);
    pthread_cond_init(&build->changed, NULL);
    for (size_t i = 0; i < count; i++) {
        launches += cmd[i]->launches;
    }
    build->part = calloc(launches, sizeof *build->part);
    build->merge = calloc(launches, sizeof *build->merge);
    build->job = calloc(launches, sizeof *build->job);
    if (!build->part || !build->merge || !build->job) {
        release(build);
        return locl_fail_memory(err, launches * sizeof *build->part);
    }
    collect(build, cmd, count);
    sort(build);
    cut(build);
    wanted = wanted < build->jobs ? wanted : build->jobs;
    /* where no thread can be started, binding builds everything */
    while (build->threads < wanted &&
           pthread_create(&build->thread[build->threads], NULL, take_turns, build) == 0) {
        build->threads++;
    }
    *out = build;
    return LOCL_OK;
}

static bool is_busy(const locl_build *build)
{
    return build->threads && (build->running || (!build->stop && build->next < build->jobs));
}

/* Waits for the next part to be built, for a moment. Under the lock. */
static void wait_a_moment(locl_build *build)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += TELL_NS;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_cond_timedwait(&build->changed, &build->lock, &until);
}

size_t locl_build_kernels(const locl_build *build)
{
    return build->parts;
}

void locl_build_end(locl_build *build, locl_command_buffer_watch *watch)
{
    if (!build) {
        return;
    }
    if (watch) {
        watch->tell(watch->user, watch->done, watch->total);
    }
    pthread_mutex_lock(&build->lock);
    while (is_busy(build)) {
        size_t done = build->done;
        pthread_mutex_unlock(&build->lock);
        if (watch) {
            watch->tell(watch->user, watch->done + done, watch->total);
        }
        pthread_mutex_lock(&build->lock);
        if (is_busy(build) && build->done == done) {
            wait_a_moment(build);
        }
    }
    pthread_mutex_unlock(&build->lock);
    if (watch) {
        watch->done += build->parts;
    }
    release(build);
}

void locl_build_cancel(locl_build *build)
{
    if (!build) {
        return;
    }
    pthread_mutex_lock(&build->lock);
    build->stop = true;
    pthread_mutex_unlock(&build->lock);
    release(build);
}
