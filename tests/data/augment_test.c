/* Each part of the augmentation against its definition in double precision, what is drawn, and batches of changed
 * images. */
#include "data/augment.h"
#include "data/loader.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { H = 37, W = 29, C = 3, N = 61 };

static uint8_t pixels[N * H * W * C];
static int32_t labels[N];

/* Colours of all hues, smooth and noisy, pure grey ones too. */
static int fill_pixels(void **state)
{
    uint32_t x = 12345;
    (void)state;
    for (size_t i = 0; i < sizeof pixels; i++) {
        size_t at = i / C, y = at / W % H;
        x = x * 1664525u + 1013904223u;
        double wave = 128 + 100 * sin((double)(at % W) * .3 * (double)(i % C + 1) + (double)y * .2);
        pixels[i] = (uint8_t)(y == 5 ? 77 : at % 7 ? wave + (x >> 28) : x >> 24);
    }
    for (size_t i = 0; i < N; i++) {
        labels[i] = (int32_t)(i % 10);
    }
    return 0;
}

static const locl_image source = {pixels, H, W, C};

static double value_at(size_t y, size_t x, size_t c)
{
    return pixels[(y * W + x) * C + c] / 255.;
}

static void expect_near(float found, double expected)
{
    if (fabs(found - expected) > 2e-6) {
        fail_msg("found %.9g, expected %.9g", found, expected);
    }
}

static locl_augment_work reserve(size_t from_h, size_t from_w, size_t h, size_t w)
{
    const locl_augment_size size = {from_h, from_w, h, w};
    locl_augment_work work = {0};
    assert_int_equal(locl_augment_reserve(&work, &size, C, NULL), LOCL_OK);
    return work;
}

/* ---- place ---- */

static double cubic(double x)
{
    x = fabs(x);
    return x < 1 ? 1.5 * x * x * x - 2.5 * x * x + 1 : x < 2 ? -.5 * x * x * x + 2.5 * x * x - 4 * x + 2 : 0;
}

static double cubic_weight(size_t from, size_t to, size_t i, size_t k)
{
    double scale = (double)from / (double)to;
    return cubic(((double)k + .5 - ((double)i + .5) * scale) / fmax(scale, 1));
}

static void expect_crop(size_t top, size_t left, size_t height, size_t width, size_t h, size_t w)
{
    static const locl_augment_options none;
    const locl_augment_size size = {H, W, h, w};
    const locl_augment_draws draws = {
        .done = {[LOCL_AUGMENT_CROP] = true}, .top = top, .left = left, .height = height, .width = width};
    locl_augment_work work = reserve(H, W, h, w);
    locl_augment_image(&none, &draws, &source, &size, &work);
    for (size_t y = 0; y < h; y++) {
        for (size_t x = 0; x < w; x++) {
            double sum[C] = {0}, all = 0;
            for (size_t i = 0; i < height * width; i++) {
                double weight = cubic_weight(height, h, y, i / width) * cubic_weight(width, w, x, i % width);
                all += weight;
                for (size_t c = 0; c < C; c++) {
                    sum[c] += weight * value_at(top + i / width, left + i % width, c);
                }
            }
            for (size_t c = 0; c < C; c++) {
                expect_near(work.planes[(c * h + y) * w + x], fmin(fmax(sum[c] / all, 0), 1));
            }
        }
    }
    locl_augment_release(&work);
}

static void crops_bicubically(void **state)
{
    (void)state;
    expect_crop(3, 5, 20, 16, H, W); /* larger */
    expect_crop(0, 0, H, W, 8, 11);  /* smaller */
    expect_crop(1, 2, 30, 4, 12, 12);
    expect_crop(36, 28, 1, 1, 5, 3); /* of one pixel */
    expect_crop(9, 9, 2, 3, 6, 1);
    expect_crop(0, 0, H, W, H, W);
}

