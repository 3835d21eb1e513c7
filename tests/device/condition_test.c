/* Conditions of mappings. */
#include "device/condition.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const double gib = 1024.0 * 1024.0 * 1024.0;

static void conditions_hold(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool below, at, above; /* of 8 GiB */
    } cases[] = {
        {"8 GiB", false, true, true},    {">= 8 GiB", false, true, true},
        {">=8GiB", false, true, true},   {"at least 8 gib", false, true, true},
        {"> 8 GiB", false, false, true}, {"more than 8 GiB", false, false, true},
        {"<= 8 GiB", true, true, false}, {"at most 8 GiB", true, true, false},
        {"< 8 GiB", true, false, false}, {"less than 8192 MiB", true, false, false},
        {"= 8 GiB", false, true, false}, {"exactly 8 GiB ", false, true, false},
        {"8.0 GiB", false, true, true},  {"7.5 GiB", false, true, true},
        {"8.6 GB", false, false, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        locl_condition c;
        if (!locl_condition_read(cases[i].text, LOCL_QUANTITY_BYTES, &c)) {
            fail_msg("\"%s\" is refused", cases[i].text);
        }
        if (locl_condition_holds(&c, 7 * gib) != cases[i].below ||
            locl_condition_holds(&c, 8 * gib) != cases[i].at ||
            locl_condition_holds(&c, 9 * gib) != cases[i].above) {
            fail_msg("\"%s\" holds where it should not, or the reverse", cases[i].text);
        }
    }
}

static void what_is_no_condition_is_refused(void **state)
{
    (void)state;
    static const char *const sizes[] = {
        "", "8", "GiB", "8 Gb s", "8 parsecs", "-8 GiB", ">", "8 GiB to 9 GiB", "=> 8 GiB"};
    static const char *const numbers[] = {"", "20 GiB", "twenty", "at least", "-1"};
    locl_condition c;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        if (locl_condition_read(sizes[i], LOCL_QUANTITY_BYTES, &c)) {
            fail_msg("the size \"%s\" is taken", sizes[i]);
        }
    }
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (locl_condition_read(numbers[i], LOCL_QUANTITY_NUMBER, &c)) {
            fail_msg("the number \"%s\" is taken", numbers[i]);
        }
    }
    assert_true(locl_condition_read("at most 20", LOCL_QUANTITY_NUMBER, &c));
    assert_int_equal(c.comparison, LOCL_AT_MOST);
    assert_true(locl_condition_read("0", LOCL_QUANTITY_BYTES, &c));
}

static void sizes_are_written(void **state)
{
    (void)state;
    char text[32];
    double bytes;
    locl_size_write(7.75 * gib, text, sizeof text);
    assert_string_equal(text, "7.8 GiB");
    locl_size_write(100, text, sizeof text);
    assert_string_equal(text, "100 B");
    assert_true(locl_size_read("512 MiB", &bytes));
    assert_float_equal(bytes, 512.0 * 1024 * 1024, 0);
    assert_false(locl_size_read("> 512 MiB", &bytes));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditions_hold),
        cmocka_unit_test(what_is_no_condition_is_refused),
        cmocka_unit_test(sizes_are_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
