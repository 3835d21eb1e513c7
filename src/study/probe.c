#include "study/probe.h"

#include "data/patches.h"
#include "study/probe_tensors.h"
#include "sched/in_turn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Draws that were given for one stage of a weight rule. */
typedef struct stage_draws {
    locl_params params;       /* as the stage will have them */
    const locl_tensor **draw; /* [M][params.trained]; NULL where none was given */
} stage_draws;

/* What a probe holds: all stages on the device, and the batch, or one slice of it after another. */
typedef struct probe {
    const locl_config *config;
    const locl_arrays *in;
    locl_arrays *out;
    locl_device *device;
    locl_model model;
    locl_queue queue;
    locl_probe_slice slice;      /* the one that is being computed */
    bool given;                  /* draws come with the tensors */
    locl_arena *workspace, *io;  /* io: inputs, outputs, draws */
    locl_stage_options *options; /* [blocks], of the stages */
    locl_stages stages;
    locl_stages_buffers buffers;
    const locl_tensor *noise[LOCL_MODEL_MAX_BLOCKS][LOCL_LAYERS]; /* given draws of activation rules */
    stage_draws *weight_draws;                                    /* [blocks], of weight rules */
    size_t drawn_stages;                                          /* stages that weight_draws has */
} probe;

/* Uploads the images of one view of the slice, of which `to` has one after the other. */
static locl_status upload_view(probe *p, size_t view, locl_error *err)
{
    const unsigned *image = p->model.options.image;
    const locl_tensor *to = p->buffers.x;
    locl_patch_shape shape;
    char name[LOCL_ARRAY_NAME];
    LOCL_TRY(locl_patch_shape_make(image[0], image[1], image[2], p->model.options.patches, &shape, err));
    size_t values = shape.count * shape.size, pixels = shape.h * shape.w * shape.c;
    size_t bytes = to->bytes / p->slice.views;
    locl_probe_images_name(p->slice.views, view, name);
    const float *images = locl_arrays_find(p->in, name)->data;
    float *x = malloc(bytes); /* [b,P,C] */
    if (!x) {
        return locl_fail_memory(err, bytes);
    }
    for (size_t n = 0; n < p->slice.images; n++) {
        locl_patches_from_floats(&shape, images + (p->slice.first + n) * pixels, x + n * values);
    }
    locl_status status =
        locl_buffer_write(&p->queue, to->mem, view * bytes, bytes, x, LOCL_BLOCKING, NULL, NULL, err);
    free(x);
    return status;
}

/* Returns the rows that the stages compute of a slice: its images in each view. */
static size_t rows_of(const probe *p)
{
    return p->slice.images * p->slice.views;
}

/* Takes memory for the given draws of all blocks, all passes of a layer in one tensor. */
static void take_noise(probe *p)
{
    for (size_t block = 0; block < p->model.blocks; block++) {
        for (int layer = 0; layer < LOCL_LAYERS; layer++) {
            size_t values =
                locl_probe_noise_values(&p->model, &p->config->rule, rows_of(p), block, (locl_layer)layer);
            p->noise[block][layer] =
                values ? locl_arena_take(p->io, p->config->rule.passes * values * sizeof(float), "draws")
                       : NULL;
        }
    }
}

/* Takes memory for the given draws of weight rules: a tensor for each pass of each perturbed parameter that
 * was given. */
static locl_status take_weight_noise(probe *p, const locl_stage_options *o, stage_draws *s, locl_error *err)
{
    size_t passes = p->config->rule.passes;
    LOCL_TRY(locl_params_layout(&p->model, o->first, o->last,
                                o->classifier ? LOCL_WITH_CLASSIFIER : LOCL_WITHOUT_CLASSIFIER,
                                locl_rule_params(&p->config->rule), 1, &s->params, err));
    s->draw = calloc(passes * s->params.trained, sizeof(*s->draw));
    if (!s->draw) {
        return locl_fail_memory(err, passes * s->params.trained * sizeof(*s->draw));
    }
    for (size_t i = 0; i < passes * s->params.trained; i++) {
        const locl_param *param = &s->params.param[i % s->params.trained];
        if (locl_probe_weight_noise_find(p->in, i / s->params.trained, param)) {
            s->draw[i] = locl_arena_take(p->io, param->count * sizeof(float), "weight draws");
        }
    }
    return LOCL_OK;
}