/* Other sizes are scaled as a whole; the same size keeps its values. */
static void keeps_or_scales_the_whole(void **state)
{
    static const locl_augment_options none;
    const locl_augment_size same = {H, W, H, W};
    const locl_augment_draws draws = {.height = H, .width = W};
    locl_augment_work work = reserve(H, W, H, W);
    (void)state;
    locl_augment_image(&none, &draws, &source, &same, &work);
    for (size_t i = 0; i < H * W * C; i++) {
        assert_true(work.planes[i] == (float)pixels[i % (H * W) * C + i / (H * W)] / 255);
    }
    locl_augment_release(&work);
    expect_crop(0, 0, H, W, 10, 10);
}

static void pads_and_flips(void **state)
{
    static const locl_augment_options none;
    static const int moves[][2] = {{4, -3}, {-2, 5}, {0, 0}, {H - 1, 1 - W}};
    const locl_augment_size size = {H, W, H, W};
    locl_augment_work work = reserve(H, W, H, W);
    (void)state;
    for (size_t i = 0; i < 8; i++) {
        bool flip = i % 2;
        const locl_augment_draws draws = {.done = {[LOCL_AUGMENT_PAD] = true, [LOCL_AUGMENT_FLIP] = flip},
                                          .height = H,
                                          .width = W,
                                          .down = moves[i / 2][0],
                                          .right = moves[i / 2][1]};
        locl_augment_image(&none, &draws, &source, &size, &work);
        for (size_t v = 0; v < H * W * C; v++) {
            int y = (int)(v / W % H) + draws.down, seen = (int)(v % W);
            int x = (flip ? W - 1 - seen : seen) + draws.right;
            bool inside = y >= 0 && y < H && x >= 0 && x < W;
            expect_near(work.planes[v], inside ? value_at((size_t)y, (size_t)x, v / (H * W)) : 0);
        }
    }
    locl_augment_release(&work);
}

/* ---- values ---- */

/* Fills planes with the values of the pixels. */
static float *planes_of(size_t c)
{
    float *x = malloc(c * H * W * sizeof *x);
    assert_non_null(x);
    for (size_t i = 0; i < c * H * W; i++) {
        x[i] = (float)pixels[i % (H * W) * C + i / (H * W)] / 255;
    }
    return x;
}

static double luma_at(const float *x, size_t c, size_t i)
{
    return c == 1 ? x[i] : .299 * x[i] + .587 * x[H * W + i] + .114 * x[2 * H * W + i];
}

static double limited(double x)
{
    return fmin(fmax(x, 0), 1);
}

/* The textbook's way to HSV and back, by sectors. */
static void turn_hue(double turn, double rgb[3])
{
    double most = fmax(rgb[0], fmax(rgb[1], rgb[2])), least = fmin(rgb[0], fmin(rgb[1], rgb[2]));
    double d = most - least, h = 0;
    if (d > 0) {
        h = most == rgb[0]   ? (rgb[1] - rgb[2]) / d
            : most == rgb[1] ? (rgb[2] - rgb[0]) / d + 2
                             : (rgb[0] - rgb[1]) / d + 4;
    }
    h = fmod(h / 6 + turn + 2, 1) * 6;
    double s = most > 0 ? d / most : 0, f = h - floor(h);
    double p = most * (1 - s), q = most * (1 - s * f), t = most * (1 - s * (1 - f));
    const double sectors[6][3] = {{most, t, p}, {q, most, p}, {p, most, t},
                                  {p, q, most}, {t, p, most}, {most, p, q}};
    memcpy(rgb, sectors[(int)h % 6], sizeof sectors[0]);
}

