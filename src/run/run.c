#include "run/run.h"

#include "base/file.h"
#include "base/log.h"
#include "base/safetensors.h"
#include "base/utf8.h"
#include "config/keys.h"
#include "optim/optim.h"
#include "run/checkpoint.h"
#include "run/plan_file.h"
#include "run/used.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- configuration and checkpoint ---- */

/* Returns whether a resumed run may take this --set. It takes only what leaves every sum as it is, or what a
 * person asks for knowing that it does not: where, how long, on what. */
static bool resume_takes(const char *set)
{
    static const char *const allowed[] = {"train.",
                                          "train=",
                                          "devices=",
                                          "devices[",
                                          "placement=",
                                          "engine=",
                                          "data.path=",
                                          "data.memory=",
                                          "data.prefetch=",
                                          "data.threads=",
                                          "rebalance=",
                                          "on_device_loss=",
                                          "run.snapshot_steps=",
                                          "run.failed_passport=",
                                          "run.deadline=",
                                          NULL};
    for (size_t i = 0; allowed[i]; i++) {
        if (!strncmp(set, allowed[i], strlen(allowed[i]))) {
            return true;
        }
    }
    return false;
}

static locl_status check_resume_sets(locl_run *run, const locl_run_setup *setup, locl_error *err)
{
    run->replanned = setup->devices != NULL;
    for (size_t i = 0; i < setup->sets; i++) {
        const char *set = setup->set[i];
        if (!resume_takes(set)) {
            locl_fail(err, LOCL_E_USAGE,
                      "--set %s: a run that goes on can change train.*, devices, placement, "
                      "engine, rebalance, on_device_loss, run.snapshot_steps, run.deadline, "
                      "run.failed_passport, data.path, data.memory, data.prefetch and data.threads only",
                      set);
            return locl_remedy(err,
                               "start another run for it: locl train CONFIG --set %s --set "
                               "run.dir=FOLDER",
                               set);
        }
        run->replanned = run->replanned || !strncmp(set, "devices", 7) || !strncmp(set, "placement", 9) ||
                         !strncmp(set, "engine", 6);
    }
    return LOCL_OK;
}

/* Adds a remedy where what was given is a file in a run's folder, or that folder where a configuration should
 * be. */
static locl_status say_what_was_meant(const locl_run *run, const locl_run_setup *setup, locl_status status,
                                      locl_error *err)
{
    char folder[PATH_MAX];
    bool own = run->purpose == LOCL_RUN_RESUME || !setup->config;
    const char *given = own ? setup->folder : setup->config;
    bool found = locl_folder_around(given, folder);
    if (found && run->purpose == LOCL_RUN_EVALUATE) {
        locl_remedy(err, "locl eval %s, or a checkpoint and its configuration: locl eval %s %s/config.yaml",
                    folder, given, folder);
    } else if (found) {
        locl_remedy(err, "locl train --resume %s", folder);
    } else if (own) {
        locl_remedy(err, "%s should be the folder of a run that locl train made", given);
    }
    return status;
}

static locl_status load_config(locl_run *run, const locl_run_setup *setup, locl_error *err)
{
    char path[PATH_MAX];
    bool own = run->purpose == LOCL_RUN_RESUME || !setup->config;
    if (own && !setup->folder) {
        return locl_fail(err, LOCL_E_USAGE, "neither a configuration nor the folder of a run is given");
    }
    if (run->purpose == LOCL_RUN_RESUME) {
        LOCL_TRY(check_resume_sets(run, setup, err));
    }
    if (own) {
        LOCL_TRY(locl_folder_path(setup->folder, "config.yaml", path, err));
    }
    locl_config_purpose purpose =
        run->purpose == LOCL_RUN_EVALUATE ? LOCL_CONFIG_EVALUATE : LOCL_CONFIG_TRAIN;
    locl_status status =
        locl_config_load(own ? path : setup->config, setup->set, setup->sets, purpose, &run->config, err);
    bool other = status != LOCL_OK && !err->remedy[0] && (!own || !locl_file_exists(path));
    return other ? say_what_was_meant(run, setup, status, err) : status;
}

/* Puts the setup's `devices` in place of the configuration's, in config.yaml too. */
static locl_status take_devices(locl_run *run, const char *text, locl_error *err)
{
    locl_device_spec *specs;
    size_t count;
    LOCL_TRY(locl_device_specs_parse(text, &specs, &count, err));
    free(run->config->devices);
    run->config->devices = specs;
    run->config->device_count = count;
    run->device_text = strdup(text);
    return run->device_text ? LOCL_OK : locl_fail_memory(err, strlen(text) + 1);
}

