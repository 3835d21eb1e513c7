/* The suite's training steps: the presets, those that fit the device and the time. */
#include "bench/floor.h"
#include "bench/suite.h"
#include "bench/suite_network.h"
#include "bench/training.h"

#include <stdio.h>
#include <stdlib.h>

enum { PRESETS = 8 };

typedef struct subject {
    locl_config *config;
    locl_bench_training training;
    locl_bench_counts counts; /* of a step */
    double least_bytes;
    locl_pipeline *pipeline;
} subject;

static locl_status sample(void *user, size_t replays, double *seconds, locl_error *err)
{
    const subject *s = user;
    return locl_bench_training_run(&s->training, s->pipeline, replays, seconds, err);
}

/* Counts what a step's recordings say, without images or memory of the device. */
static locl_status count(locl_suite *suite, const locl_model_preset *preset, subject *s, locl_error *err)
{
    locl_bench_recording recording;
    LOCL_TRY(locl_suite_config(suite->job->source, preset, &s->config, err));
    LOCL_TRY(locl_bench_training_plan(s->config, &s->training, err));
    LOCL_TRY(locl_bench_training_choose(&s->training, suite->job->devices, err));
    locl_status status = locl_bench_recording_open(&s->training, suite->job->device, &recording, err);
    for (size_t i = 0; i < recording.stages.count && status == LOCL_OK; i++) {
        locl_bench_count(&recording.stages.stage[i], &s->counts);
    }
    locl_bench_recording_close(&recording);
    return status == LOCL_OK
               ? locl_bench_least_bytes(&s->training.model, &s->config->rule, &s->training.optim,
                                        s->config->data.batch, &s->least_bytes, err)
               : status;
}

static locl_status open_subject(locl_suite *suite, subject *s, locl_error *err)
{
    LOCL_TRY(locl_bench_training_images(&s->training, err));
    const locl_pipeline_options options = locl_bench_training_options(&s->training);
    return locl_pipeline_open(&options, suite->job->devices, &s->pipeline, err);
}

static void add_subject(locl_suite *suite, const char *name, subject *s)
{
    double batch = (double)s->config->data.batch;
    locl_suite_row row = {.kind = "train",
                          .unit = "images/s",
                          .sense = LOCL_REPORT_RATE,
                          .scale = batch,
                          .floor_flops = s->counts.product_flops,
                          .floor_bytes = s->least_bytes,
                          .images = batch};
    snprintf(row.name, sizeof row.name, "%s", name);
    locl_suite_work(s->config, row.work, sizeof row.work);
    locl_suite_row *added = locl_suite_add(
        suite, &row, (locl_race_runner){.sample = sample, .user = s, .least = LOCL_SUITE_STEP_SECONDS});
    locl_suite_number(suite, added, "flops", s->counts.product_flops);
    locl_suite_number(suite, added, "bytes", s->least_bytes);
    locl_suite_number(suite, added, "launches", s->counts.launches);
    locl_suite_number(suite, added, "batch", batch);
}

/* Tries a preset, and says why where it is not trained. */
static void try_preset(locl_suite *suite, const locl_model_preset *preset, subject *s)
{
    locl_error err = {0};
    if (count(suite, preset, s, &err) != LOCL_OK) {
        locl_suite_fail(suite, "train", preset->name, &err);
        return;
    }
    double least = suite->flops > 0 ? s->counts.product_flops / suite->flops : 0;
    if (least * (double)suite->options.least > locl_suite_share(suite)) {
        locl_suite_miss(suite, "train", preset->name, LOCL_BENCH_SKIPPED,
                        "a step takes %.3g s at least: %zu would take longer than their share of %g s", least,
                        suite->options.least, suite->options.seconds);
    } else if (open_subject(suite, s, &err) != LOCL_OK) {
        locl_suite_fail(suite, "train", preset->name, &err);
    } else {
        add_subject(suite, preset->name, s);
    }
}

static void close_trainings(void *state)
{
    subject *s = state;
    for (int i = 0; i < PRESETS && s; i++) {
        locl_pipeline_close(s[i].pipeline);
        locl_bench_training_close(&s[i].training);
        locl_config_free(s[i].config);
    }
    free(s);
}

static locl_status open_trainings(locl_suite *suite, void **state, locl_error *err)
{
    const locl_model_preset *standard = locl_suite_standard(suite->job->setup);
    subject *s = calloc(PRESETS, sizeof *s);
    *state = s;
    if (!s) {
        return locl_fail_memory(err, PRESETS * sizeof *s);
    }
    for (int i = 0; i < PRESETS && locl_model_presets[i].name; i++) {
        if (!suite->job->setup->quick || &locl_model_presets[i] == standard) {
            try_preset(suite, &locl_model_presets[i], &s[i]);
        }
    }
    return LOCL_OK;
}

const locl_suite_part locl_suite_trainings = {
    .kind = "train", .open = open_trainings, .close = close_trainings};
