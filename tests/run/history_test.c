/* A run's metrics are read back, whatever became of the file. */
#include "locl/history.h"

#include "locl/log.h"
#include "support/data_files.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* A line of a network of one block; the epoch has ten steps. */
#define LINE(kind, step, epoch, more)                                                                        \
    "{\"kind\": \"" kind "\", \"step\": " step ", \"epoch\": " epoch                                         \
    ", \"images\": 40, \"loss\": 0.5, \"error\": 0.25, \"blocks\": [{\"loss\": 0.75, \"error\": 0.5}]" more  \
    "}\n"

static char warnings[4096];

static void keep_warning(void *user, locl_log_level level, const char *text)
{
    (void)user;
    if (level == LOCL_LOG_WARNING) {
        size_t length = strlen(warnings);
        snprintf(warnings + length, sizeof warnings - length, "%s\n", text);
    }
}

/* Reads a run with that metrics.jsonl. */
static locl_status read_text(const char *text, locl_history **out, locl_error *err)
{
    char folder[512];
    data_write("run/metrics.jsonl", text, strlen(text));
    snprintf(folder, sizeof folder, "%s//", data_path("run"));
    warnings[0] = '\0';
    return locl_history_read(folder, out, err);
}

static void reads_lines(void **unused)
{
    (void)unused;
    locl_history *h;
    locl_error err;
    assert_int_equal(read_text(LINE("train", "5", "1", ", \"images_per_second\": null") LINE(
                                   "train", "10", "1", ", \"images_per_second\": 20")
                                   LINE("test", "10", "1", "") "{\"kind\": \"devices\", \"step\": 10}\n" LINE(
                                       "train", "15", "2", ", \"images_per_second\": 80"),
                               &h, &err),
                     LOCL_OK);
    assert_string_equal(h->folder, data_path("run"));
    assert_int_equal(h->lines, 4);
    assert_int_equal(h->blocks, 1);
    assert_int_equal(h->steps_per_epoch, 10);
    assert_true(h->line[2].test);
    assert_false(h->line[3].test);
    assert_int_equal(h->line[3].step, 15);
    assert_true(h->line[3].classifier.error == 0.25 && h->line[3].block[0].loss == 0.75);
    /* 40 images each: 80 of them in 2.5 s, at 32/s, which stands for the first line's */
    assert_true(fabs(h->line[0].seconds - 1.25) < 1e-9);
    assert_true(fabs(h->line[1].seconds - 3.25) < 1e-9);
    assert_true(h->line[2].seconds == h->line[1].seconds);
    assert_true(fabs(h->line[3].seconds - 3.75) < 1e-9);
    locl_history_free(h);
}

/* Tests under contrast tell of the classifier alone. */
static void reads_tests_without_blocks(void **unused)
{
    (void)unused;
    locl_history *h;
    locl_error err;
    assert_int_equal(
        read_text(LINE("train", "10", "1",
                       "") "{\"kind\": \"test\", \"step\": 10, \"epoch\": 1, \"images\": 40, "
                           "\"loss\": 0.5, \"error\": 0.25, \"blocks\": []}\n" LINE("train", "20", "2", ""),
                  &h, &err),
        LOCL_OK);
    assert_null(strstr(warnings, "not finite"));
    assert_int_equal(h->lines, 3);
    assert_true(h->line[1].test && h->line[1].classifier.error == 0.25);
    assert_true(isnan(h->line[1].block[0].loss) && isnan(h->line[1].block[0].error));
    assert_true(h->line[2].block[0].loss == 0.75);
    locl_history_free(h);
}

static void knows_epochs_once_one_is_over(void **unused)
{
    (void)unused;
    locl_history *h;
    locl_error err;
    assert_int_equal(read_text(LINE("train", "7", "1", ""), &h, &err), LOCL_OK);
    assert_int_equal(h->steps_per_epoch, 0);
    assert_true(isnan(h->line[0].seconds));
    locl_history_free(h);
    assert_int_equal(read_text(LINE("train", "7", "1", "") LINE("test", "9", "1", ""), &h, &err), LOCL_OK);
    assert_int_equal(h->steps_per_epoch, 9);
    locl_history_free(h);
}

