/* The picture of a batch: which image is where, with the values that it had before mean and deviation, and the same
 * when it is read back. */
#include "data/image.h"
#include "data/png_write.h"
#include "study/sheet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { H = 64, W = 32, IMAGES = 5, VIEWS = 2, VALUES = H * W * 3, GAP = 2, BETWEEN = 8 };

static const double mean[] = {.5, .25, .125}, std[] = {.25, .5, 1};

/* The byte of a pixel, another one for each image, view, place and channel. */
static uint8_t expected(size_t image, size_t view, size_t y, size_t x, size_t c)
{
    return (uint8_t)(image * 37 + view * 101 + y * 3 + x * 5 + c * 71);
}

static locl_image draw(void)
{
    static float planes[VALUES], rows[VIEWS * IMAGES * VALUES];
    locl_patch_shape shape;
    locl_image sheet;
    assert_int_equal(locl_patch_shape_make(H, W, 3, 4, &shape, NULL), LOCL_OK);
    for (size_t row = 0; row < VIEWS * IMAGES; row++) {
        for (size_t i = 0; i < VALUES; i++) {
            planes[i] = expected(row % IMAGES, row / IMAGES, i / W % H, i % W, i / (H * W)) / 255.f;
        }
        locl_patches_from_planes(&shape, planes, mean, std, rows + row * VALUES);
    }
    const locl_sheet_input input = {&shape, mean, std, rows, IMAGES, VIEWS};
    assert_int_equal(locl_sheet_draw(&input, &sheet, NULL), LOCL_OK);
    return sheet;
}

static void shows_views_side_by_side(void **state)
{
    locl_image sheet = draw();
    (void)state;
    assert_int_equal(sheet.h, 2 * (H + BETWEEN)); /* five images in rows of three */
    assert_int_equal(sheet.w, 3 * (VIEWS * (W + GAP) + BETWEEN));
    for (size_t i = 0; i < VIEWS * IMAGES * VALUES; i++) {
        size_t c = i % 3, x = i / 3 % W, y = i / 3 / W % H, image = i / VALUES % IMAGES,
               view = i / VALUES / IMAGES;
        size_t top = image / 3 * (H + BETWEEN) + BETWEEN / 2 + y;
        size_t left = image % 3 * (VIEWS * (W + GAP) + BETWEEN) + BETWEEN / 2 + view * (W + GAP) + x;
        assert_int_equal(sheet.pixels[(top * sheet.w + left) * 3 + c], expected(image, view, y, x, c));
    }
    free(sheet.pixels);
}

static void writes_what_reads_back(void **state)
{
    static uint8_t bytes[1 << 20];
    locl_image sheet = draw(), back;
    char path[] = "/tmp/locl_sheet_XXXXXX";
    (void)state;
    int handle = mkstemp(path);
    assert_true(handle >= 0);
    assert_int_equal(locl_png_write(path, &sheet, NULL), LOCL_OK);
    FILE *file = fdopen(handle, "rb");
    assert_non_null(file);
    file = freopen(path, "rb", file); /* it was written beside, and renamed */
    assert_non_null(file);
    size_t size = fread(bytes, 1, sizeof bytes, file);
    assert_int_equal(locl_image_decode(bytes, size, &back, NULL), LOCL_OK);
    assert_int_equal(back.h, sheet.h);
    assert_int_equal(back.w, sheet.w);
    assert_memory_equal(back.pixels, sheet.pixels, sheet.h * sheet.w * 3);
    fclose(file);
    remove(path);
    free(back.pixels);
    free(sheet.pixels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_views_side_by_side),
        cmocka_unit_test(writes_what_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