static void expect_jitter(locl_jitter_kind kind, double f, size_t c)
{
    float *before = planes_of(c), *x = planes_of(c);
    double mean = 0;
    for (size_t i = 0; i < H * W; i++) {
        mean += luma_at(before, c, i) / (H * W);
    }
    locl_augment_jitter(kind, (float)f, x, c, H * W);
    for (size_t i = 0; i < H * W; i++) {
        double rgb[3] = {before[i], before[i + (c > 1 ? H * W : 0)], before[i + (c > 2 ? 2 * H * W : 0)]};
        for (size_t channel = 0; channel < 3; channel++) {
            double value = rgb[channel], grey = luma_at(before, c, i);
            rgb[channel] = kind == LOCL_JITTER_BRIGHTNESS   ? limited(f * value)
                           : kind == LOCL_JITTER_CONTRAST   ? limited(mean + f * (value - mean))
                           : kind == LOCL_JITTER_SATURATION ? limited(grey + f * (value - grey))
                                                            : value;
        }
        if (kind == LOCL_JITTER_HUE) {
            turn_hue(f, rgb);
        }
        for (size_t channel = 0; channel < c; channel++) {
            expect_near(x[channel * H * W + i], rgb[channel]);
        }
    }
    free(before);
    free(x);
}

static void jitters(void **state)
{
    static const double factors[] = {0, .37, 1, 1.4, 3}, turns[] = {-.5, -.1, 0, .02, .1, .25, .5};
    (void)state;
    for (size_t i = 0; i < sizeof factors / sizeof *factors; i++) {
        for (int kind = LOCL_JITTER_BRIGHTNESS; kind <= LOCL_JITTER_SATURATION; kind++) {
            expect_jitter((locl_jitter_kind)kind, factors[i], 3);
            expect_jitter((locl_jitter_kind)kind, factors[i], 1);
        }
    }
    for (size_t i = 0; i < sizeof turns / sizeof *turns; i++) {
        expect_jitter(LOCL_JITTER_HUE, turns[i], 3);
        expect_jitter(LOCL_JITTER_HUE, turns[i], 1);
    }
}

static void greys_and_solarizes(void **state)
{
    float *before = planes_of(C), *x = planes_of(C);
    (void)state;
    locl_augment_grey(x, C, H * W);
    for (size_t i = 0; i < C * H * W; i++) {
        expect_near(x[i], luma_at(before, C, i % (H * W)));
    }
    memcpy(x, before, C * H * W * sizeof *x);
    x[0] = before[0] = .5f;
    locl_augment_solarize(.5f, x, C * H * W);
    for (size_t i = 0; i < C * H * W; i++) {
        expect_near(x[i], before[i] >= .5f ? 1. - before[i] : before[i]);
    }
    free(before);
    free(x);
}

static ptrdiff_t mirrored(ptrdiff_t i, ptrdiff_t n)
{
    return i < 0 ? -i : i >= n ? 2 * n - 2 - i : i;
}

static void expect_blur(double sigma, ptrdiff_t radius)
{
    float *before = planes_of(C), *x = planes_of(C), *rows = malloc((H * W + 2 * W) * sizeof *rows);
    assert_non_null(rows);
    locl_augment_blur((float)sigma, (size_t)radius, x, C, H, W, rows);
    for (ptrdiff_t at = 0; at < C * H * W; at++) {
        const float *plane = before + at / (H * W) * (H * W);
        ptrdiff_t y = at / W % H, column = at % W;
        double sum = 0, all = 0;
        for (ptrdiff_t i = -radius; i <= radius; i++) {
            for (ptrdiff_t j = -radius; j <= radius; j++) {
                double weight = exp(-(double)(i * i + j * j) / (2 * sigma * sigma));
                all += weight;
                sum += weight * plane[mirrored(y + i, H) * W + mirrored(column + j, W)];
            }
        }
        expect_near(x[at], sum / all);
    }
    free(before);
    free(x);
    free(rows);
}

static void blurs(void **state)
{
    (void)state;
    expect_blur(.1, 1);
    expect_blur(2, 1);
    expect_blur(1.3, 11);
    expect_blur(3, 0);
    assert_int_equal(locl_augment_blur_radius(.1, 224), 11);
    assert_int_equal(locl_augment_blur_radius(.1, 32), 1);
    assert_int_equal(locl_augment_blur_radius(.1, 8), 0);
    assert_int_equal(locl_augment_blur_radius(1, 2), 1);
    assert_int_equal(locl_augment_blur_radius(1, 1), 0);
}

