#include "support/data_images.h"

#include "data/image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

enum { MOST = 32, CAPACITY = 1 << 20 };

static uint8_t content[CAPACITY];

/* Three classes, PNG and JPEG, colour and grey, two sizes, foreign files where they do no harm. */
static size_t good_tree(data_entry *entries, const char *test)
{
    static char names[2][64];
    size_t n = 0;
    snprintf(names[0], sizeof names[0], "%s/cat/1.png", test);
    snprintf(names[1], sizeof names[1], "%s/ant/9.png", test);
    entries[n++] = data_png(names[0], 6, 5, 3, 1);
    entries[n++] = data_png(names[1], 6, 5, 3, 2);
    entries[n++] = (data_entry){"train/", NULL, 0, NULL, NULL};
    entries[n++] = (data_entry){"train/cat/", NULL, 0, NULL, NULL};
    entries[n++] = data_png("train/cat/b.png", 6, 5, 3, 3);
    entries[n++] = data_png("train/cat/a.PNG", 6, 5, 1, 4);
    entries[n++] = data_jpeg("train/bee/x.jpg", 6, 5, 3, 5);
    entries[n++] = data_jpeg("train/bee/y.JPEG", 12, 10, 1, 6);
    entries[n++] = data_png("train/ant/1.png", 6, 5, 3, 7);
    entries[n++] = (data_entry){"train/cat/.DS_Store", (const uint8_t *)"x", 1, NULL, NULL};
    entries[n++] = (data_entry){"train/._cat/a.png", (const uint8_t *)"x", 1, NULL, NULL};
    entries[n++] = (data_entry){"train/labels.txt", (const uint8_t *)"x", 1, NULL, NULL};
    entries[n++] = (data_entry){"README", (const uint8_t *)"x", 1, NULL, NULL};
    return n;
}

static void open_both(const locl_data_options *options, locl_dataset **train, locl_dataset **test)
{
    locl_error err = {0};
    if (locl_dataset_open_both(options, train, test, &err) != LOCL_OK) {
        fail_msg("%s: %s", err.where, err.message);
    }
}

static void expect_png(const locl_dataset *set, size_t index, size_t c, unsigned seed)
{
    uint8_t pixels[6 * 5 * 3];
    data_pixels(pixels, 6, 5, c, seed);
    for (size_t i = 0; i < 6 * 5 * 3; i++) {
        assert_int_equal(set->pixels[index * 90 + i], c == 3 ? pixels[i] : pixels[i / 3]);
    }
}

static void expect_good(const locl_dataset *train, const locl_dataset *test)
{
    static const int32_t labels[] = {0, 1, 1, 2, 2};
    assert_int_equal(train->n, 5);
    assert_int_equal(test->n, 2);
    assert_int_equal(train->classes, 3);
    assert_int_equal(test->named, 3);
    assert_string_equal(test->class_names[0], "ant");
    assert_string_equal(test->class_names[1], "bee");
    assert_string_equal(test->class_names[2], "cat");
    assert_int_equal(train->h * 100 + train->w * 10 + train->c, 653);
    assert_memory_equal(train->labels, labels, sizeof labels);
    expect_png(train, 0, 3, 7);
    expect_png(train, 3, 1, 4);
    expect_png(train, 4, 3, 3);
    assert_int_equal(test->labels[0], 0);
    assert_int_equal(test->labels[1], 2);
    expect_png(test, 0, 3, 2);
    expect_png(test, 1, 3, 1);
    assert_true(train->mean[1] == test->mean[1] && train->mean[1] > 0 && train->std[2] > 0);
    for (size_t i = 0; i < 30; i++) { /* a grey JPEG, halved */
        assert_int_equal(train->pixels[180 + 3 * i], train->pixels[180 + 3 * i + 2]);
    }
    uint8_t colour[90];
    data_pixels(colour, 6, 5, 3, 5);
    for (size_t i = 0; i < 90; i++) { /* quality 95, colours not subsampled */
        assert_in_range(train->pixels[90 + i] + 40, colour[i], colour[i] + 80);
    }
}

