/* The optimiser kernels against their reference, as CPUs and as GPUs run them: odd sizes, gaps between
 * segments that must neither be read nor written, several steps, values that are not finite. */
#include "optim/optim.h"

#include "ops/metrics.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RANGE = 24000, RECORDS = 2 };
enum { PARAMS, GRADS, STATE, TENSORS = STATE + LOCL_OPTIM_STATES };

static const locl_optim_segment segments[] = {
    {.offset = 0, .count = 1, .rate = 1.0f, .weight = false},
    {.offset = 16, .count = 4099, .rate = 1.0f, .weight = true},
    {.offset = 4128, .count = 17, .rate = 1.0f, .weight = false},
    {.offset = 4160, .count = 12345, .rate = 0.1f, .weight = true},
    {.offset = 16505, .count = 1024, .rate = 0.0f, .weight = true}, /* no gap before, and frozen */
    {.offset = 17600, .count = 4096, .rate = 1.0f, .weight = true}, /* starts as zeros, as a classifier */
    {.offset = 21696, .count = 63, .rate = 3.0f, .weight = false},
    {.offset = 21760, .count = 1, .rate = 1.0f, .weight = true},
};
enum { SEGMENTS = sizeof segments / sizeof *segments };

static locl_devices *devices;
static locl_device *device;
static locl_queue queue;

