/* metrics.jsonl is cut back to a checkpoint, whatever a kill left in it. */
#include "run/metrics.h"

#include "base/file.h"
#include "support/data_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LINE(kind, step) "{\"kind\": \"" kind "\", \"step\": " step "}\n"

/* Opens a file with that text at the given steps, appends nothing, and expects what remains. */
static void check(const char *text, uint64_t step, uint64_t test_step, const char *expected)
{
    const char *path = data_path("metrics.jsonl");
    locl_metrics metrics;
    char *found;
    size_t size;
    data_write("metrics.jsonl", text, strlen(text));
    assert_int_equal(locl_metrics_open(path, step, test_step, &metrics, NULL), LOCL_OK);
    locl_metrics_close(&metrics);
    assert_int_equal(locl_file_read(path, 10000, LOCL_E_IO, &found, &size, NULL), LOCL_OK);
    assert_string_equal(found, expected);
    free(found);
}

static void later_lines_go(void **unused)
{
    (void)unused;
    const char *all = LINE("train", "50") LINE("train", "64") LINE("test", "64") LINE("train", "114");
    check(all, 114, 64, all);
    check(all, 113, 64, LINE("train", "50") LINE("train", "64") LINE("test", "64"));
    check(all, 64, 0, LINE("train", "50") LINE("train", "64"));
    check(all, 0, 0, "");
}

static void damaged_lines_go(void **unused)
{
    (void)unused;
    check(LINE("train", "50") "{\"kind\": \"tra", 100, 0, LINE("train", "50"));
    check(LINE("train", "50") "{\"kind\": \"tra\n" LINE("train", "100"), 100, 0,
          LINE("train", "50") LINE("train", "100"));
    check("\n\n[]\n{}\n{\"kind\": 3, \"step\": 1}\n" LINE("train", "-1"), 100, 100, "");
    check("{\"kind\": \"train\", \"step\": 50}", 100, 0, "");
}

static void lines_are_whole_objects(void **unused)
{
    (void)unused;
    const locl_score block = {0.5, 0.25};
    const locl_result result = {"test", 4, 16, {1.5, 0.75}, &block, 1};
    locl_metrics metrics;
    char *found;
    size_t size;
    data_write("metrics.jsonl", LINE("train", "8"), strlen(LINE("train", "8")));
    const char *path = data_path("metrics.jsonl");
    assert_int_equal(locl_metrics_open(path, 8, 0, &metrics, NULL), LOCL_OK);
    assert_int_equal(locl_metrics_append(&metrics, locl_metrics_line(&result, 2, LOCL_METRICS_NO_RATE), NULL),
                     LOCL_OK);
    assert_int_equal(locl_file_read(path, 10000, LOCL_E_IO, &found, &size, NULL), LOCL_OK);
    assert_string_equal(found, LINE("train", "8") "{\"kind\": \"test\", \"step\": 16, \"epoch\": 2, "
                                                  "\"images\": 4, \"loss\": 1.5, \"error\": 0.75, "
                                                  "\"blocks\": [{\"loss\": 0.5, \"error\": 0.25}]}\n");
    locl_metrics_close(&metrics);
    free(found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(later_lines_go),
        cmocka_unit_test(damaged_lines_go),
        cmocka_unit_test(lines_are_whole_objects),
    };
    return cmocka_run_group_tests(tests, NULL, data_folder_remove);
}