static void reads_folders_and_archives_alike(void **state)
{
    (void)state;
    static const char *const compressions[] = {"", "gzip", "xz", "zstd", "bzip2"};
    static const char *const prefixes[] = {"", "./", "some/where/", "/", ".//x/./"};
    data_entry entries[MOST];
    locl_dataset *train, *test, *other, *other_test;
    size_t n = good_tree(entries, "test");
    data_write_folder("tree", entries, n);
    locl_data_options options = data_options(LOCL_DATA_FOLDER, "tree");
    open_both(&options, &train, &test);
    expect_good(train, test);
    for (size_t i = 0; i < 5; i++) {
        data_write_tar("tree.tar", compressions[i], prefixes[i], entries, n);
        options = data_options(LOCL_DATA_FOLDER, "tree.tar");
        open_both(&options, &other, &other_test);
        expect_good(other, other_test);
        assert_memory_equal(train->pixels, other->pixels, 5 * 90);
        locl_dataset_close(other);
        locl_dataset_close(other_test);
    }
    locl_dataset_close(train);
    locl_dataset_close(test);

    n = good_tree(entries, "val");
    data_write_tar("val.tar", "", "", entries, n);
    options = data_options(LOCL_DATA_FOLDER, "val.tar");
    open_both(&options, &train, &test);
    expect_good(train, test);
    locl_dataset_close(train);
    locl_dataset_close(test);
}

static void opens_one_split(void **state)
{
    (void)state;
    data_entry entries[MOST];
    locl_dataset *test;
    size_t n = good_tree(entries, "test");
    data_write_tar("one.tar", "", "", entries, n);
    locl_data_options options = data_options(LOCL_DATA_FOLDER, "one.tar");
    for (unsigned given = 0; given < 2; given++) { /* with all given, no training image is decoded */
        assert_int_equal(locl_dataset_open(&options, LOCL_SPLIT_TEST, &test, NULL), LOCL_OK);
        expect_png(test, 0, 3, 2);
        assert_int_equal(test->classes, 3);
        locl_dataset_close(test);
        options.mean_count = options.std_count = 3;
        options.std[0] = options.std[1] = options.std[2] = 1;
    }
    entries[4].size = 20; /* train/cat/b.png */
    data_write_tar("one.tar", "", "", entries, n);
    assert_int_equal(locl_dataset_open(&options, LOCL_SPLIT_TEST, &test, NULL), LOCL_OK);
    locl_dataset_close(test);
    options.image[0] = 6;
    options.image[1] = 5;
    options.image[2] = 3;
    data_write_tar("one.tar", "", "", entries, 2); /* not even a training set */
    assert_int_equal(locl_dataset_open(&options, LOCL_SPLIT_TEST, &test, NULL), LOCL_OK);
    assert_int_equal(test->classes, 2);
    locl_dataset_close(test);
    data_expect_error(&options, LOCL_E_DATA, "no images train/<class>/<file>", NULL);
}

static void chooses_size_and_colour(void **state)
{
    (void)state;
    data_entry entries[] = {data_png("train/a/1.png", 4, 3, 1, 1), data_jpeg("train/b/2.jpg", 9, 9, 1, 2),
                            data_png("train/c/3.png", 4, 3, 4, 3)};
    locl_dataset *train;
    data_write_folder("grey", entries, 2);
    locl_data_options options = data_options(LOCL_DATA_FOLDER, "grey");
    assert_int_equal(locl_dataset_open(&options, LOCL_SPLIT_TRAIN, &train, NULL), LOCL_OK);
    assert_int_equal(train->h * 100 + train->w * 10 + train->c, 431);
    locl_dataset_close(train);
    data_write_folder("grey", entries, 3); /* one image in colour: all are */
    assert_int_equal(locl_dataset_open(&options, LOCL_SPLIT_TRAIN, &train, NULL), LOCL_OK);
    assert_int_equal(train->h * 100 + train->w * 10 + train->c, 433);
    locl_dataset_close(train);
    options.image[0] = 8;
    options.image[1] = 7;
    options.image[2] = 1;
    assert_int_equal(locl_dataset_open(&options, LOCL_SPLIT_TRAIN, &train, NULL), LOCL_OK);
    assert_int_equal(train->h * 100 + train->w * 10 + train->c, 871);
    locl_dataset_close(train);
    options.classes = 5;
    assert_int_equal(locl_dataset_open(&options, LOCL_SPLIT_TRAIN, &train, NULL), LOCL_OK);
    assert_int_equal(train->classes, 5);
    assert_int_equal(train->named, 3);
    locl_dataset_close(train);
    options.classes = 2;
    data_expect_error(&options, LOCL_E_CONFIG, "has 3 class folders, model.classes is 2", NULL);
}