static locl_status upload_weight_noise(probe *p, const stage_draws *s, locl_error *err)
{
    for (size_t i = 0; i < p->config->rule.passes * s->params.trained; i++) {
        const locl_param *param = &s->params.param[i % s->params.trained];
        if (s->draw[i]) {
            const locl_array *u = locl_probe_weight_noise_find(p->in, i / s->params.trained, param);
            LOCL_TRY(locl_buffer_write(&p->queue, s->draw[i]->mem, 0, s->draw[i]->bytes, u->data,
                                       LOCL_BLOCKING, NULL, NULL, err));
        }
    }
    return LOCL_OK;
}

static locl_status upload_noise(probe *p, locl_error *err)
{
    for (size_t block = 0; block < p->model.blocks; block++) {
        for (int layer = 0; layer < LOCL_LAYERS; layer++) {
            size_t values =
                locl_probe_noise_values(&p->model, &p->config->rule, rows_of(p), block, (locl_layer)layer);
            size_t axis = locl_probe_noise_axis(&p->config->rule, (locl_layer)layer);
            for (size_t m = 0; m < p->config->rule.passes; m++) {
                const locl_array *u = locl_probe_noise_find(p->in, m, block, (locl_layer)layer);
                if (u) {
                    LOCL_TRY(locl_probe_write_slice(&p->queue, u, axis, &p->slice, p->noise[block][layer],
                                                    m * values, err));
                }
            }
        }
    }
    return LOCL_OK;
}

/* Makes the given draws part of what the stages are recorded with. */
static locl_status take_draws(probe *p, size_t stages, locl_error *err)
{
    if (!locl_rule_of(p->config->rule.kind)->weights) {
        take_noise(p);
        for (size_t i = 0; i < stages; i++) {
            p->options[i].given = p->noise;
        }
        return LOCL_OK;
    }
    for (size_t i = 0; i < stages; i++) {
        p->drawn_stages = i + 1;
        LOCL_TRY(take_weight_noise(p, &p->options[i], &p->weight_draws[i], err));
        p->options[i].given_weights = p->weight_draws[i].draw;
    }
    return LOCL_OK;
}

/* Uploads draws of weights, which are the same for every slice. */
static locl_status upload_weight_draws(probe *p, locl_error *err)
{
    for (size_t i = 0; i < p->drawn_stages; i++) {
        LOCL_TRY(upload_weight_noise(p, &p->weight_draws[i], err));
    }
    return LOCL_OK;
}

/* Records all stages, after which their needs are known. */
static locl_status open_stages(probe *p, locl_error *err)
{
    locl_device *device = p->device;
    size_t blocks = p->model.blocks;
    const locl_stage_options like = {.model = &p->model,
                                     .rule = &p->config->rule,
                                     .train = true,
                                     .products = {.engine = locl_stage_engine(p->config->engine, device)},
                                     .seed = p->config->seed,
                                     .batch = p->slice.batch * p->slice.views,
                                     .slice = rows_of(p)};
    p->options = calloc(blocks, sizeof *p->options);
    p->weight_draws = calloc(blocks, sizeof *p->weight_draws);
    if (!p->options || !p->weight_draws) {
        return locl_fail_memory(err, blocks * sizeof *p->options);
    }
    LOCL_TRY(locl_queue_create(device, LOCL_QUEUE_PLAIN, &p->queue, err));
    LOCL_TRY(locl_arena_create("workspace", &device->caps, &p->workspace, err));
    LOCL_TRY(locl_arena_create("tensors", &device->caps, &p->io, err));
    size_t stages = locl_stage_cut_options(&like, p->options);
    for (size_t i = 0; i < stages; i++) { /* contrast has no classifier in a step */
        p->options[i].classifier = p->options[i].classifier && p->slice.views == 1;
    }
    if (p->given) {
        LOCL_TRY(take_draws(p, stages, err));
    }
    LOCL_TRY(locl_stages_open(p->options, stages, device, p->workspace, &p->stages, err));
    size_t input = locl_stage_input_values(&p->stages.stage[0]), widest = locl_stages_widest(&p->stages);
    p->buffers.x = locl_arena_take(p->io, input * sizeof(float), "input");
    p->buffers.labels = locl_arena_take(p->io, rows_of(p) * sizeof(int32_t), "labels");
    for (int i = 0; i < 2; i++) {
        p->buffers.between[i] = locl_arena_take(p->io, widest * sizeof(float), "output");
    }
    return LOCL_OK;
}

