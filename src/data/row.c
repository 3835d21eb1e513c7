#include "data/row.h"

#include <string.h>

locl_status locl_row_maker_init(const locl_dataset *dataset, size_t patches,
                                const locl_augment_options *augment, locl_row_maker *out, locl_error *err)
{
    out->augment = augment;
    memcpy(out->mean, dataset->mean, sizeof out->mean);
    memcpy(out->std, dataset->std, sizeof out->std);
    locl_normal_table_fill(&out->table, dataset->mean, dataset->std, dataset->c);
    return locl_patch_shape_make(dataset->h, dataset->w, dataset->c, patches, &out->shape, err);
}

locl_status locl_row_make(const locl_row_maker *maker, const locl_image *image,
                          const locl_augment_moment *moment, locl_augment_work *work, float *out,
                          locl_error *err)
{
    const locl_patch_shape *shape = &maker->shape;
    const locl_augment_size size = {image->h, image->w, shape->h, shape->w};
    locl_augment_draws draws;
    if (!maker->augment) {
        locl_patches_from_bytes(shape, &maker->table, image->pixels, out);
        return LOCL_OK;
    }
    LOCL_TRY(locl_augment_reserve(work, &size, image->c, err));
    locl_augment_draw(maker->augment, moment, &size, &draws);
    locl_augment_image(maker->augment, &draws, image, &size, work);
    locl_patches_from_planes(shape, work->planes, maker->mean, maker->std, out);
    return LOCL_OK;
}
