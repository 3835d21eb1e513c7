#include "support/data_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { CAPACITY = 1 << 16 };

static uint8_t bytes[CAPACITY];

static void read_one(bool gz)
{
    locl_dataset *train, *test;
    locl_error err = {0};
    data_idx_set(gz ? "gz" : "plain", gz, 23, 7, 5, 6);
    locl_data_options options = data_options(LOCL_DATA_MNIST, gz ? "gz" : "plain");
    assert_int_equal(locl_dataset_open_both(&options, &train, &test, &err), LOCL_OK);
    assert_int_equal(train->n, 23);
    assert_int_equal(test->n, 7);
    assert_int_equal(train->h, 5);
    assert_int_equal(train->w, 6);
    assert_int_equal(train->c, 1);
    assert_int_equal(train->classes, 10);
    assert_int_equal(train->named, 10);
    assert_string_equal(train->class_names[9], "9");
    for (size_t i = 0; i < 23 * 30; i++) {
        assert_int_equal(train->pixels[i], (i * 7 + i / 11) % 256);
    }
    for (size_t i = 0; i < 7; i++) {
        assert_int_equal(test->labels[i], (i * 7 + 1) % 10);
    }
    assert_true(train->mean[0] == .1307 && test->std[0] == .3081);
    locl_dataset_close(train);
    locl_dataset_close(test);
}

static void reads_plain_and_gz(void **state)
{
    (void)state;
    read_one(false);
    read_one(true);
}

static void computes_stats_of_the_training_set(void **state)
{
    (void)state;
    locl_dataset *test;
    data_idx_set("stats", false, 40, 5, 4, 4);
    locl_data_options options = data_options(LOCL_DATA_FASHION_MNIST, "stats");
    assert_int_equal(locl_dataset_open(&options, LOCL_SPLIT_TEST, &test, NULL), LOCL_OK);
    double sum = 0, squares = 0, n = 40 * 16;
    for (size_t i = 0; i < 40 * 16; i++) {
        double x = (double)((i * 7 + i / 11) % 256) / 255;
        sum += x;
        squares += x * x;
    }
    double variance = squares / n - sum / n * (sum / n);
    assert_true(test->mean[0] > sum / n - 1e-12 && test->mean[0] < sum / n + 1e-12);
    assert_true(test->std[0] * test->std[0] > variance - 1e-12 &&
                test->std[0] * test->std[0] < variance + 1e-12);
    locl_dataset_close(test);

    options.mean_count = options.std_count = 1;
    options.mean[0] = .25;
    options.std[0] = .5;
    assert_int_equal(locl_dataset_open(&options, LOCL_SPLIT_TEST, &test, NULL), LOCL_OK);
    assert_true(test->mean[0] == .25 && test->std[0] == .5);
    locl_dataset_close(test);
}

static void gives_the_wanted_size(void **state)
{
    (void)state;
    locl_dataset *train;
    data_idx_set("size", false, 4, 4, 5, 6);
    locl_data_options options = data_options(LOCL_DATA_FASHION_MNIST, "size");
    options.image[0] = 10;
    options.image[2] = 3;
    assert_int_equal(locl_dataset_open(&options, LOCL_SPLIT_TRAIN, &train, NULL), LOCL_OK);
    assert_int_equal(train->h, 10);
    assert_int_equal(train->w, 6);
    assert_int_equal(train->c, 3);
    for (size_t i = 0; i < 4 * 10 * 6; i++) {
        assert_int_equal(train->pixels[3 * i], train->pixels[3 * i + 2]);
    }
    assert_true(train->mean[0] == train->mean[2] && train->std[0] > 0);
    locl_dataset_close(train);
}

/* Of 23 images 5 are held out: those in the middle of stretches of 4.6. */
static void holds_out_training_images(void **state)
{
    (void)state;
    static const size_t held[] = {2, 6, 11, 16, 20};
    locl_dataset *all, *train, *test, *alone;
    data_idx_set("held", false, 23, 7, 5, 6);
    locl_data_options options = data_options(LOCL_DATA_FASHION_MNIST, "held");
    assert_int_equal(locl_dataset_open(&options, LOCL_SPLIT_TRAIN, &all, NULL), LOCL_OK);
    options.holdout = 5;
    assert_int_equal(unlink(data_path("held/t10k-images-idx3-ubyte")), 0); /* not looked for */
    assert_int_equal(locl_dataset_open_both(&options, &train, &test, NULL), LOCL_OK);
    assert_int_equal(locl_dataset_open(&options, LOCL_SPLIT_TEST, &alone, NULL), LOCL_OK);
    assert_int_equal(train->n, 18);
    assert_int_equal(test->n, 5);
    for (size_t i = 0, taken = 0; i < all->n; i++) {
        bool out = taken < 5 && held[taken] == i;
        const locl_dataset *set = out ? test : train;
        size_t at = out ? taken++ : i - taken;
        assert_memory_equal(set->pixels + at * 30, all->pixels + i * 30, 30);
        assert_int_equal(set->labels[at], all->labels[i]);
    }
    assert_int_equal(test->classes, 10);
    assert_string_equal(test->class_names[9], train->class_names[9]);
    assert_memory_equal(alone->pixels, test->pixels, 5 * 30);
    assert_true(alone->mean[0] == train->mean[0] && alone->std[0] == train->std[0]);
    assert_true(test->mean[0] == train->mean[0] && train->mean[0] != all->mean[0]);
    locl_dataset_close(alone);
    locl_dataset_close(test);
    locl_dataset_close(train);
    locl_dataset_close(all);

    options.holdout = 22;
    assert_int_equal(locl_dataset_open_both(&options, &train, &test, NULL), LOCL_OK);
    assert_int_equal(train->n, 1);
    assert_int_equal(test->n, 22);
    locl_dataset_close(test);
    locl_dataset_close(train);
    options.holdout = 23;
    data_expect_error(&options, LOCL_E_CONFIG, "data.holdout is 23", "only 23 training images", "22 or fewer",
                      NULL);
}