static void leaves_out_damaged_lines(void **unused)
{
    (void)unused;
    static const struct {
        const char *line, *warning;
    } cases[] = {
        {"", NULL},
        {"{\"kind\": \"train\", \"st", "metrics.jsonl:2: the file ends in the middle of a line"},
        {"{\"kind\": \"train\", \"st\n", "metrics.jsonl:2: no JSON"},
        {"\n", "metrics.jsonl:2: no JSON"},
        {"{}\n", "metrics.jsonl:2: kind is missing"},
        {LINE("train", "0", "1", ""), "metrics.jsonl:2: step, epoch and images"},
        {LINE("train", "\"9\"", "1", ""), "metrics.jsonl:2: step, epoch and images"},
        {LINE("train", "9", "1.5", ""), "metrics.jsonl:2: step, epoch and images"},
        {LINE("train", "9", "1", ", \"loss\": \"low\""), "metrics.jsonl:2: loss and error"},
        {LINE("train", "9", "1", ", \"blocks\": [7]"), "metrics.jsonl:2: loss and error"},
        {LINE("train", "9", "1", ", \"blocks\": []"),
         "metrics.jsonl:2: has 0 blocks, the lines before have 1"},
        {LINE("train", "5", "1", ""), "metrics.jsonl:2: step 5 follows step 5"},
        {LINE("train", "9", "1", ", \"loss\": NaN"), "metrics.jsonl:2: no JSON"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[2048];
        locl_history *h;
        locl_error err;
        snprintf(text, sizeof text, "%s%s", LINE("train", "5", "1", ""), cases[i].line);
        assert_int_equal(read_text(text, &h, &err), LOCL_OK);
        assert_int_equal(h->lines, 1);
        if (cases[i].warning && !strstr(warnings, cases[i].warning)) {
            fail_msg("case %zu: %s should hold %s", i, warnings, cases[i].warning);
        }
        assert_true(cases[i].warning || !strstr(warnings, "metrics.jsonl"));
        locl_history_free(h);
    }
}

static void takes_a_whole_line_without_newline(void **unused)
{
    (void)unused;
    const char *line = LINE("train", "5", "1", "");
    char text[512];
    locl_history *h;
    locl_error err;
    snprintf(text, sizeof text, "%.*s", (int)strlen(line) - 1, line);
    assert_int_equal(read_text(text, &h, &err), LOCL_OK);
    assert_int_equal(h->lines, 1);
    locl_history_free(h);
}

static void values_may_be_missing(void **unused)
{
    (void)unused;
    locl_history *h;
    locl_error err;
    assert_int_equal(
        read_text(LINE("train", "5", "1", "") LINE("train", "6", "1", ", \"loss\": null"), &h, &err),
        LOCL_OK);
    assert_int_equal(h->lines, 2);
    assert_true(isnan(h->line[1].classifier.loss) && h->line[1].classifier.error == 0.25);
    assert_non_null(strstr(warnings, "1 value is not finite, the first at step 6"));
    locl_history_free(h);
}

static void refuses_what_is_no_run(void **unused)
{
    (void)unused;
    locl_history *h;
    locl_error err;
    data_write("other/readme", "x", 1);
    assert_int_equal(locl_history_read(data_path("other"), &h, &err), LOCL_E_DATA);
    assert_null(h);
    assert_non_null(strstr(err.message, "it has no metrics.jsonl"));
    assert_int_equal(locl_history_read(data_path("other/readme"), &h, &err), LOCL_E_DATA);
    assert_non_null(strstr(err.message, "is no folder"));
    assert_int_equal(locl_history_read(data_path("nowhere"), &h, &err), LOCL_E_DATA);
    assert_non_null(strstr(err.message, "is not there"));
    assert_int_equal(locl_history_read("", &h, NULL), LOCL_E_DATA);
    assert_int_equal(read_text("", &h, &err), LOCL_E_DATA);
    assert_non_null(strstr(err.message, "nothing is measured yet"));
    assert_int_equal(read_text("broken\nbroken\nbroken\nbroken\nbroken\n", &h, &err), LOCL_E_DATA);
    assert_non_null(strstr(warnings, "2 more lines are left out"));
    locl_history_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_lines),
        cmocka_unit_test(reads_tests_without_blocks),
        cmocka_unit_test(knows_epochs_once_one_is_over),
        cmocka_unit_test(leaves_out_damaged_lines),
        cmocka_unit_test(takes_a_whole_line_without_newline),
        cmocka_unit_test(values_may_be_missing),
        cmocka_unit_test(refuses_what_is_no_run),
    };
    locl_log_set_handler(keep_warning, NULL);
    return cmocka_run_group_tests(tests, NULL, data_folder_remove);
}
