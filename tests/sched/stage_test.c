/* A stage's recordings: gradient and update apart, so that what stands in the gradients between them is what
 * the update takes. */
#include "sched/stage.h"
#include "support/step_run.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RATE 0.5f

/* Block 0 alone, bound, with images and labels that are made up. */
typedef struct bench {
    step_run run;
    locl_queue queue;
    locl_arena *workspace, *io;
    locl_stage stage;
    locl_tensor *x, *labels, *out;
    locl_bindings bindings;
} bench;

static void ok(locl_status status, const locl_error *err)
{
    if (status != LOCL_OK) {
        fail_msg("%s: %s", err->where, err->message);
    }
}

static void write_input(bench *b)
{
    locl_error err;
    float *x = malloc(b->x->bytes);
    int32_t labels[STEP_RUN_BATCH];
    assert_non_null(x);
    for (size_t i = 0; i < b->x->bytes / sizeof *x; i++) {
        x[i] = (float)(i * 37 % 101) / 50 - 1;
    }
    for (int i = 0; i < STEP_RUN_BATCH; i++) {
        labels[i] = i % 5;
    }
    ok(locl_buffer_write(&b->queue, b->x->mem, 0, b->x->bytes, x, LOCL_BLOCKING, NULL, NULL, &err), &err);
    ok(locl_buffer_write(&b->queue, b->labels->mem, 0, sizeof labels, labels, LOCL_BLOCKING, NULL, NULL,
                         &err),
       &err);
    free(x);
}

static void bench_open(bench *b)
{
    locl_error err;
    *b = (bench){.x = NULL};
    step_run_begin(&b->run, step_whole());
    b->run.optim.momentum = 0;
    b->run.optim.weight_decay = 0;
    b->run.rule.kind = LOCL_RULE_LG_BP;
    locl_device *device = b->run.devices->device[0];
    locl_stage_options options = {.model = &b->run.model,
                                  .rule = &b->run.rule,
                                  .optim = &b->run.optim,
                                  .train = true,
                                  .products = {.engine = LOCL_ENGINE_NATIVE},
                                  .seed = 3,
                                  .batch = STEP_RUN_BATCH,
                                  .last = 1};
    ok(locl_queue_create(device, LOCL_QUEUE_PLAIN, &b->queue, &err), &err);
    ok(locl_arena_create("workspace", &device->caps, &b->workspace, &err), &err);
    ok(locl_arena_create("io", &device->caps, &b->io, &err), &err);
    ok(locl_stage_open(&options, device, b->workspace, &b->stage, &err), &err);
    b->x = locl_arena_take(b->io, locl_stage_input_values(&b->stage) * sizeof(float), "x");
    b->labels = locl_arena_take(b->io, STEP_RUN_BATCH * sizeof(int32_t), "labels");
    b->out = locl_arena_take(b->io, locl_stage_output_values(&b->stage) * sizeof(float), "out");
    ok(locl_arena_bind(b->workspace, device, &err), &err);
    ok(locl_arena_bind(b->io, device, &err), &err);
    ok(locl_stage_bind(&b->stage, &b->queue, &err), &err);
    write_input(b);
    b->bindings = (locl_bindings){.rate = RATE, .valid = STEP_RUN_BATCH};
    b->bindings.external[LOCL_EXT_INPUT] = b->x->mem;
    b->bindings.external[LOCL_EXT_LABELS] = b->labels->mem;
    b->bindings.external[LOCL_EXT_OUTPUT] = b->out->mem;
    b->bindings.external[LOCL_EXT_METRICS] = b->stage.metrics[0]->mem;
}

static void bench_close(bench *b)
{
    locl_stage_close(&b->stage);
    locl_arena_release(b->workspace);
    locl_arena_release(b->io);
    locl_queue_release(&b->queue);
    step_run_close(&b->run);
}

static void enqueue(bench *b, locl_command_buffer *cmd)
{
    locl_error err;
    ok(locl_command_buffer_enqueue(cmd, &b->queue, &b->bindings, &err), &err);
}

