#include "support/step_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void ok(locl_status status, const locl_error *err)
{
    if (status != LOCL_OK) {
        fail_msg("%s: %s", err->where, err->message);
    }
}

static void make_images(locl_dataset *d)
{
    *d = (locl_dataset){
        .n = STEP_RUN_IMAGES, .h = 8, .w = 8, .c = 1, .classes = 5, .mean = {0.4}, .std = {0.25}};
    d->pixels = malloc(d->n * 64);
    d->labels = malloc(d->n * sizeof *d->labels);
    assert_true(d->pixels && d->labels);
    for (size_t i = 0; i < d->n; i++) {
        d->labels[i] = (int32_t)(i * 3 % 5);
        for (size_t j = 0; j < 64; j++) {
            size_t noise = (i * 97 + j * 31 + i * j * 7) % 97;
            d->pixels[i * 64 + j] = (uint8_t)(noise + 25 * ((j / 8 + (size_t)d->labels[i]) % 5));
        }
    }
}

void step_run_begin(step_run *run, locl_devices *devices)
{
    locl_error err = {0};
    locl_model_options o = locl_model_options_default();
    o.image[0] = o.image[1] = 8;
    o.image[2] = 1;
    o.classes = 5;
    o.blocks = 4;
    o.patches = 2;
    o.channels = 24;
    o.groups = 3;
    *run = (step_run){.devices = devices,
                      .rule = locl_rule_options_default(),
                      .optim = locl_optim_options_default(),
                      .engine = LOCL_ENGINE_NATIVE,
                      .batch = STEP_RUN_BATCH};
    ok(locl_model_open(&o, &run->model, &err), &err);
    make_images(&run->dataset);
}

void step_run_place(step_run *run, const unsigned where[4])
{
    run->placements = 4;
    for (unsigned k = 0; k < 4; k++) {
        run->placement[k] =
            (locl_placement_entry){.blocks = {k}, .block_count = 1, .devices = {where[k]}, .device_count = 1};
    }
}

locl_status step_run_try_open(step_run *run, locl_error *err)
{
    locl_pipeline_options options = {.model = &run->model,
                                     .rule = &run->rule,
                                     .optim = &run->optim,
                                     .placement = run->placements ? run->placement : NULL,
                                     .placements = run->placements,
                                     .policy = run->policy,
                                     .seconds = run->seconds,
                                     .deadline = run->deadline,
                                     .engine = run->engine,
                                     .precision = run->precision,
                                     .seed = 11,
                                     .batch = run->batch,
                                     .slice = run->slice,
                                     .depth = run->depth};
    return locl_pipeline_open(&options, run->devices, &run->pipeline, err);
}

void step_run_open(step_run *run)
{
    locl_error err = {0};
    ok(step_run_try_open(run, &err), &err);
}

void step_run_close(step_run *run)
{
    locl_pipeline_close(run->pipeline);
    locl_devices_close(run->devices);
    free(run->dataset.pixels);
    free(run->dataset.labels);
}

locl_devices *step_devices(const char *selectors)
{
    locl_error err = {0};
    locl_devices *devices;
    return locl_devices_open_text(selectors, &devices, &err) == LOCL_OK ? devices : NULL;
}

locl_devices *step_devices_of(const locl_device_spec *specs, size_t count)
{
    locl_error err = {0};
    locl_devices *devices;
    unsetenv("LOCL_DEVICES");
    return locl_devices_open(specs, count, &devices, &err) == LOCL_OK ? devices : NULL;
}

static const char *root(void)
{
    const char *chosen = getenv("LOCL_DEVICES");
    return chosen && !strchr(chosen, ',') ? chosen : "portable";
}

locl_devices *step_whole(void)
{
    locl_devices *whole = step_devices(root());
    return whole ? whole : step_devices("auto");
}

