/* What a run works with, opened when it is first needed: devices, data, pipeline. */
#include "run/run.h"

#include "run/readout.h"

#include "base/log.h"
#include "check/passport.h"
#include "model/params.h"
#include "run/plan_file.h"
#include "run/tune.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Opens what chose the devices of a run, on a machine that does not have these. */
static locl_status open_others(locl_run *run, locl_error *err)
{
    locl_log(LOCL_LOG_WARNING, "the devices that the run began on are not all here: taking %s instead",
             run->given);
    return locl_devices_open_text(run->given, &run->devices, err);
}

/* Opens the devices of the configuration. A run goes on and is evaluated wherever it is, also without the devices that
 * it began on, which its folder names for good. */
static locl_status open_configured(locl_run *run, locl_error *err)
{
    const locl_config *config = run->config;
    char plan[PATH_MAX], where[256];
    locl_status status = locl_devices_open(config->devices, config->device_count, &run->devices, err);
    if (run->purpose != LOCL_RUN_NEW && locl_folder_path(run->path, "plan.json", plan, NULL) == LOCL_OK) {
        free(run->given);
        run->given = locl_plan_file_given(plan);
    }
    locl_config_where(config, "devices", where, sizeof where);
    bool kept = strncmp(where, "--set", strlen("--set")) != 0 && !getenv("LOCL_DEVICES") &&
                locl_device_specs_are_stable(config->devices, config->device_count);
    bool elsewhere = status == LOCL_E_NODEVICE && run->given && kept;
    return elsewhere ? open_others(run, err) : status;
}

/* Notes what names the opened devices for good, before the plan has its say about their engines. */
static locl_status name_devices(locl_run *run, locl_error *err)
{
    size_t count = run->devices->count;
    free(run->kept);
    run->kept = calloc(count, sizeof *run->kept);
    run->kept_count = count;
    if (!run->kept) {
        return locl_fail_memory(err, count * sizeof *run->kept);
    }
    for (size_t i = 0; i < count; i++) {
        locl_device_spec_keep(run->devices->device[i], &run->kept[i]);
    }
    return LOCL_OK;
}

/* Refuses a device whose kernels are known to be wrong there, unless the configuration says to train nevertheless. */
static locl_status heed_passports(const locl_run *run, locl_error *err)
{
    bool heed = run->purpose != LOCL_RUN_EVALUATE && run->config->run.failed_passport == LOCL_FAILED_REFUSE;
    for (size_t i = 0; heed && i < run->devices->count; i++) {
        LOCL_TRY(locl_passport_heed(run->devices->device[i], err));
    }
    return LOCL_OK;
}

