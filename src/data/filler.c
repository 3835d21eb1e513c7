#include "data/filler.h"

#include "data/parallel.h"
#include "data/row.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct locl_filler {
    locl_filler_options options;
    locl_row_maker maker;
    locl_augment_work *work; /* [threads], large enough for all images */
    size_t threads;
};

/* What the threads share. */
typedef struct sharing {
    locl_filler *filler;
    const locl_filling *filling;
    atomic_size_t next; /* image, counted through all views */
} sharing;

static size_t values_of(const locl_filler *filler)
{
    return filler->maker.shape.count * filler->maker.shape.size;
}

static void make_row(const locl_filler *filler, const locl_filling *filling, size_t view, size_t number,
                     locl_augment_work *work)
{
    const locl_dataset *data = filler->options.dataset;
    size_t index = filling->index[number], row = view * filling->rows + number;
    const locl_image image = {data->pixels + index * data->h * data->w * data->c, data->h, data->w, data->c};
    const locl_augment_moment moment = {.seed = filler->options.seed,
                                        .image = index,
                                        .epoch = (uint32_t)filling->epoch,
                                        .view = (unsigned)view};
    locl_row_make(&filler->maker, &image, &moment, work, filling->x + row * values_of(filler), NULL);
    filling->labels[row] = data->labels[index];
}

static locl_status take_images(void *user, size_t thread, locl_error *err)
{
    sharing *all = user;
    size_t images = all->filling->images, count = images * all->filler->options.views, i;
    (void)err;
    while ((i = atomic_fetch_add(&all->next, 1)) < count) {
        make_row(all->filler, all->filling, i / images, i % images, &all->filler->work[thread]);
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

void locl_filler_fill(locl_filler *filler, const locl_filling *filling)
{
    sharing all = {.filler = filler, .filling = filling};
    const locl_parallel work = {
        .body = take_images, .user = &all, .count = filler->threads, .threads = (unsigned)filler->threads};
    atomic_init(&all.next, 0);
    locl_parallel_run(&work, NULL);
    for (size_t view = 0; view < filler->options.views; view++) {
        clear_rest(filler, filling, view);
    }
}

/* Gives each thread its memory. Images that are only normalised take one thread. */
static locl_status make_work(locl_filler *filler, locl_error *err)
{
    const locl_dataset *data = filler->options.dataset;
    const locl_augment_size size = {data->h, data->w, data->h, data->w};
    bool changed = filler->options.augment;
    filler->threads = changed ? locl_parallel_threads(filler->options.threads) : 1;
    filler->work = calloc(filler->threads, sizeof *filler->work);
    if (!filler->work) {
        return locl_fail_memory(err, filler->threads * sizeof *filler->work);
    }
    for (size_t i = 0; changed && i < filler->threads; i++) {
        LOCL_TRY(locl_augment_reserve(&filler->work[i], &size, data->c, err));
    }
    return LOCL_OK;
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
        locl_augment_release(&filler->work[i]);
    }
    free(filler->work);
    free(filler);
}

const locl_patch_shape *locl_filler_shape(const locl_filler *filler)
{
    return &filler->maker.shape;
}
