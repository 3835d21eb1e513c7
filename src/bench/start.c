/* locl bench start: from the start of a process to the end of its first step. */
#include "bench/start.h"

#include "base/clock.h"
#include "bench/training.h"

#include <stdlib.h>

enum { NEXT_STEPS = 3 };

#define NAME(id, name, text) name,
const char *const locl_start_names[LOCL_START_PARTS] = {LOCL_START_TABLE(NAME)};
#undef NAME

/* ---- in this process ---- */

/* Times the parts. */
typedef struct watch {
    double since;
    double seconds[LOCL_START_PARTS];
} watch;

static void end_part(watch *w, locl_start_part part)
{
    double now = locl_clock_seconds();
    w->seconds[part] += now - w->since;
    w->since = now;
}

static locl_status first_steps(const locl_config *config, locl_devices *devices, watch *w, locl_error *err)
{
    locl_bench_training training;
    locl_pipeline *pipeline = NULL;
    double seconds;
    locl_status status;
    LOCL_TRY_GOTO(status, locl_bench_training_open(config, &training, err));
    w->since = locl_clock_seconds(); /* making images up is no part of a start */
    LOCL_TRY_GOTO(status, locl_bench_training_choose(&training, devices, err));
    const locl_pipeline_options options = locl_bench_training_options(&training);
    LOCL_TRY_GOTO(status, locl_pipeline_begin(&options, devices, &pipeline, err));
    end_part(w, LOCL_START_RECORDING);
    LOCL_TRY_GOTO(status, locl_pipeline_finish(pipeline, err));
    end_part(w, LOCL_START_KERNELS);
    LOCL_TRY_GOTO(status, locl_bench_training_run(&training, pipeline, 1, &seconds, err));
    end_part(w, LOCL_START_STEP);
    for (int part = 0; part < LOCL_START_TOTAL; part++) {
        w->seconds[LOCL_START_TOTAL] += w->seconds[part];
    }
    LOCL_TRY_GOTO(status, locl_bench_training_run(&training, pipeline, NEXT_STEPS, &seconds, err));
    w->seconds[LOCL_START_NEXT] = seconds / NEXT_STEPS;
fail:
    locl_pipeline_close(pipeline);
    locl_bench_training_close(&training);
    return status;
}

/* Adds a part's row. `cache` NULL: not known. A start could be as short as a step is. */
static void add_row(locl_report *report, const char *device, const char *cache, locl_start_part part,
                    const locl_spread *seconds, double step)
{
    bool measured = part == LOCL_START_STEP || part == LOCL_START_TOTAL || part == LOCL_START_NEXT;
    const locl_report_head head = {device, "start", "ms",
                                   measured && seconds->median > 0 ? step / seconds->median : 0};
    locl_report_add(report, &head, seconds, LOCL_REPORT_TIME, 1e3, "%s", locl_start_names[part]);
    if (cache) {
        locl_report_text(report, "cache", cache);
    }
}

locl_status locl_bench_start_here(const locl_bench_setup *setup, locl_report *report, locl_error *err)
{
    double now = locl_clock_seconds(), began = setup->began > 0 ? setup->began : now;
    watch w = {.since = now, .seconds = {[LOCL_START_PROCESS] = now - began}};
    locl_bench_source source;
    locl_config *config = NULL;
    locl_devices *devices = NULL;
    locl_status status;
    LOCL_TRY_GOTO(status, locl_bench_source_open(setup, &source, err));
    LOCL_TRY_GOTO(status, locl_bench_config(&source, NULL, 0, &config, err));
    end_part(&w, LOCL_START_CONFIG);
    LOCL_TRY_GOTO(status, locl_bench_devices(setup, config, &devices, err));
    locl_report_add_device(report, devices->device[0]);
    end_part(&w, LOCL_START_DEVICES);
    LOCL_TRY_GOTO(status, first_steps(config, devices, &w, err));
    for (int part = 0; part < LOCL_START_PARTS; part++) {
        locl_spread spread = locl_spread_of(&w.seconds[part], 1);
        add_row(report, devices->device[0]->selector, NULL, (locl_start_part)part, &spread,
                w.seconds[LOCL_START_NEXT]);
    }
fail:
    locl_devices_close(devices);
    locl_config_free(config);
    locl_bench_source_close(&source);
    return status;
}

/* ---- in processes of their own ---- */

/* Returns the [rounds] samples of a part with a cache. */
static double *samples_of(double *seconds, size_t rounds, int cache, int part)
{
    return seconds + ((size_t)cache * LOCL_START_PARTS + (size_t)part) * rounds;
}

static locl_status run_processes(locl_bench_job *job, double *seconds, locl_error *err)
{
    size_t rounds = job->race.rounds;
    double one[LOCL_START_PARTS];
    LOCL_TRY(locl_start_process(job, LOCL_START_WARM, one, err)); /* which fills the caches */
    for (size_t round = 0; round < rounds; round++) {
        for (int cache = 0; cache < LOCL_START_CACHES; cache++) {
            LOCL_TRY(locl_start_process(job, (locl_start_cache)cache, one, err));
            for (int part = 0; part < LOCL_START_PARTS; part++) {
                samples_of(seconds, rounds, cache, part)[round] = one[part];
            }
            job->race.tell(job, round * LOCL_START_CACHES + (size_t)cache + 1, rounds * LOCL_START_CACHES);
        }
    }
    return LOCL_OK;
}

locl_status locl_bench_start(locl_bench_job *job, locl_error *err)
{
    static const char *const caches[LOCL_START_CACHES] = {"warm", "cold"};
    size_t rounds = job->race.rounds;
    double *seconds = calloc(LOCL_START_CACHES * LOCL_START_PARTS * rounds, sizeof *seconds);
    if (!seconds) {
        return locl_fail_memory(err, LOCL_START_CACHES * LOCL_START_PARTS * rounds * sizeof *seconds);
    }
    locl_bench_tell(job, "processes");
    locl_status status = run_processes(job, seconds, err);
    for (int cache = 0; cache < LOCL_START_CACHES && status == LOCL_OK; cache++) {
        locl_spread step = locl_spread_of(samples_of(seconds, rounds, cache, LOCL_START_NEXT), rounds);
        for (int part = 0; part < LOCL_START_PARTS; part++) {
            locl_spread spread = locl_spread_of(samples_of(seconds, rounds, cache, part), rounds);
            add_row(job->report, job->device->selector, caches[cache], (locl_start_part)part, &spread,
                    step.median);
        }
    }
    free(seconds);
    return status;
}
