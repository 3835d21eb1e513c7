/* locl_run_audit(): takes the batch, the parameters and the rules that study/audit.h needs from a run. */
#include "study/audit.h"

#include "data/loader.h"
#include "ops/hadamard.h"
#include "rules/rule.h"
#include "study/audit_tally.h"
#include "run/run.h"

#include <stdio.h>
#include <stdlib.h>

enum { USUAL_DRAWS = 100 };

static void tell(void *user, size_t done, size_t total, const char *next, double left)
{
    locl_run_event event = {
        .moment = LOCL_RUN_AUDITING, .stage = next, .done = done, .total = total, .seconds_left = left};
    locl_run_tell(user, &event);
}

/* The rules that `all` compares: forward gradients and node perturbation, then lg-fg-a with ever less
 * variance. */
static const char *const all_rules[] = {
    "fg-w",
    "lg-fg-w",
    "fg-a",
    "np-a",
    "lg-fg-a",
    "{name: lg-fg-a, noise: rademacher}",
    "{name: lg-fg-a, exact_last: true}",
    "{name: lg-fg-a, exact_last: true, noise: rademacher}",
};

/* The same with guesses of the gradients, for networks that have what these go through. */
static const char *const mirror_rules[] = {
    "{name: lg-fg-a, exact_last: true, noise: rademacher, feedback: {group: mirror}}",
    "{name: lg-fg-a, exact_last: true, noise: rademacher, feedback: {group: mirror, channel: mirror}}",
};

enum {
    ALL_RULES = sizeof all_rules / sizeof *all_rules,
    ALL_MIRRORS = sizeof mirror_rules / sizeof *mirror_rules,
    ALL_TANGENTS = 2,
    FEW_TANGENTS = 8
};

/* Returns as many tangents of the channel layer as make it exact in the block with the fewest channels to a
 * group. */
static size_t most_tangents(const locl_model *model)
{
    size_t most = SIZE_MAX;
    for (size_t k = 0; k < model->blocks; k++) {
        size_t order = locl_hadamard_order(model->block[k].hidden / model->block[k].groups);
        most = order < most ? order : most;
    }
    return most;
}

static locl_status add_all(const locl_run *run, locl_rule_options *out, size_t *count, locl_error *err)
{
    const size_t most = most_tangents(&run->model), tangents[ALL_TANGENTS] = {FEW_TANGENTS, most};
    for (size_t i = 0; i < ALL_RULES; i++) {
        LOCL_TRY(locl_config_rule(run->config, all_rules[i], &out[(*count)++], err));
    }
    for (size_t i = 0; i < ALL_TANGENTS; i++) {
        char text[128];
        snprintf(text, sizeof text, "{name: lg-fg-a, exact_last: true, tangents: {channel: %zu}}",
                 tangents[i]);
        if (tangents[i] > 1 && (tangents[i] < most || i + 1 == ALL_TANGENTS)) {
            LOCL_TRY(locl_config_rule(run->config, text, &out[(*count)++], err));
        }
    }
    size_t mirrors = run->model.options.norm != LOCL_NORM_LAYER ? 0 : run->model.blocks > 1 ? ALL_MIRRORS : 1;
    for (size_t i = 0; i < mirrors; i++) {
        LOCL_TRY(locl_config_rule(run->config, mirror_rules[i], &out[(*count)++], err));
    }
    return LOCL_OK;
}

/* Reads the rules asked for, or the configuration's own. *out is the caller's. */
static locl_status read_rules(const locl_run *run, const locl_audit_setup *setup, locl_rule_options **out,
                              size_t *count, locl_error *err)
{
    size_t most = setup->rules + ALL_RULES + ALL_TANGENTS + ALL_MIRRORS;
    *count = 0;
    *out = calloc(most, sizeof **out);
    if (!*out) {
        return locl_fail_memory(err, most * sizeof **out);
    }
    if (setup->all) {
        LOCL_TRY(add_all(run, *out, count, err));
    } else if (setup->rules == 0) {
        (*out)[(*count)++] = run->config->rule;
    }
    for (size_t i = 0; i < setup->rules; i++) {
        LOCL_TRY(locl_config_rule(run->config, setup->rule[i], &(*out)[(*count)++], err));
    }
    return LOCL_OK;
}