/* All parts in the order in which they are to come. */
static void applies_in_order(void **state)
{
    locl_augment_options options = {.preset = LOCL_AUGMENT_CONTRASTIVE};
    const locl_augment_size size = {H, W, H, W};
    locl_augment_draws draws = {.top = 2,
                                .left = 1,
                                .height = 20,
                                .width = 22,
                                .down = 1,
                                .right = -2,
                                .order = {3, 1, 0, 2},
                                .jitter = {1.2f, .7f, 1.1f, -.07f},
                                .sigma = 1};
    locl_augment_work work = reserve(H, W, H, W), steps = reserve(H, W, H, W);
    (void)state;
    locl_augment_options_resolve(&options);
    memset(draws.done, true, sizeof draws.done);
    locl_augment_image(&options, &draws, &source, &size, &work);
    draws.done[LOCL_AUGMENT_JITTER] = draws.done[LOCL_AUGMENT_GREY] = draws.done[LOCL_AUGMENT_BLUR] =
        draws.done[LOCL_AUGMENT_SOLARIZE] = false;
    locl_augment_image(&options, &draws, &source, &size, &steps);
    locl_augment_jitter(LOCL_JITTER_HUE, -.07f, steps.planes, C, H * W);
    locl_augment_jitter(LOCL_JITTER_CONTRAST, .7f, steps.planes, C, H * W);
    locl_augment_jitter(LOCL_JITTER_BRIGHTNESS, 1.2f, steps.planes, C, H * W);
    locl_augment_jitter(LOCL_JITTER_SATURATION, 1.1f, steps.planes, C, H * W);
    locl_augment_grey(steps.planes, C, H * W);
    locl_augment_blur(1, 1, steps.planes, C, H, W, steps.rows);
    locl_augment_solarize(.5f, steps.planes, C * H * W);
    assert_memory_equal(work.planes, steps.planes, C * H * W * sizeof(float));
    locl_augment_release(&work);
    locl_augment_release(&steps);
}

/* ---- options ---- */

static void resolves_options(void **state)
{
    locl_augment_options none = {0}, cifar = {.preset = LOCL_AUGMENT_CIFAR};
    locl_augment_options contrast = {.preset = LOCL_AUGMENT_CONTRASTIVE}, some = {0};
    (void)state;
    locl_augment_options_resolve(&none);
    assert_false(locl_augment_changes(&none));
    locl_augment_options_resolve(&cifar);
    assert_true(locl_augment_chance(&cifar, LOCL_AUGMENT_PAD, 1) == 1);
    assert_true(locl_augment_chance(&cifar, LOCL_AUGMENT_FLIP, 0) == .5);
    assert_true(locl_augment_chance(&cifar, LOCL_AUGMENT_CROP, 0) == 0);
    assert_true(cifar.range[LOCL_AUGMENT_PIXELS].value[0] == 4);
    assert_int_equal(cifar.range[LOCL_AUGMENT_SIGMA].count, 0); /* nothing of what is not applied */
    contrast.range[LOCL_AUGMENT_AREA] = (locl_augment_list){{.3, .9}, 2};
    contrast.p[LOCL_AUGMENT_FLIP] = (locl_augment_list){{0}, 1};
    locl_augment_options_resolve(&contrast);
    assert_true(contrast.range[LOCL_AUGMENT_AREA].value[0] == .3);
    assert_true(locl_augment_chance(&contrast, LOCL_AUGMENT_FLIP, 1) == 0);
    assert_true(locl_augment_chance(&contrast, LOCL_AUGMENT_BLUR, 0) == 1);
    assert_true(locl_augment_chance(&contrast, LOCL_AUGMENT_BLUR, 1) == .1);
    assert_true(locl_augment_chance(&contrast, LOCL_AUGMENT_SOLARIZE, 0) == 0);
    assert_true(locl_augment_chance(&contrast, LOCL_AUGMENT_SOLARIZE, 1) == .2);
    some.range[LOCL_AUGMENT_HUE] = (locl_augment_list){{-.2, .2}, 2}; /* a range alone: always */
    locl_augment_options_resolve(&some);
    assert_true(locl_augment_chance(&some, LOCL_AUGMENT_JITTER, 0) == 1);
    assert_true(some.range[LOCL_AUGMENT_CONTRAST].value[1] == 1.4);
}

