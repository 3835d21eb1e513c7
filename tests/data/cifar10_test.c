#include "support/data_images.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { PLANE = 1024, RECORD = 1 + 3 * PLANE, EACH = 3, BATCHES = 6 };

static const char *const names[BATCHES] = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                                           "data_batch_4.bin", "data_batch_5.bin", "test_batch.bin"};
static uint8_t bytes[BATCHES][EACH * RECORD + 1];

static uint8_t value(size_t batch, size_t record, size_t at)
{
    return (uint8_t)(batch * 50 + record * 17 + at * 3 + at / 1000);
}

static void make_entries(data_entry entries[BATCHES])
{
    for (size_t b = 0; b < BATCHES; b++) {
        for (size_t r = 0; r < EACH; r++) {
            bytes[b][r * RECORD] = (uint8_t)((b * EACH + r) % 10);
            for (size_t i = 0; i < 3 * PLANE; i++) {
                bytes[b][r * RECORD + 1 + i] = value(b, r, i);
            }
        }
        entries[b] = (data_entry){names[b], bytes[b], EACH * RECORD, NULL, NULL};
    }
}

static void expect_good(const char *path)
{
    locl_data_options options = data_options(LOCL_DATA_CIFAR10, path);
    locl_dataset *train, *test;
    locl_error err = {0};
    if (locl_dataset_open_both(&options, &train, &test, &err) != LOCL_OK) {
        fail_msg("%s", err.message);
    }
    assert_int_equal(train->n, 5 * EACH);
    assert_int_equal(test->n, EACH);
    assert_int_equal(train->h * 10000 + train->w * 100 + train->c, 323203);
    assert_string_equal(train->class_names[1], "automobile");
    assert_true(train->mean[0] == .4914 && test->std[2] == .2010);
    for (size_t i = 0; i < 5 * EACH; i++) {
        assert_int_equal(train->labels[i], i % 10);
        for (size_t pixel = 0; pixel < PLANE; pixel += 37) {
            for (size_t c = 0; c < 3; c++) {
                assert_int_equal(train->pixels[i * 3 * PLANE + pixel * 3 + c],
                                 value(i / EACH, i % EACH, c * PLANE + pixel));
            }
        }
    }
    assert_int_equal(test->labels[2], (5 * EACH + 2) % 10);
    locl_dataset_close(train);
    locl_dataset_close(test);
}

static void reads_folders_and_the_archive(void **state)
{
    (void)state;
    data_entry entries[BATCHES];
    make_entries(entries);
    data_write_folder("bin", entries, BATCHES);
    expect_good("bin");
    data_write_folder("around/cifar-10-batches-bin", entries, BATCHES);
    expect_good("around");
    data_write_tar("cifar.tar.gz", "gzip", "cifar-10-batches-bin/", entries, BATCHES);
    expect_good("cifar.tar.gz");
}

static void makes_grey_from_colour(void **state)
{
    (void)state;
    data_entry entries[BATCHES];
    locl_dataset *train;
    make_entries(entries);
    data_write_folder("colour", entries, BATCHES);
    locl_data_options options = data_options(LOCL_DATA_CIFAR10, "colour");
    options.image[2] = 1;
    assert_int_equal(locl_dataset_open(&options, LOCL_SPLIT_TRAIN, &train, NULL), LOCL_OK);
    assert_int_equal(train->c, 1);
    for (size_t pixel = 0; pixel < PLANE; pixel++) {
        double grey = .299 * value(0, 0, pixel) + .587 * value(0, 0, PLANE + pixel) +
                      .114 * value(0, 0, 2 * PLANE + pixel);
        assert_true(train->pixels[pixel] <= grey + .5001 && train->pixels[pixel] >= grey - .5001);
    }
    assert_true(train->mean[0] != .4914 && train->std[0] > 0);
    locl_dataset_close(train);
}

static void tells_a_tree_apart(void **state)
{
    (void)state;
    data_entry entries[] = {data_png("test/dog/1.png", 32, 32, 3, 1),
                            data_png("train/cat/1.png", 32, 32, 3, 2),
                            data_png("train/dog/1.png", 32, 32, 1, 3)};
    locl_dataset *train;
    data_write_tar("tree.tar", "", "", entries, 3);
    data_write_folder("tree", entries, 3);
    static const char *const paths[] = {"tree.tar", "tree"};
    for (size_t i = 0; i < 2; i++) {
        locl_data_options options = data_options(LOCL_DATA_CIFAR10, paths[i]);
        assert_int_equal(locl_dataset_open(&options, LOCL_SPLIT_TRAIN, &train, NULL), LOCL_OK);
        assert_int_equal(train->n, 2);
        assert_int_equal(train->c, 3);
        assert_string_equal(train->class_names[1], "dog");
        assert_true(train->mean[0] == .4914);
        locl_dataset_close(train);
    }
}