locl_devices *step_halves(void)
{
    char text[80];
    locl_devices *whole = step_whole();
    if (!whole) {
        return NULL;
    }
    const char *address = whole->device[0]->selector;
    snprintf(text, sizeof text, "%s/0/2,%s/1/2", address, address);
    locl_devices_close(whole);
    return step_devices(text);
}

static locl_loader *open_loader(const step_run *run, const step_ask *ask, bool training)
{
    locl_error err = {0};
    locl_loader *loader;
    locl_loader_options options = {.batch = run->batch,
                                   .slice = run->slice,
                                   .patches = run->model.options.patches,
                                   .ring = 4,
                                   .seed = 11,
                                   .training = training,
                                   .first = ask->first,
                                   .end = ask->loader_end ? ask->loader_end : ask->end};
    ok(locl_loader_open(&run->dataset, &options, &loader, &err), &err);
    return loader;
}

static locl_pipeline_run run_of(const step_ask *ask, locl_loader *loader)
{
    return (locl_pipeline_run){.loader = loader,
                               .first = ask->first,
                               .end = ask->end,
                               .steps_per_epoch = locl_loader_steps_per_epoch(loader),
                               .epochs = 50,
                               .stop = ask->stop,
                               .sequential = ask->sequential,
                               .handler = ask->handler,
                               .kept = ask->kept,
                               .keep_every = {ask->keep_every[0], ask->keep_every[1]},
                               .keep = ask->keep,
                               .user = ask->user};
}

locl_status step_run_try_train(step_run *run, const step_ask *ask, uint64_t *next, locl_error *err)
{
    locl_loader *loader = open_loader(run, ask, true);
    locl_pipeline_run asked = run_of(ask, loader);
    locl_status status = locl_pipeline_train(run->pipeline, &asked, next, err);
    locl_loader_close(loader);
    return status;
}

void step_run_train(step_run *run, uint64_t first, uint64_t end, bool sequential)
{
    locl_error err = {0};
    uint64_t next;
    ok(step_run_try_train(run, &(step_ask){.first = first, .end = end, .sequential = sequential}, &next,
                          &err),
       &err);
    assert_int_equal(next, end);
}

locl_status step_run_try_evaluate(step_run *run, const step_ask *ask, locl_error *err)
{
    locl_loader *loader = open_loader(run, ask, false);
    locl_pipeline_run asked = run_of(ask, loader);
    locl_status status = locl_pipeline_evaluate(run->pipeline, &asked, err);
    locl_loader_close(loader);
    return status;
}

void step_assert_arrays_same(const locl_arrays *a, const locl_arrays *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        const locl_array *other = locl_arrays_find(b, a->array[i]->name);
        assert_non_null(other);
        assert_int_equal(other->count, a->array[i]->count);
        if (memcmp(other->data, a->array[i]->data, locl_array_bytes(other))) {
            fail_msg("%s differs", other->name);
        }
    }
}

void step_run_save(step_run *run, locl_arrays *out)
{
    locl_error err = {0};
    ok(locl_pipeline_save(run->pipeline, LOCL_STORED_ALL, out, &err), &err);
}

void step_assert_same(step_run *a, step_run *b)
{
    locl_arrays of_a = {0}, of_b = {0};
    step_run_save(a, &of_a);
    step_run_save(b, &of_b);
    step_assert_arrays_same(&of_a, &of_b);
    locl_arrays_free(&of_a);
    locl_arrays_free(&of_b);
}

void step_assert_differ(step_run *a, step_run *b)
{
    locl_arrays of_a = {0}, of_b = {0};
    size_t different = 0;
    step_run_save(a, &of_a);
    step_run_save(b, &of_b);
    for (size_t i = 0; i < of_a.count; i++) {
        const locl_array *x = of_a.array[i], *y = locl_arrays_find(&of_b, x->name);
        different += memcmp(x->data, y->data, locl_array_bytes(x)) != 0;
    }
    assert_true(different > 0);
    locl_arrays_free(&of_a);
    locl_arrays_free(&of_b);
}
