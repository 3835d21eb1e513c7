#include "bench/bench.h"

#include "bench/suite.h"
#include "bench/train.h"
#include "run/tune.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

locl_status locl_bench_devices(const locl_bench_setup *setup, const locl_config *config, locl_devices **out,
                               locl_error *err)
{
    const char *selectors = setup->devices;
    if (!selectors && setup->kind == LOCL_BENCH_SUITE && !getenv("LOCL_DEVICES")) {
        selectors = "all";
    }
    return selectors ? locl_devices_open_text(selectors, out, err)
                     : locl_devices_open(config->devices, config->device_count, out, err);
}

static void tell_sample(void *user, size_t done, size_t total)
{
    const locl_bench_job *job = user;
    const locl_bench_event event = {job->device->selector, job->what, done, total};
    if (job->setup->handler) {
        job->setup->handler(job->setup->user, &event);
    }
}

void locl_bench_tell(locl_bench_job *job, const char *what)
{
    job->what = what;
    tell_sample(job, 0, 0);
}

static bool is_target(const char *name)
{
    const locl_train_target *t = locl_train_targets;
    while (t->name && strcmp(t->name, name) != 0) {
        t++;
    }
    return t->name != NULL;
}

/* Checks what chooses rows. */
static locl_status check_only(const locl_bench_setup *setup, locl_error *err)
{
    if (setup->kind == LOCL_BENCH_TRAIN && setup->only && !is_target(setup->only)) {
        return locl_fail(err, LOCL_E_USAGE, "%s: there is no such target, only mnist and fashion-mnist",
                         setup->only);
    }
    if (setup->kind != LOCL_BENCH_KERNEL && setup->kind != LOCL_BENCH_TRAIN && setup->only) {
        return locl_fail(err, LOCL_E_USAGE, "only kernels are chosen by their rows' names, %s has none",
                         locl_bench_kind_text(setup->kind));
    }
    return LOCL_OK;
}

static locl_status check(const locl_bench_setup *setup, locl_error *err)
{
    if (setup->kind != LOCL_BENCH_STEP && (setup->rules > 0 || setup->varied > 0)) {
        return locl_fail(err, LOCL_E_USAGE, "only a step has variants that take turns, %s has not",
                         locl_bench_kind_text(setup->kind));
    }
    if ((setup->kind == LOCL_BENCH_SUITE || setup->kind == LOCL_BENCH_TRAIN) && setup->config) {
        locl_fail(err, LOCL_E_USAGE, "%s: %s has networks of its own", setup->config,
                  locl_bench_kind_text(setup->kind));
        return locl_remedy(err, "locl bench step %s", setup->config);
    }
    return check_only(setup, err);
}

/* Measures devices. */
static locl_status run_on(locl_devices *devices, const locl_bench_source *source, const locl_config *config,
                          locl_report *report, locl_error *err)
{
    const locl_bench_setup *setup = source->setup;
    const locl_bench_type *type = locl_bench_type_of(setup->kind);
    locl_device *device = devices->device[0];
    locl_bench_job job = {.setup = setup,
                          .source = source,
                          .config = config,
                          .devices = devices,
                          .device = device,
                          .race = {.rounds = setup->rounds ? setup->rounds : type->rounds,
                                   .seconds = setup->seconds,
                                   .tell = tell_sample},
                          .what = locl_bench_kind_text(setup->kind),
                          .report = report};
    job.race.user = &job;
    LOCL_TRY(locl_run_take_units(config, devices, err));
    return type->run(&job, err);
}

/* Measures one device, opened as the only one of a list, so that it is number 0 as in a run of its own. */
static locl_status run_alone(const locl_device *chosen, const locl_bench_source *source,
                             const locl_config *config, locl_report *report, locl_error *err)
{
    locl_devices *devices;
    LOCL_TRY(locl_devices_open_text(chosen->selector, &devices, err));
    memcpy(devices->device[0]->engine, chosen->engine, sizeof chosen->engine);
    locl_status status = run_on(devices, source, config, report, err);
    locl_devices_close(devices);
    return status;
}

/* Measures devices one after another, or all at once, as the kind wants it. */
static locl_status run_here(const locl_bench_source *source, locl_devices *devices, const locl_config *config,
                            locl_report *report, locl_error *err)
{
    if (locl_bench_type_of(source->setup->kind)->together) {
        LOCL_TRY(locl_config_check_devices(config, devices->count, err));
        return run_on(devices, source, config, report, err);
    }
    if (source->setup->mllog && devices->count > 1) {
        locl_fail(err, LOCL_E_USAGE, "logs (--mllog) are of one device, %zu are given", devices->count);
        return locl_remedy(err, "--device %s", devices->device[0]->selector);
    }
    for (size_t i = 0; i < devices->count; i++) {
        LOCL_TRY(run_alone(devices->device[i], source, config, report, err));
    }
    return LOCL_OK;
}

static locl_status run_all(const locl_bench_source *source, locl_report *report, locl_error *err)
{
    const locl_bench_setup *setup = source->setup;
    bool suite = setup->kind == LOCL_BENCH_SUITE;
    locl_config *config = NULL;
    locl_devices *devices = NULL;
    locl_status status;
    LOCL_TRY_GOTO(status, locl_bench_config(source, NULL, 0, &config, err));
    LOCL_TRY_GOTO(status, locl_bench_devices(setup, config, &devices, err));
    for (size_t i = 0; i < devices->count; i++) {
        locl_report_add_device(report, devices->device[i]);
    }
    if (suite) {
        LOCL_TRY_GOTO(status, locl_suite_describe(source, setup->seed, report, err));
    }
    if (suite && setup->command) {
        locl_devices_close(devices);
        devices = NULL;
        status = locl_bench_suite_children(source, setup->seed, report, err);
    } else {
        status = run_here(source, devices, config, report, err);
    }
fail:
    if (status != LOCL_OK && config) {
        locl_config_add_cause(config, err);
    }
    locl_devices_close(devices);
    locl_config_free(config);
    return status;
}

static locl_status run_setup(const locl_bench_setup *setup, locl_report *report, locl_error *err)
{
    locl_bench_source source;
    locl_status status;
    if (setup->kind == LOCL_BENCH_START && !setup->command) {
        return locl_bench_start_here(setup, report, err);
    }
    LOCL_TRY_GOTO(status, locl_bench_source_open(setup, &source, err));
    status = run_all(&source, report, err);
fail:
    locl_bench_source_close(&source);
    return status;
}

/* Makes up what is not given and should be known afterwards. */
static locl_bench_setup complete(const locl_bench_setup *setup)
{
    locl_bench_setup out = *setup;
    struct timespec now = {0};
    if (out.seed == 0 && clock_gettime(CLOCK_REALTIME, &now) == 0) {
        out.seed = (uint64_t)now.tv_nsec + 1;
    }
    return out;
}

locl_status locl_bench_run(const locl_bench_setup *given, locl_bench_report **out, locl_error *err)
{
    const locl_bench_setup own = complete(given), *setup = &own;
    LOCL_OWN_ERROR(err);
    locl_report *report;
    *out = NULL;
    LOCL_TRY(check(setup, err));
    LOCL_TRY(locl_report_open(setup->kind, setup->config ? setup->config : "default", &report, err));
    locl_status status = run_setup(setup, report, err);
    if (status == LOCL_OK) {
        status = locl_report_status(report, err);
    }
    if (status != LOCL_OK) {
        locl_bench_free(&report->public);
        return status;
    }
    *out = &report->public;
    return LOCL_OK;
}
