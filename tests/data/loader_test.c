#include "data/loader.h"
#include "data/shuffle.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { N = 53, H = 6, W = 4, CHANNELS = 3, VALUES = H * W * CHANNELS, B = 8, SIDE = 2 };

static uint8_t pixels[N * VALUES];
static int32_t labels[N];
static locl_dataset dataset = {
    .pixels = pixels,
    .labels = labels,
    .n = N,
    .h = H,
    .w = W,
    .c = CHANNELS,
    .classes = 10,
    .mean = {.1, .5, .7},
    .std = {.2, .25, .5},
};

static int fill_dataset(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pixels; i++) {
        pixels[i] = (uint8_t)(i * 97 + i / 13);
    }
    for (size_t i = 0; i < N; i++) {
        labels[i] = (int32_t)(i * 3 % 10);
    }
    return 0;
}

static locl_loader *open_loader(const locl_loader_options *options)
{
    locl_loader *loader;
    locl_error err = {0};
    if (locl_loader_open(&dataset, options, &loader, &err) != LOCL_OK) {
        fail_msg("%s", err.message);
    }
    return loader;
}

static const locl_loader_options training = {
    .batch = B, .patches = SIDE, .ring = 3, .seed = 11, .training = true, .end = 25};

/* SPEC 1, straight from its words: element (p, row, column, channel) of image `index`. */
static void expect_row(const float *row, size_t index)
{
    enum { PH = H / SIDE, PW = W / SIDE };
    for (size_t p = 0; p < SIDE * SIDE; p++) {
        for (size_t e = 0; e < PH * PW * CHANNELS; e++) {
            size_t channel = e % CHANNELS, x = e / CHANNELS % PW + p % SIDE * PW;
            size_t y = e / CHANNELS / PW + p / SIDE * PH;
            double value = pixels[((index * H + y) * W + x) * CHANNELS + channel] / 255.0;
            float expected = (float)((value - dataset.mean[channel]) / dataset.std[channel]);
            assert_true(row[p * PH * PW * CHANNELS + e] == expected);
        }
    }
}

static void shuffles(void **state)
{
    (void)state;
    enum { COUNT = 1000 };
    uint32_t first[COUNT], again[COUNT], other[COUNT];
    char seen[COUNT] = {0};
    locl_shuffle(5, 2, first, COUNT);
    locl_shuffle(5, 2, again, COUNT);
    assert_memory_equal(first, again, sizeof first);
    for (size_t i = 0; i < COUNT; i++) {
        assert_in_range(first[i], 0, COUNT - 1);
        assert_int_equal(seen[first[i]]++, 0);
    }
    locl_shuffle(5, 3, other, COUNT);
    assert_memory_not_equal(first, other, sizeof first);
    locl_shuffle(6, 2, other, COUNT);
    assert_memory_not_equal(first, other, sizeof first);
    locl_shuffle(1ull << 32 | 5, 2, other, COUNT);
    assert_memory_not_equal(first, other, sizeof first);
    locl_shuffle(5, 2, first, 1);
    assert_int_equal(first[0], 0);
    locl_shuffle(5, 2, first, 0);
}

/* Each of the 24 orders of four has the same chance: chi-square with 23 degrees, 24000 draws; 58 is passed
 * with probability 1e-4, and the seeds are fixed. */
static void shuffles_uniformly(void **state)
{
    (void)state;
    unsigned counts[256] = {0}, orders = 0;
    double chi = 0;
    for (uint32_t epoch = 0; epoch < 24000; epoch++) {
        uint32_t order[4];
        locl_shuffle(9, epoch, order, 4);
        counts[order[0] << 6 | order[1] << 4 | order[2] << 2 | order[3]]++;
    }
    for (size_t i = 0; i < 256; i++) {
        if (counts[i]) {
            orders++;
            chi += ((double)counts[i] - 1000) * ((double)counts[i] - 1000) / 1000;
        }
    }
    assert_int_equal(orders, 24);
    assert_true(chi < 58);
}

