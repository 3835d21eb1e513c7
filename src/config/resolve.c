#include "config/resolve.h"

#include "base/log.h"
#include "device/sets.h"
#include "rules/rule.h"
#include "config/keys.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Adds a problem at the place where `key`, or else its section, was given. */
static void blame(const locl_config *config, locl_problems *problems, const char *key, const char *format,
                  ...) LOCL_PRINTF(4, 5);

static void blame(const locl_config *config, locl_problems *problems, const char *key, const char *format,
                  ...)
{
    char text[768];
    locl_position at;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    locl_config_position(config, key, &at);
    locl_problems_add(problems, &at, key, "%s", text);
}

static bool given(const locl_config *config, const char *key)
{
    locl_position at;
    return locl_givens_find(&config->origin->givens, key, &at);
}

bool locl_config_position(const locl_config *config, const char *key, locl_position *at)
{
    char part[128];
    *at = (locl_position){.source = config->origin->source, .line = 1, .column = 1};
    if (locl_givens_find(&config->origin->givens, key, at)) {
        return true;
    }
    snprintf(part, sizeof part, "%s", key);
    for (size_t length = strlen(part); length > 0; length--) {
        if (strchr(".[", part[length])) {
            part[length] = '\0';
            if (locl_givens_find(&config->origin->givens, part, at)) {
                break;
            }
        }
    }
    return false;
}

/* The state of the sink that turns reports of other folders into problems of a configuration. */
typedef struct checking {
    const locl_config *config;
    locl_problems *problems;
} checking;

static void take_report(void *user, const char *key, const char *text)
{
    const checking *c = user;
    blame(c->config, c->problems, key, "%s", text);
}

static bool is_wrong(void *user, const char *key)
{
    const checking *c = user;
    return locl_problems_touch(c->problems, key);
}

static bool is_given(void *user, const char *key)
{
    const checking *c = user;
    return given(c->config, key);
}

static locl_option_sink sink_of(checking *c)
{
    return (locl_option_sink){.report = take_report, .is_wrong = is_wrong, .is_given = is_given, .user = c};
}

/* Checks that a batch has more than one image where norm batch needs its statistics. A probe checks its own
 * images. */
static void check_norm_batch(const locl_config *config, locl_problems *problems)
{
    if (locl_model_needs_batch(&config->model) && config->data.batch == 1 &&
        !locl_problems_touch(problems, "data.batch") && !locl_problems_touch(problems, "model.norm")) {
        blame(config, problems, "data.batch",
              "found 1 with model.norm batch, which normalises over the batch; should be at least 2");
    }
}

/* Finds the divisors of `whole` next to `part` < `whole`, below and above. */
static void nearest_divisors(unsigned whole, unsigned part, unsigned *below, unsigned *above)
{
    *below = *above = part;
    while (whole % *below) {
        --*below;
    }
    while (whole % *above) {
        ++*above;
    }
}

/* Checks that a batch can be cut into slices, each computed by itself. A probe's batch is that of its images. */
static void check_microbatch(const locl_config *config, locl_config_purpose purpose, locl_problems *problems)
{
    unsigned slice = config->data.microbatch, batch = config->data.batch, below, above;
    bool wrong =
        locl_problems_touch(problems, "data.batch") || locl_problems_touch(problems, "data.microbatch");
    if (slice == 0 || wrong) {
        return;
    }
    if (locl_model_needs_batch(&config->model) && !locl_problems_touch(problems, "model.norm")) {
        blame(config, problems, "data.microbatch",
              "found %u with model.norm batch, which normalises over the whole batch at once; should be left "
              "out, or model.norm layer or sample",
              slice);
    } else if (purpose != LOCL_CONFIG_PROBE && slice > batch) {
        blame(config, problems, "data.microbatch", "found %u, should be at most data.batch, %u", slice,
              batch);
    } else if (purpose != LOCL_CONFIG_PROBE && batch % slice) {
        nearest_divisors(batch, slice, &below, &above);
        blame(config, problems, "data.microbatch",
              "found %u, which does not divide data.batch %u, should be %u or %u, or another divisor", slice,
              batch, below, above);
    }
}

/* Checks that contrast has images to tell apart, and gets all of a batch at once. A probe checks its own images. */
static void check_contrast(const locl_config *config, locl_config_purpose purpose, locl_problems *problems)
{
    unsigned slice = config->data.microbatch, batch = config->data.batch;
    if (config->model.task.kind != LOCL_TASK_CONTRAST) {
        return;
    }
    if (batch == 1 && purpose != LOCL_CONFIG_PROBE && !locl_problems_touch(problems, "data.batch")) {
        blame(config, problems, "data.batch",
              "found 1 with task.name contrast, which tells each image from others; should be at least 2");
    }
    if (slice && slice != batch && purpose != LOCL_CONFIG_PROBE &&
        !locl_problems_touch(problems, "data.microbatch")) {
        blame(config, problems, "data.microbatch",
              "found %u with task.name contrast, whose losses compare all images of a batch at once; should "
              "be left out",
              slice);
    }
}

