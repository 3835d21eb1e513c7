/* Numerical passports: which ones training heeds. */
#define _XOPEN_SOURCE 700
#include "base/file.h"
#include "check/passport.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char folder[64], path[PATH_MAX], kernels[LOCL_HASH_TEXT];
static locl_device device = {
    .selector = "0:1", .name = "a device", .platform_name = "a platform", .driver = "1.0"};

static int begin(void **state)
{
    locl_error err;
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/locl-passports-XXXXXX");
    snprintf(device.driver, sizeof device.driver, "1.0");
    return mkdtemp(folder) && setenv("XDG_CACHE_HOME", folder, 1) == 0 &&
                   locl_passport_kernels(kernels, &err) == LOCL_OK
               ? 0
               : -1;
}

static int end(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static void keep(const char *of, const char *status)
{
    locl_error err;
    json_t *key = locl_passport_key(&device);
    json_t *rows =
        json_pack("[{s:s, s:s, s:s}, {s:s, s:s, s:s}]", "name", "0:1 sum_rows", "status", "ok", "detail",
                  "right", "name", "0:1 head_jvp", "status", status, "detail", "x[1] is 2, should be 3");
    assert_int_equal(locl_passport_write(key, of, rows, path, sizeof path, &err), LOCL_OK);
    json_decref(rows);
    json_decref(key);
}

static void without_one_it_trains(void **state)
{
    locl_error err;
    (void)state;
    assert_int_equal(locl_passport_heed(&device, &err), LOCL_OK);
}

static void a_failed_one_is_heeded(void **state)
{
    locl_error err;
    (void)state;
    keep(kernels, "error");
    assert_int_equal(locl_passport_heed(&device, &err), LOCL_E_FAILED);
    assert_non_null(strstr(err.message, "device 0:1 (a device)"));
    assert_non_null(strstr(err.message, "head_jvp: x[1] is 2, should be 3"));
    assert_non_null(strstr(err.remedy, "run.failed_passport=train"));
    keep(kernels, "warning");
    assert_int_equal(locl_passport_heed(&device, &err), LOCL_OK);
}

static void one_of_other_kernels_or_drivers_counts_as_none(void **state)
{
    locl_error err;
    (void)state;
    keep("0123456789abcdef", "error");
    assert_int_equal(locl_passport_heed(&device, &err), LOCL_OK);
    keep(kernels, "error");
    snprintf(device.driver, sizeof device.driver, "1.1");
    assert_int_equal(locl_passport_heed(&device, &err), LOCL_OK);
}

static void a_damaged_one_counts_as_none(void **state)
{
    static const char *const texts[] = {"", "{", "[]", "{\"format\": \"locl passport 1\"}",
                                        "{\"passed\": false}"};
    locl_error err;
    (void)state;
    keep(kernels, "error");
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_equal(locl_file_write(path, texts[i], strlen(texts[i]), &err), LOCL_OK);
        assert_int_equal(locl_passport_heed(&device, &err), LOCL_OK);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(without_one_it_trains),
        TEST(a_failed_one_is_heeded),
        TEST(one_of_other_kernels_or_drivers_counts_as_none),
        TEST(a_damaged_one_counts_as_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
