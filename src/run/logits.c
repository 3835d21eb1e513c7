/* The outputs of a run's network for given images, by the stages that evaluate, one after another. */
#include "locl/tensors.h"

#include "data/patches.h"
#include "device/call.h"
#include "run/run.h"
#include "sched/in_turn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Images are computed in slices of one size, the last of which is filled up. */
typedef struct predictor {
    locl_run *run;
    size_t slice;         /* images of it */
    size_t first, images; /* those of the caller's that the slice at hand has */
    size_t count;         /* all of the caller's */
    float *logits, *heads;
    float *x; /* [slice,P,C] on the host, and then [slice,K] on their way back */
    locl_patch_shape patches;
    locl_queue queue;
    locl_arena *workspace, *io;
    locl_stage_options *options;
    locl_stages stages;
    locl_stages_buffers buffers;
} predictor;

/* Records the stages of the run's network and gives them its parameters. */
static locl_status open_stages(predictor *p, locl_error *err)
{
    locl_run *run = p->run;
    locl_device *device = run->devices->device[0];
    const locl_stage_options like = {.model = &run->model,
                                     .rule = &run->config->rule,
                                     .products = {.engine = locl_stage_engine(run->config->engine, device)},
                                     .seed = run->config->seed,
                                     .batch = p->slice,
                                     .running = run->model.options.norm == LOCL_NORM_BATCH};
    p->options = calloc(run->model.blocks, sizeof *p->options);
    if (!p->options) {
        return locl_fail_memory(err, run->model.blocks * sizeof *p->options);
    }
    LOCL_TRY(locl_queue_create(device, LOCL_QUEUE_PLAIN, &p->queue, err));
    LOCL_TRY(locl_arena_create("workspace", &device->caps, &p->workspace, err));
    LOCL_TRY(locl_arena_create("tensors", &device->caps, &p->io, err));
    size_t stages = locl_stage_cut_options(&like, p->options);
    LOCL_TRY(locl_stages_open(p->options, stages, device, p->workspace, &p->stages, err));
    size_t input = locl_stage_input_values(&p->stages.stage[0]), widest = locl_stages_widest(&p->stages);
    size_t held = input > p->slice * run->model.classes ? input : p->slice * run->model.classes;
    p->x = calloc(held, sizeof *p->x);
    p->buffers.x = locl_arena_take(p->io, input * sizeof(float), "input");
    p->buffers.labels = locl_arena_take(p->io, p->slice * sizeof(int32_t), "labels");
    for (int i = 0; i < 2; i++) {
        p->buffers.between[i] = locl_arena_take(p->io, widest * sizeof(float), "output");
    }
    return p->x ? LOCL_OK : locl_fail_memory(err, held * sizeof *p->x);
}

static locl_status bind_stages(predictor *p, locl_error *err)
{
    const int32_t none = 0;
    locl_arrays values = {0};
    locl_device *device = p->run->devices->device[0];
    LOCL_TRY(locl_arena_bind(p->workspace, device, err));
    LOCL_TRY(locl_arena_bind(p->io, device, err));
    LOCL_TRY(locl_stages_bind(&p->stages, &p->queue, err));
    LOCL_TRY(locl_buffer_fill(&p->queue, p->buffers.labels->mem, 0, p->buffers.labels->bytes, &none,
                              sizeof none, err));
    locl_status status = locl_pipeline_save(p->run->pipeline, LOCL_STORED_PARAMETERS, &values, err);
    for (size_t i = 0; i < p->stages.count && status == LOCL_OK; i++) {
        status = locl_stage_load(&p->stages.stage[i], &p->queue, LOCL_STORED_PARAMETERS, &values, err);
    }
    locl_arrays_free(&values);
    return status;
}

/* Cuts the slice's images into patches and uploads them. */
static locl_status upload(predictor *p, const float *images, locl_error *err)
{
    const locl_tensor *to = p->buffers.x;
    const locl_patch_shape *s = &p->patches;
    size_t values = s->count * s->size;
    memset(p->x, 0, to->bytes);
    for (size_t n = 0; n < p->images; n++) {
        locl_patches_from_floats(s, images + (p->first + n) * values, p->x + n * values);
    }
    return locl_buffer_write(&p->queue, to->mem, 0, to->bytes, p->x, LOCL_BLOCKING, NULL, NULL, err);
}

/* Reads a readout's logits [slice,K] to those of the caller [count,K]. */
static locl_status read_logits(predictor *p, const locl_tensor *from, float *to, locl_error *err)
{
    size_t classes = p->run->model.classes;
    LOCL_TRY(locl_stage_read(&p->queue, from, p->slice * classes, p->x, err));
    memcpy(to + p->first * classes, p->x, p->images * classes * sizeof *to);
    return LOCL_OK;
}

static locl_status read_stage(void *user, size_t index, locl_error *err)
{
    predictor *p = user;
    const locl_stage *stage = &p->stages.stage[index];
    const locl_stage_options *o = &stage->options;
    for (size_t block = o->first; block < o->last && p->heads; block++) {
        float *to = p->heads + block * p->count * p->run->model.classes;
        LOCL_TRY(read_logits(p, stage->evaluation.tap.logits[block], to, err));
    }
    return o->classifier ? read_logits(p, stage->evaluation.tap.classifier_logits, p->logits, err) : LOCL_OK;
}

static locl_status predict(predictor *p, const float *images, locl_error *err)
{
    LOCL_TRY(open_stages(p, err));
    LOCL_TRY(bind_stages(p, err));
    for (p->first = 0; p->first < p->count; p->first += p->slice) {
        size_t left = p->count - p->first;
        p->images = left < p->slice ? left : p->slice;
        LOCL_TRY(upload(p, images, err));
        LOCL_TRY(locl_stages_evaluate(&p->stages, &p->queue, &p->buffers, read_stage, p, err));
    }
    return LOCL_OK;
}

static void close_predictor(predictor *p)
{
    locl_stages_close(&p->stages);
    locl_arena_release(p->workspace);
    locl_arena_release(p->io);
    locl_queue_release(&p->queue);
    free(p->options);
    free(p->x);
}

static locl_status check_images(const float *images, size_t count, size_t values, locl_error *err)
{
    if (count == 0) {
        return locl_fail(err, LOCL_E_USAGE, "no image is given");
    }
    for (size_t i = 0; i < count * values; i++) {
        if (!isfinite(images[i])) {
            return locl_fail(err, LOCL_E_USAGE, "value %zu of image %zu is not finite", i % values,
                             i / values);
        }
    }
    return LOCL_OK;
}

locl_status locl_run_logits(locl_run *run, const float *images, size_t count, float *logits, float *heads,
                            locl_error *err)
{
    LOCL_OWN_ERROR(err);
    predictor p = {.run = run, .count = count, .logits = logits, .heads = heads};
    LOCL_TRY(locl_run_prepare(run, LOCL_RUN_TEST_SET, err));
    if (heads && locl_model_contrasts(&run->model)) {
        return locl_fail(err, LOCL_E_USAGE, "task.name contrast: its heads give no logits of classes");
    }
    const unsigned *image = run->model.options.image;
    LOCL_TRY(
        locl_patch_shape_make(image[0], image[1], image[2], run->model.options.patches, &p.patches, err));
    LOCL_TRY(check_images(images, count, p.patches.count * p.patches.size, err));
    size_t slice = run->config->data.microbatch ? run->config->data.microbatch : run->config->data.batch;
    p.slice = count < slice ? count : slice;
    locl_status status = predict(&p, images, err);
    close_predictor(&p);
    return status;
}