static locl_status take_path(locl_run *run, const locl_run_setup *setup, locl_error *err)
{
    locl_run_options *options = &run->config->run;
    const char *path = run->purpose == LOCL_RUN_NEW ? options->dir : setup->folder;
    if (path && snprintf(run->path, sizeof run->path, "%s", path) >= (int)sizeof run->path) {
        return locl_fail(err, LOCL_E_IO, "the path %s is too long", path);
    }
    if (run->purpose == LOCL_RUN_RESUME && locl_utf8_valid(run->path)) { /* it may have been moved */
        snprintf(options->dir, sizeof options->dir, "%s", run->path);
    }
    return LOCL_OK;
}

/* Checks that a checkpoint's values are finite. Training ends before it would save others, so the file was
 * made or changed elsewhere. Only parameters matter where nothing is trained. */
static locl_status check_finite(const locl_run *run, locl_error *err)
{
    bool all = run->purpose != LOCL_RUN_EVALUATE;
    for (size_t i = 0; i < run->checkpoint.count; i++) {
        const locl_array *array = run->checkpoint.array[i];
        bool parameter = !strncmp(array->name, "blocks.", strlen("blocks.")) ||
                         !strncmp(array->name, "classifier.", strlen("classifier."));
        if ((all || parameter) && locl_array_nonfinite(array)) {
            locl_fail(err, LOCL_E_CHECKPOINT, "%s: tensor %s holds NaN or infinite values",
                      run->checkpoint_name, array->name);
            return locl_remedy(
                err, "use another checkpoint; beside last.safetensors a run has best.safetensors and "
                     "previous.safetensors");
        }
    }
    return LOCL_OK;
}

static locl_status read_checkpoint(locl_run *run, const locl_run_setup *setup, locl_error *err)
{
    locl_error no_state; /* ignored, as parameters alone are enough */
    snprintf(run->checkpoint_name, sizeof run->checkpoint_name, "%s/checkpoints", run->path);
    if (run->purpose == LOCL_RUN_EVALUATE) {
        if (!setup->checkpoint && !setup->folder) {
            return LOCL_OK; /* initial values */
        }
        if (setup->checkpoint) {
            snprintf(run->checkpoint_name, sizeof run->checkpoint_name, "%s", setup->checkpoint);
            LOCL_TRY(locl_safetensors_read(setup->checkpoint, &run->checkpoint, err));
        } else {
            LOCL_TRY(locl_checkpoint_load(run->path, &run->checkpoint, err));
        }
        if (locl_run_state_load(&run->state, run->config->model.blocks, &run->checkpoint, &no_state) !=
            LOCL_OK) {
            memset(&run->state, 0, sizeof run->state);
        }
        return LOCL_OK;
    }
    if (!locl_checkpoint_exists(run->path)) {
        locl_log(LOCL_LOG_WARNING, "%s holds no checkpoint yet: starting from the beginning", run->path);
        return LOCL_OK;
    }
    LOCL_TRY(locl_checkpoint_load(run->path, &run->checkpoint, err));
    run->resumed = true;
    return locl_run_state_load(&run->state, run->config->model.blocks, &run->checkpoint, err);
}

static locl_status load_checkpoint(locl_run *run, const locl_run_setup *setup, locl_error *err)
{
    LOCL_TRY(read_checkpoint(run, setup, err));
    return check_finite(run, err);
}

/* ---- the run's folder ---- */

/* Notes what chose the devices, which plan.json keeps for machines that do not have them. */
static locl_status note_given(locl_run *run, locl_error *err)
{
    locl_text text = {0};
    locl_key_value(locl_schema_find(locl_keys, "devices"), run->config, &text);
    if (text.failed) {
        return locl_fail_memory(err, text.length);
    }
    free(run->given);
    run->given = text.data;
    return LOCL_OK;
}

/* Names the devices of the run for good in its configuration, in place of what chose them. */
static locl_status keep_devices(locl_run *run, locl_error *err)
{
    if (!run->kept) {
        return LOCL_OK;
    }
    if (!locl_device_specs_are_stable(run->config->devices, run->config->device_count)) {
        LOCL_TRY(note_given(run, err));
    }
    free(run->config->devices);
    run->config->devices = run->kept;
    run->config->device_count = run->kept_count;
    run->kept = NULL;
    return LOCL_OK;
}

static locl_status write_config(locl_run *run, locl_error *err)
{
    char path[PATH_MAX];
    LOCL_TRY(keep_devices(run, err));
    LOCL_TRY(locl_folder_path(run->path, "config.yaml", path, err));
    return locl_config_write(run->config, path, err);
}

locl_status locl_run_write_plan(const locl_run *run, locl_error *err)
{
    char path[PATH_MAX];
    LOCL_TRY(locl_folder_path(run->path, "plan.json", path, err));
    return locl_plan_file_write(path, run->config, run->devices, run->pipeline, &run->plan, run->given,
                                run->used, err);
}

/* Reads which devices the run had so far. */
static locl_status read_used(locl_run *run, locl_error *err)
{
    char path[PATH_MAX];
    LOCL_TRY(locl_folder_path(run->path, "plan.json", path, err));
    run->used = locl_used_read(path, run->state.step);
    return LOCL_OK;
}

