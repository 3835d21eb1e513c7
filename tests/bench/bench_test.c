/* Benchmarks of every kind on a small network: which rows there are and what they say of each other. No time is
 * expected, and no data set is there to be opened. */
#include "bench/start.h"
#include "locl/locl.h"

#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const char network[] = "model: {blocks: 2, patches: 2, channels: 32, groups: 4}\n"
                              "rule: {name: lg-fg-a}\n"
                              "data: {name: mnist, path: /nowhere, batch: 8}\n";
static char folder[] = "/tmp/locl-bench-XXXXXX", config[64], command[64];

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int make_files(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(config, sizeof config, "%s/small.yaml", folder);
    snprintf(command, sizeof command, "%s/command", folder);
    write_file(config, network);
    return 0;
}

static int remove_files(void **state)
{
    (void)state;
    remove(config);
    remove(command);
    return rmdir(folder);
}

/* What was written is read and written as the same. */
static void check_read(const char *text)
{
    char path[64], *again;
    locl_bench_report *report;
    locl_error err;
    snprintf(path, sizeof path, "%s/report.json", folder);
    write_file(path, text);
    if (locl_bench_read(path, &report, &err) != LOCL_OK) {
        fail_msg("%s", err.message);
    }
    assert_int_equal(locl_bench_to_json(report, &again, &err), LOCL_OK);
    assert_string_equal(again, text);
    free(again);
    locl_bench_free(report);
    remove(path);
}

/* What programs read, whatever was measured. */
static void check_json(const locl_bench_report *report)
{
    static const char *const texts[] = {"device", "kind", "name", "unit"}, *const numbers[] = {
                                                                               "median", "q1", "q3", "runs",
                                                                               "peak_fraction"};
    char *text;
    locl_error err;
    assert_int_equal(locl_bench_to_json(report, &text, &err), LOCL_OK);
    json_t *json = json_loads(text, 0, NULL);
    const json_t *results = json_object_get(json, "results");
    assert_int_equal(json_array_size(results), report->rows);
    for (size_t i = 0; i < report->rows; i++) {
        const json_t *row = json_array_get(results, i);
        for (int f = 0; f < 4; f++) {
            assert_true(json_is_string(json_object_get(row, texts[f])));
        }
        for (int f = 0; f < 5; f++) {
            assert_true(json_is_number(json_object_get(row, numbers[f])));
        }
        assert_string_equal(json_string_value(json_object_get(row, "status")), "ok");
        assert_int_equal(json_array_size(json_object_get(row, "samples")), report->row[i].samples);
        assert_true(report->row[i].samples == 0 || report->row[i].samples == report->row[i].runs);
        assert_int_equal(json_object_size(row), 10 + report->row[i].fields + (report->row[i].samples > 0));
    }
    json_decref(json);
    check_read(text);
    free(text);
}

/* Runs it and checks what holds for every row. */
static locl_bench_report *run(const locl_bench_setup *setup)
{
    locl_bench_report *report;
    locl_error err;
    if (locl_bench_run(setup, &report, &err) != LOCL_OK) {
        fail_msg("%s: %s", err.where, err.message);
    }
    assert_int_equal(report->kind, setup->kind);
    assert_true(report->devices >= 1 && report->rows > 0);
    for (size_t i = 0; i < report->rows; i++) {
        const locl_bench_row *r = &report->row[i];
        assert_string_equal(r->device, report->device[0].device);
        assert_true(r->kind[0] && r->name[0] && r->unit[0]);
        assert_true(r->q1 <= r->median && r->median <= r->q3);
        assert_true(r->median > 0 || !strcmp(r->kind, "kernel") || !strcmp(r->name, "process"));
        assert_true(r->runs >= 1 && r->runs <= 3);
        assert_true(isfinite(r->peak_fraction) && r->peak_fraction >= 0);
    }
    check_json(report);
    return report;
}

