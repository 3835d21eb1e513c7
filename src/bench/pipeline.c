/* locl bench pipeline: the devices of a configuration together, each alone, with equal shares, and, where they are
 * parts of a device, that one whole, all in turns; and whether training together gives the bits of training in turn. */
#include "bench/bench.h"

#include "bench/training.h"
#include "run/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FEWEST_STEPS = 6, /* of a sample: devices may be ahead of each other by two, so steps end unevenly */
    COMPARED = 8      /* steps whose parameters are compared */
};

static const double sample_seconds = 1;

/* A choice of devices that is timed. */
typedef struct contender {
    const char *kind; /* "alone", "whole", "equal_split", "together" */
    char selectors[64 * LOCL_MAX_DEVICES];
    double used; /* whole: the share of it that the devices are */
    const locl_bench_training *training;
    locl_devices *devices; /* owned, but for those of all */
    const locl_placement *placed;
    locl_pipeline *pipeline;
} contender;

typedef struct pipeline_bench {
    locl_bench_job *job;
    locl_bench_training training;
    locl_placed placed;
    locl_placement equal;
    contender *list; /* [count] */
    size_t count;
    locl_race_runner *runner; /* [count] */
} pipeline_bench;

/* ---- one sample ---- */

static locl_status sample(void *user, size_t replays, double *seconds, locl_error *err)
{
    const contender *c = user;
    return locl_bench_training_stretch(c->training, c->pipeline, replays, seconds, err);
}

/* ---- who takes part ---- */

static locl_pipeline_options options_of(const pipeline_bench *b, const contender *c)
{
    locl_pipeline_options o = locl_bench_training_options(&b->training);
    const locl_config *config = b->training.config;
    o.placed = c->placed;
    if (!c->placed && c->devices == b->job->devices) {
        o.placement = config->placement;
        o.placements = config->placement_count;
    }
    return o;
}

static locl_status enter(pipeline_bench *b, const char *kind, const char *selectors,
                         const locl_placement *placed, double used, locl_error *err)
{
    contender *c = &b->list[b->count];
    *c = (contender){.kind = kind, .used = used, .training = &b->training, .placed = placed};
    b->runner[b->count++] =
        (locl_race_runner){.sample = sample, .user = c, .least = sample_seconds, .fewest = FEWEST_STEPS};
    snprintf(c->selectors, sizeof c->selectors, "%s", selectors);
    if (used > 0) {
        LOCL_TRY(locl_devices_open_text(selectors, &c->devices, err));
    } else {
        c->devices = b->job->devices;
    }
    locl_pipeline_options options = options_of(b, c);
    return locl_pipeline_open(&options, c->devices, &c->pipeline, err);
}

/* Reads the device and the number of parts of "0:1/0/2". Returns 1 for a device that is not a part. */
static unsigned parts_of(const char *selector, char *root, size_t size)
{
    unsigned part, parts;
    size_t length = strcspn(selector, "/");
    snprintf(root, size, "%.*s", (int)length, selector);
    return sscanf(selector + length, "/%u/%u", &part, &parts) == 2 ? parts : 1;
}

/* Enters the device that a device is a part of, unless it is there already. */
static locl_status enter_whole(pipeline_bench *b, const char *selector, locl_error *err)
{
    char root[64];
    unsigned parts = parts_of(selector, root, sizeof root);
    for (size_t i = 0; i < b->count && parts > 1; i++) {
        contender *c = &b->list[i];
        if (!strcmp(c->kind, "whole") && !strcmp(c->selectors, root)) {
            c->used += 1.0 / parts;
            return LOCL_OK;
        }
    }
    return parts > 1 ? enter(b, "whole", root, NULL, 1.0 / parts, err) : LOCL_OK;
}

/* Places the stages as if all devices were as fast as they are on the average. */
static locl_status place_equally(pipeline_bench *b, const locl_pipeline_options *options, locl_error *err)
{
    locl_stage_times equal = b->placed.times;
    size_t devices = equal.devices;
    equal.cost = calloc(equal.stages * devices, sizeof *equal.cost);
    if (!equal.cost) {
        return locl_fail_memory(err, equal.stages * devices * sizeof *equal.cost);
    }
    for (size_t i = 0; i < equal.stages * devices; i++) {
        equal.cost[i] = b->placed.times.cost[i / devices * devices];
    }
    locl_status status = locl_placement_measured(options, b->job->devices, &equal, &b->equal, err);
    free(equal.cost);
    return status;
}

static void tell_measuring(void *user, size_t done, size_t total)
{
    pipeline_bench *b = user;
    b->job->race.tell(b->job, done, total);
}

/* Measures the stages anew, whatever the store has, and places them. */
static locl_status place(pipeline_bench *b, locl_error *err)
{
    locl_devices *devices = b->job->devices;
    const contender all = {.devices = devices};
    locl_pipeline_options options = options_of(b, &all);
    locl_bench_tell(b->job, "stages");
    LOCL_TRY(locl_measure(&options, devices, tell_measuring, b, &b->placed.times, err));
    LOCL_TRY(place_equally(b, &options, err));
    return options.placement
               ? LOCL_OK
               : locl_placement_measured(&options, devices, &b->placed.times, &b->placed.placement, err);
}

static locl_status enter_all(pipeline_bench *b, locl_error *err)
{
    const locl_devices *devices = b->job->devices;
    char all[64 * LOCL_MAX_DEVICES] = "";
    for (size_t d = 0; d < devices->count; d++) {
        const char *selector = devices->device[d]->selector;
        size_t length = strlen(all);
        snprintf(all + length, sizeof all - length, "%s%s", d ? "," : "", selector);
        LOCL_TRY(enter(b, "alone", selector, NULL, 1, err));
    }
    for (size_t d = 0; d < devices->count; d++) {
        LOCL_TRY(enter_whole(b, devices->device[d]->selector, err));
    }
    LOCL_TRY(enter(b, "equal_split", all, &b->equal, 0, err));
    return enter(b, "together", all, b->placed.placement.share ? &b->placed.placement : NULL, 0, err);
}