static locl_data_options spoilt(const char *folder)
{
    data_idx_set(folder, false, 12, 4, 3, 3);
    return data_options(LOCL_DATA_MNIST, folder);
}

static void refuses_damaged_images(void **state)
{
    (void)state;
    locl_data_options options = spoilt("bad");
    const char *images = "bad/train-images-idx3-ubyte";
    const uint32_t dims[3] = {12, 3, 3};
    size_t size = data_idx(bytes, 8, 3, dims, 108, 0, 256);

    data_write(images, bytes, 0);
    data_expect_error(&options, LOCL_E_DATA, "train-images-idx3-ubyte is empty", NULL);
    data_write(images, bytes, 10);
    data_expect_error(&options, LOCL_E_DATA, "truncated", "header", NULL);
    data_write(images, bytes, size - 1);
    data_expect_error(&options, LOCL_E_DATA, "truncated", "promises 108 bytes, 107 follow", NULL);
    data_write(images, bytes, size + 1);
    data_expect_error(&options, LOCL_E_DATA, "oversized", NULL);
    data_write(images, "<!DOCTYPE html><html>", 21);
    data_expect_error(&options, LOCL_E_DATA, "is no IDX file", NULL);
    data_write(images, "P", 1);
    data_expect_error(&options, LOCL_E_DATA, "is no IDX file", NULL);
    data_write(images, bytes, data_idx(bytes, 13, 3, dims, 432, 0, 256));
    data_expect_error(&options, LOCL_E_DATA, "type 0x0d", NULL);
    data_write(images, bytes, data_idx(bytes, 8, 1, dims, 12, 0, 10));
    data_expect_error(&options, LOCL_E_DATA, "1 dimensions, it should be 0x08 (bytes) and 3", NULL);
    const uint32_t huge[3] = {12, 0xFFFFFFFF, 0xFFFFFFFF};
    data_write(images, bytes, data_idx(bytes, 8, 3, huge, 108, 0, 256));
    data_expect_error(&options, LOCL_E_DATA, "4294967295x4294967295", NULL);
    const uint32_t promised[3] = {12, 16000, 16000};
    data_write(images, bytes, data_idx(bytes, 8, 3, promised, 108, 0, 256));
    data_expect_error(&options, LOCL_E_DATA, "truncated", NULL);
    const uint32_t none[3] = {0, 3, 3};
    data_write(images, bytes, data_idx(bytes, 8, 3, none, 0, 0, 256));
    data_expect_error(&options, LOCL_E_DATA, "0 images", NULL);
    unlink(data_path(images));
    data_expect_error(&options, LOCL_E_DATA, "neither train-images-idx3-ubyte nor", "four IDX files", NULL);
}

static void refuses_damaged_labels(void **state)
{
    (void)state;
    locl_data_options options = spoilt("badl");
    const char *labels = "badl/train-labels-idx1-ubyte";
    const uint32_t dims[1] = {12}, fewer[1] = {11};
    data_write(labels, bytes, data_idx(bytes, 8, 1, fewer, 11, 0, 10));
    data_expect_error(&options, LOCL_E_DATA, "12 images", "11 labels", NULL);
    size_t size = data_idx(bytes, 8, 1, dims, 12, 0, 10);
    data_write(labels, bytes, size - 1);
    data_expect_error(&options, LOCL_E_DATA, "labels-idx1-ubyte is truncated", NULL);
    bytes[8 + 5] = 10;
    data_write(labels, bytes, size);
    data_expect_error(&options, LOCL_E_DATA, "image 5 has the label 10, labels should be 0 to 9", NULL);
    options.classes = 11;
    locl_dataset *train;
    assert_int_equal(locl_dataset_open(&options, LOCL_SPLIT_TRAIN, &train, NULL), LOCL_OK);
    assert_int_equal(train->classes, 11);
    locl_dataset_close(train);
    options.classes = 3;
    data_expect_error(&options, LOCL_E_DATA, "labels should be 0 to 2", "model.classes", NULL);
}