static void equals_direct_computation(void **state)
{
    (void)state;
    locl_loader *loader = open_loader(&training);
    const locl_patch_shape *shape = locl_loader_shape(loader);
    size_t row = shape->count * shape->size;
    uint32_t order[N];
    locl_batch batch;
    uint64_t number = 0;
    assert_int_equal(locl_loader_steps_per_epoch(loader), N / B);
    assert_int_equal(row, VALUES);
    for (; locl_loader_acquire(loader, &batch); number++) {
        assert_int_equal(batch.number, number);
        assert_int_equal(batch.epoch, number / (N / B));
        assert_int_equal(batch.valid, B);
        locl_shuffle(11, (uint32_t)batch.epoch, order, N);
        for (size_t i = 0; i < B; i++) {
            size_t index = order[number % (N / B) * B + i];
            expect_row(batch.x + i * row, index);
            assert_int_equal(batch.labels[i], labels[index]);
        }
        locl_loader_release(loader, &batch);
    }
    assert_int_equal(number, 25);
    assert_false(locl_loader_acquire(loader, &batch));
    locl_loader_stats stats = locl_loader_statistics(loader);
    assert_int_equal(stats.batches, 25);
    assert_true(stats.waited_seconds >= 0 && stats.filled_seconds > 0);
    locl_loader_close(loader);
}

static void resumes_from_the_middle(void **state)
{
    (void)state;
    static float expected[25][B * VALUES];
    locl_batch batch;
    locl_loader *whole = open_loader(&training);
    while (locl_loader_acquire(whole, &batch)) {
        memcpy(expected[batch.number], batch.x, sizeof expected[0]);
        locl_loader_release(whole, &batch);
    }
    locl_loader_close(whole);
    for (uint64_t first = 0; first <= 25; first++) {
        locl_loader_options options = training;
        options.first = first;
        options.ring = 2 + (size_t)first % 4;
        locl_loader *part = open_loader(&options);
        uint64_t number = first;
        for (; locl_loader_acquire(part, &batch); number++) {
            assert_int_equal(batch.number, number);
            assert_memory_equal(batch.x, expected[number], sizeof expected[0]);
            locl_loader_release(part, &batch);
        }
        assert_int_equal(number, 25);
        locl_loader_close(part);
    }
}

static void evaluates_in_order_with_the_last_batch(void **state)
{
    (void)state;
    locl_loader_options options = training;
    options.training = false;
    options.end = 0;
    for (size_t size = 1; size <= N + 3; size++) {
        locl_batch batch;
        size_t next = 0;
        options.batch = size;
        locl_loader *loader = open_loader(&options);
        while (locl_loader_acquire(loader, &batch)) {
            assert_true(batch.valid == (N - next < size ? N - next : size));
            for (size_t i = 0; i < batch.valid; i++) {
                expect_row(batch.x + i * VALUES, next + i);
                assert_int_equal(batch.labels[i], labels[next + i]);
            }
            for (size_t i = batch.valid * VALUES; i < size * VALUES; i++) {
                assert_true(batch.x[i] == 0);
            }
            for (size_t i = batch.valid; i < size; i++) {
                assert_int_equal(batch.labels[i], 0);
            }
            next += batch.valid;
            locl_loader_release(loader, &batch);
        }
        assert_int_equal(next, N);
        locl_loader_close(loader);
    }
}

/* All buffers but one may be held at once, and come back in another order. */
static void lends_several(void **state)
{
    (void)state;
    locl_loader_options options = training;
    options.ring = 4;
    locl_loader *loader = open_loader(&options);
    uint32_t order[N];
    for (uint64_t number = 0; number + 3 <= 24; number += 3) {
        locl_batch held[3];
        for (size_t i = 0; i < 3; i++) {
            assert_true(locl_loader_acquire(loader, &held[i]));
            size_t bytes;
            assert_ptr_equal(locl_loader_buffer(loader, held[i].slot, &bytes), held[i].x);
            assert_int_equal(bytes, B * VALUES * sizeof(float));
        }
        for (size_t i = 0; i < 3; i++) {
            locl_shuffle(11, (uint32_t)held[i].epoch, order, N);
            expect_row(held[i].x, order[held[i].number % (N / B) * B]);
        }
        locl_loader_release(loader, &held[1]);
        locl_loader_release(loader, &held[2]);
        locl_loader_release(loader, &held[0]);
    }
    locl_loader_close(loader);
}

