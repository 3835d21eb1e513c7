#include "data/filler.h"

#include "data/images.h"
#include "data/parallel.h"
#include "data/row.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct locl_filler {
    locl_filler_options options;
    locl_row_maker maker;
    locl_row_work *work; /* [threads] */
    size_t threads;
};

/* What the threads share. */
typedef struct sharing {
    locl_filler *filler;
    const locl_filling *filling;
    pthread_mutex_t lock;
    size_t next;   /* image */
    size_t failed; /* the first that could not be made; SIZE_MAX: none */
    locl_error err;
} sharing;

static size_t values_of(const locl_filler *filler)
{
    return filler->maker.shape.count * filler->maker.shape.size;
}

static locl_status make_row(const locl_filler *filler, const locl_filling *filling, size_t view,
                            size_t number, locl_row_work *work, locl_error *err)
{
    size_t index = filling->index[number], row = view * filling->rows + number;
    const locl_augment_moment moment = {.seed = filler->options.seed,
                                        .image = index,
                                        .epoch = (uint32_t)filling->epoch,
                                        .view = (unsigned)view};
    filling->labels[row] = filler->options.dataset->labels[index];
    return locl_row_make(&filler->maker, &moment, work, filling->x + row * values_of(filler), err);
}

/* Takes the next image. False when there is none, or one failed. */
static bool take(sharing *all, size_t *image)
{
    pthread_mutex_lock(&all->lock);
    bool there = all->next < all->filling->images && all->failed == SIZE_MAX;
    *image = all->next;
    all->next += there;
    pthread_mutex_unlock(&all->lock);
    return there;
}

static void fail(sharing *all, size_t image, const locl_error *found)
{
    pthread_mutex_lock(&all->lock);
    if (image < all->failed) {
        all->failed = image;
        all->err = *found;
    }
    pthread_mutex_unlock(&all->lock);
}

/* Makes all views of an image, whose file is read once for them. */
static locl_status make_views(sharing *all, size_t image, size_t thread, locl_error *err)
{
    for (size_t view = 0; view < all->filler->options.views; view++) {
        LOCL_TRY(make_row(all->filler, all->filling, view, image, &all->filler->work[thread], err));
    }
    return LOCL_OK;
}

static locl_status take_images(void *user, size_t thread, locl_error *err)
{
    sharing *all = user;
    size_t image;
    while (take(all, &image)) {
        if (make_views(all, image, thread, err) != LOCL_OK) {
            fail(all, image, err);
        }
    }
    return LOCL_OK;
}

/* Clears the rows of a view that have no image. */
static void clear_rest(const locl_filler *filler, const locl_filling *filling, size_t view)
{
    size_t missing = filling->rows - filling->images, first = view * filling->rows + filling->images;
    memset(filling->labels + first, 0, missing * sizeof *filling->labels);
    memset(filling->x + first * values_of(filler), 0, missing * values_of(filler) * sizeof *filling->x);
}

locl_status locl_filler_fill(locl_filler *filler, const locl_filling *filling, locl_error *err)
{
    sharing all = {.filler = filler, .filling = filling, .failed = SIZE_MAX};
    const locl_parallel work = {
        .body = take_images, .user = &all, .count = filler->threads, .threads = (unsigned)filler->threads};
    pthread_mutex_init(&all.lock, NULL);
    locl_status status = locl_parallel_run(&work, err);
    pthread_mutex_destroy(&all.lock);
    for (size_t view = 0; view < filler->options.views; view++) {
        clear_rest(filler, filling, view);
    }
    if (all.failed < SIZE_MAX) {
        *err = all.err;
        status = all.err.status;
    }
    return status;
}

/* Gives each thread its memory. Images in memory that are only normalised take one thread. */
static locl_status make_work(locl_filler *filler, locl_error *err)
{
    bool many = filler->options.augment || filler->options.dataset->stream;
    filler->threads = many ? locl_parallel_threads(filler->options.threads) : 1;
    filler->work = calloc(filler->threads, sizeof *filler->work);
    return filler->work ? LOCL_OK : locl_fail_memory(err, filler->threads * sizeof *filler->work);
}

locl_status locl_filler_open(const locl_filler_options *options, locl_filler **out, locl_error *err)
{
    locl_status status;
    *out = NULL;
    locl_filler *filler = calloc(1, sizeof *filler);
    if (!filler) {
        return locl_fail_memory(err, sizeof *filler);
    }
    filler->options = *options;
    if (options->augment && !locl_augment_changes(options->augment)) {
        filler->options.augment = NULL;
    }
    LOCL_TRY_GOTO(status, locl_row_maker_init(options->dataset, options->patches, filler->options.augment,
                                              &filler->maker, err));
    LOCL_TRY_GOTO(status, make_work(filler, err));
    *out = filler;
    return LOCL_OK;
fail:
    locl_filler_close(filler);
    return status;
}

void locl_filler_close(locl_filler *filler)
{
    if (!filler) {
        return;
    }
    for (size_t i = 0; filler->work && i < filler->threads; i++) {
        locl_row_work_release(&filler->work[i]);
    }
    free(filler->work);
    free(filler);
}

const locl_patch_shape *locl_filler_shape(const locl_filler *filler)
{
    return &filler->maker.shape;
}