/* Gives the stages their memory, parameters and draws of weights. */
static locl_status bind_stages(probe *p, locl_error *err)
{
    LOCL_TRY(locl_arena_bind(p->workspace, p->device, err));
    LOCL_TRY(locl_arena_bind(p->io, p->device, err));
    LOCL_TRY(locl_stages_bind(&p->stages, &p->queue, err));
    for (size_t i = 0; i < p->stages.count; i++) {
        LOCL_TRY(locl_stage_load(&p->stages.stage[i], &p->queue, LOCL_STORED_PARAMETERS, p->in, err));
    }
    return p->given ? upload_weight_draws(p, err) : LOCL_OK;
}

/* Uploads the images of the slice, their labels and given draws, which hold for each view. */
static locl_status upload_slice(probe *p, locl_error *err)
{
    const locl_array *labels = locl_arrays_find(p->in, "labels");
    bool draws = p->given && !locl_rule_of(p->config->rule.kind)->weights;
    for (size_t view = 0; view < p->slice.views; view++) {
        p->slice.view = view;
        LOCL_TRY(upload_view(p, view, err));
        LOCL_TRY(draws ? upload_noise(p, err) : LOCL_OK);
    }
    return labels ? locl_probe_write_slice(&p->queue, labels, 0, &p->slice, p->buffers.labels, 0, err)
                  : LOCL_OK;
}

static void close_probe(probe *p)
{
    locl_stages_close(&p->stages);
    locl_arena_release(p->workspace);
    locl_arena_release(p->io);
    locl_queue_release(&p->queue);
    for (size_t i = 0; i < p->drawn_stages; i++) {
        locl_params_release(&p->weight_draws[i].params);
        free(p->weight_draws[i].draw);
    }
    free(p->weight_draws);
    free(p->options);
}

static locl_status read_weight_jvp(probe *p, const locl_stage *stage, locl_error *err)
{
    const locl_part *part = &stage->part;
    for (size_t block = stage->options.first; block < stage->options.last; block++) {
        char suffix[32];
        snprintf(suffix, sizeof suffix, ".blocks.%zu", block);
        if (part->tap.weight_jvp[block]) {
            LOCL_TRY(locl_probe_add_weight_jvp(p->out, &p->queue, suffix, part->tap.weight_jvp[block],
                                               part->tap.jvp_stride, p->config->rule.passes,
                                               p->model.block[block].groups, &p->slice, err));
        }
    }
    if (part->tap.classifier_weight_jvp) {
        return locl_probe_add_weight_jvp(p->out, &p->queue, "", part->tap.classifier_weight_jvp,
                                         part->tap.jvp_stride, p->config->rule.passes, 1, &p->slice, err);
    }
    return LOCL_OK;
}

/* Reads the directional derivatives of a block's replicated losses. */
static locl_status read_jvp(probe *p, const locl_part *part, size_t block, locl_error *err)
{
    const locl_tensor *own = part->tap.channel_jvp[block];
    size_t passes = p->config->rule.passes, patches = p->model.block[block].patches,
           groups = p->model.block[block].groups;
    if (part->tap.jvp[block] || own) {
        LOCL_TRY(locl_probe_add_jvp(p->out, &p->queue, block, part->tap.jvp[block], passes, &p->slice,
                                    patches, groups, err));
    }
    if (own) {
        const size_t dim[3] = {p->config->rule.channel_tangents, patches, groups};
        LOCL_TRY(locl_probe_add_channel_jvp(p->out, &p->queue, block, own, passes, &p->slice, dim, err));
    }
    return LOCL_OK;
}

