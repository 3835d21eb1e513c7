/* Holds what a step's floor is counted from against counts by hand, and looks at the products that are timed. */
#include "bench/floor.h"
#include "bench/products.h"
#include "check/product_shape.h"
#include "support/kernel_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char network[] =
    "model: {blocks: 2, patches: 2, channels: 32, groups: 4, image: [28, 28, 1], classes: 10}\n"
    "rule: {name: %s}\n"
    "optimizer: {name: %s}\n"
    "data: {batch: 16}\n";

/* A configuration's training. */
typedef struct subject {
    locl_config *config;
    locl_bench_training training;
} subject;

static void ok(locl_status status, const locl_error *err)
{
    if (status != LOCL_OK) {
        fail_msg("%s: %s", err->where, err->message);
    }
}

static subject make(const char *rule, const char *optimizer)
{
    char text[512];
    locl_error err;
    subject s;
    int length = snprintf(text, sizeof text, network, rule, optimizer);
    ok(locl_config_parse("test", text, (size_t)length, NULL, 0, LOCL_CONFIG_PROBE, &s.config, &err), &err);
    ok(locl_bench_training_open(s.config, &s.training, &err), &err);
    return s;
}

static void drop(subject *s)
{
    locl_bench_training_close(&s->training);
    locl_config_free(s->config);
}

static double least_bytes(const char *rule, const char *optimizer)
{
    double bytes = 0;
    locl_error err;
    subject s = make(rule, optimizer);
    ok(locl_bench_least_bytes(&s.training.model, &s.config->rule, &s.training.optim, s.config->data.batch,
                              &bytes, &err),
       &err);
    drop(&s);
    return bytes;
}

enum {
    PATCHES = 4,
    INPUT = 196,
    D = 32,
    GROUPED = 4 * 8 * 8,
    HEAD = D * 10 + 10,
    HEADS = 3 * HEAD, /* two and the classifier */
    WEIGHTS = INPUT * D + GROUPED + PATCHES * PATCHES + D * D + GROUPED,
    VALUES = WEIGHTS + (D + D) + (PATCHES + D + D) + HEADS,
    ACTIVATIONS = 16 * PATCHES * (INPUT + D + D + D) /* in and out of both blocks */
};

/* Parameters, gradients and one state under sgd, two under adam; activations once. */
static void bytes_by_hand(void **state)
{
    (void)state;
    assert_true(least_bytes("lg-fg-a", "sgd") == 4.0 * (3 * VALUES + ACTIVATIONS));
    assert_true(least_bytes("lg-fg-a", "adam") == 4.0 * (4 * VALUES + ACTIVATIONS));
    /* under bp the heads are not trained; under lg-fa every weight has a fixed twin, which is only read */
    assert_true(least_bytes("bp", "sgd") == 4.0 * (3 * VALUES - 2 * 2 * HEAD + ACTIVATIONS));
    assert_true(least_bytes("lg-fa", "sgd") == 4.0 * (3 * VALUES + WEIGHTS + 3 * 10 * D + ACTIVATIONS));
}

/* Of the products of lg-fg-a: m n k of each, and how often it comes. */
static void products_by_hand(void **state)
{
    enum { B = 16, ROWS = B * PATCHES };
    const double channel0 = ROWS * INPUT * D, channel1 = ROWS * D * D, token = B * PATCHES * PATCHES * D,
                 group = ROWS * D * 8, head = B * D * 10;
    /* a block: forward, the tangent where there is one (not before a block's first perturbation), and the
     * gradient of each layer; a head: logits, gradient, and the error on its features, which the classifier
     * does without */
    const double by_hand =
        2 * (2 * channel0 + 3 * group + 2 * token + 3 * channel1 + 3 * group + 2 * 3 * head + 2 * head);
    locl_bench_counts counts = {0};
    locl_bench_recording recording;
    locl_error err;
    subject s = make("lg-fg-a", "sgd");
    (void)state;
    ok(locl_bench_recording_open(&s.training, locl_check_device(), &recording, &err), &err);
    for (size_t i = 0; i < recording.stages.count; i++) {
        locl_bench_count(&recording.stages.stage[i], &counts);
    }
    assert_int_equal(recording.stages.count, 2);
    assert_true(counts.product_flops == by_hand);
    assert_true(counts.flops > by_hand && counts.bytes > 0 && counts.launches > 20);
    locl_bench_recording_close(&recording);
    drop(&s);
}

