#include "data/loader.h"

#include "data/filler.h"
#include "data/shuffle.h"
#include "base/clock.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 4096 };

typedef enum slot_state { SLOT_FREE, SLOT_READY, SLOT_LENT } slot_state;

typedef struct slot {
    float *x;        /* [v*b,P,C] */
    int32_t *labels; /* [v*b] */
    size_t valid;
    slot_state state; /* under the lock; while free, the contents are those of the thread */
} slot;

/* A loader. Buffer t, a batch or a slice of one, lies in slot (t - first) % ring; thread and consumer share no
 * other rule. */
struct locl_loader {
    const locl_dataset *dataset;
    locl_loader_options options;
    locl_filler *filler;
    size_t images;       /* b, of a buffer, in each view */
    size_t buffers;      /* per epoch */
    uint64_t first, end; /* buffers; UINT64_MAX: never */
    slot *slots;         /* [ring] */
    uint32_t *order;     /* [n], used by the thread alone */

    pthread_t thread;
    bool started;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* signals a change of a state of a slot, or of stop */
    bool stop;
    uint64_t next;    /* number of the next buffer to acquire */
    uint64_t broken;  /* number of the buffer that could not be made, the last one; UINT64_MAX: none */
    locl_error error; /* why */
    locl_loader_stats stats;
};

static slot *slot_of(const locl_loader *loader, uint64_t number)
{
    return &loader->slots[(number - loader->first) % loader->options.ring];
}

/* Returns the buffers of a batch. */
static size_t slices_of(const locl_loader_options *o)
{
    return o->slice ? o->batch / o->slice : 1;
}

/* Returns the values of a buffer: [v*b,P,C]. */
static size_t values_of(const locl_loader *loader)
{
    const locl_patch_shape *shape = locl_filler_shape(loader->filler);
    return loader->options.views * loader->images * shape->count * shape->size;
}

/* Fills slot `s` with buffer `number`, in the order of the epoch. */
static locl_status fill(const locl_loader *loader, uint64_t number, slot *s, locl_error *err)
{
    size_t images = loader->images, first = (size_t)(number % loader->buffers) * images;
    size_t left = loader->dataset->n - first;
    size_t valid = left < images ? left : images;
    s->valid = loader->options.views * valid;
    const locl_filling filling = {.index = loader->order + first,
                                  .images = valid,
                                  .rows = images,
                                  .epoch = number / loader->buffers,
                                  .x = s->x,
                                  .labels = s->labels};
    return locl_filler_fill(loader->filler, &filling, err);
}

/* Shuffles the order of an epoch. An evaluation keeps the identity that locl_loader_open() wrote. */
static void order_epoch(locl_loader *loader, uint64_t epoch)
{
    if (loader->options.training) {
        locl_shuffle(loader->options.seed, (uint32_t)epoch, loader->order, loader->dataset->n);
    }
}

static void *fill_all(void *user)
{
    locl_loader *loader = user;
    uint64_t epoch = UINT64_MAX;
    for (uint64_t number = loader->first; number < loader->end; number++) {
        slot *s = slot_of(loader, number);
        pthread_mutex_lock(&loader->lock);
        while (s->state != SLOT_FREE && !loader->stop) {
            pthread_cond_wait(&loader->changed, &loader->lock);
        }
        bool stop = loader->stop;
        pthread_mutex_unlock(&loader->lock);
        if (stop) {
            break;
        }
        double start = locl_clock_seconds();
        if (number / loader->buffers != epoch) {
            epoch = number / loader->buffers;
            order_epoch(loader, epoch);
        }
        locl_error found;
        locl_status status = fill(loader, number, s, &found);
        double end = locl_clock_seconds();
        if (loader->options.made) {
            loader->options.made(loader->options.made_user, number / slices_of(&loader->options), start, end);
        }
        pthread_mutex_lock(&loader->lock);
        s->state = SLOT_READY;
        if (status != LOCL_OK) {
            loader->broken = loader->end = number;
            loader->error = found;
        }
        loader->stats.filled_seconds += end - start;
        pthread_cond_broadcast(&loader->changed);
        pthread_mutex_unlock(&loader->lock);
    }
    return NULL;
}

