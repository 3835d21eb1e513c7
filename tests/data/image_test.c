/* What pixels an image has. Those of CMYK, and of the kinds of PNG, are what Pillow 13 gives for the mode
 * RGB, written down here from its definitions. */
#include "support/data_images.h"

#include "data/image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>
#include <jpeglib.h>

enum { CAPACITY = 1 << 16, W = 13, H = 11 };

static uint8_t bytes[CAPACITY];
static size_t used;

static void add(const void *from, size_t count)
{
    assert_true(used + count <= CAPACITY);
    memcpy(bytes + used, from, count);
    used += count;
}

static void add_number(uint32_t value)
{
    const uint8_t big_endian[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                                   (uint8_t)value};
    add(big_endian, 4);
}

static void add_chunk(const char *type, const void *content, size_t size)
{
    add_number((uint32_t)size);
    size_t start = used;
    add(type, 4);
    add(content, size);
    add_number((uint32_t)crc32(0, bytes + start, (unsigned)(used - start)));
}

/* A PNG up to its pixels. */
static void start_png(uint8_t colour, uint8_t depth, uint8_t interlaced)
{
    const uint8_t head[13] = {0, 0, 0, W, 0, 0, 0, H, depth, colour, 0, 0, interlaced};
    used = 0;
    add("\x89PNG\r\n\x1a\n", 8);
    add_chunk("IHDR", head, sizeof head);
}

static void end_png(const uint8_t *rows, size_t size)
{
    uint8_t packed[8192];
    uLongf length = sizeof packed;
    assert_int_equal(compress(packed, &length, rows, size), Z_OK);
    add_chunk("IDAT", packed, length);
    add_chunk("IEND", "", 0);
}

static uint8_t pattern(size_t at)
{
    return (uint8_t)(at * 57 + at / 3 + 11);
}

/* Rows of W pixels of `bits`, each after the byte of its filter; returns their size. */
static size_t make_rows(uint8_t *rows, size_t bits)
{
    size_t width = (W * bits + 7) / 8;
    for (size_t y = 0; y < H; y++) {
        rows[y * (width + 1)] = 0;
        for (size_t i = 0; i < width; i++) {
            rows[y * (width + 1) + 1 + i] = pattern(y * width + i);
        }
    }
    return H * (width + 1);
}

/* Value number `index` of row y, as stored with `depth` bits; of 16 the upper 8. */
static unsigned stored(const uint8_t *rows, size_t y, size_t index, size_t depth, size_t samples)
{
    const uint8_t *row = rows + y * ((W * samples * depth + 7) / 8 + 1) + 1;
    size_t bit = index * depth;
    return depth >= 8 ? row[bit / 8] : (unsigned)row[bit / 8] >> (8 - depth - bit % 8) & ((1u << depth) - 1);
}

static void decode(locl_image *image)
{
    locl_error err = {0};
    if (locl_image_decode(bytes, used, image, &err) != LOCL_OK) {
        fail_msg("%s", err.message);
    }
}

static void check_kind(uint8_t colour, uint8_t depth, const char *extra, const void *content, size_t size)
{
    static const size_t samples[] = {1, 0, 3, 1, 2, 0, 4};
    uint8_t rows[8192], palette[768];
    locl_image image;
    size_t n = samples[colour], rows_size = make_rows(rows, n * depth);
    start_png(colour, depth, 0);
    for (size_t i = 0; i < sizeof palette; i++) {
        palette[i] = (uint8_t)(i * 3 + 1);
    }
    if (colour == 3) {
        add_chunk("PLTE", palette, (size_t)3 << depth);
    }
    if (extra) {
        add_chunk(extra, content, size);
    }
    end_png(rows, rows_size);
    add("something", 9); /* behind the end */
    decode(&image);
    assert_int_equal(image.h * 100 + image.w, H * 100 + W);
    assert_int_equal(image.c, colour & 2 ? 3 : 1);
    for (size_t i = 0; i < H * W * image.c; i++) {
        size_t y = i / (W * image.c), x = i / image.c % W, channel = i % image.c;
        unsigned value = stored(rows, y, x * n + (colour == 3 ? 0 : channel), depth, n);
        unsigned wanted = colour == 3 ? palette[3 * value + channel]
                          : depth < 8 ? value * 255 / ((1u << depth) - 1)
                                      : value;
        assert_int_equal(image.pixels[i], wanted);
    }
    free(image.pixels);
}

