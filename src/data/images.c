#include "data/images.h"

#include "data/stream.h"

#include <stdlib.h>

void locl_image_space_free(locl_image_space *space)
{
    free(space->file);
    free(space->decoded);
    free(space->fitted);
    *space = (locl_image_space){0};
}

locl_status locl_dataset_own_size(const locl_dataset *set, size_t index, locl_image_space *space, size_t *h,
                                  size_t *w, locl_error *err)
{
    if (set->stream) {
        return locl_stream_own_size(set, index, space, h, w, err);
    }
    *h = set->h;
    *w = set->w;
    return LOCL_OK;
}

locl_status locl_dataset_image(const locl_dataset *set, size_t index, locl_image_size size,
                               locl_image_space *space, locl_image *out, locl_error *err)
{
    if (set->stream) {
        return locl_stream_image(set, index, size, space, out, err);
    }
    *out = (locl_image){set->pixels + index * set->h * set->w * set->c, set->h, set->w, set->c};
    return LOCL_OK;
}