static void *stop_soon(void *user)
{
    struct timespec moment = {0, 20000000};
    nanosleep(&moment, NULL);
    locl_loader_stop(user);
    return NULL;
}

static void stops_at_any_time(void **state)
{
    (void)state;
    locl_loader_options options = training;
    options.end = 0;
    for (size_t taken = 0; taken < 12; taken++) {
        locl_loader *loader = open_loader(&options);
        locl_batch batch;
        for (size_t i = 0; i < taken; i++) {
            assert_true(locl_loader_acquire(loader, &batch));
            if (i + 2 < taken) {
                locl_loader_release(loader, &batch);
            }
        }
        locl_loader_close(loader);
    }
    locl_loader *loader = open_loader(&options);
    pthread_t thread;
    locl_batch batch;
    unsigned taken = 0;
    assert_int_equal(pthread_create(&thread, NULL, stop_soon, loader), 0);
    while (locl_loader_acquire(loader, &batch)) { /* holds all buffers, then waits for the stop */
        taken++;
    }
    assert_in_range(taken, 0, 3);
    pthread_join(thread, NULL);
    locl_loader_close(loader);
    locl_loader_close(NULL);
}

static void expect_refused(const locl_loader_options *options, locl_status status, const char *text)
{
    locl_error err = {0};
    locl_loader *loader;
    assert_int_equal(locl_loader_open(&dataset, options, &loader, &err), status);
    assert_null(loader);
    if (!strstr(err.message, text)) {
        fail_msg("'%s' is missing in: %s", text, err.message);
    }
}

static void refuses(void **state)
{
    (void)state;
    locl_loader_options options = training;
    options.batch = N + 1;
    expect_refused(&options, LOCL_E_CONFIG, "data.batch is 54, but the training set has only 53 images");
    options = training;
    options.patches = 4;
    expect_refused(&options, LOCL_E_CONFIG, "6x4 cannot be cut into 4x4");
    options = training;
    options.ring = 1;
    expect_refused(&options, LOCL_E_CONFIG, "buffers");
    labels[7] = 10;
    expect_refused(&training, LOCL_E_DATA, "image 7 has the label 10");
    labels[7] = -1;
    expect_refused(&training, LOCL_E_DATA, "image 7 has the label -1");
    labels[7] = 1;
}

static void cuts_floats_alike(void **state)
{
    (void)state;
    locl_patch_shape shape;
    locl_normal_table table;
    float image[VALUES], from_floats[VALUES], from_bytes[VALUES];
    assert_int_equal(locl_patch_shape_make(H, W, CHANNELS, SIDE, &shape, NULL), LOCL_OK);
    locl_normal_table_fill(&table, dataset.mean, dataset.std, CHANNELS);
    for (size_t i = 0; i < VALUES; i++) {
        image[i] = table.value[i % CHANNELS][pixels[i]];
    }
    locl_patches_from_floats(&shape, image, from_floats);
    locl_patches_from_bytes(&shape, &table, pixels, from_bytes);
    assert_memory_equal(from_floats, from_bytes, sizeof from_bytes);
    expect_row(from_bytes, 0);
    assert_int_equal(locl_patch_shape_make(0, W, 1, 1, &shape, NULL), LOCL_E_CONFIG);
    assert_int_equal(locl_patch_shape_make(H, W, 1, 0, &shape, NULL), LOCL_E_CONFIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shuffles),
        cmocka_unit_test(shuffles_uniformly),
        cmocka_unit_test(equals_direct_computation),
        cmocka_unit_test(resumes_from_the_middle),
        cmocka_unit_test(evaluates_in_order_with_the_last_batch),
        cmocka_unit_test(lends_several),
        cmocka_unit_test(stops_at_any_time),
        cmocka_unit_test(refuses),
        cmocka_unit_test(cuts_floats_alike),
    };
    return cmocka_run_group_tests(tests, fill_dataset, NULL);
}