static locl_data_options spoilt(const data_entry *extra, size_t count)
{
    data_entry entries[MOST];
    size_t n = good_tree(entries, "test");
    for (size_t i = 0; i < count; i++) {
        entries[n++] = extra[i];
    }
    data_write_tar("spoilt.tar", "", "", entries, n);
    return data_options(LOCL_DATA_FOLDER, "spoilt.tar");
}

static void refuses_every_truncated_image(void **state)
{
    (void)state;
    data_entry whole[] = {data_jpeg("a.jpg", 16, 16, 3, 1), data_jpeg("b.jpg", 5, 9, 1, 1),
                          data_png("c.png", 7, 7, 3, 1), data_png("d.png", 7, 7, 1, 1)};
    for (size_t kind = 0; kind < 4; kind++) {
        locl_image image, part;
        assert_int_equal(locl_image_decode(whole[kind].bytes, whole[kind].size, &image, NULL), LOCL_OK);
        for (size_t cut = 0; cut < whole[kind].size; cut++) {
            locl_error err = {0};
            memcpy(content + CAPACITY - cut, whole[kind].bytes, cut); /* so that reading on is noticed */
            assert_int_equal(locl_image_decode(content + CAPACITY - cut, cut, &part, &err), LOCL_E_DATA);
            assert_null(strstr(err.message, "the image is")); /* no size that was never read */
            assert_null(part.pixels);
        }
        free(image.pixels);
    }
}

static void refuses_damaged_images(void **state)
{
    (void)state;
    data_entry part = data_jpeg("train/cat/z.jpg", 16, 16, 3, 1);
    part.size -= 1;
    locl_data_options options = spoilt(&part, 1);
    data_expect_error(&options, LOCL_E_DATA, "spoilt.tar: train/cat/z.jpg", "the JPEG is damaged", NULL);
    part.size /= 2;
    options = spoilt(&part, 1);
    data_expect_error(&options, LOCL_E_DATA, "spoilt.tar: train/cat/z.jpg", "the JPEG is damaged", NULL);
    part = data_png("train/cat/z.png", 7, 7, 3, 1);
    memcpy(content, part.bytes, part.size);
    content[part.size - 20] ^= 0x55; /* in the pixels, which have a checksum */
    part.bytes = content;
    options = spoilt(&part, 1);
    data_expect_error(&options, LOCL_E_DATA, "spoilt.tar: train/cat/z.png", "the PNG is damaged", NULL);
}

static void refuses_foreign_images(void **state)
{
    (void)state;
    data_entry text = {"train/cat/z.jpg", (const uint8_t *)"GIF89a, not that", 16, NULL, NULL};
    locl_data_options options = spoilt(&text, 1);
    data_expect_error(&options, LOCL_E_DATA, "train/cat/z.jpg", "neither a JPEG nor a PNG", NULL);
    text.size = 0;
    options = spoilt(&text, 1);
    data_expect_error(&options, LOCL_E_DATA, "train/cat/z.jpg", "the file is empty", NULL);
    data_entry large = data_png("train/cat/z.png", 1, 16385, 1, 1);
    options = spoilt(&large, 1);
    data_expect_error(&options, LOCL_E_DATA, "the image is 1x16385, it should be at most", NULL);
    large = data_jpeg("train/cat/z.jpg", 8, 16385, 1, 1);
    options = spoilt(&large, 1);
    data_expect_error(&options, LOCL_E_DATA, "the image is 8x16385", NULL);
    data_write_folder("foreign", &text, 1);
    options = data_options(LOCL_DATA_FOLDER, "foreign");
    data_expect_error(&options, LOCL_E_DATA, "train/cat/z.jpg", "the file is empty", NULL);
}