/* [count] of a tensor; the caller's. */
static float *read_floats(bench *b, const locl_tensor *tensor, size_t count)
{
    locl_error err;
    float *out = malloc(count * sizeof *out);
    assert_non_null(out);
    ok(locl_stage_read(&b->queue, tensor, count, out, &err), &err);
    return out;
}

static void the_gradient_leaves_parameters_alone(void **state)
{
    (void)state;
    bench b;
    bench_open(&b);
    size_t floats = b.stage.params.floats;
    float *before = read_floats(&b, b.stage.range, floats);
    enqueue(&b, b.stage.gradient_commands);
    float *after = read_floats(&b, b.stage.range, floats);
    assert_memory_equal(before, after, floats * sizeof *before);
    free(before);
    free(after);
    bench_close(&b);
}

/* What was summed between the recordings is what moves the parameters: here the gradient of the batch taken
 * twice, as of two parts. */
static void the_update_takes_summed_gradients(void **state)
{
    (void)state;
    bench b;
    locl_error err;
    bench_open(&b);
    size_t floats = b.stage.params.trained_floats, moved = 0;
    float *before = read_floats(&b, b.stage.range, floats);
    enqueue(&b, b.stage.gradient_commands);
    float *sum = read_floats(&b, b.stage.gradients, floats);
    for (size_t i = 0; i < floats; i++) {
        sum[i] *= 2;
    }
    ok(locl_buffer_write(&b.queue, b.stage.gradients->mem, 0, floats * sizeof *sum, sum, LOCL_BLOCKING, NULL,
                         NULL, &err),
       &err);
    enqueue(&b, b.stage.update_commands);
    float *after = read_floats(&b, b.stage.range, floats);
    for (size_t i = 0; i < b.stage.params.trained; i++) {
        const locl_param *p = &b.stage.params.param[i];
        float rate = RATE * (p->owner == LOCL_OWNER_HEAD ? (float)b.run.optim.head_lr : 1);
        for (size_t j = p->offset; j < p->offset + p->count; j++) {
            assert_true(fabsf(after[j] - (before[j] - rate * sum[j])) < 1e-5f);
            moved += after[j] != before[j];
        }
    }
    assert_true(moved > floats / 4);
    free(before);
    free(sum);
    free(after);
    bench_close(&b);
}

/* A step is both, one after the other, and nothing else. */
static void a_step_is_gradient_and_update(void **state)
{
    (void)state;
    bench apart, whole;
    locl_error err;
    bench_open(&apart);
    bench_open(&whole);
    size_t floats = apart.stage.params.floats;
    enqueue(&apart, apart.stage.gradient_commands);
    enqueue(&apart, apart.stage.update_commands);
    ok(locl_stage_enqueue(&whole.stage, &whole.queue, LOCL_STEP_TRAIN, &whole.bindings, &err), &err);
    float *one = read_floats(&apart, apart.stage.range, floats);
    float *other = read_floats(&whole, whole.stage.range, floats);
    assert_memory_equal(one, other, floats * sizeof *one);
    locl_command_buffer *cmd[LOCL_STEP_BUFFERS];
    assert_int_equal(locl_stage_commands(&whole.stage, LOCL_STEP_TRAIN, cmd), 2);
    assert_ptr_equal(cmd[0], whole.stage.gradient_commands);
    assert_ptr_equal(cmd[1], whole.stage.update_commands);
    assert_int_equal(locl_stage_commands(&whole.stage, LOCL_STEP_EVALUATE, cmd), 1);
    assert_ptr_equal(cmd[0], whole.stage.evaluation_commands);
    free(one);
    free(other);
    bench_close(&apart);
    bench_close(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_gradient_leaves_parameters_alone),
        cmocka_unit_test(the_update_takes_summed_gradients),
        cmocka_unit_test(a_step_is_gradient_and_update),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