/* Each shape once, with all that it takes to find the step's products again. */
static void shapes_once(void **state)
{
    locl_bench_shape *shape = NULL;
    size_t shapes = 0;
    double flops = 0;
    locl_bench_counts counts = {0};
    locl_bench_recording recording;
    locl_error err;
    subject s = make("lg-fg-a", "sgd");
    (void)state;
    ok(locl_bench_recording_open(&s.training, locl_check_device(), &recording, &err), &err);
    ok(locl_bench_add_shapes(&recording, &shape, &shapes, &err), &err);
    for (size_t i = 0; i < shapes; i++) {
        flops += (double)shape[i].count * locl_gemm_flops(&shape[i].shape);
        for (size_t j = 0; j < i; j++) {
            assert_false(locl_gemm_same_shape(&shape[i].shape, &shape[j].shape));
        }
    }
    for (size_t i = 0; i < recording.stages.count; i++) {
        locl_bench_count(&recording.stages.stage[i], &counts);
    }
    assert_true(shapes > 5 && flops == counts.product_flops);
    free(shape);
    locl_bench_recording_close(&recording);
    drop(&s);
}

/* An engine that computes something else is told: here the recordings of two shapes are exchanged. */
static void engines_are_held_against_each_other(void **state)
{
    locl_bench_shape shape[2] = {
        {.shape = locl_product_dense(LOCL_PRODUCT_NN, 9, 11, 13), .solver = locl_gemm_solver_named("native")},
        {.shape = locl_product_dense(LOCL_PRODUCT_TN, 9, 11, 13),
         .solver = locl_gemm_solver_named("native")}};
    locl_bench_products p;
    locl_error err;
    (void)state;
    ok(locl_bench_products_open(shape, 2, LOCL_BENCH_ALL_SOLVERS, locl_check_device(), &p, &err), &err);
    assert_int_equal(p.count, 4);
    assert_ptr_equal(p.runner[1].choice.solver, locl_gemm_solver_named("clblast"));
    ok(locl_bench_products_check(&p, &err), &err);
    locl_command_buffer *cmd = p.runner[1].cmd;
    p.runner[1].cmd = p.runner[3].cmd;
    p.runner[3].cmd = cmd;
    assert_int_equal(locl_bench_products_check(&p, &err), LOCL_E_FAILED);
    assert_non_null(strstr(err.message, "the product nn 9x11x13 is another by clblast than by native"));
    locl_bench_products_close(&p);
}

static void names_of_products(void **state)
{
    char name[96];
    (void)state;
    locl_bench_product_name(&(locl_gemm_shape){.m = 8192, .n = 512, .k = 48, .batch = 1, .sum = 1}, name,
                            sizeof name);
    assert_string_equal(name, "nn 8192x512x48");
    locl_bench_product_name(
        &(locl_gemm_shape){.ta = true, .m = 32, .n = 32, .k = 8192, .batch = 16, .sum = 1}, name,
        sizeof name);
    assert_string_equal(name, "tn 32x32x8192, batch 16");
    locl_bench_product_name(
        &(locl_gemm_shape){.tb = true, .m = 64, .n = 64, .k = 512, .batch = 1, .sum = 128}, name,
        sizeof name);
    assert_string_equal(name, "nt 64x64x512, sum of 128");
}

/* The slower of the two. */
static void floor_on_paper(void **state)
{
    (void)state;
    assert_true(locl_bench_floor(1000, 100, 20, 10) == 10);
    assert_true(locl_bench_floor(100, 100, 20, 10) == 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_by_hand),     cmocka_unit_test(products_by_hand),
        cmocka_unit_test(shapes_once),       cmocka_unit_test(engines_are_held_against_each_other),
        cmocka_unit_test(names_of_products), cmocka_unit_test(floor_on_paper),
    };
    return cmocka_run_group_tests(tests, NULL, locl_check_close);
}