static void check_model(locl_config *config, locl_problems *problems)
{
    static const char *const sizes[] = {"model.preset",   "model.blocks", "model.patches",
                                        "model.channels", "model.groups", NULL};
    checking c = {config, problems};
    locl_option_sink sink = sink_of(&c);
    locl_error err;
    if (locl_model_options_resolve(&config->model, &err) == LOCL_OK) {
        locl_model_options_check(&config->model, &sink);
    } else if (!locl_option_wrong(&sink, sizes)) {
        blame(config, problems, "model", "%s; %s", err.message, err.remedy);
    }
}

void locl_config_check_image(const locl_config *config, locl_config_purpose purpose, locl_problems *problems)
{
    checking c = {config, problems};
    locl_option_sink sink = sink_of(&c);
    locl_data_options data = config->data;
    memcpy(data.image, config->model.image, sizeof data.image);
    if (purpose == LOCL_CONFIG_PROBE || purpose == LOCL_CONFIG_PLAN) { /* no images come from files */
        memset(data.image, 0, sizeof data.image);
    }
    locl_model_options_check_image(&config->model, &sink);
    locl_data_options_check(&data, &sink);
    locl_augment_options_check(&config->augment, config->model.image, &sink);
}

/* Fills in the shapes that follow from the name of the data, since a probe and a plan read no data. */
static void fill_known_shape(locl_config *config)
{
    static const unsigned shapes[LOCL_DATA_NAME_COUNT][4] = {
        [LOCL_DATA_MNIST] = {28, 28, 1, 10},
        [LOCL_DATA_FASHION_MNIST] = {28, 28, 1, 10},
        [LOCL_DATA_CIFAR10] = {32, 32, 3, 10},
    };
    const unsigned *shape = shapes[config->data.name];
    if (config->model.image[0] == 0) {
        memcpy(config->model.image, shape, sizeof config->model.image);
    }
    if (config->model.classes == 0) {
        config->model.classes = shape[3];
    }
}

static void check_required(locl_config *config, locl_config_purpose purpose, locl_problems *problems)
{
    if (purpose == LOCL_CONFIG_TRAIN || purpose == LOCL_CONFIG_EVALUATE) {
        if (!given(config, "data.name") && !locl_problems_touch(problems, "data")) {
            blame(config, problems, "data.name",
                  "is missing, should be one of mnist, fashion-mnist, cifar10, folder, shards");
        } else if ((config->data.name == LOCL_DATA_FOLDER || config->data.name == LOCL_DATA_SHARDS) &&
                   !config->data.path[0] && !locl_problems_touch(problems, "data")) {
            blame(config, problems, "data.path",
                  "is missing, should be the folder or archive of the images, or the shards");
        }
        return;
    }
    if (given(config, "data.name")) {
        fill_known_shape(config);
    }
    if (purpose == LOCL_CONFIG_PROBE && config->model.task.kind == LOCL_TASK_CONTRAST &&
        !config->model.classes) {
        config->model.classes = 2; /* of a classifier that a probe has not */
    }
    if (config->model.image[0] == 0 && !locl_problems_touch(problems, "model.image")) {
        blame(config, problems, "model.image",
              "is missing, should be [height, width, channels]: no data give it here");
    }
    if (config->model.classes == 0 && !locl_problems_touch(problems, "model.classes")) {
        blame(config, problems, "model.classes", "is missing, should be given: no data give it here");
    }
}

/* Puts the devices of sets in place of their names. */
static void expand_sets(locl_config *config, locl_problems *problems)
{
    locl_device_file *file = NULL;
    locl_error err = {0};
    if (!locl_device_specs_name_sets(config->devices, config->device_count) ||
        locl_problems_touch(problems, "devices")) {
        return;
    }
    if (config->device_sets[0] && locl_device_file_read(config->device_sets, &file, &err) != LOCL_OK) {
        blame(config, problems, "device_sets", "%s", err.message);
    } else if (file && file->settings) {
        blame(config, problems, "device_sets",
              "%s has settings, should have sets alone: settings are the user's, in "
              "~/.config/locl/devices.yaml",
              config->device_sets);
    } else if (locl_sets_expand(file, &config->devices, &config->device_count, &err) != LOCL_OK) {
        blame(config, problems, "devices", "%s%s%s", err.message, err.remedy[0] ? "; " : "", err.remedy);
    }
    locl_device_file_free(file);
}

