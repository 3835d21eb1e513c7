/* locl bench memory: how fast the device reads and writes its memory, and how much of it a training step needs. */
#include "bench/bench.h"

#include "bench/race.h"
#include "bench/training.h"
#include "check/shape.h"

#include <stdio.h>
#include <sys/resource.h>

enum { STEPS = 3, SEED = 1 };

/* Ways to go through 128 MiB, reading them alone, or writing them alone but for 1 MiB that stays in a cache. */
typedef enum way { READ, WRITE, WAYS } way;
static const struct {
    const char *name, *op, *shape;
} ways[WAYS] = {
    [READ] = {"read", "sum_rows", "rows=65536 n=512"},
    [WRITE] = {"write", "repeat", "rows=512 n=512 copies=128"},
};

static locl_status open_way(way w, locl_device *device, locl_op_runner *out, locl_error *err)
{
    size_t dim[LOCL_OP_DIMS];
    const locl_op *op = locl_op_find(ways[w].op);
    LOCL_TRY(locl_op_shape_parse(op, ways[w].shape, dim, err));
    return locl_op_runner_open(op, dim, SEED, device, &op->variant[0], out, err);
}

static void add_rate(const locl_bench_job *job, const char *name, const locl_op_counts *count,
                     const locl_spread *seconds, double copy)
{
    const locl_report_head head = {job->device->selector, "memory", "GB/s",
                                   count->bytes / seconds->median / copy};
    locl_report_add(job->report, &head, seconds, LOCL_REPORT_RATE, 1e-9 * count->bytes, "%s", name);
    locl_report_number(job->report, "bytes", count->bytes);
}

static locl_status race_ways(locl_bench_job *job, locl_bench_race *race, locl_op_runner runner[WAYS],
                             locl_error *err)
{
    LOCL_TRY(locl_bench_race_open(job, WAYS, race, err));
    for (int w = 0; w < WAYS; w++) {
        LOCL_TRY(open_way((way)w, job->device, &runner[w], err));
        locl_bench_race_enter(race, locl_op_runner_enter(&runner[w]));
    }
    LOCL_TRY(locl_bench_race_calibrate(race, err));
    LOCL_TRY(locl_bench_race_run(race, job, err));
    locl_spread copy = locl_race_spread(&race->runner[LOCL_PEAK_COPY]);
    add_rate(job, "copy", &race->peak[LOCL_PEAK_COPY].count, &copy, race->peaks.bytes);
    for (int w = 0; w < WAYS; w++) {
        locl_spread spread = locl_bench_race_spread(race, (size_t)w);
        add_rate(job, ways[w].name, &runner[w].count, &spread, race->peaks.bytes);
    }
    locl_bench_race_report(race, job);
    return LOCL_OK;
}

/* Adds a row of bytes. `whole`: those that there are, 0: not known. */
static void add_size(const locl_bench_job *job, const char *name, double bytes, double whole)
{
    const locl_spread one = {bytes, bytes, bytes, bytes, 1};
    const locl_report_head head = {job->device->selector, "memory", "MiB", whole > 0 ? bytes / whole : 0};
    locl_report_add(job->report, &head, &one, LOCL_REPORT_TIME, 0x1p-20, "%s", name);
    locl_report_number(job->report, "bytes", bytes);
}

/* Adds what the stages share and keep on the device, and the most that the process ever had, after some steps. */
static locl_status measure_step(locl_bench_job *job, const locl_bench_training *t, locl_error *err)
{
    locl_pipeline *pipeline;
    locl_pipeline_options options = locl_bench_training_options(t);
    double seconds, state = 0, memory = (double)job->device->caps.memory;
    struct rusage usage;
    LOCL_TRY(locl_pipeline_open(&options, job->devices, &pipeline, err));
    locl_status status = locl_bench_training_run(t, pipeline, STEPS, &seconds, err);
    if (status == LOCL_OK) {
        for (size_t i = 0; i < locl_pipeline_stages(pipeline); i++) {
            state += (double)locl_pipeline_stage_info(pipeline, i).state_bytes;
        }
        add_size(job, "workspace", (double)locl_pipeline_workspace_bytes(pipeline, 0), memory);
        add_size(job, "stages", state, memory);
        if (getrusage(RUSAGE_SELF, &usage) == 0) {
            add_size(job, "process", 1024.0 * (double)usage.ru_maxrss, memory);
        }
    }
    locl_pipeline_close(pipeline);
    return status;
}

locl_status locl_bench_memory(locl_bench_job *job, locl_error *err)
{
    locl_bench_training training;
    locl_op_runner runner[WAYS] = {{0}};
    locl_bench_race race = {0};
    locl_status status;
    locl_bench_tell(job, "a step's memory");
    LOCL_TRY_GOTO(status, locl_bench_training_open(job->config, &training, err));
    LOCL_TRY_GOTO(status, locl_bench_training_choose(&training, job->devices, err));
    LOCL_TRY_GOTO(status, measure_step(job, &training, err));
    locl_bench_tell(job, "bandwidth");
    status = race_ways(job, &race, runner, err);
fail:
    locl_bench_race_close(&race);
    for (int w = 0; w < WAYS; w++) {
        locl_op_runner_close(&runner[w]);
    }
    locl_bench_training_close(&training);
    return status;
}