/* Writes plan.json of devices that are used from here on. */
static locl_status write_first_plan(locl_run *run, locl_error *err)
{
    LOCL_TRY(locl_used_add(&run->used, run->state.step, run->devices, NULL, err));
    return locl_run_write_plan(run, err);
}

static locl_status open_for_training(locl_run *run, const locl_run_setup *setup, locl_error *err)
{
    bool fresh = run->purpose == LOCL_RUN_NEW;
    LOCL_TRY(locl_folder_open(run->path, run->purpose, &run->folder, err));
    if (!fresh) {
        LOCL_TRY(load_checkpoint(run, setup, err));
        if (locl_run_complete(run)) {
            return LOCL_OK;
        }
    }
    LOCL_TRY(locl_run_open_timeline(run, err));
    LOCL_TRY(locl_run_prepare(run, LOCL_RUN_TRAIN_SET | LOCL_RUN_TEST_SET, err));
    LOCL_TRY(locl_run_check_timeline(run, err));
    unsigned long long values = run->parameters * (1 + locl_optim_states(&run->config->optimizer));
    LOCL_TRY(locl_folder_check_room(&run->folder, values * sizeof(float), err));
    if (fresh || setup->sets > 0 || setup->devices) {
        LOCL_TRY(write_config(run, err));
    }
    if (run->resumed) {
        LOCL_TRY(read_used(run, err));
    }
    return run->plan.placement ? LOCL_OK : write_first_plan(run, err);
}

/* ---- the public interface ---- */

locl_status locl_run_open(const locl_run_setup *setup, locl_run **out, locl_error *err)
{
    locl_status status;
    LOCL_OWN_ERROR(err);
    *out = NULL;
    locl_run *run = calloc(1, sizeof *run);
    if (!run) {
        return locl_fail_memory(err, sizeof *run);
    }
    run->purpose = setup->purpose;
    run->profile = setup->profile;
    run->handler = setup->handler;
    run->user = setup->user;
    run->folder.lock = -1;
    LOCL_TRY_GOTO(status, locl_run_check_trace(run, setup, err));
    LOCL_TRY_GOTO(status, load_config(run, setup, err));
    LOCL_TRY_GOTO(status, take_path(run, setup, err));
    if (setup->devices) {
        LOCL_TRY_GOTO(status, take_devices(run, setup->devices, err));
    }
    LOCL_TRY_GOTO(status, run->purpose == LOCL_RUN_EVALUATE ? load_checkpoint(run, setup, err)
                                                            : open_for_training(run, setup, err));
    run->opened = run->state.step;
    *out = run;
    return LOCL_OK;
fail:
    locl_run_close(run);
    return status;
}

void locl_run_close(locl_run *run)
{
    if (!run) {
        return;
    }
    locl_pipeline_close(run->pipeline);
    locl_timeline_close(run->timeline);
    for (int i = 0; i < LOCL_SPLIT_COUNT; i++) {
        locl_dataset_close(run->data[i]);
    }
    locl_devices_close(run->devices);
    locl_arrays_free(&run->checkpoint);
    locl_folder_close(&run->folder);
    locl_config_free(run->config);
    locl_plan_release(&run->plan);
    locl_run_place_release(&run->placed);
    json_decref(run->used);
    free(run->device_text);
    free(run->given);
    free(run->kept);
    free(run);
}

void locl_run_stop(locl_run *run)
{
    atomic_store(&run->stop, true);
}

uint64_t locl_run_epoch_steps(const locl_run *run)
{
    return run->state.train_images / run->config->data.batch;
}

uint64_t locl_run_total_steps(const locl_run *run)
{
    uint64_t total = locl_run_epoch_steps(run) * run->config->train.epochs, limit = run->config->train.steps;
    return limit > 0 && limit < total ? limit : total;
}

bool locl_run_complete(const locl_run *run)
{
    const locl_run_state *state = &run->state;
    return state->step > 0 && state->step >= locl_run_total_steps(run) && state->test.images > 0 &&
           state->test.step == state->step;
}

void locl_run_tell_building(locl_run *run, const char *stage, size_t done, size_t total)
{
    locl_run_event event = {.moment = LOCL_RUN_BUILDING, .stage = stage, .done = done, .total = total};
    if (run->handler) {
        run->handler(run->user, &event);
    }
}

void locl_run_tell(locl_run *run, locl_run_event *event)
{
    if (!run->handler) {
        return;
    }
    uint64_t steps = locl_run_epoch_steps(run);
    locl_result train = locl_tally_result(&run->state.epoch, "train");
    locl_result test = locl_run_measured(run, &run->state.test, "test");
    event->step = run->state.step;
    event->steps = locl_run_total_steps(run);
    event->epoch = event->step && steps ? (event->step - 1) / steps + 1 : 1;
    event->epochs = run->config->train.epochs;
    event->train = event->train ? event->train : &train;
    event->test = &test;
    run->handler(run->user, event);
}
