#include "study/probe.h"

#include "data/patches.h"
#include "study/probe_tensors.h"
#include "sched/stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a probe holds while it goes from stage to stage. */
typedef struct probe {
    const locl_config *config;
    const locl_arrays *in;
    locl_arrays *out;
    locl_device *device;
    locl_model model;
    locl_queue queue;
    size_t batch;
    bool given; /* draws come with the tensors */
    float *x;   /* [B,P,in] of the stage to run */
} probe;

/* The device memory of one stage's run. */
typedef struct probe_stage {
    locl_arena *workspace, *io; /* io: inputs, outputs, draws */
    locl_stage stage;
    const locl_tensor *input, *labels, *output;
    const locl_tensor *noise[LOCL_MODEL_MAX_BLOCKS][LOCL_LAYERS];
    const locl_tensor **weight_noise; /* [M][params] of weight rules */
    locl_params params;               /* as the stage will have them */
} probe_stage;

static locl_status first_input(probe *p, locl_error *err)
{
    const unsigned *image = p->model.options.image;
    locl_patch_shape shape;
    LOCL_TRY(locl_patch_shape_make(image[0], image[1], image[2], p->model.options.patches, &shape, err));
    size_t values = shape.count * shape.size, pixels = shape.h * shape.w * shape.c;
    const float *images = locl_arrays_find(p->in, "images")->data;
    p->x = malloc(p->batch * values * sizeof *p->x);
    if (!p->x) {
        return locl_fail_memory(err, p->batch * values * sizeof *p->x);
    }
    for (size_t n = 0; n < p->batch; n++) {
        locl_patches_from_floats(&shape, images + n * pixels, p->x + n * values);
    }
    return LOCL_OK;
}

/* Room for the given draws of the stage's blocks, all passes of a layer in one tensor. */
static void take_noise(const probe *p, probe_stage *s, size_t first, size_t last)
{
    for (size_t block = first; block < last; block++) {
        for (int layer = 0; layer < LOCL_LAYERS; layer++) {
            size_t values =
                locl_probe_noise_values(&p->model, &p->config->rule, p->batch, block, (locl_layer)layer);
            s->noise[block][layer] =
                values ? locl_arena_take(s->io, p->config->rule.passes * values * sizeof(float), "draws")
                       : NULL;
        }
    }
}

/* The same for weight rules: a tensor for each pass of each perturbed parameter that was given. */
static locl_status take_weight_noise(const probe *p, probe_stage *s, size_t first, size_t last,
                                     locl_error *err)
{
    size_t passes = p->config->rule.passes;
    LOCL_TRY(locl_params_layout(&p->model, first, last, last == p->model.blocks,
                                locl_rule_of(p->config->rule.kind)->params, 1, &s->params, err));
    s->weight_noise = calloc(passes * s->params.trained, sizeof(*s->weight_noise));
    if (!s->weight_noise) {
        return locl_fail_memory(err, passes * s->params.trained * sizeof(*s->weight_noise));
    }
    for (size_t i = 0; i < passes * s->params.trained; i++) {
        const locl_param *param = &s->params.param[i % s->params.trained];
        if (locl_probe_weight_noise_find(p->in, i / s->params.trained, param)) {
            s->weight_noise[i] = locl_arena_take(s->io, param->count * sizeof(float), "weight draws");
        }
    }
    return LOCL_OK;
}

static locl_status upload_weight_noise(probe *p, const probe_stage *s, locl_error *err)
{
    for (size_t i = 0; i < p->config->rule.passes * s->params.trained; i++) {
        const locl_param *param = &s->params.param[i % s->params.trained];
        if (s->weight_noise[i]) {
            const locl_array *u = locl_probe_weight_noise_find(p->in, i / s->params.trained, param);
            LOCL_TRY(locl_buffer_write(&p->queue, s->weight_noise[i]->mem, 0, s->weight_noise[i]->bytes,
                                       u->data, true, NULL, NULL, err));
        }
    }
    return LOCL_OK;
}