/* Gives the parameters as they are now. After training or evaluating the pipeline has them. */
static locl_status values_of(locl_run *run, locl_arrays *saved, const locl_arrays **out, locl_error *err)
{
    *out = run->checkpoint.count > 0 ? &run->checkpoint : NULL;
    if (run->pipeline) {
        *out = saved;
        return locl_pipeline_save(run->pipeline, LOCL_STORED_PARAMETERS, saved, err);
    }
    return locl_run_blame_checkpoint(run, locl_run_check_depth(run, err), err);
}

/* Fills in the first batch of training, which the loader lends until it is closed. */
static locl_status first_batch(locl_run *run, locl_loader **loader, locl_audit_input *in, locl_error *err)
{
    locl_batch batch;
    locl_loader_options options = {.batch = run->config->data.batch,
                                   .views = run->model.views,
                                   .patches = run->config->model.patches,
                                   .ring = 2,
                                   .augment = &run->config->augment,
                                   .seed = run->config->seed,
                                   .training = true,
                                   .end = 1};
    LOCL_TRY(locl_loader_open(run->data[LOCL_SPLIT_TRAIN], &options, loader, err));
    if (!locl_loader_acquire(*loader, &batch)) {
        LOCL_TRY(locl_loader_failure(*loader, err));
        return locl_fail(err, LOCL_E_FAILED, "the loader gave no batch");
    }
    in->batch = options.batch;
    in->slice = run->config->data.microbatch;
    in->x = batch.x;
    in->labels = batch.labels;
    return LOCL_OK;
}

static locl_status audit(locl_run *run, const locl_audit_setup *setup, locl_audit **out, locl_error *err)
{
    locl_audit_input in = {.model = &run->model,
                           .device = run->devices->device[0],
                           .engine = run->config->engine,
                           .seed = run->config->seed,
                           .feedback = locl_rule_of(run->config->rule.kind)->params.feedback,
                           .draws = setup->draws ? setup->draws : USUAL_DRAWS,
                           .stop = &run->stop,
                           .handler = tell,
                           .user = run};
    locl_rule_options *rules = NULL;
    locl_arrays saved = {0};
    locl_loader *loader = NULL;
    locl_status status;
    LOCL_TRY_GOTO(status, read_rules(run, setup, &rules, &in.rules, err));
    in.rule = rules;
    LOCL_TRY_GOTO(status, values_of(run, &saved, &in.values, err));
    LOCL_TRY_GOTO(status, first_batch(run, &loader, &in, err));
    status = locl_run_blame_checkpoint(run, locl_audit_measure(&in, out, err), err);
    if (*out) {
        (*out)->step = run->state.step;
        (*out)->parameters = run->parameters;
        snprintf((*out)->network, sizeof(*out)->network, "%s",
                 run->config->model.preset[0] ? run->config->model.preset : "network");
    }
fail:
    locl_loader_close(loader);
    locl_arrays_free(&saved);
    free(rules);
    return status;
}

locl_status locl_run_audit(locl_run *run, const locl_audit_setup *setup, locl_audit **out, locl_error *err)
{
    LOCL_OWN_ERROR(err);
    *out = NULL;
    if (setup->draws > 0 && (setup->draws < LOCL_AUDIT_LEAST_DRAWS || setup->draws > UINT32_MAX)) {
        return locl_fail(err, LOCL_E_USAGE, "%llu draws: should be from %d to %u",
                         (unsigned long long)setup->draws, LOCL_AUDIT_LEAST_DRAWS, UINT32_MAX);
    }
    if (locl_model_needs_batch(&run->config->model) && run->config->data.batch == 1) {
        return locl_fail(
            err, LOCL_E_CONFIG,
            "data.batch: found 1 with model.norm batch, which normalises over the batch; should be "
            "at least 2");
    }
    if (run->config->model.task.kind == LOCL_TASK_CONTRAST && run->config->data.batch == 1) {
        return locl_fail(
            err, LOCL_E_CONFIG,
            "data.batch: found 1 with task.name contrast, which tells each image from others; should be "
            "at least 2");
    }
    LOCL_TRY(locl_run_read(run, LOCL_RUN_TRAIN_SET, err));
    locl_status status = audit(run, setup, out, err);
    atomic_store(&run->stop, false);
    return status;
}
