/* The public calls that can fail: the same status with an error record and without, and the record has it. */
#include <locl/locl.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/locl_public_errors_XXXXXX";
static char config[64];
static locl_run *evaluated; /* opened to be evaluated: a configuration whose data are not there */

static int setup(void **state)
{
    (void)state;
    if (!mkdtemp(folder)) {
        return -1;
    }
    snprintf(config, sizeof config, "%s/config.yaml", folder);
    FILE *file = fopen(config, "w");
    if (!file) {
        return -1;
    }
    fprintf(file, "data: {name: fashion-mnist, path: %s/no-data, batch: 8}\nmodel: {preset: S/1/1}\n",
            folder);
    fclose(file);
    locl_run_setup how = {.purpose = LOCL_RUN_EVALUATE, .config = config};
    return locl_run_open(&how, &evaluated, NULL) == LOCL_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    char command[128];
    locl_run_close(evaluated);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static locl_status open_run(locl_run_setup how, locl_error *err)
{
    locl_run *run;
    locl_status status = locl_run_open(&how, &run, err);
    assert_null(run);
    return status;
}

static locl_status open_nothing(locl_error *err)
{
    return open_run((locl_run_setup){0}, err);
}

static locl_status open_missing(locl_error *err)
{
    return open_run((locl_run_setup){.config = "/nowhere/config.yaml"}, err);
}

static locl_status open_wrong_set(locl_error *err)
{
    const char *set = "data.batch=none";
    return open_run((locl_run_setup){.config = config, .set = &set, .sets = 1}, err);
}

static locl_status open_without_data(locl_error *err)
{
    char set[128];
    const char *sets[] = {set};
    snprintf(set, sizeof set, "run.dir=%s/run", folder);
    return open_run((locl_run_setup){.config = config, .set = sets, .sets = 1}, err);
}

static locl_status open_without_device(locl_error *err)
{
    char set[128];
    const char *sets[] = {set};
    snprintf(set, sizeof set, "run.dir=%s/run", folder);
    return open_run(
        (locl_run_setup){.config = config, .set = sets, .sets = 1, .devices = "no-device-has-this-name"},
        err);
}

static locl_status resume_missing(locl_error *err)
{
    return open_run((locl_run_setup){.purpose = LOCL_RUN_RESUME, .folder = "/nowhere"}, err);
}

static locl_status evaluate_missing_checkpoint(locl_error *err)
{
    return open_run(
        (locl_run_setup){.purpose = LOCL_RUN_EVALUATE, .config = config, .checkpoint = "/nowhere"}, err);
}

static locl_status train_what_is_evaluated(locl_error *err)
{
    return locl_run_train(evaluated, err);
}

static locl_status evaluate_wrong_split(locl_error *err)
{
    locl_result result;
    return locl_run_evaluate(evaluated, "validation", &result, err);
}

static locl_status evaluate_without_data(locl_error *err)
{
    locl_result result;
    return locl_run_evaluate(evaluated, "test", &result, err);
}

static locl_status read_no_history(locl_error *err)
{
    locl_history *history;
    return locl_history_read("/nowhere", &history, err);
}

static locl_status measure_wrong_split(locl_error *err)
{
    locl_run_shape shape;
    return locl_run_measure_split(evaluated, "validation", &shape, err);
}

static locl_status images_without_data(locl_error *err)
{
    int32_t label;
    return locl_run_images(evaluated, "test", 0, 1, NULL, &label, err);
}

static locl_status logits_without_data(locl_error *err)
{
    float image = 0, logits[10];
    return locl_run_logits(evaluated, &image, 1, logits, NULL, err);
}

static locl_status network_without_data(locl_error *err)
{
    char *text;
    locl_status status = locl_run_network_to_json(evaluated, &text, err);
    assert_null(text);
    return status;
}

static locl_status audit(locl_audit_setup how, locl_error *err)
{
    locl_audit *result;
    locl_status status = locl_run_audit(evaluated, &how, &result, err);
    assert_null(result);
    return status;
}

static locl_status audit_too_few(locl_error *err)
{
    return audit((locl_audit_setup){.draws = 1}, err);
}

static locl_status audit_without_data(locl_error *err)
{
    return audit((locl_audit_setup){.all = true}, err);
}

static locl_status probe_nothing(locl_error *err)
{
    locl_probe_result result;
    return locl_probe_run(&(locl_probe_setup){.config = config}, &result, err);
}

static locl_status probe_missing(locl_error *err)
{
    locl_probe_result result;
    const char *sets[] = {"model.image=[8, 8, 1]", "model.classes=10"};
    locl_probe_setup how = {.config = config, .in = "/nowhere", .out = "/nowhere", .set = sets, .sets = 2};
    return locl_probe_run(&how, &result, err);
}

static locl_status write_nowhere(locl_error *err)
{
    return locl_file_write("/nowhere/file", "x", 1, err);
}

static void a_status_needs_no_record(void **state)
{
    static const struct {
        locl_status (*call)(locl_error *err);
        locl_status status;
    } cases[] = {
        {open_nothing, LOCL_E_USAGE},
        {open_missing, LOCL_E_CONFIG},
        {open_wrong_set, LOCL_E_CONFIG},
        {open_without_data, LOCL_E_DATA},
        {open_without_device, LOCL_E_NODEVICE},
        {resume_missing, LOCL_E_CONFIG},
        {evaluate_missing_checkpoint, LOCL_E_CHECKPOINT},
        {train_what_is_evaluated, LOCL_E_USAGE},
        {evaluate_wrong_split, LOCL_E_USAGE},
        {evaluate_without_data, LOCL_E_DATA},
        {read_no_history, LOCL_E_DATA},
        {measure_wrong_split, LOCL_E_USAGE},
        {images_without_data, LOCL_E_DATA},
        {logits_without_data, LOCL_E_DATA},
        {network_without_data, LOCL_E_DATA},
        {audit_too_few, LOCL_E_USAGE},
        {audit_without_data, LOCL_E_DATA},
        {probe_nothing, LOCL_E_USAGE},
        {probe_missing, LOCL_E_CHECKPOINT},
        {write_nowhere, LOCL_E_IO},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        locl_error err = {0};
        locl_status with = cases[i].call(&err), without = cases[i].call(NULL);
        if (with != cases[i].status || without != with || err.status != with || !err.message[0]) {
            fail_msg("case %zu: %s with a record (%s: %s), %s without, should be %s", i,
                     locl_status_name(with), locl_status_name(err.status), err.message,
                     locl_status_name(without), locl_status_name(cases[i].status));
        }
    }
}

static void the_version_is_one(void **state)
{
    char text[32];
    (void)state;
    snprintf(text, sizeof text, "%d.%d.%d", LOCL_VERSION_MAJOR, LOCL_VERSION_MINOR, LOCL_VERSION_PATCH);
    assert_string_equal(locl_version(), text);
    assert_int_equal(locl_version_number(), LOCL_VERSION_NUMBER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_status_needs_no_record),
        cmocka_unit_test(the_version_is_one),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
