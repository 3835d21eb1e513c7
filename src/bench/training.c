#include "bench/training.h"

#include "base/clock.h"
#include "data/loader.h"
#include "run/tune.h"

#include <stdlib.h>

enum { RING = 4, BATCHES = 16, FEWEST_BATCHES = 2, MOST_BYTES = 1 << 27 };

/* Makes up bytes and labels, on which a step's time does not depend. */
static locl_status make_images(const locl_model *model, size_t batch, locl_dataset *out, locl_error *err)
{
    const unsigned *image = model->options.image;
    *out = (locl_dataset){
        .n = BATCHES * batch, .h = image[0], .w = image[1], .c = image[2], .classes = model->classes};
    size_t image_bytes = out->h * out->w * out->c;
    for (size_t batches = BATCHES; batches > FEWEST_BATCHES && out->n * image_bytes > MOST_BYTES;
         batches /= 2) {
        out->n /= 2; /* large images */
    }
    size_t bytes = out->n * image_bytes;
    out->pixels = malloc(bytes);
    out->labels = malloc(out->n * sizeof *out->labels);
    if (!out->pixels || !out->labels) {
        return locl_fail_memory(err, bytes);
    }
    for (size_t i = 0; i < bytes; i++) {
        out->pixels[i] = (uint8_t)((uint32_t)i * 2654435761u >> 24);
    }
    for (size_t i = 0; i < out->n; i++) {
        out->labels[i] = (int32_t)(i % out->classes);
    }
    for (size_t i = 0; i < out->c; i++) {
        out->mean[i] = out->std[i] = 0.5;
    }
    return LOCL_OK;
}

locl_status locl_bench_training_plan(const locl_config *config, locl_bench_training *out, locl_error *err)
{
    *out = (locl_bench_training){.config = config, .optim = config->optimizer};
    out->optim.lr = 0;
    return locl_model_open(&config->model, &out->model, err);
}

locl_status locl_bench_training_images(locl_bench_training *t, locl_error *err)
{
    return make_images(&t->model, t->config->data.batch, &t->images, err);
}

locl_status locl_bench_training_open(const locl_config *config, locl_bench_training *out, locl_error *err)
{
    LOCL_TRY(locl_bench_training_plan(config, out, err));
    return locl_bench_training_images(out, err);
}

void locl_bench_training_close(locl_bench_training *t)
{
    free(t->images.pixels);
    free(t->images.labels);
    for (size_t d = 0; d < t->devices; d++) {
        free((void *)t->products[d].known);
    }
    free(t->products);
    *t = (locl_bench_training){0};
}

locl_pipeline_options locl_bench_training_options(const locl_bench_training *t)
{
    return (locl_pipeline_options){.model = &t->model,
                                   .rule = &t->config->rule,
                                   .optim = &t->optim,
                                   .engine = t->config->engine,
                                   .precision = t->config->precision,
                                   .products = t->products,
                                   .seed = t->config->seed,
                                   .batch = t->config->data.batch,
                                   .slice = t->config->data.microbatch};
}

locl_status locl_bench_training_choose(locl_bench_training *t, locl_devices *devices, locl_error *err)
{
    const locl_tune_options tune = {.effort = t->config->tune, .what = LOCL_TUNE_NOTHING};
    const locl_pipeline_options pipeline = locl_bench_training_options(t);
    locl_tune_list *list;
    if (tune.effort == LOCL_TUNE_OFF) {
        return LOCL_OK;
    }
    LOCL_TRY(locl_run_tune_list(&tune, &pipeline, devices, &list, err));
    t->products = locl_run_tune_choices(list, devices->count);
    t->devices = t->products ? devices->count : 0;
    locl_run_tune_free(list, devices->count);
    return t->products ? LOCL_OK : locl_fail_memory(err, devices->count * sizeof *t->products);
}

locl_status locl_bench_training_as(const locl_bench_training *t, locl_pipeline *pipeline, size_t steps,
                                   const locl_pipeline_run *like, locl_error *err)
{
    locl_pipeline_run run = *like;
    uint64_t next;
    locl_loader_options options = {.batch = t->config->data.batch,
                                   .views = t->model.views,
                                   .slice = t->config->data.microbatch,
                                   .patches = t->model.options.patches,
                                   .ring = RING,
                                   .augment = &t->config->augment,
                                   .threads = t->config->data.threads,
                                   .training = true,
                                   .end = steps};
    LOCL_TRY(locl_loader_open(&t->images, &options, &run.loader, err));
    run.end = run.steps_per_epoch = steps;
    run.epochs = 1;
    locl_status status = locl_pipeline_train(pipeline, &run, &next, err);
    locl_loader_close(run.loader);
    return status;
}

locl_status locl_bench_training_run(const locl_bench_training *t, locl_pipeline *pipeline, size_t steps,
                                    double *seconds, locl_error *err)
{
    const locl_pipeline_run plain = {.loader = NULL};
    double start = locl_clock_seconds();
    locl_status status = locl_bench_training_as(t, pipeline, steps, &plain, err);
    *seconds = locl_clock_seconds() - start;
    return status;
}

typedef struct stretch {
    uint64_t first, last;
    double begin, end;
} stretch;

static void see_step(void *user, const locl_step_report *report)
{
    stretch *s = user;
    if (report->step == s->first) {
        s->begin = locl_clock_seconds();
    } else if (report->step == s->last) {
        s->end = locl_clock_seconds();
    }
}

locl_status locl_bench_training_stretch(const locl_bench_training *t, locl_pipeline *pipeline, size_t steps,
                                        double *seconds, locl_error *err)
{
    enum { FILL = 4, DRAIN = 3 }; /* steps at both ends in which not all devices are busy */
    stretch s = {.first = FILL - 1, .last = FILL - 1 + steps};
    const locl_pipeline_run watched = {.handler = see_step, .user = &s};
    LOCL_TRY(locl_bench_training_as(t, pipeline, FILL + steps + DRAIN, &watched, err));
    *seconds = s.end - s.begin;
    return LOCL_OK;
}

/* Returns who computes the products on a device. */
static locl_gemm_choices products_on(const locl_bench_training *t, const locl_device *device)
{
    locl_gemm_choices out = device->index < t->devices ? t->products[device->index] : (locl_gemm_choices){0};
    out.engine = locl_stage_engine(t->config->engine, device);
    return out;
}

locl_status locl_bench_recording_open(const locl_bench_training *t, locl_device *device,
                                      locl_bench_recording *out, locl_error *err)
{
    const locl_stage_options like = {.model = &t->model,
                                     .rule = &t->config->rule,
                                     .optim = &t->optim,
                                     .train = true,
                                     .products = products_on(t, device),
                                     .seed = t->config->seed,
                                     .batch = t->config->data.batch * t->model.views,
                                     .slice = t->config->data.microbatch * t->model.views,
                                     .running = true};
    locl_stage_options *options = calloc(t->model.blocks, sizeof *options);
    *out = (locl_bench_recording){0};
    if (!options) {
        return locl_fail_memory(err, t->model.blocks * sizeof *options);
    }
    size_t stages = locl_stage_cut_options(&like, options);
    locl_status status = locl_arena_create("workspace", &device->caps, &out->workspace, err);
    if (status == LOCL_OK) {
        status = locl_stages_open(options, stages, device, out->workspace, &out->stages, err);
    }
    free(options);
    return status;
}

void locl_bench_recording_close(locl_bench_recording *recording)
{
    locl_stages_close(&recording->stages);
    locl_arena_release(recording->workspace);
    *recording = (locl_bench_recording){0};
}