static locl_status upload_noise(probe *p, const probe_stage *s, locl_error *err)
{
    const locl_stage_options *o = &s->stage.options;
    for (size_t block = o->first; block < o->last; block++) {
        for (int layer = 0; layer < LOCL_LAYERS; layer++) {
            size_t bytes =
                locl_probe_noise_values(&p->model, &p->config->rule, p->batch, block, (locl_layer)layer) *
                sizeof(float);
            for (size_t m = 0; m < p->config->rule.passes; m++) {
                const locl_array *u = locl_probe_noise_find(p->in, m, block, (locl_layer)layer);
                if (u) {
                    LOCL_TRY(locl_buffer_write(&p->queue, s->noise[block][layer]->mem, m * bytes, bytes,
                                               u->data, true, NULL, NULL, err));
                }
            }
        }
    }
    return LOCL_OK;
}

static locl_status open_stage(probe *p, size_t first, size_t last, probe_stage *s, locl_error *err)
{
    locl_device *device = p->device;
    LOCL_TRY(locl_arena_create("workspace", &device->caps, &s->workspace, err));
    LOCL_TRY(locl_arena_create("tensors", &device->caps, &s->io, err));
    bool weights = locl_rule_of(p->config->rule.kind)->weights;
    if (p->given && weights) {
        LOCL_TRY(take_weight_noise(p, s, first, last, err));
    } else if (p->given) {
        take_noise(p, s, first, last);
    }
    locl_stage_options options = {.model = &p->model,
                                  .rule = &p->config->rule,
                                  .train = true,
                                  .engine = locl_stage_engine(p->config->engine, device),
                                  .seed = p->config->seed,
                                  .batch = p->batch,
                                  .first = first,
                                  .last = last,
                                  .classifier = last == p->model.blocks,
                                  .given = p->given && !weights ? s->noise : NULL,
                                  .given_weights = s->weight_noise};
    LOCL_TRY(locl_stage_open(&options, device, s->workspace, &s->stage, err));
    size_t label_bytes = p->batch * sizeof(int32_t);
    s->input = locl_arena_take(s->io, locl_stage_input_values(&s->stage) * sizeof(float), "input");
    s->output = locl_arena_take(s->io, locl_stage_output_values(&s->stage) * sizeof(float), "output");
    s->labels = locl_arena_take(s->io, label_bytes, "labels");
    LOCL_TRY(locl_arena_bind(s->workspace, device, err));
    LOCL_TRY(locl_arena_bind(s->io, device, err));
    LOCL_TRY(locl_stage_bind(&s->stage, &p->queue, err));
    LOCL_TRY(locl_stage_load(&s->stage, &p->queue, false, p->in, err));
    LOCL_TRY(locl_buffer_write(&p->queue, s->input->mem, 0, s->input->bytes, p->x, true, NULL, NULL, err));
    LOCL_TRY(locl_buffer_write(&p->queue, s->labels->mem, 0, label_bytes,
                               locl_arrays_find(p->in, "labels")->data, true, NULL, NULL, err));
    if (!p->given) {
        return LOCL_OK;
    }
    return weights ? upload_weight_noise(p, s, err) : upload_noise(p, s, err);
}

static void close_stage(probe_stage *s)
{
    locl_stage_close(&s->stage);
    locl_arena_release(s->workspace);
    locl_arena_release(s->io);
    locl_params_release(&s->params);
    free(s->weight_noise);
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
                                               p->model.block[block].groups, err));
        }
    }
    if (part->tap.classifier_weight_jvp) {
        return locl_probe_add_weight_jvp(p->out, &p->queue, "", part->tap.classifier_weight_jvp,
                                         part->tap.jvp_stride, p->config->rule.passes, 1, err);
    }
    return LOCL_OK;
}

/* Of a block's replicated losses. */
static locl_status read_jvp(probe *p, const locl_part *part, size_t block, locl_error *err)
{
    const locl_tensor *own = part->tap.channel_jvp[block];
    size_t passes = p->config->rule.passes, patches = p->model.block[block].patches,
           groups = p->model.block[block].groups;
    if (part->tap.jvp[block] || own) {
        LOCL_TRY(locl_probe_add_jvp(p->out, &p->queue, block, part->tap.jvp[block], passes, p->batch, patches,
                                    groups, err));
    }
    if (own) {
        const size_t dim[4] = {p->config->rule.channel_tangents, p->batch, patches, groups};
        LOCL_TRY(locl_probe_add_channel_jvp(p->out, &p->queue, block, own, passes, dim, err));
    }
    return LOCL_OK;
}