/* ---- draws ---- */

static locl_augment_options resolved(locl_augment_preset preset)
{
    locl_augment_options options = {.preset = preset};
    locl_augment_options_resolve(&options);
    return options;
}

static void draws_by_chance(void **state)
{
    enum { IMAGES = 20000 };
    static const double expected[2][LOCL_AUGMENT_PARTS] = {{1, 0, .5, .8, .2, 1, 0},
                                                           {1, 0, .5, .8, .2, .1, .2}};
    const locl_augment_options options = resolved(LOCL_AUGMENT_CONTRASTIVE);
    const locl_augment_size size = {64, 48, 32, 32};
    unsigned orders[256] = {0}, different = 0;
    (void)state;
    for (unsigned view = 0; view < 2; view++) {
        size_t done[LOCL_AUGMENT_PARTS] = {0};
        double brightness = 0;
        for (size_t i = 0; i < IMAGES; i++) {
            const locl_augment_moment moment = {.seed = 3, .image = i, .epoch = 7, .view = view};
            locl_augment_draws d;
            locl_augment_draw(&options, &moment, &size, &d);
            for (size_t part = 0; part < LOCL_AUGMENT_PARTS; part++) {
                done[part] += d.done[part];
            }
            assert_true(d.height >= 1 && d.top + d.height <= 64 && d.width >= 1 && d.left + d.width <= 48);
            assert_in_range(d.height * d.width, 64 * 48 * .08 * .9, 64 * 48);
            if (d.done[LOCL_AUGMENT_JITTER]) {
                brightness += d.jitter[LOCL_JITTER_BRIGHTNESS];
                assert_true(fabsf(d.jitter[LOCL_JITTER_HUE]) <= .1f);
                orders[d.order[0] | d.order[1] << 2 | d.order[2] << 4 | d.order[3] << 6]++;
            }
        }
        for (size_t part = 0; part < LOCL_AUGMENT_PARTS; part++) {
            double p = expected[view][part], off = (double)done[part] / IMAGES - p;
            assert_true(fabs(off) <= 4.5 * sqrt(p * (1 - p) / IMAGES));
        }
        assert_true(fabs(brightness / (double)done[LOCL_AUGMENT_JITTER] - 1) < .01);
    }
    for (size_t i = 0; i < 256; i++) { /* each order 1333 times on average, deviation 36 */
        different += orders[i] > 0;
        assert_true(!orders[i] || fabs(orders[i] - 32000 / 24.) < 5 * 36);
    }
    assert_int_equal(different, 24);
}

/* Seed, epoch, image and view each change what is drawn, and nothing else does. */
static void draws_by_the_moment_alone(void **state)
{
    static const locl_augment_moment moments[] = {{3, 5, 7, 0}, {4, 5, 7, 0}, {3 | 1ull << 32, 5, 7, 0},
                                                  {3, 6, 7, 0}, {3, 5, 8, 0}, {3, 5, 7, 1}};
    const locl_augment_options options = resolved(LOCL_AUGMENT_CONTRASTIVE);
    const locl_augment_size size = {64, 48, 32, 32};
    locl_augment_draws first, again, other;
    (void)state;
    memset(&first, 0, sizeof first);
    memset(&again, 0, sizeof again);
    locl_augment_draw(&options, &moments[0], &size, &first);
    locl_augment_draw(&options, &moments[0], &size, &again);
    assert_int_equal(first.top, again.top);
    assert_int_equal(first.width, again.width);
    assert_memory_equal(first.jitter, again.jitter, sizeof first.jitter);
    for (size_t i = 1; i < sizeof moments / sizeof *moments; i++) {
        locl_augment_draw(&options, &moments[i], &size, &other);
        assert_true(first.width != other.width || first.left != other.left || first.height != other.height);
    }
}

