#include "support/data_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

static void expect_shape(const locl_data_options *options, unsigned h, unsigned w, unsigned c,
                         unsigned classes)
{
    const unsigned image[3] = {h, w, c};
    locl_data_shape shape;
    assert_true(locl_dataset_peek(options, &shape));
    assert_memory_equal(shape.image, image, sizeof image);
    assert_int_equal(shape.classes, classes);
}

/* The shape that reading will give, as the options and the header of the training images say. */
static void tells_the_shape_before_reading(void **state)
{
    (void)state;
    locl_data_shape shape;
    data_idx_set("peek", true, 23, 7, 5, 6);
    locl_data_options options = data_options(LOCL_DATA_FASHION_MNIST, "peek");
    expect_shape(&options, 5, 6, 1, 10);
    options.image[2] = 3;
    expect_shape(&options, 5, 6, 3, 10);
    options.classes = 12;
    expect_shape(&options, 5, 6, 3, 12);
    options.image[0] = options.image[1] = 8;
    expect_shape(&options, 8, 8, 3, 12);
    options = data_options(LOCL_DATA_FOLDER, "peek"); /* only reading them tells */
    assert_false(locl_dataset_peek(&options, &shape));
    memcpy(options.image, (const unsigned[3]){4, 4, 3}, sizeof options.image);
    options.classes = 2;
    expect_shape(&options, 4, 4, 3, 2);
    options = data_options(LOCL_DATA_MNIST, "peek/nowhere");
    assert_false(locl_dataset_peek(&options, &shape));
    options = data_options(LOCL_DATA_MNIST, "peek");
    data_write_gz("peek/train-images-idx3-ubyte.gz", "\0\0\10\3\0\0", 6);
    assert_false(locl_dataset_peek(&options, &shape));
    data_write_gz("peek/train-images-idx3-ubyte.gz", "\0\0\10\3\0\0\0\2\0\0\0\0\0\0\0\6", 16);
    assert_false(locl_dataset_peek(&options, &shape)); /* images without rows: for reading to tell */
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

static void expect_train(locl_data_name name, const char *path)
{
    locl_dataset *train, *test;
    locl_error err = {0};
    locl_data_options options = data_options(name, path);
    if (locl_dataset_open_both(&options, &train, &test, &err) != LOCL_OK) {
        fail_msg("%s: %s", path, err.message);
    }
    assert_int_equal(train->n, 12);
    assert_int_equal(test->n, 4);
    locl_dataset_close(train);
    locl_dataset_close(test);
}

static const char *const stems[] = {"train-images", "train-labels", "t10k-images", "t10k-labels"};

/* Moves the four files of `from`: into folders of their names, or with a dot in their names, or both. */
static void rearrange(const char *from, const char *to, bool gz, bool dot, bool inside)
{
    for (int i = 0; i < 4; i++) {
        char old[128], new[256], kind[16];
        snprintf(kind, sizeof kind, "idx%d-ubyte", i % 2 ? 1 : 3);
        snprintf(old, sizeof old, "%s/%s-%s%s", from, stems[i], kind, gz ? ".gz" : "");
        snprintf(new, sizeof new, "%s/%s%s%s%s%s%s%s%s", to, inside ? stems[i] : "", inside ? "-" : "",
                 inside ? kind : "", inside ? "/" : "", stems[i], dot ? "." : "-", kind, gz ? ".gz" : "");
        size_t size = data_read(old, bytes, sizeof bytes);
        data_write(new, bytes, size);
    }
}

static void finds_files_as_others_store_them(void **state)
{
    (void)state;
    char to[64];
    for (int i = 0; i < 8; i++) {
        bool gz = i & 1, dot = i & 2, inside = i & 4;
        data_idx_set(gz ? "from_gz" : "from", gz, 12, 4, 3, 3);
        snprintf(to, sizeof to, "kaggle%d", i);
        rearrange(gz ? "from_gz" : "from", to, gz, dot, inside);
        expect_train(LOCL_DATA_MNIST, to);
        expect_train(LOCL_DATA_FASHION_MNIST, to);
    }
    rearrange("from", "kaggle2", false, false, true); /* files and folders, as Kaggle unpacks them */
    expect_train(LOCL_DATA_MNIST, "kaggle2");
    rearrange("from", "vision/raw", false, false, false);
    rearrange("from", "around/MNIST/raw", false, false, false);
    rearrange("from_gz", "around2/FashionMNIST/raw", true, false, false);
    expect_train(LOCL_DATA_MNIST, "vision");
    expect_train(LOCL_DATA_MNIST, "around");
    expect_train(LOCL_DATA_MNIST, "around/MNIST");
    expect_train(LOCL_DATA_FASHION_MNIST, "around2");
    locl_data_options options = data_options(LOCL_DATA_MNIST, "around2");
    data_expect_error(&options, LOCL_E_DATA, "has none of the four IDX files", "data.name fashion-mnist",
                      NULL);
}

static void names_the_folder_of_a_file(void **state)
{
    (void)state;
    data_idx_set("whole", false, 12, 4, 3, 3);
    rearrange("whole", "folders", false, true, true);
    locl_data_options options = data_options(LOCL_DATA_MNIST, "whole/train-images-idx3-ubyte");
    data_expect_error(&options, LOCL_E_DATA, "data.path leads to a file", "/whole", NULL);
    options = data_options(LOCL_DATA_MNIST, "folders/t10k-labels-idx1-ubyte/t10k-labels.idx1-ubyte");
    locl_dataset *train;
    locl_error err = {0};
    assert_int_equal(locl_dataset_open(&options, LOCL_SPLIT_TRAIN, &train, &err), LOCL_E_DATA);
    assert_string_equal(err.remedy + strlen(err.remedy) - 8, "/folders");
}

static void names_all_damaged_files(void **state)
{
    (void)state;
    locl_dataset *train, *test;
    locl_error err = {0};
    data_idx_set("all", false, 12, 4, 3, 3);
    for (int i = 0; i < 4; i++) {
        char name[64];
        snprintf(name, sizeof name, "all/%s-idx%d-ubyte", stems[i], i % 2 ? 1 : 3);
        data_write(name, bytes, data_read(name, bytes, sizeof bytes) - 1);
    }
    locl_data_options options = data_options(LOCL_DATA_MNIST, "all");
    assert_int_equal(locl_dataset_open_both(&options, &train, &test, &err), LOCL_E_DATA);
    assert_non_null(strstr(err.message, "all has 4 problems\n  t10k-images-idx3-ubyte is truncated"));
    assert_non_null(strstr(err.message, "\n  train-labels-idx1-ubyte is truncated"));
    unlink(data_path("all/t10k-images-idx3-ubyte"));
    assert_int_equal(locl_dataset_open_both(&options, &train, &test, &err), LOCL_E_DATA);
    assert_non_null(strstr(err.message, "all has neither t10k-images-idx3-ubyte nor"));
    assert_non_null(strstr(err.message, "\n  train-images-idx3-ubyte is truncated"));
}

/* The largest label of both splits, so that one look at the remedy is enough. */
static void names_the_largest_label(void **state)
{
    (void)state;
    const uint32_t dims[1] = {4};
    locl_dataset *train, *test;
    locl_error err = {0};
    data_idx_set("large", false, 12, 4, 3, 3); /* labels up to 9 */
    size_t size = data_idx(bytes, 8, 1, dims, 4, 0, 10);
    bytes[8 + 2] = 77;
    data_write("large/t10k-labels-idx1-ubyte", bytes, size);
    locl_data_options options = data_options(LOCL_DATA_MNIST, "large");
    options.classes = 9;
    assert_int_equal(locl_dataset_open_both(&options, &train, &test, &err), LOCL_E_DATA);
    assert_non_null(strstr(err.message,
                           "t10k-labels-idx1-ubyte: image 2 has the label 77, labels should be 0 to 8, "
                           "as 2 labels are not"));
    assert_non_null(strstr(err.remedy, "model.classes to 78"));
}

static void reads_padded_gz(void **state)
{
    (void)state;
    data_idx_set("padded", true, 12, 4, 3, 3);
    const char *name = "padded/train-images-idx3-ubyte.gz";
    size_t size = data_read(name, bytes, sizeof bytes);
    memset(bytes + size, 0, 1000);
    data_write(name, bytes, size + 1000);
    expect_train(LOCL_DATA_MNIST, "padded");
    memcpy(bytes + size + 1000, "junk", 4);
    data_write(name, bytes, size + 1004);
    locl_data_options options = data_options(LOCL_DATA_MNIST, "padded");
    data_expect_error(&options, LOCL_E_DATA, "followed by something else: the text 'junk'", NULL);
    uint8_t empty[64];
    data_write_gz("padded/none.gz", "", 0);
    size_t member = data_read("padded/none.gz", empty, sizeof empty);
    memcpy(bytes + size + 1000, empty, member); /* another member behind the padding */
    data_write(name, bytes, size + 1000 + member);
    expect_train(LOCL_DATA_MNIST, "padded");
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

/* Test images of another size become those of training, as a run that is resumed has them. */
static void gives_both_splits_one_size(void **state)
{
    (void)state;
    data_idx_set("sizes", false, 12, 4, 6, 5);
    data_idx_set("other", false, 3, 4, 9, 8);
    const size_t size = data_read("other/t10k-images-idx3-ubyte", bytes, sizeof bytes);
    data_write("sizes/t10k-images-idx3-ubyte", bytes, size);
    locl_data_options options = data_options(LOCL_DATA_MNIST, "sizes");
    locl_dataset *train, *test, *alone;
    assert_int_equal(locl_dataset_open_both(&options, &train, &test, NULL), LOCL_OK);
    assert_int_equal(train->h, 6);
    assert_int_equal(train->w, 5);
    assert_int_equal(test->h, 6);
    assert_int_equal(test->w, 5);
    options.image[0] = 6;
    options.image[1] = 5;
    options.image[2] = 1;
    assert_int_equal(locl_dataset_open(&options, LOCL_SPLIT_TEST, &alone, NULL), LOCL_OK);
    assert_memory_equal(test->pixels, alone->pixels, test->n * 6 * 5);
    locl_dataset_close(train);
    locl_dataset_close(test);
    locl_dataset_close(alone);
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
    snprintf(options.path, sizeof options.path, "no/where");
    char tried[4096];
    assert_non_null(getcwd(tried, sizeof tried - 16));
    strcat(tried, "/no/where");
    data_expect_error(&options, LOCL_E_DATA, "data.path leads to nothing: no/where (", tried, NULL);
    assert_int_equal(mkfifo(data_path("pipe"), 0666), 0); /* nothing writes to it */
    options = data_options(LOCL_DATA_FOLDER, "pipe");
    data_expect_error(&options, LOCL_E_DATA, "/pipe, which is neither a file nor a folder", NULL);
    options = data_options(LOCL_DATA_FOLDER, "a\nb");
    data_expect_error(&options, LOCL_E_CONFIG, "data.path: found a list, should be one path", NULL);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_plain_and_gz),
        cmocka_unit_test(tells_the_shape_before_reading),
        cmocka_unit_test(computes_stats_of_the_training_set),
        cmocka_unit_test(holds_out_training_images),
        cmocka_unit_test(gives_the_wanted_size),
        cmocka_unit_test(gives_both_splits_one_size),
        cmocka_unit_test(refuses_damaged_images),
        cmocka_unit_test(refuses_damaged_labels),
        cmocka_unit_test(finds_files_as_others_store_them),
        cmocka_unit_test(names_the_folder_of_a_file),
        cmocka_unit_test(names_all_damaged_files),
        cmocka_unit_test(names_the_largest_label),
        cmocka_unit_test(reads_padded_gz),
        cmocka_unit_test(refuses_damaged_gz),
        cmocka_unit_test(refuses_paths_and_options),
    };
    return cmocka_run_group_tests(tests, NULL, data_folder_remove);
}