#define OK(call)                                                                                             \
    do {                                                                                                     \
        locl_error ok_err = {0}, *err = &ok_err;                                                             \
        if ((call) != LOCL_OK) {                                                                             \
            fail_msg("%s: %s: %s", #call, ok_err.where, ok_err.message);                                     \
        }                                                                                                    \
    } while (0)

static int setup(void **state)
{
    (void)state;
    const char *selector = getenv("LOCL_DEVICES");
    locl_error err = {0};
    if (locl_devices_open_text(selector ? selector : "auto", &devices, &err) != LOCL_OK) {
        fprintf(stderr, "%s: %s\n", err.where, err.message);
        return -1;
    }
    device = devices->device[0];
    return locl_queue_create(device, false, &queue, &err);
}

static int teardown(void **state)
{
    (void)state;
    locl_queue_release(&queue);
    locl_devices_close(devices);
    return 0;
}

static uint32_t lcg = 1;

/* Roughly normal, seeded. */
static float draw(void)
{
    float sum = 0.0f;
    for (int i = 0; i < 6; i++) {
        lcg = lcg * 1664525u + 1013904223u;
        sum += (float)(lcg >> 8) / 16777216.0f - 0.5f;
    }
    return sum * 1.4f;
}

static bool in_segment(size_t i)
{
    bool in = false;
    for (size_t k = 0; k < SEGMENTS; k++) {
        in = in || (i >= segments[k].offset && i < segments[k].offset + segments[k].count);
    }
    return in;
}

/* Values in the segments, NaN in the gaps. */
static void fill(float *x, float scale)
{
    for (size_t i = 0; i < RANGE; i++) {
        x[i] = in_segment(i) ? scale * draw() : NAN;
    }
}

/* A stage's memory and command buffer, and the same on the host for the reference. */
typedef struct bench {
    locl_optim_options options;
    locl_arena *arena, *workspace;
    locl_optim *optim;
    locl_command_buffer *cmd;
    cl_mem record;
    locl_tensor *tensor[TENSORS];
    float *host[TENSORS]; /* [RANGE], the reference's */
} bench;

static bench *bench_make(locl_optimizer kind, bool cpu)
{
    static const char *const names[] = {"params", "grads", "state 0", "state 1"};
    bench *b = calloc(1, sizeof *b);
    locl_caps caps = device->caps;
    caps.cpu = cpu;
    b->options = locl_optim_options_default();
    b->options.kind = kind;
    b->options.weight_decay = 0.01;
    OK(locl_arena_create("state", &caps, &b->arena, err));
    OK(locl_arena_create("workspace", &caps, &b->workspace, err));
    OK(locl_optim_create(&b->options, &caps, segments, SEGMENTS, b->arena, &b->optim, err));
    for (int t = 0; t < TENSORS; t++) {
        b->tensor[t] = locl_arena_take(b->arena, RANGE * sizeof(float), names[t]);
        b->host[t] = malloc(RANGE * sizeof(float));
        fill(b->host[t], t < STATE ? 1.0f : 0.0f);
    }
    memset(b->host[PARAMS] + segments[5].offset, 0, segments[5].count * sizeof(float));
    OK(locl_command_buffer_create(device, b->workspace, &b->cmd, err));
    locl_optim_record(
        b->cmd, b->optim, b->tensor[PARAMS], b->tensor[GRADS], b->tensor + STATE,
        locl_command_buffer_external(b->cmd, LOCL_EXT_METRICS, RECORDS * sizeof(locl_step_metrics)));
    OK(locl_arena_bind(b->arena, device, err));
    OK(locl_arena_bind(b->workspace, device, err));
    OK(locl_command_buffer_bind(b->cmd, err));
    OK(locl_optim_upload(b->optim, &queue, err));
    OK(locl_buffer_create(device, RECORDS * sizeof(locl_step_metrics), "record", &b->record, err));
    return b;
}

static void bench_free(bench *b)
{
    locl_buffer_release(&b->record);
    locl_command_buffer_release(b->cmd);
    locl_optim_release(b->optim);
    locl_arena_release(b->arena);
    locl_arena_release(b->workspace);
    for (int t = 0; t < TENSORS; t++) {
        free(b->host[t]);
    }
    free(b);
}

static void upload(bench *b, int tensor)
{
    OK(locl_buffer_write(&queue, b->tensor[tensor]->mem, 0, RANGE * sizeof(float), b->host[tensor], true,
                         NULL, NULL, err));
}

/* What the device has; free() it. */
static float *download(bench *b, int tensor)
{
    float *x = malloc(RANGE * sizeof(float));
    OK(locl_buffer_read(&queue, b->tensor[tensor]->mem, 0, RANGE * sizeof(float), x, true, NULL, NULL, err));
    return x;
}

/* One step on the device; what its record says is bad. Nothing else of the records may change. */
static int step_device(bench *b, unsigned step, float rate)
{
    locl_step_metrics before[RECORDS], after[RECORDS];
    memset(before, 0x55, sizeof before);
    before[0].bad = before[1].bad = LOCL_METRICS_FINE;
    locl_bindings bindings = {.step = step, .rate = rate};
    bindings.external[LOCL_EXT_METRICS] = b->record;
    OK(locl_buffer_write(&queue, b->record, 0, sizeof before, before, true, NULL, NULL, err));
    OK(locl_command_buffer_enqueue(b->cmd, &queue, &bindings, err));
    OK(locl_buffer_read(&queue, b->record, 0, sizeof after, after, true, NULL, NULL, err));
    before[0].bad = after[0].bad;
    assert_memory_equal(before, after, sizeof before);
    return after[0].bad;
}

static int step_ref(bench *b, unsigned step, float rate)
{
    return locl_optim_update_ref(&b->options, segments, SEGMENTS, b->host[PARAMS], b->host[GRADS],
                                 b->host + STATE, step, rate);
}

/* The largest difference in any segment, relative to the value and the segment's root mean square; infinite
 * when a gap was written. */
static double difference(const float *got, const float *want)
{
    double worst = 0.0;
    for (size_t i = 0; i < RANGE; i++) {
        if (!in_segment(i) && !isnan(got[i])) {
            return INFINITY;
        }
    }
    for (size_t k = 0; k < SEGMENTS; k++) {
        const float *a = got + segments[k].offset, *b = want + segments[k].offset;
        double square = 0.0;
        for (size_t i = 0; i < segments[k].count; i++) {
            square += (double)b[i] * (double)b[i];
        }
        double scale = sqrt(square / (double)segments[k].count);
        for (size_t i = 0; i < segments[k].count; i++) {
            double off = fabs((double)a[i] - (double)b[i]) / (fabs((double)b[i]) + scale + 1e-30);
            if (isnan(off)) {
                return INFINITY;
            }
            worst = fmax(worst, off);
        }
    }
    return worst;
}

static void compare(bench *b, const char *what)
{
    static const char *const names[] = {"params", "grads", "state 0", "state 1"};
    for (int t = 0; t < STATE + (int)locl_optim_states(&b->options); t++) {
        float *got = download(b, t);
        double off = difference(got, b->host[t]);
        if (!(off < 1e-6)) {
            fail_msg("%s: %s differs by %g", what, names[t], off);
        }
        if (t == PARAMS) { /* the comparison notices one spoiled value, and a gap written */
            got[segments[3].offset + 12344] += 1e-4f;
            assert_true(difference(got, b->host[t]) > 1e-6);
            got[segments[3].offset + 12344] = NAN;
            assert_false(difference(got, b->host[t]) < 1e-6);
            got[segments[3].offset + 12344] = b->host[t][segments[3].offset + 12344];
            got[5] = 0.0f;
            assert_false(difference(got, b->host[t]) < 1e-6);
        }
        free(got);
    }
}

static void run_steps(locl_optimizer kind, bool cpu, unsigned first)
{
    char what[64];
    bench *b = bench_make(kind, cpu);
    for (int t = 0; t < TENSORS; t++) {
        upload(b, t);
    }
    for (unsigned s = 0; s < 6; s++) {
        float rate = 0.05f / (float)(s + 1);
        fill(b->host[GRADS], s == 2 ? 100.0f : 0.3f);
        upload(b, GRADS);
        assert_int_equal(step_device(b, first + s, rate), LOCL_METRICS_FINE);
        assert_int_equal(step_ref(b, first + s, rate), 0);
        snprintf(what, sizeof what, "kind %d, %s, step %u", (int)kind, cpu ? "CPU" : "GPU", first + s);
        compare(b, what);
    }
    bench_free(b);
}

static void kernels_match_the_reference(void **state)
{
    (void)state;
    for (int kind = LOCL_OPTIMIZER_SGD; kind <= LOCL_OPTIMIZER_LARS; kind++) {
        run_steps((locl_optimizer)kind, true, 0);
        run_steps((locl_optimizer)kind, false, 0);
    }
    run_steps(LOCL_OPTIMIZER_ADAM, true, 500);
    run_steps(LOCL_OPTIMIZER_ADAMW, false, 3000000);
}

/* SPEC 6 by hand, on one weight and one bias: w 2, g 3, rate 0.1, decay 0.5, momentum 0.9, state m 1. */
static void reference_on_paper(void **state)
{
    (void)state;
    static const struct {
        locl_optimizer kind;
        double weight, bias; /* after the step */
    } cases[] = {
        {LOCL_OPTIMIZER_SGD, 2 - 0.1 * (0.9 + 3 + 0.5 * 2), 2 - 0.1 * (0.9 + 3)},
        /* t = 1, v 0: m 0.9 + 0.1 g, mean m / 0.1, root sqrt(0.001 g^2 / 0.001) = g */
        {LOCL_OPTIMIZER_ADAM, 2 - 0.1 * (0.9 + 0.4) / 0.1 / 4, 2 - 0.1 * (0.9 + 0.3) / 0.1 / 3},
        {LOCL_OPTIMIZER_ADAMW, 2 - 0.1 * 0.5 * 2 - 0.1 * (0.9 + 0.3) / 0.1 / 3,
         2 - 0.1 * (0.9 + 0.3) / 0.1 / 3},
        /* the weight's ratio 0.001 * 2 / 4 */
        {LOCL_OPTIMIZER_LARS, 2 - (0.9 + 0.1 * (0.0005 * 4)), 2 - (0.9 + 0.1 * 3)},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const locl_optim_segment two[] = {{.offset = 0, .count = 1, .rate = 0.5f, .weight = true},
                                          {.offset = 1, .count = 1, .rate = 0.5f, .weight = false}};
        float w[] = {2, 2}, m[] = {1, 1}, v[] = {0, 0};
        locl_optim_options options = locl_optim_options_default();
        options.kind = cases[i].kind;
        options.weight_decay = 0.5;
        locl_optim_update_ref(&options, two, 2, w, (const float[]){3, 3}, (float *[]){m, v}, 0, 0.2f);
        assert_float_equal(w[0], cases[i].weight, 1e-6);
        assert_float_equal(w[1], cases[i].bias, 1e-6);
    }
}

/* Element by element there is only add and multiply: the way of cutting must not show. */
static void sgd_has_the_same_bits_in_any_shape(void **state)
{
    (void)state;
    float *result[2];
    for (int cpu = 0; cpu < 2; cpu++) {
        lcg = 99;
        bench *b = bench_make(LOCL_OPTIMIZER_SGD, cpu);
        for (int t = 0; t < TENSORS; t++) {
            upload(b, t);
        }
        for (unsigned s = 0; s < 3; s++) {
            step_device(b, s, 0.07f);
        }
        result[cpu] = download(b, PARAMS);
        bench_free(b);
    }
    assert_memory_equal(result[0], result[1], RANGE * sizeof(float));
    free(result[0]);
    free(result[1]);
}

/* Puts a gradient into segments 3 and 6: segment 3, counted from 1, has to be noted. */
static void spoil(locl_optimizer kind, bool cpu, float gradient)
{
    bench *b = bench_make(kind, cpu);
    b->host[GRADS][segments[6].offset + 62] = gradient;
    b->host[GRADS][segments[3].offset + 12344] = gradient;
    for (int t = 0; t < TENSORS; t++) {
        upload(b, t);
    }
    assert_int_equal(step_device(b, 0, 0.1f), 4);
    assert_int_equal(step_device(b, 1, 0.1f), 4);
    bench_free(b);
}

static void the_first_segment_gone_wrong_is_noted(void **state)
{
    (void)state;
    for (int kind = LOCL_OPTIMIZER_SGD; kind <= LOCL_OPTIMIZER_LARS; kind++) {
        spoil((locl_optimizer)kind, true, NAN);
        spoil((locl_optimizer)kind, false, -INFINITY);
    }
    spoil(LOCL_OPTIMIZER_ADAM, true, 1e30f); /* g^2 overflows: the update would stay 0 for good */
}

static void states_are_named(void **state)
{
    (void)state;
    locl_optim_options options = locl_optim_options_default();
    assert_int_equal(locl_optim_states(&options), 1);
    assert_string_equal(locl_optim_state_name(&options, 0), "momentum");
    options.kind = LOCL_OPTIMIZER_ADAMW;
    assert_int_equal(locl_optim_states(&options), 2);
    assert_string_equal(locl_optim_state_name(&options, 0), "adam_m");
    assert_string_equal(locl_optim_state_name(&options, 1), "adam_v");
}

static locl_status create(const locl_optim_segment *wrong, size_t count)
{
    locl_optim_options options = locl_optim_options_default();
    locl_optim *optim;
    locl_arena *arena;
    OK(locl_arena_create("state", &device->caps, &arena, err));
    locl_status status = locl_optim_create(&options, &device->caps, wrong, count, arena, &optim, NULL);
    assert_true((status == LOCL_OK) == (optim != NULL));
    locl_optim_release(optim);
    locl_arena_release(arena);
    return status;
}

static void wrong_segments_are_refused(void **state)
{
    (void)state;
    locl_optim_segment two[] = {{.offset = 0, .count = 4}, {.offset = 3, .count = 1}};
    assert_int_equal(create(two, 2), LOCL_E_FAILED);
    assert_int_equal(create(two, 0), LOCL_E_FAILED);
    two[1] = (locl_optim_segment){.offset = 4, .count = 0};
    assert_int_equal(create(two, 2), LOCL_E_FAILED);
    two[1] = (locl_optim_segment){.offset = UINT32_MAX, .count = 1};
    assert_int_equal(create(two, 2), LOCL_E_CONFIG);
    two[1] = (locl_optim_segment){.offset = SIZE_MAX, .count = 2};
    assert_int_equal(create(two, 2), LOCL_E_FAILED);
    two[1] = (locl_optim_segment){.offset = 4, .count = 2};
    assert_int_equal(create(two, 2), LOCL_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference_on_paper),
        cmocka_unit_test(kernels_match_the_reference),
        cmocka_unit_test(sgd_has_the_same_bits_in_any_shape),
        cmocka_unit_test(the_first_segment_gone_wrong_is_noted),
        cmocka_unit_test(states_are_named),
        cmocka_unit_test(wrong_segments_are_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
