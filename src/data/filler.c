#include "data/filler.h"

#include "data/images.h"
#include "data/parallel.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct locl_filler {
    locl_filler_options options;
    locl_patch_shape shape;
    locl_normal_table table;
    locl_image_space *space; /* [threads] */
    size_t threads;
};

/* What the threads share. */
typedef struct sharing {
    const locl_filler *filler;
    const locl_filling *filling;
    pthread_mutex_t lock;
    size_t next;   /* image */
    size_t failed; /* the first image that could not be made; SIZE_MAX: none */
    locl_error *err;
} sharing;

static size_t values_of(const locl_filler *filler)
{
    return filler->shape.count * filler->shape.size;
}

static locl_status make_row(const locl_filler *filler, const locl_filling *filling, size_t row,
                            locl_image_space *space, locl_error *err)
{
    const locl_dataset *data = filler->options.dataset;
    size_t index = filling->index[row];
    locl_image_view image;
    LOCL_TRY(locl_dataset_image(data, index, LOCL_IMAGE_FITTED, space, &image, err));
    locl_patches_from_bytes(&filler->shape, &filler->table, image.pixels,
                            filling->x + row * values_of(filler));
    filling->labels[row] = data->labels[index];
    return LOCL_OK;
}

/* Takes the next image. False when there is none, or one before it failed. */
static bool take(sharing *all, size_t *row)
{
    pthread_mutex_lock(&all->lock);
    *row = all->next;
    bool there = *row < all->filling->images && all->failed == SIZE_MAX;
    all->next += there;
    pthread_mutex_unlock(&all->lock);
    return there;
}

static void fail(sharing *all, size_t row, const locl_error *found)
{
    pthread_mutex_lock(&all->lock);
    if (row < all->failed) {
        all->failed = row;
        *all->err = *found;
    }
    pthread_mutex_unlock(&all->lock);
}

static locl_status take_images(void *user, size_t thread, locl_error *err)
{
    sharing *all = user;
    size_t row;
    while (take(all, &row)) {
        if (make_row(all->filler, all->filling, row, &all->filler->space[thread], err) != LOCL_OK) {
            fail(all, row, err);
        }
    }
    return LOCL_OK;
}

locl_status locl_filler_fill(locl_filler *filler, const locl_filling *filling, locl_error *err)
{
    static const locl_data_options quiet = {.progress = NULL};
    locl_error found = {0};
    sharing all = {.filler = filler, .filling = filling, .failed = SIZE_MAX, .err = &found};
    const locl_parallel work = {.body = take_images,
                                .user = &all,
                                .count = filler->threads,
                                .threads = (unsigned)filler->threads,
                                .options = &quiet};
    size_t missing = filling->rows - filling->images;
    pthread_mutex_init(&all.lock, NULL);
    locl_status status = locl_parallel_run(&work, err);
    pthread_mutex_destroy(&all.lock);
    memset(filling->labels + filling->images, 0, missing * sizeof *filling->labels);
    memset(filling->x + filling->images * values_of(filler), 0,
           missing * values_of(filler) * sizeof *filling->x);
    if (all.failed < SIZE_MAX) {
        *err = found;
        status = found.status;
    }
    return status;
}

locl_status locl_filler_open(const locl_filler_options *options, locl_filler **out, locl_error *err)
{
    const locl_dataset *data = options->dataset;
    locl_status status;
    *out = NULL;
    locl_filler *filler = calloc(1, sizeof *filler);
    if (!filler) {
        return locl_fail_memory(err, sizeof *filler);
    }
    filler->options = *options;
    filler->threads = data->stream ? locl_parallel_threads(options->threads) : 1;
    filler->space = calloc(filler->threads, sizeof *filler->space);
    LOCL_TRY_GOTO(status,
                  filler->space ? LOCL_OK : locl_fail_memory(err, filler->threads * sizeof *filler->space));
    LOCL_TRY_GOTO(status,
                  locl_patch_shape_make(data->h, data->w, data->c, options->patches, &filler->shape, err));
    locl_normal_table_fill(&filler->table, data->mean, data->std, data->c);
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
    for (size_t i = 0; filler->space && i < filler->threads; i++) {
        locl_image_space_free(&filler->space[i]);
    }
    free(filler->space);
    free(filler);
}

const locl_patch_shape *locl_filler_shape(const locl_filler *filler)
{
    return &filler->shape;
}