static const locl_bench_row *find(const locl_bench_report *report, const char *kind, const char *name)
{
    for (size_t i = 0; i < report->rows; i++) {
        if (!strcmp(report->row[i].kind, kind) && !strcmp(report->row[i].name, name)) {
            return &report->row[i];
        }
    }
    fail_msg("there is no row %s of kind %s", name, kind);
    return NULL;
}

static size_t count(const locl_bench_report *report, const char *kind)
{
    size_t rows = 0;
    for (size_t i = 0; i < report->rows; i++) {
        rows += !strcmp(report->row[i].kind, kind);
    }
    return rows;
}

static double number(const locl_bench_row *row, const char *name)
{
    double value = locl_bench_number(row, name);
    if (isnan(value)) {
        fail_msg("%s %s has no number %s", row->kind, row->name, name);
    }
    return value;
}

static void assert_near(double a, double b)
{
    assert_true(fabs(a - b) <= 1e-6 * fabs(b));
}

/* ---- kinds ---- */

static void step_stands_beside_its_floor(void **state)
{
    const locl_bench_setup setup = {.kind = LOCL_BENCH_STEP, .config = config, .rounds = 3};
    (void)state;
    locl_bench_report *report = run(&setup);
    const locl_bench_row *step = find(report, "step", "step"), *launch = find(report, "peak", "launch");
    assert_string_equal(step->unit, "ms");
    double floor = 1e3 * fmax(number(step, "flops") / (1e9 * number(step, "peak")),
                              number(step, "bytes") / (1e9 * number(step, "copy")));
    assert_near(number(step, "floor"), floor);
    assert_near(step->peak_fraction, floor / step->median);
    assert_near(number(step, "over_floor"), step->median / floor);
    assert_near(number(step, "copy"), find(report, "peak", "copy")->median);
    assert_near(number(step, "launch_floor"), 1e-3 * number(step, "launches") * launch->median);
    assert_true(number(step, "launched_flops") > number(step, "flops"));
    assert_true(number(step, "batch") == 8);
    assert_string_equal(locl_bench_text(step, "label"), "lg-fg-a");
    /* all launches of the step are in the table of kernels */
    double launches = 0, flops = 0, share = 0;
    for (size_t i = 0; i < report->rows; i++) {
        if (!strcmp(report->row[i].kind, "kernel")) {
            launches += number(&report->row[i], "launches");
            flops += number(&report->row[i], "flops");
            share += number(&report->row[i], "share");
        }
    }
    assert_near(launches, number(step, "launches"));
    assert_near(flops, number(step, "launched_flops"));
    assert_near(share, 1);
    locl_bench_free(report);
}

static void variants_take_turns(void **state)
{
    const char *const rules[] = {"lg-bp", "{name: lg-fg-a, noise: rademacher}"}, *const vary[] = {
                                                                                     "data.batch=4"};
    const locl_bench_setup setup = {.kind = LOCL_BENCH_STEP,
                                    .config = config,
                                    .rounds = 1,
                                    .rule = rules,
                                    .rules = 2,
                                    .vary = vary,
                                    .varied = 1};
    static const char *const labels[] = {"lg-bp", "lg-fg-a, rademacher", "data.batch=4"};
    size_t found = 0;
    (void)state;
    locl_bench_report *report = run(&setup);
    assert_int_equal(count(report, "step"), 3);
    for (size_t i = 0; i < report->rows; i++) {
        const locl_bench_row *r = &report->row[i];
        if (!strcmp(r->kind, "step")) {
            assert_string_equal(locl_bench_text(r, "label"), labels[found]);
            assert_true(number(r, "batch") == (found == 2 ? 4 : 8));
            assert_true(found > 0 || number(r, "ratio") == 1);
            found++;
        }
    }
    assert_int_equal(count(report, "kernel"), 0);
    locl_bench_free(report);
}