/* ---- what comes of it ---- */

/* Trains the same steps together and in turn, and compares the parameters. */
static locl_status compare(const pipeline_bench *b, bool *identical, locl_error *err)
{
    locl_bench_training training = b->training;
    locl_arrays saved[2] = {{0}, {0}};
    locl_status status = LOCL_OK;
    training.optim.lr = training.config->optimizer.lr;
    for (int turn = 0; turn < 2 && status == LOCL_OK; turn++) {
        contender c = b->list[b->count - 1];
        locl_pipeline_options options = options_of(b, &c);
        options.optim = &training.optim;
        status = locl_pipeline_open(&options, c.devices, &c.pipeline, err);
        const locl_pipeline_run order = {.sequential = turn == 1};
        status =
            status == LOCL_OK ? locl_bench_training_as(&training, c.pipeline, COMPARED, &order, err) : status;
        status =
            status == LOCL_OK ? locl_pipeline_save(c.pipeline, LOCL_STORED_ALL, &saved[turn], err) : status;
        locl_pipeline_close(c.pipeline);
    }
    *identical = status == LOCL_OK && saved[0].count == saved[1].count;
    for (size_t i = 0; i < saved[0].count && *identical; i++) {
        const locl_array *x = saved[0].array[i], *y = locl_arrays_find(&saved[1], x->name);
        *identical = y && !memcmp(x->data, y->data, locl_array_bytes(x));
    }
    locl_arrays_free(&saved[0]);
    locl_arrays_free(&saved[1]);
    return status;
}

static void add_ratio(const pipeline_bench *b, const char *kind, const char *name, double value)
{
    const locl_report_head head = {b->job->device->selector, kind, "", 0};
    const locl_spread spread = {value, value, value, value, 1};
    locl_report_add(b->job->report, &head, &spread, LOCL_REPORT_TIME, 1, "%s", name);
}

static void add_rate(const pipeline_bench *b, size_t index, locl_spread *seconds)
{
    const contender *c = &b->list[index];
    const locl_report_head head = {b->job->device->selector, c->kind, "images/s", 0};
    *seconds = locl_race_spread(&b->runner[index]);
    locl_report_add(b->job->report, &head, seconds, LOCL_REPORT_RATE, b->training.config->data.batch, "%s",
                    c->selectors);
    locl_report_number(b->job->report, "steps", (double)b->runner[index].replays);
    locl_report_seconds(b->job->report, b->runner[index].seconds, b->runner[index].samples, LOCL_REPORT_RATE,
                        b->training.config->data.batch);
}

static void report(pipeline_bench *b)
{
    double alone = 0, whole = 0, all = 0;
    locl_forecast forecast;
    locl_spread s = {0};
    for (size_t i = 0; i < b->count; i++) {
        const contender *c = &b->list[i];
        add_rate(b, i, &s);
        char root[64];
        bool part = parts_of(c->selectors, root, sizeof root) > 1;
        alone += !strcmp(c->kind, "alone") && !part ? 1 / s.median : 0;
        whole += !strcmp(c->kind, "whole") ? c->used / s.median : 0;
        all = 1 / s.median; /* of the last one: together */
    }
    locl_forecast_of(&b->placed.times, locl_pipeline_placement(b->list[b->count - 1].pipeline), &forecast);
    add_ratio(b, "efficiency", whole > 0 ? "of the whole" : "of the sum of alone", all / (alone + whole));
    add_ratio(b, "prediction", "of the rate together", 1 / forecast.seconds / all);
}

static locl_status bench(pipeline_bench *b, locl_error *err)
{
    locl_bench_job *job = b->job;
    bool identical = false;
    LOCL_TRY(place(b, err));
    LOCL_TRY(enter_all(b, err));
    locl_bench_tell(job, "rates");
    LOCL_TRY(locl_race_calibrate(b->runner, b->count, err));
    LOCL_TRY(locl_race_run(b->runner, b->count, &job->race, err));
    report(b);
    locl_bench_tell(job, "bits");
    LOCL_TRY(compare(b, &identical, err));
    job->report->public.identical = identical ? LOCL_BENCH_IDENTICAL : LOCL_BENCH_DIFFERENT;
    return LOCL_OK;
}

static void close_bench(pipeline_bench *b)
{
    for (size_t i = 0; i < b->count; i++) {
        locl_pipeline_close(b->list[i].pipeline);
        if (b->list[i].devices != b->job->devices) {
            locl_devices_close(b->list[i].devices);
        }
    }
    if (b->runner) {
        locl_race_release(b->runner, b->count);
    }
    locl_run_place_release(&b->placed);
    locl_placement_release(&b->equal);
    locl_bench_training_close(&b->training);
    free(b->runner);
    free(b->list);
}

locl_status locl_bench_pipeline(locl_bench_job *job, locl_error *err)
{
    size_t most = 2 * job->devices->count + 2;
    pipeline_bench b = {.job = job};
    b.list = calloc(most, sizeof *b.list);
    b.runner = calloc(most, sizeof *b.runner);
    locl_status status = b.list && b.runner ? locl_bench_training_open(job->config, &b.training, err)
                                            : locl_fail_memory(err, most * sizeof *b.list);
    if (status == LOCL_OK) {
        status = bench(&b, err);
    }
    close_bench(&b);
    return status;
}