static void refuses_damaged_gz(void **state)
{
    (void)state;
    data_idx_set("badgz", true, 12, 4, 9, 9);
    locl_data_options options = data_options(LOCL_DATA_MNIST, "badgz");
    const char *images = "badgz/train-images-idx3-ubyte.gz";
    size_t size = data_read(images, bytes, sizeof bytes);
    locl_dataset *train;
    assert_int_equal(locl_dataset_open(&options, LOCL_SPLIT_TRAIN, &train, NULL), LOCL_OK);
    locl_dataset_close(train);
    for (size_t cut = 0; cut < size; cut++) {
        data_write(images, bytes, cut);
        locl_error err = {0};
        assert_int_equal(locl_dataset_open(&options, LOCL_SPLIT_TRAIN, &train, &err), LOCL_E_DATA);
        assert_non_null(strstr(err.message, "train-images-idx3-ubyte.gz"));
    }
    bytes[size] = 'x';
    data_write(images, bytes, size + 1);
    data_expect_error(&options, LOCL_E_DATA, "followed by something else", NULL);
    bytes[size - 8] ^= 1; /* the checksum */
    data_write(images, bytes, size);
    data_expect_error(&options, LOCL_E_DATA, "gzip data is damaged", NULL);
    bytes[size - 8] ^= 1;
    bytes[size / 2] ^= 0x10;
    data_write(images, bytes, size);
    data_expect_error(&options, LOCL_E_DATA, "train-images-idx3-ubyte.gz", NULL);
}

static void refuses_paths_and_options(void **state)
{
    (void)state;
    locl_data_options options = data_options(LOCL_DATA_FASHION_MNIST, "nowhere");
    data_expect_error(&options, LOCL_E_DATA, "data.path leads to nothing",
                      "apt-get install dataset-fashion-mnist", NULL);
    options = data_options(LOCL_DATA_FOLDER, "nowhere");
    options.path[0] = '\0';
    data_expect_error(&options, LOCL_E_DATA, "data.path is not given", "train/<class>/x", NULL);

    char here[4096];
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(data_folder()), 0);
    options = locl_data_options_default();
    options.name = LOCL_DATA_CIFAR10;
    data_expect_error(&options, LOCL_E_DATA, "data/cifar10", "data/cifar-10-binary.tar.gz", NULL);
    data_idx_set("data/mnist", true, 12, 4, 3, 3); /* found without a path */
    locl_dataset *train;
    options.name = LOCL_DATA_MNIST;
    assert_int_equal(locl_dataset_open(&options, LOCL_SPLIT_TRAIN, &train, NULL), LOCL_OK);
    assert_int_equal(train->n, 12);
    locl_dataset_close(train);
    assert_int_equal(chdir(here), 0);

    options = spoilt("options");
    options.image[2] = 2;
    data_expect_error(&options, LOCL_E_CONFIG, "model.image", NULL);
    options = spoilt("options");
    options.mean_count = 1;
    data_expect_error(&options, LOCL_E_CONFIG, "found 1 values in data.mean and 0 in data.std", NULL);
    options.std_count = 1;
    data_expect_error(&options, LOCL_E_CONFIG, "data.std above 0", NULL);
    options.mean_count = options.std_count = 3;
    options.std[0] = options.std[1] = options.std[2] = 1;
    data_expect_error(&options, LOCL_E_CONFIG, "have 3 values, the images 1 channels", NULL);
    options = spoilt("options");
    options.memory = 100;
    data_expect_error(&options, LOCL_E_MEMORY, "12 images of 3x3x1", "the limit given is", NULL);
    options = spoilt("options");
    options.name = LOCL_DATA_FASHION_MNIST;
    const uint32_t dims[3] = {12, 3, 3};
    data_write("options/train-images-idx3-ubyte", bytes, data_idx(bytes, 8, 3, dims, 108, 0, 1));
    data_expect_error(&options, LOCL_E_DATA, "deviation is 0", "data.std", NULL);
}

static int clean(void **state)
{
    (void)state;
    data_folder_remove();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_plain_and_gz),        cmocka_unit_test(computes_stats_of_the_training_set),
        cmocka_unit_test(holds_out_training_images), cmocka_unit_test(gives_the_wanted_size),
        cmocka_unit_test(refuses_damaged_images),    cmocka_unit_test(refuses_damaged_labels),
        cmocka_unit_test(refuses_damaged_gz),        cmocka_unit_test(refuses_paths_and_options),
    };
    return cmocka_run_group_tests(tests, NULL, clean);
}
