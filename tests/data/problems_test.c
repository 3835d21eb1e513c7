/* What is wrong with a set is told all at once, and what systems leave in folders is passed over. */
#include "support/data_images.h"

#include "data/problems.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static void read_both(const char *path, locl_status wanted, locl_error *err)
{
    locl_data_options options = data_options(LOCL_DATA_FOLDER, path);
    locl_dataset *train, *test;
    options.threads = 4;
    *err = (locl_error){0};
    if (locl_dataset_open_both(&options, &train, &test, err) != wanted) {
        fail_msg("%s: %s: %s", path, err->where, err->message);
    }
    locl_dataset_close(train);
    locl_dataset_close(test);
}

static size_t good(data_entry *entries)
{
    size_t n = 0;
    entries[n++] = data_png("train/a/1.png", 4, 4, 3, 1);
    entries[n++] = data_png("train/b/1.png", 4, 4, 3, 2);
    entries[n++] = data_png("test/a/1.png", 4, 4, 3, 3);
    return n;
}

static void names_bad_images_of_both_splits(void **state)
{
    (void)state;
    static char names[24][32];
    data_entry entries[32];
    locl_error err, again;
    size_t n = good(entries);
    for (size_t i = 0; i < 24; i++) {
        snprintf(names[i], sizeof names[i], "%s/a/bad%02zu.jpg", i % 2 ? "train" : "test", i);
        entries[n++] = (data_entry){names[i], (const uint8_t *)"?", 1, NULL, NULL};
    }
    data_write_folder("many", entries, n);
    read_both("many", LOCL_E_DATA, &err);
    assert_non_null(strstr(err.message, "many has 24 problems\n  test/a/bad00.jpg: the file is neither"));
    assert_non_null(strstr(err.message, "\n  train/a/bad15.jpg: "));
    assert_null(strstr(err.message, "train/a/bad17.jpg")); /* the 21st */
    assert_non_null(strstr(err.message, "\n  and 4 more"));
    assert_string_equal(err.remedy, "take it out of the class folder, or convert it");
    for (int i = 0; i < 10; i++) {
        read_both("many", LOCL_E_DATA, &again);
        assert_string_equal(err.message, again.message);
    }
}

static void names_each_kind_of_problem(void **state)
{
    (void)state;
    data_entry entries[16];
    locl_error err;
    size_t n = good(entries);
    entries[n++] = (data_entry){.name = "train/empty/"};
    entries[n++] = data_png("test/other/1.png", 4, 4, 3, 1);
    entries[n++] = data_png("train/a/deep/1.png", 4, 4, 3, 1);
    entries[n++] = (data_entry){.name = "train/b/gone.png", .link = "/nowhere"};
    entries[n++] = (data_entry){"test/a/0.png", (const uint8_t *)"?", 1, NULL, NULL};
    entries[n++] = (data_entry){.name = "train/loop", .link = "."};
    data_write_folder("kinds", entries, n);
    assert_int_equal(mkfifo(data_path("kinds/train/a/pipe"), 0666), 0);
    read_both("kinds", LOCL_E_DATA, &err);
    static const char *const texts[] = {"kinds has 7 problems\n",
                                        "\n  test/a/0.png: the file is neither a JPEG nor a PNG\n",
                                        "\n  train/a/deep/1.png lies deeper than",
                                        "\n  train/a/pipe is no regular file\n",
                                        "\n  train/b/gone.png is a link to /nowhere: No such file",
                                        "\n  the class empty has no images in train/\n",
                                        "\n  the class other has no images in train/",
                                        "\n  train/loop leads back to a folder that holds it\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (!strstr(err.message, texts[i])) {
            fail_msg("'%s' is missing in: %s", texts[i], err.message);
        }
    }
    assert_non_null(strstr(err.remedy, "take the link away; "));
}

static void tells_one_problem_as_it_is(void **state)
{
    (void)state;
    data_entry entries[8];
    locl_error err;
    size_t n = good(entries);
    entries[n++] = (data_entry){"train/a/0.png", (const uint8_t *)"?", 1, NULL, NULL}; /* the first image */
    data_write_folder("one", entries, n);
    read_both("one", LOCL_E_DATA, &err);
    assert_string_equal(err.message, "the file is neither a JPEG nor a PNG");
    assert_non_null(strstr(err.where, "one: train/a/0.png"));
    for (size_t i = 0; i < n; i++) { /* no image that could give a size */
        entries[i].bytes = (const uint8_t *)"?";
        entries[i].size = 1;
    }
    data_write_folder("one", entries, n);
    read_both("one", LOCL_E_DATA, &err);
    assert_non_null(strstr(err.message, "one has 4 problems"));
}

