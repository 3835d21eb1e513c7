#include "fuzz/image.h"

#include "fuzz/fuzz.h"

#include "data/image.h"
#include "data/options.h"

#include <stdlib.h>

enum { LARGE = 1 << 18, SIDE = 8 };

/* Grey and colour, a size of its own and another one. */
static void fit(const locl_image *image)
{
    static uint8_t out[SIDE * SIDE * 3];
    locl_error err = {0};
    FUZZ_CHECK(locl_image_fit(image, SIDE, SIDE, 3, out, &err) == LOCL_OK);
    FUZZ_CHECK(locl_image_fit(image, SIDE, SIDE, 1, out, &err) == LOCL_OK);
}

void fuzz_image(const uint8_t *bytes, size_t size)
{
    locl_image measured, image;
    locl_error err = {0};
    locl_status status = locl_image_measure(bytes, size, &measured, &err);
    if (status != LOCL_OK) {
        fuzz_check_error(status, &err);
        FUZZ_CHECK(status == LOCL_E_DATA && !measured.pixels);
        return;
    }
    FUZZ_CHECK(measured.h >= 1 && measured.h <= LOCL_DATA_MAX_SIDE);
    FUZZ_CHECK(measured.w >= 1 && measured.w <= LOCL_DATA_MAX_SIDE);
    FUZZ_CHECK(measured.c == 1 || measured.c == 3);
    if (measured.h * measured.w > LARGE) {
        return;
    }
    status = locl_image_decode(bytes, size, &image, &err);
    if (status != LOCL_OK) {
        fuzz_check_error(status, &err);
        FUZZ_CHECK(!image.pixels);
        return;
    }
    FUZZ_CHECK(image.h == measured.h && image.w == measured.w && image.c == measured.c);
    fit(&image);
    free(image.pixels);
}
