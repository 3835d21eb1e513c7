/* The measured rate of a device, kept on disk. No OpenCL call. */
#include "device/rate.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/locl-rate-test-XXXXXX";

static int set_up(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    return setenv("XDG_CACHE_HOME", folder, 1);
}

static int tear_down(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static const locl_device device = {.name = "RTX 3060",
                                   .platform_name = "NVIDIA CUDA",
                                   .driver = "535.54",
                                   .version = "OpenCL 3.0 CUDA",
                                   .caps = {.units = 28}};

static locl_device_info info_of(void)
{
    locl_device_info info = {.caps = {.units = 28}};
    snprintf(info.name, sizeof info.name, "%s", device.name);
    snprintf(info.platform, sizeof info.platform, "%s", device.platform_name);
    snprintf(info.driver, sizeof info.driver, "%s", device.driver);
    snprintf(info.version, sizeof info.version, "%s", device.version);
    return info;
}

static void the_largest_rate_stays(void **state)
{
    (void)state;
    locl_device_info info = info_of();
    assert_float_equal(locl_rate_read(&info), 0, 0);
    locl_rate_note(&device, 5e12);
    assert_float_equal(locl_rate_read(&info), 5e12, 1e7);
    locl_rate_note(&device, 4e12);
    assert_float_equal(locl_rate_read(&info), 5e12, 1e7);
    locl_rate_note(&device, 6e12);
    assert_float_equal(locl_rate_read(&info), 6e12, 1e7);
    locl_rate_note(&device, 0);
    assert_float_equal(locl_rate_read(&info), 6e12, 1e7);
}

static void another_driver_was_not_measured(void **state)
{
    (void)state;
    locl_device_info info = info_of();
    snprintf(info.driver, sizeof info.driver, "550.1");
    assert_float_equal(locl_rate_read(&info), 0, 0);
    info = info_of();
    info.caps.units = 14; /* a part */
    assert_float_equal(locl_rate_read(&info), 0, 0);
}

static void a_damaged_file_is_none(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "{", "7", "{\"format\": \"locl rate 1\", \"flops_per_second\": 1e300}"};
    char rates[128], path[512] = "";
    locl_device_info info = info_of();
    snprintf(rates, sizeof rates, "%s/locl/v1/rates", folder);
    DIR *files = opendir(rates);
    assert_non_null(files);
    for (struct dirent *entry; (entry = readdir(files));) {
        if (strstr(entry->d_name, ".json")) {
            snprintf(path, sizeof path, "%s/%s", rates, entry->d_name);
        }
    }
    closedir(files);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        fputs(texts[i], file);
        fclose(file);
        assert_float_equal(locl_rate_read(&info), 0, 0);
    }
    locl_rate_note(&device, 3e12);
    assert_float_equal(locl_rate_read(&info), 3e12, 1e7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_largest_rate_stays),
        cmocka_unit_test(another_driver_was_not_measured),
        cmocka_unit_test(a_damaged_file_is_none),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