/* Names as long as they may be leave room for all that are kept. */
static void keeps_within_the_message(void **state)
{
    (void)state;
    locl_data_problems problems = {0};
    locl_error found, err;
    char at[16], text[4000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (int i = 99; i >= 0; i--) {
        snprintf(at, sizeof at, "%02d", i);
        locl_fail(&found, LOCL_E_DATA, "%s%s", at, text);
        assert_int_equal(locl_data_problems_take(&problems, at, LOCL_E_DATA, &found, &err), LOCL_OK);
    }
    assert_int_equal(locl_data_problems_end(&problems, text, LOCL_OK, &err), LOCL_E_DATA);
    assert_non_null(strstr(err.message, "has 100 problems\n  00xxx"));
    assert_non_null(strstr(err.message, "\n  19xxx"));
    assert_non_null(strstr(err.message, "...\n  and 80 more"));
    locl_fail(&found, LOCL_E_MEMORY, "out");
    assert_int_equal(locl_data_problems_take(&problems, "x", LOCL_E_MEMORY, &found, &err), LOCL_E_MEMORY);
    assert_string_equal(err.message, "out");
    assert_int_equal(locl_data_problems_end(&problems, "", LOCL_OK, &err), LOCL_OK);
}

static void tells_names_apart_by_their_form(void **state)
{
    (void)state;
    static const char *const others[] = {"train/cafe\xcc\x81/1.png", "test/cafe\xcc\x81/1.png"};
    for (size_t i = 0; i < 2; i++) {
        data_entry entries[8];
        locl_error err;
        size_t n = good(entries);
        entries[n++] = data_png("train/caf\xc3\xa9/1.png", 4, 4, 3, 1);
        entries[n++] = data_png(others[i], 4, 4, 3, 1);
        data_write_tar("form.tar", "", "", entries, n);
        read_both("form.tar", LOCL_E_DATA, &err);
        assert_non_null(
            strstr(err.message, "the classes cafe<U+0301> and caf<U+00E9> differ in their Unicode"));
        assert_null(strstr(err.message, "problems"));
        assert_non_null(strstr(err.remedy, "rename one"));
    }
}

static void passes_over_junk(void **state)
{
    (void)state;
    static const char *const junk[] = {"Thumbs.db",
                                       "THUMBS.DB",
                                       "ehthumbs.db",
                                       "desktop.ini",
                                       "Desktop.ini",
                                       "Picasa.ini",
                                       "Icon\r",
                                       "@eaDir/x.png",
                                       "#recycle/x",
                                       "__MACOSX/x",
                                       "$RECYCLE.BIN/x",
                                       "$Recycle.Bin/x",
                                       "System Volume Information/x",
                                       "lost+found/x",
                                       ".DS_Store",
                                       "._x.png"};
    static const char *const levels[] = {"", "train/", "train/a/"};
    static char names[64][64];
    data_entry entries[80];
    locl_error err;
    size_t n = good(entries), used = 0;
    for (size_t level = 0; level < 3; level++) {
        for (size_t i = 0; i < sizeof junk / sizeof *junk; i++) {
            snprintf(names[used], sizeof names[used], "%s%s", levels[level], junk[i]);
            entries[n++] = (data_entry){names[used++], (const uint8_t *)"?", 1, NULL, NULL};
        }
    }
    data_write_folder("junk", entries, n);
    read_both("junk", LOCL_OK, &err);
    data_write_tar("junk.tar", "", "pictures/", entries, n);
    read_both("junk.tar", LOCL_OK, &err);
}

/* Then there is no size that others could be given. */
static void no_training_image_can_be_measured(void **state)
{
    (void)state;
    data_entry entries[2] = {{"train/a/1.png", (const uint8_t *)"?", 1, NULL, NULL},
                             data_png("test/a/1.png", 4, 4, 3, 3)};
    locl_error err;
    data_write_folder("unmeasured", entries, 2);
    read_both("unmeasured", LOCL_E_DATA, &err);
    assert_non_null(strstr(err.message, "the file is neither a JPEG nor a PNG"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_bad_images_of_both_splits),   cmocka_unit_test(names_each_kind_of_problem),
        cmocka_unit_test(tells_one_problem_as_it_is),        cmocka_unit_test(keeps_within_the_message),
        cmocka_unit_test(tells_names_apart_by_their_form),   cmocka_unit_test(passes_over_junk),
        cmocka_unit_test(no_training_image_can_be_measured),
    };
    return cmocka_run_group_tests(tests, NULL, data_images_remove);
}
