#include "bench/race.h"

#include <stdlib.h>

locl_status locl_bench_race_open(const locl_bench_job *job, size_t room, locl_bench_race *out,
                                 locl_error *err)
{
    *out = (locl_bench_race){.runner = calloc(LOCL_PEAKS + room, sizeof *out->runner), .room = room};
    if (!out->runner) {
        return locl_fail_memory(err, (LOCL_PEAKS + room) * sizeof *out->runner);
    }
    LOCL_TRY(locl_peak_open(job->device, out->peak, err));
    for (int i = 0; i < LOCL_PEAKS; i++) {
        out->runner[i] = locl_op_runner_enter(&out->peak[i]);
    }
    return LOCL_OK;
}

void locl_bench_race_close(locl_bench_race *race)
{
    if (race->runner) {
        locl_race_release(race->runner, LOCL_PEAKS + race->entered);
    }
    locl_peak_close(race->peak);
    free(race->runner);
    *race = (locl_bench_race){0};
}

size_t locl_bench_race_enter(locl_bench_race *race, locl_race_runner runner)
{
    race->runner[LOCL_PEAKS + race->entered] = runner;
    return race->entered++;
}

locl_status locl_bench_race_calibrate(locl_bench_race *race, locl_error *err)
{
    return locl_race_calibrate(race->runner, LOCL_PEAKS + race->entered, err);
}

locl_status locl_bench_race_run(locl_bench_race *race, locl_bench_job *job, locl_error *err)
{
    double median[LOCL_PEAKS];
    LOCL_TRY(locl_race_run(race->runner, LOCL_PEAKS + race->entered, &job->race, err));
    for (int i = 0; i < LOCL_PEAKS; i++) {
        median[i] = locl_race_spread(&race->runner[i]).median;
    }
    race->peaks = locl_peak_of(race->peak, median);
    return LOCL_OK;
}

void locl_bench_race_clear(locl_bench_race *race)
{
    locl_race_release(race->runner + LOCL_PEAKS, race->entered);
    race->entered = 0;
}

locl_peak_row locl_peak_row_of(locl_peak_kind kind, const locl_op_counts *count)
{
    switch (kind) {
    case LOCL_PEAK_FLOPS:
        return (locl_peak_row){"fma", "GFLOP/s", LOCL_REPORT_RATE, 1e-9 * count->flops};
    case LOCL_PEAK_COPY:
        return (locl_peak_row){"copy", "GB/s", LOCL_REPORT_RATE, 1e-9 * count->bytes};
    default:
        return (locl_peak_row){"launch", "us", LOCL_REPORT_TIME, 1e6};
    }
}

void locl_bench_race_report(locl_bench_race *race, locl_bench_job *job)
{
    for (int i = 0; i < LOCL_PEAKS; i++) {
        locl_peak_row like = locl_peak_row_of((locl_peak_kind)i, &race->peak[i].count);
        const locl_report_head head = {job->device->selector, "peak", like.unit, 1};
        locl_spread spread = locl_race_spread(&race->runner[i]);
        locl_report_add(job->report, &head, &spread, like.sense, like.scale, "%s", like.name);
        locl_report_seconds(job->report, race->runner[i].seconds, race->runner[i].samples, like.sense,
                            like.scale);
    }
}

locl_spread locl_bench_race_spread(locl_bench_race *race, size_t index)
{
    return locl_race_spread(&race->runner[LOCL_PEAKS + index]);
}
