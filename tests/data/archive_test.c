/* What a tar archive may be followed by, and where its links lead. */
#include "support/data_images.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CAPACITY = 1 << 20, KINDS = 5 };

static const char *const compressions[KINDS] = {"", "gzip", "xz", "zstd", "bzip2"};
static uint8_t bytes[CAPACITY];

static void expect_read(const char *file, size_t train, size_t test)
{
    locl_data_options options = data_options(LOCL_DATA_FOLDER, file);
    locl_dataset *sets[2];
    locl_error err = {0};
    if (locl_dataset_open_both(&options, &sets[0], &sets[1], &err) != LOCL_OK) {
        fail_msg("%s: %s: %s", file, err.where, err.message);
    }
    assert_int_equal(sets[0]->n, train);
    assert_int_equal(sets[1]->n, test);
    locl_dataset_close(sets[0]);
    locl_dataset_close(sets[1]);
}

/* Both parts in two archives; returns the size of the second one, which begins at bytes + *first. */
static size_t make_parts(const char *compression, size_t *first)
{
    data_entry entries[] = {data_png("train/a/1.png", 4, 4, 3, 1), data_png("train/b/1.png", 4, 4, 3, 2),
                            data_png("test/a/1.png", 4, 4, 3, 3)};
    data_write_tar("a.tar", compression, "", entries, 2);
    data_write_tar("b.tar", compression, "", entries + 2, 1);
    *first = data_read("a.tar", bytes, CAPACITY);
    return data_read("b.tar", bytes + *first, CAPACITY - *first);
}

static void reads_archives_that_follow_each_other(void **state)
{
    (void)state;
    for (size_t kind = 0; kind < KINDS; kind++) {
        size_t first, second = make_parts(compressions[kind], &first);
        data_write("both.tar", bytes, first + second);
        expect_read("both.tar", 2, 1);
    }
}

static void passes_over_padding(void **state)
{
    (void)state;
    static const size_t paddings[] = {1, 3, 4, 511, 512, 700, 10240, 300000};
    for (size_t kind = 0; kind < KINDS; kind++) {
        size_t first, second = make_parts(compressions[kind], &first);
        for (size_t i = 0; i < sizeof paddings / sizeof *paddings; i++) {
            memset(bytes + first + second, 0, paddings[i]);
            data_write("padded.tar", bytes, first + second + paddings[i]);
            expect_read("padded.tar", 2, 1);
        }
    }
}

static void refuses_what_follows(void **state)
{
    (void)state;
    static const size_t paddings[] = {0, 512, 2000};
    for (size_t kind = 0; kind < KINDS; kind++) {
        for (size_t i = 0; i < sizeof paddings / sizeof *paddings; i++) {
            size_t first, size = make_parts(compressions[kind], &first) + first;
            memset(bytes + size, 0, paddings[i]);
            memcpy(bytes + size + paddings[i], "some garbage", 12);
            data_write("garbage.tar", bytes, size + paddings[i] + 12);
            locl_data_options options = data_options(LOCL_DATA_FOLDER, "garbage.tar");
            data_expect_error(&options, LOCL_E_DATA, "garbage.tar", "followed", "some garbage", NULL);
            memcpy(bytes + size, "PK\3\4", 4); /* longer than a header of tar */
            memset(bytes + size + 4, 'z', 5000);
            data_write("garbage.tar", bytes, size + 5004);
            data_expect_error(&options, LOCL_E_DATA, "followed", "a zip file", NULL);
        }
    }
    size_t first, second;
    make_parts("gzip", &first); /* and a plain one behind it */
    data_entry one = data_png("test/a/1.png", 4, 4, 3, 3);
    data_write_tar("b.tar", "", "", &one, 1);
    second = data_read("b.tar", bytes + first, CAPACITY - first);
    data_write("mixed.tar", bytes, first + second);
    locl_data_options options = data_options(LOCL_DATA_FOLDER, "mixed.tar");
    data_expect_error(&options, LOCL_E_DATA, "followed by something else: a tar archive", NULL);
}

static void refuses_a_second_archive_that_is_cut(void **state)
{
    (void)state;
    for (size_t kind = 0; kind < KINDS; kind++) {
        size_t first, second = make_parts(compressions[kind], &first);
        size_t whole = kind ? second : 1024; /* a member of tar has a header and its bytes */
        for (size_t cut = 1; cut < whole; cut += kind ? 7 : 100) {
            data_write("half.tar", bytes, first + cut);
            locl_data_options options = data_options(LOCL_DATA_FOLDER, "half.tar");
            data_expect_error(&options, LOCL_E_DATA, "half.tar", NULL);
        }
    }
}

static void refuses_the_same_files_twice(void **state)
{
    (void)state;
    size_t first;
    make_parts("", &first);
    memmove(bytes + first, bytes, first);
    data_write("twice.tar", bytes, 2 * first);
    locl_data_options options = data_options(LOCL_DATA_FOLDER, "twice.tar");
    data_expect_error(&options, LOCL_E_DATA, "train/a/1.png twice", "train/b/1.png twice", NULL);
}