/* Moves by all amounts, up to the most; images too narrow for any aspect in range are cut in the middle. */
static void draws_places(void **state)
{
    locl_augment_options cifar = resolved(LOCL_AUGMENT_CIFAR), contrast = resolved(LOCL_AUGMENT_CONTRASTIVE);
    const locl_augment_size size = {32, 32, 32, 32}, narrow = {200, 4, 32, 32}, dot = {1, 1, 32, 32};
    unsigned down[9] = {0}, right[9] = {0};
    locl_augment_draws d;
    (void)state;
    for (size_t i = 0; i < 900; i++) {
        const locl_augment_moment moment = {.image = i};
        locl_augment_draw(&cifar, &moment, &size, &d);
        down[d.down + 4]++;
        right[d.right + 4]++;
    }
    for (size_t i = 0; i < 9; i++) {
        assert_in_range(down[i], 60, 140);
        assert_in_range(right[i], 60, 140);
    }
    const locl_augment_moment moment = {.image = 1};
    contrast.range[LOCL_AUGMENT_AREA] = (locl_augment_list){{1, 1}, 2};
    locl_augment_draw(&contrast, &moment, &narrow, &d);
    assert_int_equal(d.width, 4);
    assert_int_equal(d.height, 5);
    assert_int_equal(d.top, 97);
    locl_augment_draw(&contrast, &moment, &dot, &d);
    assert_int_equal(d.width * d.height, 1);
}

/* ---- batches ---- */

enum { B = 6, SIDE = 1, VALUES = H * W * C };

static const locl_dataset dataset = {.pixels = pixels,
                                     .labels = labels,
                                     .n = N,
                                     .h = H,
                                     .w = W,
                                     .c = C,
                                     .classes = 10,
                                     .mean = {.1, .5, .7},
                                     .std = {.2, .25, .5}};

static void read_batches(const locl_augment_options *augment, unsigned threads, uint64_t first, size_t slice,
                         size_t buffers, float *x)
{
    const locl_loader_options options = {.batch = B,
                                         .slice = slice,
                                         .patches = SIDE,
                                         .ring = 3,
                                         .augment = augment,
                                         .views = 2,
                                         .threads = threads,
                                         .seed = 11,
                                         .training = true,
                                         .first = first};
    size_t values = 2 * (slice ? slice : B) * VALUES;
    locl_loader *loader;
    locl_batch batch;
    assert_int_equal(locl_loader_open(&dataset, &options, &loader, NULL), LOCL_OK);
    for (size_t i = 0; i < buffers; i++) {
        assert_true(locl_loader_acquire(loader, &batch));
        assert_int_equal(batch.valid * VALUES, values);
        memcpy(x + i * values, batch.x, values * sizeof *x);
        for (size_t j = 0; j < values / VALUES / 2; j++) {
            assert_int_equal(batch.labels[j], batch.labels[values / VALUES / 2 + j]);
        }
        locl_loader_release(loader, &batch);
    }
    locl_loader_close(loader);
}