/* A row for each shape by the engine that training would use, then the others of that shape. */
static void products_by_all_engines(void **state)
{
    const locl_bench_setup setup = {.kind = LOCL_BENCH_PRODUCT, .config = config, .rounds = 1};
    const locl_bench_row *product = NULL;
    (void)state;
    locl_bench_report *report = run(&setup);
    double peak = find(report, "peak", "fma")->median;
    assert_true(count(report, "product") > 5);
    for (size_t i = 0; i < report->rows && strcmp(report->row[i].kind, "peak") != 0; i++) {
        const locl_bench_row *r = &report->row[i];
        const char *op = locl_bench_text(r, "op");
        product = !strcmp(r->kind, "product") ? r : product;
        assert_string_equal(r->unit, "GFLOP/s");
        assert_string_equal(r->name, product->name);
        assert_true((r == product) ==
                    !strcmp(locl_bench_text(r, "engine"), locl_bench_text(product, "engine")));
        assert_true(op && strlen(op) == 2 && strspn(op, "nt") == 2);
        assert_true(number(r, "flops") == 2 * number(r, "m") * number(r, "n") * number(r, "k") *
                                              number(r, "batch") * number(r, "sum"));
        assert_near(r->median, 1e-3 * number(r, "flops") / number(r, "us"));
        assert_near(r->peak_fraction, r->median / peak);
    }
    locl_bench_free(report);
}

static void kernels_of_the_table(void **state)
{
    const locl_bench_setup setup = {.kind = LOCL_BENCH_KERNEL, .only = "bias_*", .rounds = 1};
    (void)state;
    locl_bench_report *report = run(&setup);
    const locl_bench_row *row = find(report, "kernel", "bias_add");
    assert_non_null(strstr(locl_bench_text(row, "shape"), "B="));
    assert_string_equal(locl_bench_text(row, "variant"), "device");
    assert_near(row->peak_fraction, number(row, "floor") / row->median);
    locl_bench_free(report);
}

static void memory_and_what_a_step_needs(void **state)
{
    static const char *const rates[] = {"copy", "read", "write"}, *const sizes[] = {"workspace", "stages",
                                                                                    "process"};
    const locl_bench_setup setup = {.kind = LOCL_BENCH_MEMORY, .config = config, .rounds = 1};
    (void)state;
    locl_bench_report *report = run(&setup);
    for (int i = 0; i < 3; i++) {
        assert_string_equal(find(report, "memory", rates[i])->unit, "GB/s");
        const locl_bench_row *size = find(report, "memory", sizes[i]);
        assert_string_equal(size->unit, "MiB");
        assert_near(size->median, 0x1p-20 * number(size, "bytes"));
    }
    locl_bench_free(report);
}

static void copies_by_size(void **state)
{
    const locl_bench_setup setup = {.kind = LOCL_BENCH_TRANSFER, .config = config, .rounds = 1};
    (void)state;
    locl_bench_report *report = run(&setup);
    assert_true(count(report, "transfer") % 3 == 0);
    find(report, "transfer", "host to device");
    find(report, "transfer", "device to host");
    const locl_bench_row *mapped = find(report, "transfer", "mapped");
    assert_near(mapped->median, 1e-3 * number(mapped, "bytes") / number(mapped, "us"));
    locl_bench_free(report);
}

/* ---- starts ---- */

static void start_of_this_process(void **state)
{
    const locl_bench_setup setup = {
        .kind = LOCL_BENCH_START, .config = config, .began = locl_clock_seconds() - 0.25};
    double sum = 0;
    (void)state;
    locl_bench_report *report = run(&setup);
    for (int part = 0; part < LOCL_START_TOTAL; part++) {
        sum += find(report, "start", locl_start_names[part])->median;
    }
    assert_near(find(report, "start", "total")->median, sum);
    assert_true(find(report, "start", "process")->median >= 250);
    assert_int_equal(report->rows, LOCL_START_PARTS);
    locl_bench_free(report);
}