static void expect_alike(const data_entry *entries, size_t count, size_t n)
{
    locl_dataset *folder, *archive;
    locl_error err = {0};
    static unsigned turn;
    char name[32];
    snprintf(name, sizeof name, "alike%u", turn++);
    data_write_folder(name, entries, count);
    data_write_tar("alike.tar", "gzip", "some/where/", entries, count);
    locl_data_options options = data_options(LOCL_DATA_FOLDER, name);
    if (locl_dataset_open(&options, LOCL_SPLIT_TRAIN, &folder, &err) != LOCL_OK) {
        fail_msg("folder: %s", err.message);
    }
    options = data_options(LOCL_DATA_FOLDER, "alike.tar");
    if (locl_dataset_open(&options, LOCL_SPLIT_TRAIN, &archive, &err) != LOCL_OK) {
        fail_msg("archive: %s", err.message);
    }
    assert_int_equal(folder->n, n);
    assert_int_equal(archive->n, n);
    assert_memory_equal(folder->pixels, archive->pixels, n * 4 * 4 * 3);
    assert_memory_equal(folder->labels, archive->labels, n * sizeof *folder->labels);
    locl_dataset_close(folder);
    locl_dataset_close(archive);
}

static void follows_links(void **state)
{
    (void)state;
    data_entry entries[] = {
        data_png("train/a/1.png", 4, 4, 3, 1),
        data_png("pool/p.png", 4, 4, 3, 2), /* outside of the tree: only a second pass finds it */
        data_png("test/b/t.png", 4, 4, 3, 3),
        {.name = "train/a/2.png", .link = "1.png"},
        {.name = "train/a/3.png", .hard = "train/a/1.png"},
        {.name = "train/b/1.png", .link = "../../pool/p.png"},
        {.name = "train/b/2.png", .hard = "pool/p.png"},
        {.name = "train/b/3.png", .link = "../a/../b/./1.png"}, /* a link to a link */
        {.name = "train/b/4.png", .hard = "test/b/t.png"},
        {.name = "train/a/notes.txt", .link = "gone.txt"}, /* would be missed by nobody */
        {.name = "train/labels.csv", .link = "/nowhere"},
        {.name = "README", .link = "gone"},
    };
    expect_alike(entries, sizeof entries / sizeof *entries, 7);
}

static void refuses_links_to_nothing(void **state)
{
    (void)state;
    static const data_entry bad[] = {
        {.name = "train/a/x.png", .link = "gone.png"}, {.name = "train/a/x.JPEG", .link = "/gone/x"},
        {.name = "train/a/x.jfif", .link = "x.jfif"},  {.name = "train/a/x.webp", .link = "gone"},
        {.name = "train/other", .link = "/gone/away"}, {.name = "val", .link = "../gone"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        data_entry entries[] = {data_png("train/a/1.png", 4, 4, 3, 1), data_png("test/a/1.png", 4, 4, 3, 2),
                                bad[i]};
        char folder[16], what[64];
        snprintf(folder, sizeof folder, "gone%zu", i);
        snprintf(what, sizeof what, "%s is a link to %s", bad[i].name, bad[i].link);
        data_write_folder(folder, entries, 3);
        locl_data_options options = data_options(LOCL_DATA_FOLDER, folder);
        data_expect_error(&options, LOCL_E_DATA, what, "take the link away", NULL);
        data_write_tar("gone.tar", "", "", entries, 3);
        options = data_options(LOCL_DATA_FOLDER, "gone.tar");
        data_expect_error(&options, LOCL_E_DATA, what, "tar --dereference", NULL);
    }
}

/* A part that is a link to nothing is told of once, not also as one without images. */
static void tells_of_a_missing_part_once(void **state)
{
    (void)state;
    data_entry entries[] = {data_png("train/a/1.png", 4, 4, 3, 1), {.name = "test", .link = "gone"}};
    locl_dataset *train, *test;
    locl_error err = {0};
    data_write_folder("parts", entries, 2);
    locl_data_options options = data_options(LOCL_DATA_FOLDER, "parts");
    assert_int_equal(locl_dataset_open_both(&options, &train, &test, &err), LOCL_E_DATA);
    assert_non_null(strstr(err.message, "parts/test is a link to gone"));
    assert_null(strstr(err.message, "problems"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_archives_that_follow_each_other),
        cmocka_unit_test(passes_over_padding),
        cmocka_unit_test(refuses_what_follows),
        cmocka_unit_test(refuses_a_second_archive_that_is_cut),
        cmocka_unit_test(refuses_the_same_files_twice),
        cmocka_unit_test(follows_links),
        cmocka_unit_test(refuses_links_to_nothing),
        cmocka_unit_test(tells_of_a_missing_part_once),
    };
    return cmocka_run_group_tests(tests, NULL, data_images_remove);
}
