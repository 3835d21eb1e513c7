/* What was measured of stages comes back as it was kept, for the same configuration and devices alone; what is
 * damaged is as if it were not there. */
#include "run/times_file.h"
#include "support/step_run.h"

#include <dirent.h>
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char text[] = "model: {preset: M/1/16, image: [8, 8, 1], classes: 5, patches: 2}\n"
                           "data: {name: folder, path: none, batch: 16}\n";

static locl_config *config_with(const char *set)
{
    locl_config *config;
    locl_error err = {0};
    if (locl_config_parse("c.yaml", text, sizeof text - 1, &set, set ? 1 : 0, LOCL_CONFIG_PLAN, &config,
                          &err) != LOCL_OK) {
        fail_msg("%s", err.message);
    }
    return config;
}

static locl_devices *devices(void)
{
    locl_devices *found = step_whole();
    if (!found) {
        skip();
    }
    return found;
}

/* Writes the path of the one file that there is. */
static void find_file(char *path, size_t size)
{
    char folder[PATH_MAX / 2];
    snprintf(folder, sizeof folder, "%s/locl/v1/stages", getenv("XDG_CACHE_HOME"));
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    path[0] = '\0';
    for (const struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        if (strstr(e->d_name, ".json")) {
            snprintf(path, size, "%s/%s", folder, e->d_name);
        }
    }
    closedir(dir);
    assert_true(path[0]);
}

static void write_file(const char *path, const char *what)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(what, file);
    fclose(file);
}

static void what_is_kept_comes_back(void **state)
{
    (void)state;
    locl_placement_cost cost[2] = {{1, 0.25, 0.5, 0.25, 0.125, 2}, {2, INFINITY, 0, 0, 0, 0}};
    locl_link_speed link = {0.5, 0.0625};
    locl_stage_times times = {2, 1, cost, &link}, read;
    locl_devices *on = devices();
    locl_config *config = config_with(NULL), *other = config_with("data.batch=32"),
                *same = config_with("seed=7");
    char path[PATH_MAX];
    assert_false(locl_times_read(config, on, &read));
    locl_times_write(config, on, &times);
    assert_false(locl_times_read(other, on, &read));
    assert_true(locl_times_read(same, on, &read));
    assert_int_equal(read.stages, 2);
    assert_int_equal(read.devices, 1);
    for (int i = 0; i < 2; i++) {
        assert_memory_equal(&read.cost[i], &cost[i], sizeof cost[i]);
    }
    assert_memory_equal(read.link, &link, sizeof link);
    locl_measure_release(&read);
    find_file(path, sizeof path);
    write_file(path, "{\"format\": \"locl stages 1\"");
    assert_false(locl_times_read(config, on, &read));
    write_file(path, "{\"format\": \"locl stages 1\", \"stages\": [[{\"whole\": 0}]], \"links\": [{}]}");
    assert_false(locl_times_read(config, on, &read));
    locl_config_free(config);
    locl_config_free(other);
    locl_config_free(same);
    locl_devices_close(on);
}

/* Measured, written and read, the times of four stages on two halves are positive and the parts' sums sensible. */
static void stages_are_measured(void **state)
{
    (void)state;
    step_run run;
    locl_stage_times times;
    locl_error err = {0};
    locl_devices *halves = step_halves();
    if (!halves) {
        skip();
    }
    step_run_begin(&run, halves);
    const locl_pipeline_options options = {.model = &run.model,
                                           .rule = &run.rule,
                                           .optim = &run.optim,
                                           .engine = run.engine,
                                           .batch = run.batch};
    if (locl_measure(&options, halves, NULL, NULL, &times, &err) != LOCL_OK) {
        fail_msg("%s: %s", err.where, err.message);
    }
    assert_int_equal(times.stages, 4);
    assert_int_equal(times.devices, 2);
    for (size_t i = 0; i < 8; i++) {
        const locl_placement_cost *c = &times.cost[i];
        assert_true(c->whole > 0 && c->update > 0 && c->exchange > 0 && c->part >= 0 && c->rows >= 0);
        assert_true(isfinite(c->part));
        assert_int_equal(c->carry > 0, i >= 2);
    }
    assert_memory_equal(&times.cost[2], &times.cost[4], sizeof times.cost[2]); /* blocks of one shape */
    locl_measure_release(&times);
    step_run_close(&run);
}

int main(void)
{
    char folder[] = "/tmp/locl-times-XXXXXX", command[PATH_MAX];
    if (!mkdtemp(folder) || setenv("XDG_CACHE_HOME", folder, 1)) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_kept_comes_back),
        cmocka_unit_test(stages_are_measured),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command) || failed;
}
