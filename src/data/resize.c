#include "data/resize.h"

/* a library never aborts: the callers check the sizes that the assertions would check */
#define STBIR_ASSERT(condition) ((void)sizeof(condition))
#define STB_IMAGE_RESIZE_STATIC
#define STB_IMAGE_RESIZE_IMPLEMENTATION
#include <stb/stb_image_resize.h>

locl_status locl_resize(const locl_image *from, size_t height, size_t width, uint8_t *out, locl_error *err)
{
    if (!stbir_resize_uint8(from->pixels, (int)from->w, (int)from->h, 0, out, (int)width, (int)height, 0,
                            (int)from->c)) {
        return locl_fail_memory(err, (unsigned long long)from->w * height * from->c * sizeof(float));
    }
    return LOCL_OK;
}