/* The same bits by any number of threads, from any batch on, and in slices. */
static void makes_the_same_batches(void **state)
{
    enum { BATCHES = 13, FROM = 9, BATCH = 2 * B * VALUES }; /* into the second epoch of 10 batches */
    const locl_augment_options options = resolved(LOCL_AUGMENT_CONTRASTIVE);
    float *one = malloc(BATCHES * BATCH * sizeof *one), *other = malloc(BATCHES * BATCH * sizeof *other);
    (void)state;
    assert_non_null(one);
    assert_non_null(other);
    read_batches(&options, 1, 0, 0, BATCHES, one);
    read_batches(&options, 5, 0, 0, BATCHES, other);
    assert_memory_equal(one, other, BATCHES * BATCH * sizeof *one);
    read_batches(&options, 2, FROM, 0, BATCHES - FROM, other);
    assert_memory_equal(one + FROM * BATCH, other, (BATCHES - FROM) * BATCH * sizeof *one);
    read_batches(&options, 3, 0, 2, 3 * BATCHES, other);
    for (size_t i = 0; i < 3 * BATCHES; i++) { /* two images of view 1, then of view 2 */
        const float *whole = one + i / 3 * BATCH + i % 3 * 2 * VALUES, *part = other + i * 4 * VALUES;
        assert_memory_equal(whole, part, 2 * VALUES * sizeof *one);
        assert_memory_equal(whole + B * VALUES, part + 2 * VALUES, 2 * VALUES * sizeof *one);
    }
    assert_memory_not_equal(one, one + B * VALUES, B * VALUES * sizeof *one); /* views differ */
    free(one);
    free(other);
}

/* In the next epoch no image looks as in the one before. */
static void changes_anew_in_each_epoch(void **state)
{
    const locl_augment_options options = resolved(LOCL_AUGMENT_CONTRASTIVE);
    locl_dataset few = dataset;
    few.n = B; /* a batch is an epoch */
    const locl_loader_options loading = {
        .batch = B, .patches = SIDE, .ring = 3, .augment = &options, .training = true};
    locl_loader *loader;
    locl_batch first = {0}, second = {0};
    (void)state;
    assert_int_equal(locl_loader_open(&few, &loading, &loader, NULL), LOCL_OK);
    assert_true(locl_loader_acquire(loader, &first));
    assert_true(locl_loader_acquire(loader, &second));
    for (size_t i = 0; i < B * B; i++) {
        assert_memory_not_equal(first.x + i / B * VALUES, second.x + i % B * VALUES,
                                VALUES * sizeof *first.x);
    }
    locl_loader_close(loader);
}

/* Values are normalised after they are changed. Without augmentation both views are the image. */
static void normalises_what_is_changed(void **state)
{
    locl_augment_options options = {0};
    float *changed = malloc(2 * B * VALUES * sizeof *changed),
          *plain = malloc(2 * B * VALUES * sizeof *plain);
    (void)state;
    assert_non_null(changed);
    assert_non_null(plain);
    options.p[LOCL_AUGMENT_SOLARIZE] = (locl_augment_list){{0, 1}, 2};
    options.range[LOCL_AUGMENT_THRESHOLD] = (locl_augment_list){{0}, 1};
    locl_augment_options_resolve(&options);
    read_batches(&options, 2, 0, 0, 1, changed);
    read_batches(NULL, 2, 0, 0, 1, plain);
    assert_memory_equal(plain, plain + B * VALUES, B * VALUES * sizeof *plain);
    for (size_t i = 0; i < B * VALUES; i++) {
        double mean = dataset.mean[i % C], std = dataset.std[i % C], value = plain[i] * std + mean;
        assert_true(fabsf(changed[i] - plain[i]) < 1e-5f);
        assert_true(fabs(changed[B * VALUES + i] - (1 - value - mean) / std) < 1e-5);
    }
    free(changed);
    free(plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crops_bicubically),
        cmocka_unit_test(keeps_or_scales_the_whole),
        cmocka_unit_test(pads_and_flips),
        cmocka_unit_test(jitters),
        cmocka_unit_test(greys_and_solarizes),
        cmocka_unit_test(blurs),
        cmocka_unit_test(applies_in_order),
        cmocka_unit_test(resolves_options),
        cmocka_unit_test(draws_by_chance),
        cmocka_unit_test(draws_by_the_moment_alone),
        cmocka_unit_test(draws_places),
        cmocka_unit_test(makes_the_same_batches),
        cmocka_unit_test(changes_anew_in_each_epoch),
        cmocka_unit_test(normalises_what_is_changed),
    };
    return cmocka_run_group_tests(tests, fill_pixels, NULL);
}