/* In place of the command: says what it was given, and another total each time it has caches of its own. */
static const char stand_in[] =
    "#!/bin/sh\n"
    "case \"$*\" in 'bench start --json --device '*' --quiet --once '*' --set data.batch=4 -- '*small.yaml) "
    ";;\n"
    "*) echo \"unexpected: $*\" >&2; exit 3 ;; esac\n"
    "total=100; case $XDG_CACHE_HOME in */locl-bench-*) [ \"$XDG_CACHE_HOME\" = \"$POCL_CACHE_DIR\" ] && "
    "[ -d \"$XDG_CACHE_HOME\" ] && touch \"$XDG_CACHE_HOME/kept\" && total=900 ;; esac\n"
    "printf '{\"results\": ['\n"
    "for name in process configuration devices recording kernels 'first step' 'next step'; do\n"
    "    printf '{\"name\": \"%s\", \"median\": 10}, ' \"$name\"\n"
    "done\n"
    "printf '{\"name\": \"total\", \"median\": %d}]}' $total\n";

static void starts_of_other_processes(void **state)
{
    const char *const set[] = {"data.batch=4"};
    const locl_bench_setup setup = {
        .kind = LOCL_BENCH_START, .config = config, .set = set, .sets = 1, .command = command, .rounds = 2};
    (void)state;
    write_file(command, stand_in);
    assert_int_equal(chmod(command, 0700), 0);
    locl_bench_report *report = run(&setup);
    assert_int_equal(report->rows, 2 * LOCL_START_PARTS);
    for (size_t i = 0; i < report->rows; i++) {
        const locl_bench_row *r = &report->row[i];
        bool cold = !strcmp(locl_bench_text(r, "cache"), "cold"), total = !strcmp(r->name, "total");
        assert_near(r->median, !total ? 10 : cold ? 900 : 100);
        assert_int_equal(r->runs, 2);
    }
    locl_bench_free(report);
}

static void a_process_that_fails(void **state)
{
    const locl_bench_setup setup = {
        .kind = LOCL_BENCH_START, .config = config, .command = command, .rounds = 1};
    locl_bench_report *report;
    locl_error err;
    (void)state;
    write_file(command, "#!/bin/sh\necho 'out of luck' >&2\nexit 3\n");
    assert_int_equal(chmod(command, 0700), 0);
    assert_int_equal(locl_bench_run(&setup, &report, &err), LOCL_E_FAILED);
    assert_null(report);
    assert_string_equal(err.message, "a process that starts once ended with exit code 3: out of luck");
    write_file(command, "#!/bin/sh\necho '{}'\n");
    assert_int_equal(locl_bench_run(&setup, &report, &err), LOCL_E_FAILED);
    assert_non_null(strstr(err.message, "is it the locl command?"));
}

/* ---- wrong usage ---- */

static void what_a_kind_has_not(void **state)
{
    const char *const rules[] = {"lg-bp"};
    const locl_bench_setup rule = {.kind = LOCL_BENCH_MEMORY, .rule = rules, .rules = 1},
                           only = {.kind = LOCL_BENCH_STEP, .only = "bias_*"},
                           none = {.kind = LOCL_BENCH_KERNEL, .only = "no_such_*"};
    locl_bench_report *report;
    locl_error err;
    (void)state;
    assert_int_equal(locl_bench_run(&rule, &report, &err), LOCL_E_USAGE);
    assert_int_equal(locl_bench_run(&only, &report, &err), LOCL_E_USAGE);
    assert_int_equal(locl_bench_run(&none, &report, &err), LOCL_E_USAGE);
    assert_string_equal(err.message, "no row of the table of kernels is called no_such_*");
    assert_null(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(step_stands_beside_its_floor), cmocka_unit_test(variants_take_turns),
        cmocka_unit_test(products_by_all_engines),      cmocka_unit_test(kernels_of_the_table),
        cmocka_unit_test(memory_and_what_a_step_needs), cmocka_unit_test(copies_by_size),
        cmocka_unit_test(start_of_this_process),        cmocka_unit_test(starts_of_other_processes),
        cmocka_unit_test(a_process_that_fails),         cmocka_unit_test(what_a_kind_has_not),
    };
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
