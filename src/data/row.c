#include "data/row.h"

locl_status locl_row_maker_init(const locl_dataset *dataset, size_t patches,
                                const locl_augment_options *augment, locl_row_maker *out, locl_error *err)
{
    out->dataset = dataset;
    out->augment = augment;
    locl_normal_table_fill(&out->table, dataset->mean, dataset->std, dataset->c);
    return locl_patch_shape_make(dataset->h, dataset->w, dataset->c, patches, &out->shape, err);
}

void locl_row_work_release(locl_row_work *work)
{
    locl_image_space_free(&work->space);
    locl_augment_release(&work->augment);
}

/* Returns the smallest size of an image at which a part of it has at least the size that it is shown in. */
static locl_image_size enough(const locl_augment_draws *draws, const locl_augment_size *size)
{
    int reduced = LOCL_IMAGE_OWN;
    for (size_t factor = 2; reduced < LOCL_IMAGE_EIGHTH; factor *= 2, reduced++) {
        if (draws->height / factor < size->h || draws->width / factor < size->w) {
            break;
        }
    }
    return (locl_image_size)reduced;
}

/* Scales a stretch of a side to a reduced side. */
static void scale(size_t side, size_t reduced, size_t *first, size_t *length)
{
    size_t end = (*first + *length) * reduced / side;
    *first = *first * reduced / side;
    *length = end > *first ? end - *first : 1;
}

/* Gets the image that a part is cut out of, and makes the draws and the size fit how it came. */
static locl_status get_part(const locl_row_maker *maker, const locl_augment_moment *moment,
                            locl_row_work *work, locl_augment_draws *draws, locl_augment_size *size,
                            locl_image *image, locl_error *err)
{
    LOCL_TRY(locl_dataset_own_size(maker->dataset, moment->image, &work->space, &size->from_h, &size->from_w,
                                   err));
    locl_augment_draw(maker->augment, moment, size, draws);
    LOCL_TRY(
        locl_dataset_image(maker->dataset, moment->image, enough(draws, size), &work->space, image, err));
    scale(size->from_h, image->h, &draws->top, &draws->height);
    scale(size->from_w, image->w, &draws->left, &draws->width);
    size->from_h = image->h;
    size->from_w = image->w;
    return LOCL_OK;
}

/* Gets the image in the size that it is shown in. */
static locl_status get_whole(const locl_row_maker *maker, const locl_augment_moment *moment,
                             locl_row_work *work, locl_augment_draws *draws, locl_augment_size *size,
                             locl_image *image, locl_error *err)
{
    LOCL_TRY(locl_dataset_image(maker->dataset, moment->image, LOCL_IMAGE_FITTED, &work->space, image, err));
    size->from_h = image->h;
    size->from_w = image->w;
    locl_augment_draw(maker->augment, moment, size, draws);
    return LOCL_OK;
}

static locl_status make_changed(const locl_row_maker *maker, const locl_augment_moment *moment,
                                locl_row_work *work, float *out, locl_error *err)
{
    const locl_dataset *set = maker->dataset;
    locl_augment_size size = {.h = set->h, .w = set->w};
    locl_augment_draws draws;
    locl_image image;
    bool cut = locl_augment_chance(maker->augment, LOCL_AUGMENT_CROP, moment->view) > 0;
    LOCL_TRY((cut ? get_part : get_whole)(maker, moment, work, &draws, &size, &image, err));
    LOCL_TRY(locl_augment_reserve(&work->augment, &size, image.c, err));
    locl_augment_image(maker->augment, &draws, &image, &size, &work->augment);
    locl_patches_from_planes(&maker->shape, work->augment.planes, set->mean, set->std, out);
    return LOCL_OK;
}

locl_status locl_row_make(const locl_row_maker *maker, const locl_augment_moment *moment, locl_row_work *work,
                          float *out, locl_error *err)
{
    locl_image image;
    if (maker->augment) {
        return make_changed(maker, moment, work, out, err);
    }
    LOCL_TRY(locl_dataset_image(maker->dataset, moment->image, LOCL_IMAGE_FITTED, &work->space, &image, err));
    locl_patches_from_bytes(&maker->shape, &maker->table, image.pixels, out);
    return LOCL_OK;
}