static void gives_the_stored_values_of_png(void **state)
{
    (void)state;
    static const uint8_t kinds[][2] = {{0, 1}, {0, 2}, {0, 4}, {0, 8}, {0, 16}, {2, 8}, {2, 16}, {3, 1},
                                       {3, 2}, {3, 4}, {3, 8}, {4, 8}, {4, 16}, {6, 8}, {6, 16}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        check_kind(kinds[i][0], kinds[i][1], NULL, NULL, 0);
        check_kind(kinds[i][0], kinds[i][1], "gAMA", "\0\1\x86\xa0", 4);
        check_kind(kinds[i][0], kinds[i][1], "gAMA", "\0", 1); /* damaged, not used */
        check_kind(kinds[i][0], kinds[i][1], "sRGB", "\0", 1);
        check_kind(kinds[i][0], kinds[i][1], "iCCP", "p\0\0junk", 7);
        check_kind(kinds[i][0], kinds[i][1], "tRNS", "\0\1\0\1\0\1", kinds[i][0] == 0 ? 2 : 6);
    }
}

static void reads_interlaced_png(void **state)
{
    (void)state;
    static const size_t passes[7][4] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                                        {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
    uint8_t rows[8192];
    size_t size = 0;
    locl_image image;
    for (size_t p = 0; p < 7; p++) {
        for (size_t y = passes[p][1]; y < H; y += passes[p][3]) {
            rows[size++] = 0;
            for (size_t x = passes[p][0]; x < W; x += passes[p][2]) {
                rows[size++] = pattern(y * W + x);
            }
        }
    }
    start_png(0, 8, 1);
    end_png(rows, size);
    decode(&image);
    for (size_t i = 0; i < H * W; i++) {
        assert_int_equal(image.pixels[i], pattern(i));
    }
    free(image.pixels);
}

static void expect_refused(const char *text)
{
    locl_image image;
    locl_error err = {0};
    assert_int_equal(locl_image_decode(bytes, used, &image, &err), LOCL_E_DATA);
    if (!strstr(err.message, text)) {
        fail_msg("'%s' is missing in: %s", text, err.message);
    }
}

static void refuses_damaged_png(void **state)
{
    (void)state;
    uint8_t rows[8192];
    size_t size = make_rows(rows, 8);
    start_png(0, 8, 0);
    end_png(rows, size - 30);
    expect_refused("Not enough image data");
    start_png(0, 8, 0);
    end_png(rows, size);
    used -= 12;
    expect_refused("it ends before its IEND chunk does");
    used += 8;
    expect_refused("it ends before its IEND chunk does");
    used += 4;
    bytes[used - 20] ^= 1; /* in the checksum of zlib, that of the chunk made to fit */
    size_t end = used - 12 - 4, start = 8 + 25 + 4;
    uint32_t crc = (uint32_t)crc32(0, bytes + start, (unsigned)(end - start));
    used = end;
    add_number(crc);
    add_chunk("IEND", "", 0);
    expect_refused("IDAT");
}

/* A JPEG of one colour, its components sampled as `factors` say (h, v of each). */
static void flat_jpeg(const uint8_t *colour, int components, J_COLOR_SPACE space, const int *factors,
                      bool adobe)
{
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    uint8_t *made = NULL, row_bytes[32 * 4];
    unsigned long size = 0;
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &made, &size);
    jpeg.image_width = 32;
    jpeg.image_height = 20;
    jpeg.input_components = components;
    jpeg.in_color_space = components == 3 ? JCS_RGB : components == 4 ? JCS_CMYK : JCS_UNKNOWN;
    jpeg_set_defaults(&jpeg);
    jpeg_set_colorspace(&jpeg, space);
    jpeg.write_Adobe_marker = adobe;
    jpeg_set_quality(&jpeg, 100, TRUE);
    for (int i = 0; i < components; i++) {
        jpeg.comp_info[i].h_samp_factor = factors ? factors[2 * i] : 1;
        jpeg.comp_info[i].v_samp_factor = factors ? factors[2 * i + 1] : 1;
        for (int x = 0; x < 32; x++) {
            row_bytes[x * components + i] = colour[i];
        }
    }
    jpeg_start_compress(&jpeg, TRUE);
    while (jpeg.next_scanline < 20) {
        JSAMPROW row = row_bytes;
        jpeg_write_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    used = 0;
    add(made, size);
    free(made);
}

static void expect_flat(const uint8_t colour[3], int tolerance)
{
    locl_image image;
    decode(&image);
    assert_int_equal(image.h * 100 + image.w, 2032);
    assert_int_equal(image.c, 3);
    for (size_t i = 0; i < 20 * 32 * 3; i++) {
        assert_in_range(image.pixels[i] + tolerance, colour[i % 3], colour[i % 3] + 2 * tolerance);
    }
    free(image.pixels);
}

static void reads_every_sampling(void **state)
{
    (void)state;
    static const uint8_t colour[3] = {200, 100, 50};
    static const int factors[][6] = {{1, 1, 1, 1, 1, 1}, {2, 1, 1, 1, 1, 1}, {2, 2, 1, 1, 1, 1},
                                     {1, 2, 1, 1, 1, 1}, {4, 1, 1, 1, 1, 1}, {4, 2, 1, 1, 1, 1},
                                     {4, 1, 2, 1, 2, 1}, {2, 2, 2, 1, 2, 1}, {2, 2, 1, 2, 1, 2},
                                     {1, 4, 1, 1, 1, 1}, {1, 1, 2, 2, 1, 1}, {3, 1, 1, 1, 1, 1}};
    for (size_t i = 0; i < sizeof factors / sizeof *factors; i++) {
        flat_jpeg(colour, 3, JCS_YCbCr, factors[i], false);
        expect_flat(colour, 2);
    }
    flat_jpeg(colour, 3, JCS_RGB, NULL, true);
    expect_flat(colour, 1);
}

/* With the values of all four as they are stored: k - round((255 - c) k / 255). */
static void converts_cmyk_as_pillow_does(void **state)
{
    (void)state;
    static const uint8_t colours[][4] = {
        {200, 100, 50, 220}, {0, 255, 128, 255}, {10, 20, 30, 40}, {9, 9, 9, 0}};
    static const uint8_t pillow[][3] = {{173, 86, 43}, {0, 255, 128}, {2, 3, 5}, {0, 0, 0}};
    for (size_t i = 0; i < sizeof colours / sizeof *colours; i++) {
        flat_jpeg(colours[i], 4, JCS_CMYK, NULL, true);
        expect_flat(pillow[i], 0);
        flat_jpeg(colours[i], 4, JCS_CMYK, NULL, false);
        expect_flat(pillow[i], 0);
        flat_jpeg(colours[i], 4, JCS_YCCK, NULL, true);
        expect_flat(pillow[i], 2);
    }
}

/* Puts a segment behind the first marker. */
static void insert(const char *segment, size_t size)
{
    memmove(bytes + 2 + size, bytes + 2, used - 2);
    memcpy(bytes + 2, segment, size);
    used += size;
}

static void passes_over_harmless_warnings(void **state)
{
    (void)state;
    static const uint8_t colour[3] = {200, 100, 50};
    flat_jpeg(colour, 3, JCS_YCbCr, NULL, false);
    size_t whole = used;
    add("behind it", 9);
    expect_flat(colour, 1);
    used = whole - 2;
    add("\0\1\2\xff\xd9", 5); /* before the marker that ends it */
    expect_flat(colour, 1);
    flat_jpeg(colour, 3, JCS_YCbCr, NULL, false);
    bytes[11] = 3; /* JFIF's version */
    expect_flat(colour, 1);
    insert("\xff\xe2\0\x14ICC_PROFILE\0\5\2junk", 22);
    expect_flat(colour, 1);
}

static uint8_t *start_of_frame(void)
{
    size_t i = 0;
    while (bytes[i] != 0xff || bytes[i + 1] != 0xc0) {
        i++;
        assert_true(i + 1 < used);
    }
    return bytes + i;
}

static void refuses_odd_jpeg(void **state)
{
    (void)state;
    static const uint8_t colour[3] = {200, 100, 50};
    flat_jpeg(colour, 2, JCS_UNKNOWN, NULL, false);
    expect_refused("has 2 components of 8 bits");
    flat_jpeg(colour, 3, JCS_YCbCr, NULL, false);
    uint8_t *frame = start_of_frame();
    frame[11] = 0x31; /* sampling of the first component */
    frame[14] = 0x21;
    expect_refused("of a kind that libjpeg does not decode");
    frame[11] = frame[14] = 0x11;
    frame[4] = 12; /* bits */
    expect_refused("12");
    flat_jpeg(colour, 3, JCS_YCbCr, NULL, false);
    used -= 2;
    expect_refused("Premature end");
}

static void makes_grey_as_pillow_does(void **state)
{
    (void)state;
    uint8_t colours[] = {200, 100, 50, 255, 255, 255, 0, 0, 255, 1, 2, 3, 17, 130, 71}, grey[5];
    static const uint8_t pillow[] = {124, 255, 29, 2, 89};
    locl_image image = {colours, 1, 5, 3};
    assert_int_equal(locl_image_fit(&image, 1, 5, 1, grey, NULL), LOCL_OK);
    assert_memory_equal(grey, pillow, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_stored_values_of_png),
        cmocka_unit_test(reads_interlaced_png),
        cmocka_unit_test(refuses_damaged_png),
        cmocka_unit_test(reads_every_sampling),
        cmocka_unit_test(converts_cmyk_as_pillow_does),
        cmocka_unit_test(passes_over_harmless_warnings),
        cmocka_unit_test(refuses_odd_jpeg),
        cmocka_unit_test(makes_grey_as_pillow_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