static void refuses_wrong_trees(void **state)
{
    (void)state;
    data_entry extra[2] = {data_png("test/dog/1.png", 6, 5, 3, 1)};
    locl_data_options options = spoilt(extra, 1);
    data_expect_error(&options, LOCL_E_DATA, "the class dog has no images in train/", "train/dog", NULL);
    extra[0] = (data_entry){"train/dog/", NULL, 0, NULL, NULL};
    options = spoilt(extra, 1);
    data_expect_error(&options, LOCL_E_DATA, "the class dog has no images in train/", NULL);
    extra[0] = data_png("train/cat/more/1.png", 6, 5, 3, 1);
    options = spoilt(extra, 1);
    data_expect_error(&options, LOCL_E_DATA, "train/cat/more/1.png lies deeper", NULL);
    extra[0].name = "copy/train/cat/1.png";
    options = spoilt(extra, 1);
    data_expect_error(&options, LOCL_E_DATA, "two trees of images", NULL);
    extra[0].name = "train/cat/b.png";
    options = spoilt(extra, 1);
    data_expect_error(&options, LOCL_E_DATA, "holds train/cat/b.png twice", NULL);
    extra[0].name = "train/../../etc/b.png";
    options = spoilt(extra, 1);
    data_expect_error(&options, LOCL_E_DATA, "name with '..'", NULL);
    extra[0] = (data_entry){"train/cat/l.png", NULL, 0, "/etc/passwd", NULL};
    options = spoilt(extra, 1);
    data_expect_error(&options, LOCL_E_DATA, "train/cat/l.png is a link", "--dereference", NULL);

    data_entry one = data_png("train/a/1.png", 6, 5, 3, 1);
    data_write_tar("train.tar", "", "", &one, 1);
    options = data_options(LOCL_DATA_FOLDER, "train.tar");
    locl_dataset *train, *test;
    locl_error err = {0};
    assert_int_equal(locl_dataset_open_both(&options, &train, &test, &err), LOCL_E_DATA);
    assert_non_null(strstr(err.message, "no images test/<class>/<file> or val/<class>/<file>"));
    assert_null(train);
    one.name = "pictures/1.png";
    data_write_tar("none.tar", "", "", &one, 1);
    options = data_options(LOCL_DATA_FOLDER, "none.tar");
    data_expect_error(&options, LOCL_E_DATA, "has no images named train/<class>/<file>", NULL);
    data_path("nothing/");
    options = data_options(LOCL_DATA_FOLDER, "nothing");
    data_expect_error(&options, LOCL_E_DATA, "has no images named train/<class>/<file>", NULL);
}

static void refuses_wrong_folders(void **state)
{
    (void)state;
    data_entry one = data_png("train/a/1.png", 6, 5, 3, 1);
    data_write_folder("odd", &one, 1);
    locl_data_options options = data_options(LOCL_DATA_FOLDER, "odd");
    assert_int_equal(mkfifo(data_path("odd/train/a/pipe.png"), 0666), 0);
    data_expect_error(&options, LOCL_E_DATA, "pipe.png is no regular file", NULL);
    one = (data_entry){"train/a/gone.png", NULL, 0, "/nowhere/at/all", NULL};
    data_write_folder("gone", &one, 1);
    options = data_options(LOCL_DATA_FOLDER, "gone");
    data_expect_error(&options, LOCL_E_DATA, "gone.png", NULL);
    one = (data_entry){"train/loop", NULL, 0, ".", NULL};
    data_write_folder("loop", &one, 1);
    options = data_options(LOCL_DATA_FOLDER, "loop");
    data_expect_error(&options, LOCL_E_DATA, "train/loop leads back to a folder that holds it", NULL);
}

static void expect_refused(const char *name, const uint8_t *bytes, size_t size)
{
    locl_dataset *train;
    locl_error err = {0};
    data_write(name, bytes, size);
    locl_data_options options = data_options(LOCL_DATA_FOLDER, name);
    if (locl_dataset_open(&options, LOCL_SPLIT_TRAIN, &train, &err) != LOCL_E_DATA) {
        fail_msg("%s of %zu bytes is taken for good", name, size);
    }
    assert_non_null(strstr(err.message, name));
}

static void refuses_damaged_archives(void **state)
{
    (void)state;
    static const char *const names[] = {"t.tar", "t.tar.gz", "t.tar.xz", "t.tar.zst"};
    static const char *const compressions[] = {"", "gzip", "xz", "zstd"};
    data_entry entries[MOST];
    size_t n = good_tree(entries, "test");
    for (size_t i = 0; i < 4; i++) {
        data_write_tar(names[i], compressions[i], "", entries, n);
        size_t size = data_read(names[i], content, sizeof content);
        size_t end = size, step = i ? 13 : 256;
        while (i == 0 && content[end - 1] == 0) {
            end--;
        }
        for (size_t cut = 0; cut < end; cut += step) {
            expect_refused(names[i], content, cut);
        }
        expect_refused(names[i], content, end - 1);
    }
    size_t size =
        (data_write_tar("t.tar.gz", "gzip", "", entries, n), data_read("t.tar.gz", content, CAPACITY));
    content[size - 6] ^= 4; /* the checksum */
    expect_refused("t.tar.gz", content, size);
    memset(content, 'x', 4096);
    expect_refused("text", content, 4096);
    memset(content, 0, 4096);
    expect_refused("zeros", content, 4096);
    data_entry many = {"train/cat/z.png", content, CAPACITY, NULL, NULL};
    locl_data_options options = spoilt(&many, 1);
    data_expect_error(&options, LOCL_E_DATA, "neither a JPEG nor a PNG", NULL);
}