/* Reads what a stage left on the device, as tensors of the output. */
static locl_status read_stage(void *user, size_t index, locl_error *err)
{
    probe *p = user;
    const locl_stage *stage = &p->stages.stage[index];
    const locl_stage_options *o = &stage->options;
    locl_step_metrics records[LOCL_MODEL_MAX_BLOCKS + 1];
    size_t count = locl_stage_records(stage);
    LOCL_TRY(locl_buffer_read(&p->queue, stage->metrics[0]->mem, 0, count * sizeof *records, records,
                              LOCL_BLOCKING, NULL, NULL, err));
    for (size_t block = o->first; block < o->last; block++) {
        LOCL_TRY(locl_probe_add_head(p->out, &p->queue, block, stage->part.tap.logits[block], &p->slice,
                                     p->model.outputs, records[block - o->first].loss, err));
        LOCL_TRY(read_jvp(p, &stage->part, block, err));
    }
    if (o->classifier) {
        LOCL_TRY(locl_probe_add_classifier(p->out, &p->queue, stage->part.tap.classifier_logits, &p->slice,
                                           p->model.classes, records[count - 1].loss, err));
    }
    LOCL_TRY(read_weight_jvp(p, stage, err));
    if (stage->part.tap.classifier_jvp) {
        LOCL_TRY(locl_probe_add_classifier_jvp(p->out, &p->queue, stage->part.tap.classifier_jvp,
                                               p->config->rule.passes, &p->slice, err));
    }
    bool last = p->slice.first + p->slice.images == p->slice.batch;
    return last ? locl_probe_add_gradients(p->out, &p->queue, &stage->params, stage->gradient, err) : LOCL_OK;
}

static locl_status run_probe(probe *p, locl_error *err)
{
    double seconds;
    LOCL_TRY(open_stages(p, err));
    LOCL_TRY(bind_stages(p, err));
    for (size_t s = 0; s < p->slice.batch / p->slice.images; s++) {
        p->slice.first = s * p->slice.images;
        LOCL_TRY(upload_slice(p, err));
        LOCL_TRY(locl_stages_step(&p->stages, &p->queue, &p->buffers, 0, s, read_stage, p, &seconds, err));
    }
    if (!p->given) {
        LOCL_TRY(
            locl_probe_add_draws(p->out, &p->model, &p->config->rule, p->config->seed, p->slice.batch, err));
    }
    return LOCL_OK;
}

/* Cuts the batch into slices. Only now, from the images, is it known whether they divide it. */
static locl_status cut_batch(probe *p, locl_error *err)
{
    size_t slice = p->config->data.microbatch, batch = p->slice.batch;
    char where[640];
    p->slice.images = slice ? slice : batch;
    locl_config_where(p->config, "data.microbatch", where, sizeof where);
    if (p->slice.images != batch && locl_model_contrasts(&p->model)) {
        return locl_fail(
            err, LOCL_E_CONFIG,
            "%s: data.microbatch: found %zu with task.name contrast, whose losses compare all %zu "
            "images of the probe at once; should be left out",
            where, slice, batch);
    }
    if (batch % p->slice.images == 0) {
        return LOCL_OK;
    }
    return locl_fail(
        err, LOCL_E_CONFIG,
        "%s: data.microbatch: found %zu, which does not divide the %zu images of the probe, should "
        "be a divisor of %zu",
        where, slice, batch, batch);
}

locl_status locl_probe(const locl_config *config, locl_device *device, const locl_arrays *in,
                       locl_arrays *out, locl_error *err)
{
    locl_status status;
    probe *p = calloc(1, sizeof *p);
    if (!p) {
        return locl_fail_memory(err, sizeof *p);
    }
    *p = (probe){.config = config, .in = in, .out = out, .device = device};
    LOCL_TRY_GOTO(status, locl_model_open(&config->model, &p->model, err));
    LOCL_TRY_GOTO(status, locl_probe_check(in, &p->model, &config->rule, &p->slice.batch, &p->given, err));
    p->slice.views = p->model.views;
    LOCL_TRY_GOTO(status, cut_batch(p, err));
    status = run_probe(p, err);
fail:
    close_probe(p);
    free(p);
    return status;
}