static void check_devices(locl_config *config, locl_problems *problems)
{
    expand_sets(config, problems);
    for (size_t i = 0; i < config->device_count; i++) {
        const locl_device_spec *spec = &config->devices[i];
        char key[64];
        locl_error err;
        snprintf(key, sizeof key, "devices[%zu].part", i);
        if (spec->part >= 0 && spec->part >= spec->split && !locl_problems_touch(problems, "devices")) {
            blame(config, problems, key,
                  spec->split > 0 ? "found %d, should be less than split, %d"
                                  : "found %d, but no split: N, of which it is a part",
                  spec->part, spec->split);
        } else if (locl_device_spec_check(spec, &err) && !locl_problems_touch(problems, "devices")) {
            snprintf(key, sizeof key, "devices[%zu]", i);
            blame(config, problems, key, "%s%s%s", err.message, err.remedy[0] ? "; should be " : "",
                  err.remedy);
        }
    }
}

void locl_config_check_placement(const locl_config *config, size_t device_count, locl_problems *problems)
{
    checking c = {config, problems};
    locl_option_sink sink = sink_of(&c);
    locl_placement_check_devices(config->placement, config->placement_count, device_count, &sink);
}

static void check_placement(const locl_config *config, locl_problems *problems)
{
    static const char *const needed[] = {"placement", "model.blocks", "model.preset", NULL};
    checking c = {config, problems};
    locl_option_sink sink = sink_of(&c);
    if (config->model.blocks > 0 && !locl_option_wrong(&sink, needed)) {
        locl_placement_check_shared(config->placement, config->placement_count,
                                    locl_rule_keeps_whole(&config->rule, &config->model), &sink);
        locl_placement_check(config->placement, config->placement_count, config->model.blocks, &sink);
    }
}

/* Checks that activations pass between stages, where they are to pass as halves. */
static void check_precision(const locl_config *config, locl_problems *problems)
{
    const locl_rule *rule = locl_rule_of(config->rule.kind);
    if (config->precision == LOCL_PRECISION_FP16_STORAGE && rule->crosses_blocks(&config->rule) &&
        !locl_problems_touch(problems, "rule") && !locl_problems_touch(problems, "precision")) {
        blame(config, problems, "precision",
              "found fp16-storage with rule %s, under which no activations pass between devices; should be "
              "fp32, or a greedy rule such as lg-fg-a",
              rule->name);
    }
}

static void note_idle(const locl_config *config, const char *key, bool idle, const char *with)
{
    char where[640];
    if (idle && locl_config_where(config, key, where, sizeof where)) {
        locl_log(LOCL_LOG_WARNING, "%s: %s has no effect with %s", where, key, with);
    }
}

/* Logs a ratio of the last block. Ratios change the block that follows, and the last has none. */
static void note_last_ratio(const locl_config *config, const char *key, const locl_block_list *ratios)
{
    bool idle = config->model.blocks > 0 && ratios->count == config->model.blocks &&
                ratios->values[ratios->count - 1] > 1;
    note_idle(config, key, idle, "the last block, after which nothing comes, in its last entry");
}

/* Logs options that the chosen optimiser, schedule or model does not use, where they differ from their
 * default. They are allowed. */