/* The error is that of the first bad image, whichever thread decodes first. */
static void names_the_first_bad_image(void **state)
{
    (void)state;
    static char names[20][32];
    data_entry bad[20];
    for (size_t i = 0; i < 19; i++) {
        snprintf(names[i], sizeof names[i], "train/cat/y%02zu.jpg", i);
        bad[i] = (data_entry){names[i], (const uint8_t *)"?", 1, NULL, NULL};
    }
    locl_data_options options = spoilt(bad, 19);
    options.threads = 4;
    for (size_t i = 0; i < 20; i++) {
        data_expect_error(&options, LOCL_E_DATA, "train/cat/y00.jpg", NULL);
    }
}

static void note_progress(void *user, const char *stage, size_t done, size_t total)
{
    unsigned *calls = user;
    assert_non_null(stage);
    assert_true(!total || done <= total);
    ++*calls;
}

static void reads_odd_names_and_tells_progress(void **state)
{
    (void)state;
    unsigned calls = 0;
    locl_dataset *train;
    data_entry entries[] = {data_png("train/\xc3\xa4hre/\xe2\x82\xac.png", 2, 2, 3, 1),
                            data_png("train/train/1.png", 2, 2, 3, 2),
                            data_png("train/a b/1.png", 2, 2, 3, 3)};
    data_write_tar("odd.tar", "", "val/", entries, 3);
    locl_data_options options = data_options(LOCL_DATA_FOLDER, "odd.tar");
    options.progress = note_progress;
    options.progress_user = &calls;
    assert_int_equal(locl_dataset_open(&options, LOCL_SPLIT_TRAIN, &train, NULL), LOCL_OK);
    assert_int_equal(train->classes, 3);
    assert_string_equal(train->class_names[0], "a b");
    assert_string_equal(train->class_names[1], "train");
    assert_string_equal(train->class_names[2], "\xc3\xa4hre");
    assert_true(calls > 0);
    locl_dataset_close(train);
}

/* CIFAR-10 as a real archive, where the data are beside the sources. */
static void reads_the_cifar10_archive(void **state)
{
    (void)state;
    const char *data = getenv("LOCL_TEST_DATA");
    locl_data_options options = locl_data_options_default();
    locl_dataset *train, *test;
    struct stat info;
    options.name = LOCL_DATA_CIFAR10;
    snprintf(options.path, sizeof options.path, "%s/cifar10-jpeg.tar.xz",
             data ? data : LOCL_SOURCE_DIR "/../shared/data");
    if (stat(options.path, &info)) {
        skip();
    }
    open_both(&options, &train, &test);
    assert_int_equal(train->n, 50000);
    assert_int_equal(test->n, 10000);
    assert_int_equal(train->h * 10000 + train->w * 100 + train->c, 323203);
    assert_string_equal(train->class_names[9], "truck");
    for (size_t i = 0; i < 50000; i++) {
        assert_int_equal(train->labels[i], i / 5000);
    }
    assert_true(train->mean[0] == .4914 && train->std[2] == .2010);
    locl_dataset_close(train);
    locl_dataset_close(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_folders_and_archives_alike),
        cmocka_unit_test(opens_one_split),
        cmocka_unit_test(chooses_size_and_colour),
        cmocka_unit_test(refuses_every_truncated_image),
        cmocka_unit_test(refuses_damaged_images),
        cmocka_unit_test(refuses_foreign_images),
        cmocka_unit_test(refuses_wrong_trees),
        cmocka_unit_test(refuses_wrong_folders),
        cmocka_unit_test(refuses_damaged_archives),
        cmocka_unit_test(names_the_first_bad_image),
        cmocka_unit_test(reads_odd_names_and_tells_progress),
        cmocka_unit_test(reads_the_cifar10_archive),
    };
    return cmocka_run_group_tests(tests, NULL, data_images_remove);
}