static locl_status open_devices(locl_run *run, locl_error *err)
{
    char plan[PATH_MAX];
    LOCL_TRY(run->device_text ? locl_devices_open_text(run->device_text, &run->devices, err)
                              : open_configured(run, err));
    LOCL_TRY(name_devices(run, err));
    for (size_t i = 0; i < run->devices->count && run->config->run.deadline > 0; i++) {
        run->devices->device[i]->deadline = run->config->run.deadline;
    }
    LOCL_TRY(heed_passports(run, err));
    LOCL_TRY(locl_run_take_units(run->config, run->devices, err));
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

/* What the data are read with. */
static locl_data_options data_options(locl_run *run)
{
    locl_data_options options = run->config->data;
    memcpy(options.image, run->config->model.image, sizeof options.image);
    options.classes = run->config->model.classes;
    options.progress = run->handler ? tell_reading : NULL;
    options.progress_user = run;
    return options;
}

/* Opens the splits that are asked for and not open yet. */
static locl_status open_data(locl_run *run, unsigned splits, const locl_data_options *options,
                             locl_error *err)
{
    locl_dataset **data = run->data;
    bool train = splits & LOCL_RUN_TRAIN_SET && !data[LOCL_SPLIT_TRAIN];
    bool test = splits & LOCL_RUN_TEST_SET && !data[LOCL_SPLIT_TEST];
    if (train && test) {
        LOCL_TRY(locl_dataset_open_both(options, &data[LOCL_SPLIT_TRAIN], &data[LOCL_SPLIT_TEST], err));
    } else if (train || test) {
        locl_split split = train ? LOCL_SPLIT_TRAIN : LOCL_SPLIT_TEST;
        LOCL_TRY(locl_dataset_open(options, split, &data[split], err));
    }
    const locl_dataset *any = data[LOCL_SPLIT_TRAIN] ? data[LOCL_SPLIT_TRAIN] : data[LOCL_SPLIT_TEST];
    const unsigned image[3] = {(unsigned)any->h, (unsigned)any->w, (unsigned)any->c};
    if (any->classes < 2) {
        locl_fail(err, LOCL_E_DATA, "%s: all images are of one class, at least 2 are needed",
                  options->path[0] ? options->path : "the data");
        return locl_remedy(err, "%s",
                           options->name == LOCL_DATA_SHARDS
                               ? "label the images 0, 1, and so on, or say model.classes"
                               : "put the images of each class into a folder of its own: train/<class>/");
    }
    LOCL_TRY(locl_config_set_shape(run->config, image, (unsigned)any->classes, err));
    const locl_model_options *model = &run->config->model;
    if (memcmp(model->image, image, sizeof image) != 0 || model->classes != any->classes) {
        return locl_fail(err, LOCL_E_DATA, "the images changed their size while they were being read");
    }
    return LOCL_OK;
}

/* Checks what training needs of its images. */
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

/* Removes what a readout at an end within an epoch left, and that readout itself where the run goes on. */
static void take_back_readout(locl_run *run)
{
    bool further =
        run->purpose != LOCL_RUN_EVALUATE && run->resumed && run->state.step < locl_run_total_steps(run);
    locl_readout_take_back(&run->checkpoint, further ? LOCL_READOUT_UNDONE : LOCL_READOUT_STANDS);
}

/* Takes parameters and, to train, optimiser state from the checkpoint. */
static locl_status take_checkpoint(locl_run *run, locl_error *err)
{
    bool train = run->purpose != LOCL_RUN_EVALUATE;
    take_back_readout(run);
    locl_status status = locl_run_check_depth(run, err);
    if (status == LOCL_OK) {
        status = locl_pipeline_load(run->pipeline, train ? LOCL_STORED_ALL : LOCL_STORED_PARAMETERS,
                                    &run->checkpoint, err);
    }
    locl_arrays_free(&run->checkpoint);
    return locl_run_blame_checkpoint(run, status, err);
}

locl_pipeline_options locl_run_pipeline_options(const locl_config *config, const locl_model *model,
                                                const locl_optim_options *optim)
{
    return (locl_pipeline_options){.model = model,
                                   .rule = &config->rule,
                                   .optim = optim,
                                   .placement = config->placement,
                                   .placements = config->placement_count,
                                   .engine = config->engine,
                                   .precision = config->precision,
                                   .seed = config->seed,
                                   .batch = config->data.batch,
                                   .slice = config->data.microbatch};
}

static void tell_measuring(void *user, size_t done, size_t total)
{
    locl_run_tell_building(user, "measuring stages", done, total);
}

/* Places the stages by measurement, where nobody said how, and says what the devices will do. */
static locl_status place(locl_run *run, locl_pipeline_options *options, locl_error *err)
{
    char text[256];
    locl_run_place_release(&run->placed);
    LOCL_TRY(locl_run_place(run->config, options, run->devices, run->handler ? tell_measuring : NULL, run,
                            &run->placed, err));
    if (run->placed.placement.share) {
        options->placed = &run->placed.placement;
    }
    locl_run_place_text(options, run->devices, text, sizeof text);
    if (text[0] && options->optim) {
        locl_log(LOCL_LOG_INFO, "%s", text);
    }
    return LOCL_OK;
}

locl_status locl_run_begin_placed(locl_run *run, locl_error *err)
{
    locl_pipeline_options options =
        locl_run_pipeline_options(run->config, &run->model, &run->config->optimizer);
    options.placed = &run->placed.placement;
    options.profile = run->profile;
    options.building = run->handler ? tell_building : NULL;
    options.building_user = run;
    options.products = run->plan.products;
    options.timeline = run->traced ? NULL : run->timeline;
    return locl_pipeline_begin(&options, run->devices, &run->pipeline, err);
}

/* Says where activations would pass or be stored as halves, but none are. */
static void note_idle_precision(const locl_run *run)
{
    uint64_t all = 0;
    for (size_t d = 0; d < run->devices->count; d++) {
        uint64_t sent, received;
        locl_pipeline_traffic(run->pipeline, d, &sent, &received);
        all += sent;
    }
    if (run->config->precision == LOCL_PRECISION_FP16_STORAGE && all == 0 &&
        !locl_pipeline_stores_halves(run->pipeline)) {
        locl_log(
            LOCL_LOG_WARNING,
            "precision: fp16-storage has no effect where nothing passes between devices and no GPU stores "
            "halves (docs/memory.md)");
    }
}

static locl_status begin_pipeline(locl_run *run, locl_error *err)
{
    const locl_config *config = run->config;
    bool train = run->purpose != LOCL_RUN_EVALUATE;
    locl_pipeline_options options =
        locl_run_pipeline_options(config, &run->model, train ? &config->optimizer : NULL);
    if (run->plan.placement) {
        options.placement = run->plan.placement;
        options.placements = run->plan.placements;
    } else if (run->displaced) {
        options.placement = NULL;
        options.placements = 0;
    }
    options.profile = run->profile;
    options.building = run->handler ? tell_building : NULL;
    options.building_user = run;
    locl_status status = place(run, &options, err);
    if (status == LOCL_OK && train && !run->plan.placement && !run->plan.products) {
        status = locl_run_choose_products(run, &options, err);
    }
    if (status == LOCL_OK) {
        options.products = run->plan.products;
        options.timeline = run->traced ? NULL : run->timeline;
        status = locl_pipeline_begin(&options, run->devices, &run->pipeline, err);
    }
    if (status != LOCL_OK) {
        locl_config_add_cause(config, err);
        return status;
    }
    note_idle_precision(run);
    return LOCL_OK;
}

/* Opens the pipeline once the images are there, or goes on where begin_early() began. */
static locl_status finish_pipeline(locl_run *run, locl_error *err)
{
    if (run->purpose != LOCL_RUN_EVALUATE && run->data[LOCL_SPLIT_TRAIN]) {
        LOCL_TRY(check_train_images(run, err));
    }
    if (!run->pipeline) {
        LOCL_TRY(begin_pipeline(run, err));
    }
    locl_status status = locl_pipeline_finish(run->pipeline, err);
    if (status != LOCL_OK) {
        locl_config_add_cause(run->config, err);
        return status;
    }
    return run->checkpoint.count > 0 ? take_checkpoint(run, err) : LOCL_OK;
}

locl_status locl_run_open_pipeline(locl_run *run, locl_error *err)
{
    LOCL_TRY(begin_pipeline(run, err));
    return locl_pipeline_finish(run->pipeline, err);
}

locl_status locl_run_open_model(const locl_config *config, locl_model *model, uint64_t *parameters,
                                locl_error *err)
{
    locl_params params = {0};
    LOCL_TRY(locl_model_open(&config->model, model, err));
    LOCL_TRY(locl_params_layout(model, 0, model->blocks, LOCL_WITH_CLASSIFIER, (locl_params_kind){0}, 1,
                                &params, err));
    *parameters = locl_params_values(&params);
    locl_params_release(&params);
    return LOCL_OK;
}

/* Opens the model, unless begin_early() did. */
static locl_status open_model(locl_run *run, locl_error *err)
{
    return run->parameters ? LOCL_OK : locl_run_open_model(run->config, &run->model, &run->parameters, err);
}

/* Begins to build the kernels before the images are read, where their shape is known. */
static locl_status begin_early(locl_run *run, const locl_data_options *options, locl_error *err)
{
    locl_data_shape shape;
    if (run->parameters > 0 || !locl_dataset_peek(options, &shape)) {
        return LOCL_OK;
    }
    LOCL_TRY(locl_config_set_shape(run->config, shape.image, shape.classes, err));
    LOCL_TRY(open_model(run, err));
    return begin_pipeline(run, err);
}

locl_status locl_run_read(locl_run *run, unsigned splits, locl_error *err)
{
    if (!run->devices) {
        LOCL_TRY(open_devices(run, err));
    }
    const locl_data_options options = data_options(run);
    LOCL_TRY(open_data(run, splits, &options, err));
    return open_model(run, err);
}

locl_status locl_run_check_devices(const locl_run *run, locl_error *err)
{
    if (run->pipeline) {
        return LOCL_OK;
    }
    locl_fail(err, LOCL_E_LOST, "the run has no devices any more: they were lost, and it ended");
    return locl_remedy(err, "open it anew to go on from its checkpoint");
}

locl_status locl_run_prepare(locl_run *run, unsigned splits, locl_error *err)
{
    if (run->ready) {
        LOCL_TRY(locl_run_check_devices(run, err));
        return locl_run_read(run, splits, err);
    }
    if (!run->devices) {
        LOCL_TRY(open_devices(run, err));
    }
    const locl_data_options options = data_options(run);
    LOCL_TRY(begin_early(run, &options, err));
    locl_status status = open_data(run, splits, &options, err);
    if (status == LOCL_OK) {
        status = open_model(run, err);
    }
    if (status == LOCL_OK) {
        status = finish_pipeline(run, err);
    }
    run->ready = status == LOCL_OK;
    if (!run->ready) {
        locl_pipeline_close(run->pipeline);
        run->pipeline = NULL;
    }
    return status;
}