static void names_other_kinds(void **state)
{
    (void)state;
    static const struct {
        const char *folder, *name, *files[4], *instead;
    } kinds[] = {
        {"cifar-10-batches-py",
         "CIFAR-10 for Python",
         {"data_batch_1", "batches.meta"},
         "cifar-10-binary.tar.gz"},
        {"renamed1", "CIFAR-10 for Python", {"data_batch_1", "test_batch"}, "cifar-10-binary.tar.gz"},
        {"renamed2", "CIFAR-10 for Matlab", {"data_batch_1.mat", "test_batch.mat"}, "cifar-10-binary.tar.gz"},
        {"renamed3", "CIFAR-100's binary version", {"train.bin", "test.bin"}, "tree of images"},
        {"renamed4", "CIFAR-100 for Python", {"train", "test", "meta"}, "tree of images"},
        {"cifar-100-matlab", "CIFAR-100 for Matlab", {"train.mat", "test.mat"}, "tree of images"},
    };
    static const locl_data_name both[] = {LOCL_DATA_CIFAR10, LOCL_DATA_FOLDER};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        data_entry entries[4];
        char names_in[4][64], around[32], folder[64];
        size_t n = 0;
        for (; n < 4 && kinds[i].files[n]; n++) {
            snprintf(names_in[n], sizeof names_in[n], "%s/%s", kinds[i].folder, kinds[i].files[n]);
            entries[n] = (data_entry){names_in[n], bytes[0], 100, NULL, NULL};
        }
        snprintf(around, sizeof around, "other%zu", i);
        snprintf(folder, sizeof folder, "%s/%s", around, kinds[i].folder);
        data_write_folder(around, entries, n);
        data_write_tar("other.tar.gz", "gzip", "", entries, n);
        const char *const paths[] = {around, folder, "other.tar.gz"};
        for (size_t path = 0; path < 3; path++) {
            for (size_t name = 0; name < 2; name++) {
                locl_data_options options = data_options(both[name], paths[path]);
                data_expect_error(&options, LOCL_E_DATA, kinds[i].name, kinds[i].instead, NULL);
            }
        }
    }
}

static void names_all_damaged_batches(void **state)
{
    (void)state;
    data_entry entries[BATCHES];
    locl_dataset *train, *test;
    locl_error err = {0};
    make_entries(entries);
    entries[1].size = 5;
    entries[5].size = 7;
    entries[3] = entries[4]; /* data_batch_4.bin is missing */
    entries[4] = entries[5];
    data_write_folder("several", entries, 5);
    locl_data_options options = data_options(LOCL_DATA_CIFAR10, "several");
    assert_int_equal(locl_dataset_open_both(&options, &train, &test, &err), LOCL_E_DATA);
    assert_non_null(strstr(err.message, "several has 3 problems\n  data_batch_2.bin has 5 bytes"));
    assert_non_null(strstr(err.message, "has CIFAR-10 batches, but not data_batch_4.bin\n"));
    assert_non_null(strstr(err.message, "\n  test_batch.bin has 7 bytes"));
    make_entries(entries);
    bytes[2][RECORD] = 30;
    bytes[5][0] = 40;
    data_write_folder("labels", entries, BATCHES);
    options = data_options(LOCL_DATA_CIFAR10, "labels");
    assert_int_equal(locl_dataset_open_both(&options, &train, &test, &err), LOCL_E_DATA);
    assert_non_null(
        strstr(err.message, "test image 0 has the label 40, labels should be 0 to 9, as 2 labels"));
}

static void refuses_damaged_batches(void **state)
{
    (void)state;
    data_entry entries[BATCHES];
    make_entries(entries);
    data_write_folder("bad", entries, BATCHES);
    locl_data_options options = data_options(LOCL_DATA_CIFAR10, "bad");
    static const size_t sizes[] = {0, 1, RECORD - 1, EACH * RECORD - 1, EACH * RECORD + 1};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        data_write("bad/data_batch_4.bin", bytes[3], sizes[i]);
        data_expect_error(&options, LOCL_E_DATA, "data_batch_4.bin has", "multiple of 3073", NULL);
    }
    bytes[3][RECORD] = 10;
    data_write("bad/data_batch_4.bin", bytes[3], EACH * RECORD);
    data_expect_error(&options, LOCL_E_DATA, "image 10 has the label 10, labels should be 0 to 9", NULL);
    unlink(data_path("bad/data_batch_4.bin"));
    data_expect_error(&options, LOCL_E_DATA, "but not data_batch_4.bin", NULL);

    make_entries(entries);
    data_write_folder("twice", entries, BATCHES);
    data_write_folder("twice/cifar-10-batches-bin", entries, 1);
    options = data_options(LOCL_DATA_CIFAR10, "twice");
    data_expect_error(&options, LOCL_E_DATA, "holds data_batch_1.bin twice", NULL);
    data_path("empty/");
    options = data_options(LOCL_DATA_CIFAR10, "empty");
    data_expect_error(&options, LOCL_E_DATA, "no images", NULL);
    data_write("text.tar.gz", "hello", 5);
    options = data_options(LOCL_DATA_CIFAR10, "text.tar.gz");
    data_expect_error(&options, LOCL_E_DATA, "is no tar archive", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_folders_and_the_archive),
        cmocka_unit_test(makes_grey_from_colour),
        cmocka_unit_test(tells_a_tree_apart),
        cmocka_unit_test(names_other_kinds),
        cmocka_unit_test(names_all_damaged_batches),
        cmocka_unit_test(refuses_damaged_batches),
    };
    return cmocka_run_group_tests(tests, NULL, data_images_remove);
}