static locl_status check(const locl_dataset *data, const locl_loader_options *options, locl_error *err)
{
    size_t slice = options->slice ? options->slice : options->batch;
    if (options->batch < 1 || options->ring < 2 || options->batch % slice) {
        return locl_fail(
            err, LOCL_E_CONFIG,
            "a loader of %zu buffers of %zu images of a batch of %zu: at least 2 of 1 are needed, "
            "and a whole number of them in a batch",
            options->ring, slice, options->batch);
    }
    if (options->training && options->batch > data->n) {
        locl_fail(err, LOCL_E_CONFIG, "data.batch is %zu, but the training set has only %zu images",
                  options->batch, data->n);
        locl_remedy(err, "a batch of %zu or less", data->n);
        return LOCL_E_CONFIG;
    }
    if (data->n < 1 || data->n > UINT32_MAX) {
        return locl_fail(err, LOCL_E_DATA, "the data set has %zu images, 1 to 4294967295 are possible",
                         data->n);
    }
    for (size_t i = 0; i < data->n; i++) {
        if (data->labels[i] < 0 || (size_t)data->labels[i] >= data->classes) {
            return locl_fail(err, LOCL_E_DATA, "image %zu has the label %d, labels should be 0 to %zu", i,
                             (int)data->labels[i], data->classes - 1);
        }
    }
    return LOCL_OK;
}

static locl_status make_slots(locl_loader *loader, locl_error *err)
{
    size_t rows = loader->options.views * loader->images;
    size_t bytes = (values_of(loader) * sizeof(float) + PAGE - 1) / PAGE * PAGE;
    loader->slots = calloc(loader->options.ring, sizeof *loader->slots);
    loader->order = malloc(loader->dataset->n * sizeof *loader->order);
    if (!loader->slots || !loader->order) {
        return locl_fail_memory(err, loader->dataset->n * sizeof *loader->order);
    }
    for (size_t i = 0; i < loader->dataset->n; i++) {
        loader->order[i] = (uint32_t)i;
    }
    for (size_t i = 0; i < loader->options.ring; i++) {
        loader->slots[i].x = aligned_alloc(PAGE, bytes);
        loader->slots[i].labels = malloc(rows * sizeof(int32_t));
        if (!loader->slots[i].x || !loader->slots[i].labels) {
            return locl_fail_memory(err, bytes);
        }
    }
    return LOCL_OK;
}

static void set_range(locl_loader *loader)
{
    const locl_loader_options *o = &loader->options;
    size_t n = loader->dataset->n, slices = slices_of(o);
    loader->images = o->batch / slices;
    loader->buffers = o->training ? n / o->batch * slices : (n + loader->images - 1) / loader->images;
    loader->end = o->end * slices;
    if (!loader->end) {
        loader->end = o->training ? UINT64_MAX : loader->buffers;
    }
    loader->next = loader->first = o->first * slices;
}

static locl_status open_filler(locl_loader *loader, locl_error *err)
{
    const locl_loader_options *o = &loader->options;
    const locl_filler_options options = {.dataset = loader->dataset,
                                         .augment = o->augment,
                                         .patches = o->patches,
                                         .views = o->views,
                                         .threads = o->threads,
                                         .seed = o->seed};
    return locl_filler_open(&options, &loader->filler, err);
}

locl_status locl_loader_open(const locl_dataset *dataset, const locl_loader_options *options,
                             locl_loader **out, locl_error *err)
{
    locl_status status;
    *out = NULL;
    LOCL_TRY(check(dataset, options, err));
    locl_loader *loader = calloc(1, sizeof *loader);
    if (!loader) {
        return locl_fail_memory(err, sizeof *loader);
    }
    loader->dataset = dataset;
    loader->options = *options;
    loader->broken = UINT64_MAX;
    loader->options.views = options->views ? options->views : 1;
    pthread_mutex_init(&loader->lock, NULL);
    pthread_cond_init(&loader->changed, NULL);
    LOCL_TRY_GOTO(status, open_filler(loader, err));
    set_range(loader);
    LOCL_TRY_GOTO(status, make_slots(loader, err));
    if (pthread_create(&loader->thread, NULL, fill_all, loader)) {
        status = locl_fail(err, LOCL_E_MEMORY, "the loader's thread could not be started");
        goto fail;
    }
    loader->started = true;
    *out = loader;
    return LOCL_OK;
fail:
    locl_loader_close(loader);
    return status;
}

