/* The doctor as a program calls it: what its JSON has, which caches are damaged, which drivers are known to be bad. */
#define _XOPEN_SOURCE 700
#include "base/file.h"
#include "doctor/caches.h"
#include "doctor/known_bad.h"
#include "locl/doctor.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const locl_finding *find(const locl_findings *rows, const char *name)
{
    for (size_t i = 0; i < rows->count; i++) {
        if (!strcmp(rows->row[i].name, name)) {
            return &rows->row[i];
        }
    }
    return NULL;
}

static void json_has_what_is_promised(void **state)
{
    static const char *const keys[] = {"name", "status", "detail", "remedy"};
    const locl_doctor_setup setup = {.program = LOCL_COMMAND};
    locl_diagnosis *diagnosis = NULL;
    locl_error err;
    char *text = NULL;
    size_t i;
    json_t *row;
    (void)state;
    assert_int_equal(locl_doctor_run(&setup, &diagnosis, &err), LOCL_OK);
    assert_int_equal(locl_diagnosis_to_json(diagnosis, &text, &err), LOCL_OK);
    json_t *root = json_loads(text, 0, NULL), *rows = json_object_get(root, "rows");
    assert_true(json_array_size(rows) > 10);
    assert_int_equal(json_array_size(rows), locl_diagnosis_rows(diagnosis));
    json_array_foreach(rows, i, row)
    {
        for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
            assert_true(json_is_string(json_object_get(row, keys[k])));
        }
        bool ok = !strcmp(json_string_value(json_object_get(row, "status")), "ok");
        assert_int_equal(ok, json_string_length(json_object_get(row, "remedy")) == 0);
    }
    json_decref(root);
    free(text);
    locl_diagnosis_free(diagnosis);
}

static void a_program_is_needed(void **state)
{
    const locl_doctor_setup setup = {.program = NULL};
    locl_diagnosis *diagnosis = NULL;
    locl_error err;
    (void)state;
    assert_int_equal(locl_doctor_run(&setup, &diagnosis, &err), LOCL_E_USAGE);
    assert_null(diagnosis);
}

static void damaged_caches_are_told(void **state)
{
    char folder[] = "/tmp/locl-caches-XXXXXX", path[128], command[128];
    locl_drivers *drivers = calloc(1, sizeof *drivers);
    locl_findings rows = {0};
    locl_error err;
    (void)state;
    assert_non_null(drivers);
    assert_non_null(mkdtemp(folder));
    setenv("XDG_CACHE_HOME", folder, 1);
    locl_caches_examine(drivers, &rows);
    assert_int_equal(find(&rows, "cache programs")->status, LOCL_FINDING_OK);
    assert_int_equal(find(&rows, "cache tune")->status, LOCL_FINDING_OK);
    locl_findings_free(&rows);
    snprintf(path, sizeof path, "%s/locl/v1/programs/0.bin", folder);
    assert_int_equal(locl_file_write(path, "nothing", 7, &err), LOCL_OK);
    snprintf(path, sizeof path, "%s/locl/v1/tune/0.json", folder);
    assert_int_equal(locl_file_write(path, "{", 1, &err), LOCL_OK);
    locl_caches_examine(drivers, &rows);
    assert_int_equal(find(&rows, "cache programs")->status, LOCL_FINDING_WARNING);
    assert_non_null(strstr(find(&rows, "cache programs")->remedy, "0.bin"));
    assert_int_equal(find(&rows, "cache tune")->status, LOCL_FINDING_WARNING);
    assert_non_null(strstr(find(&rows, "cache tune")->detail, "1 of 1 files"));
    locl_findings_free(&rows);
    free(drivers);
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

static void bad_versions_are_known(void **state)
{
    (void)state;
    assert_non_null(locl_known_bad_find("rusticl", "OpenCL 3.0", "22.3.6"));
    assert_null(locl_known_bad_find("rusticl", "OpenCL 3.0", "25.0.7"));
    assert_non_null(locl_known_bad_find("Clover", "OpenCL 1.1 Mesa 22.3.6", "22.3.6"));
    assert_null(locl_known_bad_find("Portable Computing Language", "OpenCL 2.0 pocl 1.8", "1.8"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_has_what_is_promised),
        cmocka_unit_test(a_program_is_needed),
        cmocka_unit_test(damaged_caches_are_told),
        cmocka_unit_test(bad_versions_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
