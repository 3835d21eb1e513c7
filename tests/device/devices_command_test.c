/* `locl devices`, run as a user does: what it prints and its exit code. */
#define _XOPEN_SOURCE 700
#include "base/text.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Its exit code; `output` gets what it prints to standard output, or with 2>&1 all of it. */
static int run(const char *before, const char *after, locl_text *output)
{
    char command[512], part[4096];
    size_t bytes;
    *output = (locl_text){0};
    snprintf(command, sizeof command, "%s %s devices %s", before, LOCL_COMMAND, after);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    while ((bytes = fread(part, 1, sizeof part, pipe)) > 0) {
        locl_text_add_bytes(output, part, bytes);
    }
    locl_text_add(output, "%s", "");
    int status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void json_names_each_device(void **state)
{
    static const char *const texts[] = {"platform", "vendor", "name", "type", "selector", "driver"};
    (void)state;
    locl_text output;
    assert_int_equal(run("", "--json 2>/dev/null", &output), 0);
    json_t *root = json_loads(output.data, 0, NULL), *device;
    assert_non_null(root);
    assert_true(json_is_array(json_object_get(root, "problems")));
    json_t *devices = json_object_get(root, "devices");
    assert_true(json_array_size(devices) > 0);
    size_t i;
    json_array_foreach(devices, i, device)
    {
        for (size_t j = 0; j < sizeof texts / sizeof texts[0]; j++) {
            assert_true(json_string_length(json_object_get(device, texts[j])) > 0);
        }
        const char *type = json_string_value(json_object_get(device, "type"));
        assert_true(!strcmp(type, "cpu") || !strcmp(type, "gpu") || !strcmp(type, "accelerator"));
        assert_true(json_is_array(json_object_get(device, "problems")));
        assert_true(json_integer_value(json_object_get(device, "units")) > 0);
        assert_true(json_integer_value(json_object_get(device, "largest_buffer")) > 0);
        assert_true(json_is_boolean(json_object_get(device, "fp16")));
    }
    json_decref(root);
    locl_text_free(&output);
}

static void the_table_shows_selectors(void **state)
{
    (void)state;
    locl_text output;
    assert_int_equal(run("", "", &output), 0);
    assert_int_equal(strncmp(output.data, "selector ", 9), 0);
    assert_non_null(strstr(output.data, "\n0:0 "));
    locl_text_free(&output);
}

static void no_driver_gives_exit_code_3(void **state)
{
    (void)state;
    char folder[] = "/tmp/locl-no-drivers-XXXXXX", before[128];
    locl_text output;
    assert_non_null(mkdtemp(folder));
    snprintf(before, sizeof before, "OCL_ICD_VENDORS=%s", folder);
    assert_int_equal(run(before, "2>&1 >/dev/null", &output), 3);
    assert_non_null(strstr(output.data, "no OpenCL platform found"));
    assert_non_null(strstr(output.data, "remedy: unset OCL_ICD_VENDORS (now \""));
    assert_non_null(strstr(output.data, "pocl-opencl-icd"));
    locl_text_free(&output);
    assert_int_equal(run(before, "--json", &output), 3);
    json_t *root = json_loads(output.data, 0, NULL);
    assert_int_equal(json_array_size(json_object_get(root, "devices")), 0);
    assert_int_equal(json_array_size(json_object_get(root, "problems")), 1);
    json_decref(root);
    locl_text_free(&output);
    assert_int_equal(rmdir(folder), 0);
}

static void a_driver_that_builds_nothing_is_a_problem(void **state)
{
    (void)state;
    locl_text output;
    assert_int_equal(run("ASAN_OPTIONS=verify_asan_link_order=0 LD_PRELOAD=" LOCL_LAYER_PATH
                         " LOCL_LAYER_FAIL=clBuildProgram,1,-11",
                         "", &output),
                     0);
    assert_non_null(strstr(output.data, "0:0: a trial kernel does not build"));
    assert_non_null(strstr(output.data, "CL_BUILD_PROGRAM_FAILURE"));
    locl_text_free(&output);
}

static void wrong_usage_gives_exit_code_2(void **state)
{
    (void)state;
    locl_text output;
    assert_int_equal(run("", "--jsno 2>&1", &output), 2);
    assert_non_null(strstr(output.data, "--jsno"));
    assert_non_null(strstr(output.data, "remedy: --json? All of them: locl devices --help"));
    locl_text_free(&output);
    assert_int_equal(run("", "--json 2>/dev/null >/dev/full", &output), 1);
    locl_text_free(&output);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_names_each_device),
        cmocka_unit_test(the_table_shows_selectors),
        cmocka_unit_test(no_driver_gives_exit_code_3),
        cmocka_unit_test(a_driver_that_builds_nothing_is_a_problem),
        cmocka_unit_test(wrong_usage_gives_exit_code_2),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