bool locl_loader_acquire(locl_loader *loader, locl_batch *batch)
{
    slot *s = slot_of(loader, loader->next);
    pthread_mutex_lock(&loader->lock);
    if (s->state != SLOT_READY && !loader->stop && loader->next < loader->end) {
        double start = locl_clock_seconds();
        while (s->state != SLOT_READY && !loader->stop) {
            pthread_cond_wait(&loader->changed, &loader->lock);
        }
        loader->stats.waited_seconds += locl_clock_seconds() - start;
    }
    bool there = !loader->stop && loader->next < loader->end;
    if (there) {
        s->state = SLOT_LENT;
        *batch = (locl_batch){.x = s->x,
                              .labels = s->labels,
                              .valid = s->valid,
                              .number = loader->next,
                              .epoch = loader->next / loader->buffers,
                              .slot = (size_t)(s - loader->slots)};
        loader->next++;
        loader->stats.batches++;
    }
    pthread_mutex_unlock(&loader->lock);
    return there;
}

locl_status locl_loader_failure(locl_loader *loader, locl_error *err)
{
    pthread_mutex_lock(&loader->lock);
    bool broken = loader->next == loader->broken;
    if (broken) {
        *err = loader->error;
    }
    pthread_mutex_unlock(&loader->lock);
    return broken ? err->status : LOCL_OK;
}

void locl_loader_release(locl_loader *loader, const locl_batch *batch)
{
    pthread_mutex_lock(&loader->lock);
    loader->slots[batch->slot].state = SLOT_FREE;
    pthread_cond_broadcast(&loader->changed);
    pthread_mutex_unlock(&loader->lock);
}

void locl_loader_stop(locl_loader *loader)
{
    pthread_mutex_lock(&loader->lock);
    loader->stop = true;
    pthread_cond_broadcast(&loader->changed);
    pthread_mutex_unlock(&loader->lock);
}

static void end_thread(locl_loader *loader)
{
    if (loader->started) {
        locl_loader_stop(loader);
        pthread_join(loader->thread, NULL);
        loader->started = false;
    }
}

void locl_loader_close(locl_loader *loader)
{
    if (!loader) {
        return;
    }
    end_thread(loader);
    for (size_t i = 0; loader->slots && i < loader->options.ring; i++) {
        free(loader->slots[i].x);
        free(loader->slots[i].labels);
    }
    locl_loader_abandon(loader);
}

void locl_loader_abandon(locl_loader *loader)
{
    if (!loader) {
        return;
    }
    end_thread(loader);
    locl_filler_close(loader->filler);
    free(loader->slots);
    free(loader->order);
    pthread_cond_destroy(&loader->changed);
    pthread_mutex_destroy(&loader->lock);
    free(loader);
}

size_t locl_loader_steps_per_epoch(const locl_loader *loader)
{
    const locl_loader_options *o = &loader->options;
    return o->training ? loader->dataset->n / o->batch : (loader->dataset->n + o->batch - 1) / o->batch;
}

const locl_patch_shape *locl_loader_shape(const locl_loader *loader)
{
    return locl_filler_shape(loader->filler);
}

const float *locl_loader_buffer(const locl_loader *loader, size_t index, size_t *bytes)
{
    *bytes = values_of(loader) * sizeof(float);
    return loader->slots[index].x;
}

locl_loader_stats locl_loader_statistics(locl_loader *loader)
{
    pthread_mutex_lock(&loader->lock);
    locl_loader_stats stats = loader->stats;
    pthread_mutex_unlock(&loader->lock);
    return stats;
}
