#include "run/run.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/safetensors.h"
#include "base/utf8.h"
#include "model/params.h"
#include "optim/optim.h"
#include "run/checkpoint.h"
#include "run/plan_file.h"
#include "run/tune.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- configuration and checkpoint ---- */

/* May a resumed run take this --set? Only what leaves every sum as it is, or what a person asks for knowing
 * that it does not: where, how long, on what. */
static bool resume_takes(const char *set)
{
    static const char *const allowed[] = {"train.",        "train=",  "devices=",   "devices[",
                                          "placement=",    "engine=", "data.path=", "data.prefetch=",
                                          "data.threads=", NULL};
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
                      "engine, data.path, data.prefetch and data.threads only",
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

/* What was given may be a file in a run's folder, or that folder where a configuration should be. */
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

/* `devices` of the setup stand for the configuration's, in config.yaml too. */
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

/* Training ends before it would save such values: the file was made or changed elsewhere. Only parameters
 * matter where nothing is trained. */
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
    locl_error no_state; /* parameters alone will do */
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

/* ---- devices, data, pipeline ---- */

static locl_status open_devices(locl_run *run, locl_error *err)
{
    char plan[PATH_MAX];
    if (run->device_text) {
        LOCL_TRY(locl_devices_open_text(run->device_text, &run->devices, err));
    } else {
        LOCL_TRY(locl_devices_open(run->config->devices, run->config->device_count, &run->devices, err));
    }
    if (run->purpose == LOCL_RUN_RESUME && !run->replanned) {
        LOCL_TRY(locl_folder_path(run->path, "plan.json", plan, err));
        LOCL_TRY(locl_plan_file_apply(plan, run->devices, &run->plan, err));
    }
    return run->plan.placement ? LOCL_OK : locl_config_check_devices(run->config, run->devices->count, err);
}

static void tell_reading(void *user, const char *stage, size_t done, size_t total)
{
    locl_run *run = user;
    locl_run_event event = {.moment = LOCL_RUN_READING, .stage = stage, .done = done, .total = total};
    run->handler(run->user, &event);
}

static void tell_building(void *user, size_t done, size_t total)
{
    locl_run_tell_building(user, "building kernels", done, total);
}

/* The splits that are asked for and not there yet. */
static locl_status open_data(locl_run *run, unsigned splits, locl_error *err)
{
    locl_data_options options = run->config->data;
    locl_dataset **data = run->data;
    memcpy(options.image, run->config->model.image, sizeof options.image);
    options.classes = run->config->model.classes;
    options.progress = run->handler ? tell_reading : NULL;
    options.progress_user = run;
    bool train = splits & LOCL_RUN_TRAIN_SET && !data[LOCL_SPLIT_TRAIN];
    bool test = splits & LOCL_RUN_TEST_SET && !data[LOCL_SPLIT_TEST];
    if (train && test) {
        LOCL_TRY(locl_dataset_open_both(&options, &data[LOCL_SPLIT_TRAIN], &data[LOCL_SPLIT_TEST], err));
    } else if (train || test) {
        locl_split split = train ? LOCL_SPLIT_TRAIN : LOCL_SPLIT_TEST;
        LOCL_TRY(locl_dataset_open(&options, split, &data[split], err));
    }
    const locl_dataset *any = data[LOCL_SPLIT_TRAIN] ? data[LOCL_SPLIT_TRAIN] : data[LOCL_SPLIT_TEST];
    const unsigned image[3] = {(unsigned)any->h, (unsigned)any->w, (unsigned)any->c};
    return locl_config_set_shape(run->config, image, (unsigned)any->classes, err);
}

/* What training needs of its images, before anything is built for them. */
static locl_status check_train_images(locl_run *run, locl_error *err)
{
    char where[256];
    size_t images = run->data[LOCL_SPLIT_TRAIN]->n;
    if (images < run->config->data.batch) {
        locl_config_where(run->config, "data.batch", where, sizeof where);
        locl_fail(err, LOCL_E_CONFIG, "%s: data.batch: %u is more than the %zu training images", where,
                  run->config->data.batch, images);
        return locl_remedy(err, "a batch of %zu or less", images);
    }
    if (run->resumed && run->state.train_images != images) {
        locl_fail(err, LOCL_E_DATA, "%s was trained on %llu images, the data have %zu now", run->path,
                  (unsigned long long)run->state.train_images, images);
        return locl_remedy(err, "give the same data, with --set data.path=... where it has moved");
    }
    run->state.train_images = images;
    return LOCL_OK;
}

locl_status locl_run_check_depth(const locl_run *run, locl_error *err)
{
    for (size_t i = 0; i < run->checkpoint.count; i++) {
        const char *name = run->checkpoint.array[i]->name;
        unsigned block;
        if (sscanf(name, "blocks.%u.", &block) == 1 && block >= run->config->model.blocks) {
            return locl_fail(err, LOCL_E_CHECKPOINT, "tensor %s: the configuration has %u block%s only", name,
                             run->config->model.blocks, run->config->model.blocks == 1 ? "" : "s");
        }
    }
    return LOCL_OK;
}

locl_status locl_run_blame_checkpoint(const locl_run *run, locl_status status, locl_error *err)
{
    if (status == LOCL_E_CHECKPOINT) {
        locl_error_where(err, "%s", run->checkpoint_name);
        locl_remedy(err, "use the configuration that it was made with");
    }
    return status;
}

/* Parameters and, to train, optimiser state. */
static locl_status take_checkpoint(locl_run *run, locl_error *err)
{
    bool train = run->purpose != LOCL_RUN_EVALUATE;
    locl_status status = locl_run_check_depth(run, err);
    if (status == LOCL_OK) {
        status = locl_pipeline_load(run->pipeline, train ? LOCL_STORED_ALL : LOCL_STORED_PARAMETERS,
                                    &run->checkpoint, err);
    }
    locl_arrays_free(&run->checkpoint);
    return locl_run_blame_checkpoint(run, status, err);
}

static void tell_measuring(void *user, size_t done, size_t total)
{
    locl_run_tell_building(user, "measuring products", done, total);
}

static void log_tuning(const locl_tune_list *list, size_t devices, double seconds)
{
    size_t count[3] = {0}, other = 0;
    for (size_t d = 0; d < devices; d++) {
        for (size_t i = 0; i < list[d].count; i++) {
            const locl_tune_result *r = &list[d].result[i];
            count[r->source]++;
            other += r->choice.solver != r->own.solver || !locl_gemm_same_cut(&r->choice.cut, &r->own.cut);
        }
    }
    locl_log(LOCL_LOG_INFO,
             "products: %zu known from the store, %zu measured, %zu not (no time left), in %.1f s; %zu computed otherwise "
             "than unmeasured ones",
             count[LOCL_TUNE_STORED], count[LOCL_TUNE_MEASURED], count[LOCL_TUNE_UNMEASURED], seconds, other);
}

/* Fills the plan's products as `tune` says; they are kept in plan.json. */
static locl_status choose_products(locl_run *run, const locl_pipeline_options *pipeline, locl_error *err)
{
    locl_tune_effort effort = run->config->tune;
    locl_tune_options options = {.effort = effort,
                                 .seconds = effort == LOCL_TUNE_QUICK ? LOCL_TUNE_SECONDS : 0,
                                 .tell = run->handler ? tell_measuring : NULL,
                                 .user = run};
    locl_tune_list *list;
    double start = locl_clock_seconds();
    if (effort == LOCL_TUNE_OFF) {
        return LOCL_OK;
    }
    LOCL_TRY(locl_run_tune_list(&options, pipeline, run->devices, &list, err));
    log_tuning(list, run->devices->count, locl_clock_seconds() - start);
    run->plan.products = locl_run_tune_choices(list, run->devices->count);
    run->plan.devices = run->devices->count;
    locl_run_tune_free(list, run->devices->count);
    return run->plan.products ? LOCL_OK : locl_fail_memory(err, run->plan.devices * sizeof *run->plan.products);
}

static locl_status open_pipeline(locl_run *run, locl_error *err)
{
    const locl_config *config = run->config;
    bool train = run->purpose != LOCL_RUN_EVALUATE, planned = run->plan.placement != NULL;
    locl_pipeline_options options = {.model = &run->model,
                                     .rule = &config->rule,
                                     .optim = train ? &config->optimizer : NULL,
                                     .placement = planned ? run->plan.placement : config->placement,
                                     .placements = planned ? run->plan.placements : config->placement_count,
                                     .engine = config->engine,
                                     .seed = config->seed,
                                     .batch = config->data.batch,
                                     .profile = run->profile,
                                     .building = run->handler ? tell_building : NULL,
                                     .building_user = run};
    locl_status status = train && !planned ? choose_products(run, &options, err) : LOCL_OK;
    if (status == LOCL_OK) {
        options.products = run->plan.products;
        status = locl_pipeline_open(&options, run->devices, &run->pipeline, err);
    }
    if (status != LOCL_OK) {
        locl_config_add_cause(config, err);
    }
    LOCL_TRY(status);
    return run->checkpoint.count > 0 ? take_checkpoint(run, err) : LOCL_OK;
}

static locl_status open_model(locl_run *run, locl_error *err)
{
    locl_params params = {0};
    LOCL_TRY(locl_model_open(&run->config->model, &run->model, err));
    LOCL_TRY(locl_params_layout(&run->model, 0, run->model.blocks, LOCL_WITH_CLASSIFIER,
                                (locl_params_kind){0}, 1, &params, err));
    run->parameters = locl_params_values(&params);
    locl_params_release(&params);
    return LOCL_OK;
}

locl_status locl_run_read(locl_run *run, unsigned splits, locl_error *err)
{
    if (!run->devices) {
        LOCL_TRY(open_devices(run, err));
    }
    LOCL_TRY(open_data(run, splits, err));
    return run->parameters == 0 ? open_model(run, err) : LOCL_OK;
}

locl_status locl_run_prepare(locl_run *run, unsigned splits, locl_error *err)
{
    LOCL_TRY(locl_run_read(run, splits, err));
    if (run->pipeline) {
        return LOCL_OK;
    }
    if (run->purpose != LOCL_RUN_EVALUATE && run->data[LOCL_SPLIT_TRAIN]) {
        LOCL_TRY(check_train_images(run, err));
    }
    return open_pipeline(run, err);
}

/* ---- the run's folder ---- */

static locl_status write_folder(locl_run *run, bool config, bool plan, locl_error *err)
{
    char path[PATH_MAX];
    if (config) {
        LOCL_TRY(locl_folder_path(run->path, "config.yaml", path, err));
        LOCL_TRY(locl_config_write(run->config, path, err));
    }
    if (plan) {
        LOCL_TRY(locl_folder_path(run->path, "plan.json", path, err));
        LOCL_TRY(locl_plan_file_write(path, run->config, run->devices, run->pipeline, err));
    }
    return LOCL_OK;
}

static locl_status open_for_training(locl_run *run, const locl_run_setup *setup, locl_error *err)
{
    bool fresh = run->purpose == LOCL_RUN_NEW;
    LOCL_TRY(locl_folder_open(run->path, fresh, &run->folder, err));
    if (!fresh) {
        LOCL_TRY(load_checkpoint(run, setup, err));
        if (locl_run_complete(run)) {
            return LOCL_OK;
        }
    }
    LOCL_TRY(locl_run_prepare(run, LOCL_RUN_TRAIN_SET | LOCL_RUN_TEST_SET, err));
    unsigned long long values = run->parameters * (1 + locl_optim_states(&run->config->optimizer));
    LOCL_TRY(locl_folder_check_room(&run->folder, values * sizeof(float), err));
    return write_folder(run, fresh || setup->sets > 0 || setup->devices, !run->plan.placement, err);
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
    for (int i = 0; i < LOCL_SPLIT_COUNT; i++) {
        locl_dataset_close(run->data[i]);
    }
    locl_devices_close(run->devices);
    locl_arrays_free(&run->checkpoint);
    locl_folder_close(&run->folder);
    locl_config_free(run->config);
    locl_plan_release(&run->plan);
    free(run->device_text);
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
    locl_result test = locl_tally_result(&run->state.test, "test");
    event->step = run->state.step;
    event->steps = locl_run_total_steps(run);
    event->epoch = event->step && steps ? (event->step - 1) / steps + 1 : 1;
    event->epochs = run->config->train.epochs;
    event->train = event->train ? event->train : &train;
    event->test = &test;
    run->handler(run->user, event);
}