static void note_idle_options(const locl_config *config)
{
    const locl_optim_options *optimizer = &config->optimizer, usual = locl_optim_options_default();
    if (optimizer->kind == LOCL_OPTIMIZER_ADAM || optimizer->kind == LOCL_OPTIMIZER_ADAMW) {
        bool changed = optimizer->momentum < usual.momentum || optimizer->momentum > usual.momentum;
        note_idle(config, "optimizer.momentum", changed, "optimizer.name adam and adamw");
    }
    note_idle(config, "optimizer.warmup_epochs",
              optimizer->schedule != LOCL_SCHEDULE_WARMUP_COSINE && optimizer->warmup_epochs > 0,
              "schedules other than warmup_cosine");
    note_idle(config, "model.norm", config->model.norm != LOCL_NORM_LAYER && !config->model.post_linear_ln,
              "model.post_linear_ln false");
    bool pools = false;
    for (unsigned k = 0; k < config->model.downsample.count; k++) {
        pools = pools || config->model.downsample.values[k] > 1;
    }
    note_idle(config, "model.pool", !pools && config->model.pool != LOCL_POOL_AVERAGE,
              "a model.downsample of 1 alone");
    note_last_ratio(config, "model.channel_ratio", &config->model.channel_ratio);
    note_last_ratio(config, "model.group_ratio", &config->model.group_ratio);
    note_idle(config, "precision",
              config->precision == LOCL_PRECISION_MATRIX && config->engine == LOCL_ENGINE_CLBLAST,
              "engine clblast");
    note_idle(config, "optimizer.head_lr",
              locl_rule_of(config->rule.kind)->params.idle_heads &&
                  (optimizer->head_lr < usual.head_lr || optimizer->head_lr > usual.head_lr),
              "a rule that does not train the heads");
    note_idle(config, "optimizer.classifier_lr",
              config->model.task.kind == LOCL_TASK_CONTRAST &&
                  (optimizer->classifier_lr < usual.classifier_lr ||
                   optimizer->classifier_lr > usual.classifier_lr),
              "task contrast, whose classifier learns by itself");
    const locl_task_options *task = &config->model.task, usual_task = locl_model_options_default().task;
    bool classifies = task->kind == LOCL_TASK_CLASSIFY;
    note_idle(config, "task.temperature",
              classifies &&
                  (task->temperature < usual_task.temperature || task->temperature > usual_task.temperature),
              "task classify");
    note_idle(config, "task.projection", classifies && task->projection != usual_task.projection,
              "task classify");
    note_idle(config, "rule.norm_grad", !config->rule.norm_grad && !config->model.post_linear_ln,
              "model.post_linear_ln false");
    note_idle(config, "task.name",
              config->model.task.kind == LOCL_TASK_CONTRAST && !locl_augment_changes(&config->augment),
              "augment none, under which both views of an image are the same");
    note_idle(config, "rule.feedback.channel",
              config->rule.channel_feedback != LOCL_GUESS_NONE && config->model.blocks == 1,
              "one block, which has no token layer");
    note_idle(config, "model.kernel",
              config->model.token_mixer != LOCL_TOKEN_MIXER_CONV && config->model.kernel != 3,
              "token_mixer linear");
}

/* Sets run.dir to runs/<name of the file without folder and ending>, in characters that are safe anywhere. */
static void fill_run_dir(locl_config *config)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    const char *source = config->origin->source;
    const char *slash = strrchr(source, '/'), *name = slash ? slash + 1 : source;
    const char *dot = strrchr(name, '.');
    int length = dot && dot > name ? (int)(dot - name) : (int)strlen(name);
    char *dir = config->run.dir;
    snprintf(dir, sizeof config->run.dir, "runs/%.*s", length < 200 ? length : 200, name);
    char *own = dir + strlen("runs/");
    for (char *c = own; *c; c++) {
        *c = strchr(safe, *c) ? *c : '-';
    }
    if (own[strspn(own, ".")] == '\0') { /* "." and ".." are no names */
        memset(own, '-', strlen(own));
    }
}

/* Names the folder of the run, which only training needs. */
static void name_run(locl_config *config, locl_config_purpose purpose, locl_problems *problems)
{
    if (!config->origin->unnamed) {
        fill_run_dir(config);
    } else if (purpose == LOCL_CONFIG_TRAIN && !locl_problems_touch(problems, "run")) {
        blame(config, problems, "run.dir",
              "is missing, should be given: a configuration that comes through a pipe has no name for it");
    }
}

void locl_config_resolve(locl_config *config, locl_config_purpose purpose, locl_problems *problems)
{
    checking c = {config, problems};
    locl_option_sink sink = sink_of(&c);
    if (config->model.task.kind == LOCL_TASK_CONTRAST && !given(config, "augment")) {
        config->augment.preset = LOCL_AUGMENT_CONTRASTIVE;
    }
    locl_augment_options_resolve(&config->augment);
    check_model(config, problems);
    check_required(config, purpose, problems);
    locl_config_check_image(config, purpose, problems);
    locl_rule_options_check(&config->rule, &config->model, &sink);
    if (purpose == LOCL_CONFIG_TRAIN || purpose == LOCL_CONFIG_PLAN) {
        check_norm_batch(config, problems);
    }
    check_microbatch(config, purpose, problems);
    check_contrast(config, purpose, problems);
    locl_optim_options_check(&config->optimizer, config->train.epochs, &sink);
    check_devices(config, problems);
    check_placement(config, problems);
    check_precision(config, problems);
    memcpy(config->data.image, config->model.image, sizeof config->data.image);
    config->data.classes = config->model.classes;
    config->data.patches = config->model.patches;
    config->data.own_size = locl_augment_chance(&config->augment, LOCL_AUGMENT_CROP, 0) > 0 ||
                            locl_augment_chance(&config->augment, LOCL_AUGMENT_CROP, 1) > 0;
    if (!config->run.dir[0]) {
        name_run(config, purpose, problems);
    }
    if (problems->total == 0) {
        note_idle_options(config);
    }
}
