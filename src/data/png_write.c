#include "data/png_write.h"

#include "base/file.h"

#include <png.h>
#include <stdlib.h>

locl_status locl_png_write(const char *path, const locl_image *image, locl_error *err)
{
    png_image png = {.version = PNG_IMAGE_VERSION,
                     .width = (png_uint_32)image->w,
                     .height = (png_uint_32)image->h,
                     .format = image->c == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB};
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(png);
    void *bytes = malloc(size);
    if (!bytes) {
        return locl_fail_memory(err, size);
    }
    locl_status status = LOCL_OK;
    if (!png_image_write_to_memory(&png, bytes, &size, 0, image->pixels, 0, NULL)) {
        status = locl_fail(err, LOCL_E_FAILED, "%s: libpng could not make a picture of %zux%zu: %s", path,
                           image->w, image->h, png.message);
        png_image_free(&png);
    }
    if (status == LOCL_OK) {
        status = locl_file_write(path, bytes, size, err);
    }
    free(bytes);
    return status;
}