/* What the stage left on the device, as tensors of the output. */
static locl_status read_stage(probe *p, const probe_stage *s, locl_error *err)
{
    const locl_stage *stage = &s->stage;
    const locl_stage_options *o = &stage->options;
    locl_step_metrics records[LOCL_MODEL_MAX_BLOCKS + 1];
    size_t count = locl_stage_records(stage);
    LOCL_TRY(locl_buffer_read(&p->queue, stage->metrics[0]->mem, 0, count * sizeof *records, records, true,
                              NULL, NULL, err));
    for (size_t block = o->first; block < o->last; block++) {
        LOCL_TRY(locl_probe_add_head(p->out, &p->queue, block, stage->part.tap.logits[block], p->batch,
                                     p->model.classes, records[block - o->first].loss, err));
        LOCL_TRY(read_jvp(p, &stage->part, block, err));
    }
    if (o->classifier) {
        LOCL_TRY(locl_probe_add_classifier(p->out, &p->queue, stage->part.tap.classifier_logits, p->batch,
                                           p->model.classes, records[count - 1].loss, err));
    }
    LOCL_TRY(read_weight_jvp(p, stage, err));
    if (stage->part.tap.classifier_jvp) {
        LOCL_TRY(locl_probe_add_classifier_jvp(p->out, &p->queue, stage->part.tap.classifier_jvp,
                                               p->config->rule.passes, p->batch, err));
    }
    return locl_probe_add_gradients(p->out, &p->queue, &stage->params, stage->gradient, err);
}

static locl_status run_stage(probe *p, size_t first, size_t last, locl_error *err)
{
    locl_status status = LOCL_OK;
    probe_stage *s = calloc(1, sizeof *s);
    if (!s) {
        return locl_fail_memory(err, sizeof *s);
    }
    LOCL_TRY_GOTO(status, open_stage(p, first, last, s, err));
    LOCL_TRY_GOTO(status, locl_stage_step(&s->stage, &p->queue, s->input, s->labels, s->output, 0, err));
    LOCL_TRY_GOTO(status, locl_queue_finish(&p->queue, err));
    LOCL_TRY_GOTO(status, read_stage(p, s, err));
    if (last < p->model.blocks) {
        float *x = realloc(p->x, s->output->bytes);
        if (!x) {
            status = locl_fail_memory(err, s->output->bytes);
            goto fail;
        }
        p->x = x;
        LOCL_TRY_GOTO(status, locl_buffer_read(&p->queue, s->output->mem, 0, s->output->bytes, x, true, NULL,
                                               NULL, err));
    }
fail:
    close_stage(s);
    free(s);
    return status;
}

static locl_status run_probe(probe *p, locl_error *err)
{
    size_t first[LOCL_MODEL_MAX_BLOCKS], last[LOCL_MODEL_MAX_BLOCKS];
    size_t stages = locl_stage_cut(&p->model, &p->config->rule, first, last);
    LOCL_TRY(locl_queue_create(p->device, false, &p->queue, err));
    LOCL_TRY(first_input(p, err));
    for (size_t i = 0; i < stages; i++) {
        LOCL_TRY(run_stage(p, first[i], last[i], err));
    }
    if (!p->given) {
        LOCL_TRY(locl_probe_add_draws(p->out, &p->model, &p->config->rule, p->config->seed, p->batch, err));
    }
    return LOCL_OK;
}

locl_status locl_probe(const locl_config *config, locl_device *device, const locl_arrays *in,
                       locl_arrays *out, locl_error *err)
{
    probe p = {.config = config, .in = in, .out = out, .device = device};
    LOCL_TRY(locl_model_open(&config->model, &p.model, err));
    LOCL_TRY(locl_probe_check(in, &p.model, &config->rule, &p.batch, &p.given, err));
    locl_status status = run_probe(&p, err);
    locl_queue_release(&p.queue);
    free(p.x);
    return status;
}
