/* The table of docs/rules.md is what the rules say of themselves. */
#include "base/file.h"
#include "base/text.h"
#include "rules/rule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void add_cell(locl_text *row, const char *text)
{
    locl_text_add(row, "%s%s| ", text, text[0] ? " " : "");
}

static void add_row(locl_text *row, const locl_rule *rule)
{
    static const char *const feedback[] = {[LOCL_FEEDBACK_NONE] = "",
                                           [LOCL_FEEDBACK_WEIGHTS] = "of every weight",
                                           [LOCL_FEEDBACK_DIRECT] = "[K, width] of every layer"};
    const char *perturbed = rule->weights ? "weights" : "activities";
    const char *carried = rule->tangents ? "tangents" : "a copy";
    locl_rule_options usual = locl_rule_options_default();
    locl_text_add(row, "\n| `%s` | %s | ", rule->name, rule->summary);
    add_cell(row, rule->draws ? perturbed : "");
    add_cell(row, rule->draws ? carried : "");
    add_cell(row, rule->backward ? "yes" : "");
    add_cell(row, feedback[rule->params.feedback]);
    locl_text_add(row, "%s|\n", rule->crosses_blocks(&usual) ? "" : "yes ");
}

static void rows_are_current(void **state)
{
    locl_error err;
    char *page;
    size_t size;
    bool stale = false;
    (void)state;
    assert_int_equal(locl_file_read(LOCL_SOURCE_DIR "/docs/rules.md", 1 << 20, LOCL_E_IO, &page, &size, &err),
                     LOCL_OK);
    for (int kind = 0; kind < LOCL_RULES; kind++) {
        locl_text row = {0};
        add_row(&row, locl_rule_of((locl_rule_kind)kind));
        assert_false(row.failed);
        if (!strstr(page, row.data)) {
            print_error("docs/rules.md should have this row:%s", row.data);
            stale = true;
        }
        locl_text_free(&row);
    }
    free(page);
    assert_false(stale);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows_are_current)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
