/* Both engines, and the native one as it is on CPUs, on other devices and on machines of many units, against
 * the reference. Values between the rows of A and B are NaN: whatever is read there spoils the result. C
 * starts as NaN (beta 0) with guard values between its rows and behind it. */
#include "gemm/gemm.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

static locl_devices *devices;

enum { GUARDS = 64 };
static const float guard = 12345.0f;

/* A way to compute a product: an engine, and caps that are lowered or raised before. */
typedef struct variant {
    const char *name;
    locl_engine engine;
    bool cpu;
    cl_uint units;     /* 0: the device's */
    size_t work_group; /* 0: the device's */
} variant;

static const variant variants[] = {
    {"native", LOCL_ENGINE_NATIVE, true, 0, 0},
    {"native, 64 units", LOCL_ENGINE_NATIVE, true, 64, 0},
    {"native, wide", LOCL_ENGINE_NATIVE, false, 1, 0},
    {"native, wide, 32 units, groups of 64", LOCL_ENGINE_NATIVE, false, 32, 64},
    {"clblast", LOCL_ENGINE_CLBLAST, true, 0, 0},
};
enum { VARIANTS = sizeof variants / sizeof *variants };

typedef struct host_matrix {
    float *value;
    size_t count; /* extent and guards */
} host_matrix;

typedef struct problem {
    locl_gemm_shape shape;
    host_matrix a, b, c; /* c: as it starts */
    float *expected;     /* [c.count] */
    float *size;         /* [c.count]: sums of absolute values, what rounding is held against */
} problem;

static uint32_t seed = 1;

static float uniform(void)
{
    seed = seed * 1664525u + 1013904223u;
    return (float)(seed >> 8) / (float)(1 << 23) - 1.0f;
}

/* [batch,sum] matrices of [rows,columns]; values elsewhere are `rest`, those of the matrices random or, with
 * `empty`, NaN. */
static host_matrix make_matrix(const locl_gemm_shape *x, size_t rows, size_t columns, size_t ld,
                               size_t stride, size_t sum, size_t sum_stride, size_t guards, float rest,
                               bool empty)
{
    host_matrix matrix;
    matrix.count = (x->batch - 1) * stride + (sum - 1) * sum_stride + (rows - 1) * ld + columns + guards;
    matrix.value = malloc(matrix.count * sizeof(float));
    assert_non_null(matrix.value);
    for (size_t i = 0; i < matrix.count; i++) {
        matrix.value[i] = rest;
    }
    for (size_t e = 0; e < x->batch * sum * rows * columns; e++) {
        size_t j = e % columns, i = e / columns % rows, s = e / columns / rows % sum;
        size_t z = e / columns / rows / sum;
        matrix.value[z * stride + s * sum_stride + i * ld + j] = empty ? NAN : uniform();
    }
    return matrix;
}

static float *absolute(const host_matrix *matrix)
{
    float *out = malloc(matrix->count * sizeof(float));
    assert_non_null(out);
    for (size_t i = 0; i < matrix->count; i++) {
        out[i] = fabsf(matrix->value[i]);
    }
    return out;
}

static problem make_problem(locl_gemm_shape x)
{
    problem p = {.shape = x};
    p.a =
        make_matrix(&x, x.ta ? x.k : x.m, x.ta ? x.m : x.k, x.lda, x.stride_a, x.sum, x.sum_a, 0, NAN, false);
    p.b =
        make_matrix(&x, x.tb ? x.n : x.k, x.tb ? x.k : x.n, x.ldb, x.stride_b, x.sum, x.sum_b, 0, NAN, false);
    p.c = make_matrix(&x, x.m, x.n, x.ldc, x.stride_c, 1, 0, GUARDS, guard, x.beta == 0);
    p.expected = malloc(p.c.count * sizeof(float));
    assert_non_null(p.expected);
    memcpy(p.expected, p.c.value, p.c.count * sizeof(float));
    locl_gemm_ref(&x, p.a.value, p.b.value, p.expected);
    float *a = absolute(&p.a), *b = absolute(&p.b);
    p.size = absolute(&p.c);
    x.alpha = fabsf(x.alpha);
    x.beta = fabsf(x.beta);
    locl_gemm_ref(&x, a, b, p.size);
    free(a);
    free(b);
    return p;
}

static void free_problem(problem *p)
{
    free(p->a.value);
    free(p->b.value);
    free(p->c.value);
    free(p->expected);
    free(p->size);
}

static void check_ok(locl_status status, const locl_error *err)
{
    if (status != LOCL_OK) {
        fail_msg("%s: %s", err->where, err->message);
    }
}

static locl_caps lowered(const variant *v, const locl_caps *caps)
{
    locl_caps out = *caps;
    out.cpu = v->cpu;
    out.units = v->units ? v->units : caps->units;
    out.work_group = v->work_group && v->work_group < caps->work_group ? v->work_group : caps->work_group;
    return out;
}

/* Runs the command buffer once and reads C to `out`. */
static void run_plan(locl_device *device, locl_command_buffer *cmd, const problem *p, const locl_tensor *t[3],
                     float *out)
{
    locl_error err = {0};
    locl_queue queue = {0};
    const host_matrix *from[3] = {&p->a, &p->b, &p->c};
    check_ok(locl_queue_create(device, false, &queue, &err), &err);
    for (int i = 0; i < 3; i++) {
        check_ok(locl_buffer_write(&queue, t[i]->mem, 0, t[i]->bytes, from[i]->value, true, NULL, NULL, &err),
                 &err);
    }
    check_ok(locl_command_buffer_enqueue(cmd, &queue, &(locl_bindings){0}, &err), &err);
    check_ok(locl_buffer_read(&queue, t[2]->mem, 0, t[2]->bytes, out, true, NULL, NULL, &err), &err);
    locl_queue_release(&queue);
}

/* C of one run, malloc'd. */
static float *compute(const variant *v, const problem *p)
{
    locl_device *device = devices->device[0];
    locl_caps caps = device->caps;
    locl_error err = {0};
    locl_arena *state = NULL, *workspace = NULL;
    locl_command_buffer *cmd = NULL;
    float *out = malloc(p->c.count * sizeof(float));
    assert_non_null(out);
    device->caps = lowered(v, &caps);
    check_ok(locl_arena_create("state", &device->caps, &state, &err), &err);
    check_ok(locl_arena_create("workspace", &device->caps, &workspace, &err), &err);
    check_ok(locl_command_buffer_create(device, workspace, &cmd, &err), &err);
    const locl_tensor *t[3] = {locl_arena_take(state, p->a.count * sizeof(float), "A"),
                               locl_arena_take(state, p->b.count * sizeof(float), "B"),
                               locl_arena_take(state, p->c.count * sizeof(float), "C")};
    locl_gemm(cmd, v->engine, &p->shape, t[0], t[1], t[2]);
    check_ok(locl_command_buffer_status(cmd, &err), &err);
    check_ok(locl_arena_bind(state, device, &err), &err);
    check_ok(locl_arena_bind(workspace, device, &err), &err);
    check_ok(locl_command_buffer_bind(cmd, &err), &err);
    run_plan(device, cmd, p, t, out);
    locl_command_buffer_release(cmd);
    locl_arena_release(workspace);
    locl_arena_release(state);
    device->caps = caps;
    return out;
}

/* The first wrong value's place, or -1. Guards have to be what they were. */
static long first_wrong(const problem *p, const float *c)
{
    for (size_t i = 0; i < p->c.count; i++) {
        float tolerance = p->c.value[i] == guard ? 0.0f : 1e-6f * p->size[i];
        if (!(fabsf(c[i] - p->expected[i]) <= tolerance)) {
            return (long)i;
        }
    }
    return -1;
}

/* In Oclgrind each operation takes a microsecond: large products, and those of CLBlast, are left out. */
static bool simulated(void)
{
    return strstr(devices->device[0]->name, "Oclgrind") != NULL;
}

static bool left_out(const variant *v, const locl_gemm_shape *x)
{
    return simulated() && (v->engine == LOCL_ENGINE_CLBLAST || locl_gemm_flops(x) > 5e5);
}

static void check_shape(const locl_gemm_shape *x)
{
    problem p = make_problem(*x);
    for (size_t v = 0; v < VARIANTS; v++) {
        if (left_out(&variants[v], x)) {
            continue;
        }
        float *c = compute(&variants[v], &p);
        long wrong = first_wrong(&p, c);
        if (wrong >= 0) {
            fail_msg("%s: %d%d %zux%zux%zu batch %zu sum %zu: c[%ld] = %.9g, reference %.9g",
                     variants[v].name, x->ta, x->tb, x->m, x->n, x->k, x->batch, x->sum, wrong,
                     (double)c[wrong], (double)p.expected[wrong]);
        }
        free(c);
    }
    free_problem(&p);
}

/* A dense product. */
static locl_gemm_shape dense(bool ta, bool tb, size_t m, size_t n, size_t k)
{
    return (locl_gemm_shape){.ta = ta,
                             .tb = tb,
                             .m = m,
                             .n = n,
                             .k = k,
                             .lda = ta ? m : k,
                             .ldb = tb ? k : n,
                             .ldc = n,
                             .batch = 1,
                             .sum = 1,
                             .alpha = 1};
}

static void test_sizes_and_transposes(void **state)
{
    static const size_t sizes[][3] = {{1, 1, 1},       {1, 17, 3},   {9, 1, 31},     {8, 32, 16},
                                      {7, 33, 5},      {17, 31, 1},  {37, 53, 131},  {67, 10, 97},
                                      {129, 100, 257}, {5, 3, 1100}, {69, 1043, 17}, {3, 49, 530}};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (int t = 0; t < 4; t++) {
            locl_gemm_shape x = dense(t & 1, t & 2, sizes[i][0], sizes[i][1], sizes[i][2]);
            check_shape(&x);
        }
    }
}

static void test_leading_dimensions_alpha_beta(void **state)
{
    static const float scale[][2] = {{1, 0}, {0.5f, 1}, {-1.25f, 0.75f}, {2, 0}};
    (void)state;
    for (int t = 0; t < 4; t++) {
        locl_gemm_shape x = dense(t & 1, t & 2, 41, 47, 83);
        x.lda += 5;
        x.ldb += 19;
        x.ldc += 3;
        x.alpha = scale[t][0];
        x.beta = scale[t][1];
        check_shape(&x);
    }
}

/* Channels [rows,groups,width], read in place: forward, backward and the weights' gradient. */
static void test_grouped_channels(void **state)
{
    enum { GROUPS = 5, WIDTH_IN = 12, WIDTH_OUT = 20, ROWS = 77 };
    (void)state;
    locl_gemm_shape x = dense(false, false, ROWS, WIDTH_OUT, WIDTH_IN);
    x.batch = GROUPS;
    x.lda = GROUPS * WIDTH_IN;
    x.ldc = GROUPS * WIDTH_OUT;
    x.stride_a = WIDTH_IN;
    x.stride_b = WIDTH_IN * WIDTH_OUT;
    x.stride_c = WIDTH_OUT;
    check_shape(&x);
    x.tb = true;
    x.ldb = WIDTH_IN;
    check_shape(&x);
    x = dense(true, false, WIDTH_IN, WIDTH_OUT, ROWS);
    x.batch = GROUPS;
    x.lda = GROUPS * WIDTH_IN;
    x.ldb = GROUPS * WIDTH_OUT;
    x.stride_a = WIDTH_IN;
    x.stride_b = WIDTH_OUT;
    x.stride_c = WIDTH_IN * WIDTH_OUT;
    x.beta = 1;
    check_shape(&x);
}

/* One weight for all images, as in the token layer; and one image for all weights. */
static void test_shared_operands(void **state)
{
    (void)state;
    for (int t = 0; t < 4; t++) {
        locl_gemm_shape x = dense(t & 1, t & 2, 16, 40, 16);
        x.batch = 6;
        x.stride_b = 16 * 40;
        x.stride_c = 16 * 40;
        check_shape(&x);
        x.stride_a = 16 * 16;
        x.stride_b = 0;
        check_shape(&x);
    }
}

static void test_sums(void **state)
{
    (void)state;
    for (int t = 0; t < 4; t++) {
        locl_gemm_shape x = dense(t & 1, t & 2, 19, 23, 150);
        x.sum = 13;
        x.sum_a = 19 * 150;
        x.sum_b = 23 * 150;
        x.alpha = 0.25f;
        check_shape(&x);
        x.batch = 3;
        x.stride_a = 13 * 19 * 150;
        x.stride_b = 13 * 23 * 150;
        x.stride_c = 19 * 23;
        x.beta = -1;
        check_shape(&x);
    }
}

/* K is cut into slabs, by the last and widest of which K is no multiple. */
static void test_long_sums(void **state)
{
    (void)state;
    for (int t = 0; t < 4; t++) {
        locl_gemm_shape x = dense(t & 1, t & 2, 18, 35, 5003);
        x.beta = 1;
        check_shape(&x);
    }
}

static void test_check_can_fail(void **state)
{
    (void)state;
    locl_gemm_shape x = dense(false, false, 9, 11, 13);
    x.ldc = 12;
    problem p = make_problem(x);
    float *c = compute(&variants[0], &p);
    assert_int_equal(first_wrong(&p, c), -1);
    c[5] += 1e-4f;
    assert_int_equal(first_wrong(&p, c), 5);
    c[5] = NAN;
    assert_int_equal(first_wrong(&p, c), 5);
    memcpy(c, p.expected, p.c.count * sizeof(float));
    c[11] = 0;
    assert_int_equal(first_wrong(&p, c), 11);
    free(c);
    free_problem(&p);
}

static void test_same_bits(void **state)
{
    (void)state;
    locl_gemm_shape x = dense(true, false, 70, 90, 3000);
    problem p = make_problem(x);
    for (size_t v = 0; v < VARIANTS; v++) {
        if (left_out(&variants[v], &x)) {
            continue;
        }
        float *one = compute(&variants[v], &p), *two = compute(&variants[v], &p);
        assert_memory_equal(one, two, p.c.count * sizeof(float));
        free(one);
        free(two);
    }
    free_problem(&p);
}

/* out = op(X) s for X [rows,columns] as stored. */
static void times_vector(const float *x, const float *s, size_t rows, size_t columns, double *out)
{
    for (size_t i = 0; i < rows; i++) {
        out[i] = 0;
        for (size_t j = 0; j < columns; j++) {
            out[i] += (double)x[i * columns + j] * (double)s[j];
        }
    }
}

/* C s = A (B s) for a random s: a large product without its reference. */
static void test_large_product(void **state)
{
    enum { M = 1024, N = 517, K = 1031 };
    static float s[N], bs_f[K];
    static double cs[M], bs[K], abs_[M];
    (void)state;
    locl_gemm_shape x = dense(false, false, M, N, K);
    problem p = {.shape = x};
    p.a = make_matrix(&x, M, K, K, 0, 1, 0, 0, NAN, false);
    p.b = make_matrix(&x, K, N, N, 0, 1, 0, 0, NAN, false);
    p.c = make_matrix(&x, M, N, N, 0, 1, 0, 0, NAN, true);
    for (size_t j = 0; j < N; j++) {
        s[j] = uniform();
    }
    times_vector(p.b.value, s, K, N, bs);
    for (size_t q = 0; q < K; q++) {
        bs_f[q] = (float)bs[q];
    }
    times_vector(p.a.value, bs_f, M, K, abs_);
    for (size_t v = 0; v < VARIANTS; v++) {
        if (left_out(&variants[v], &x)) {
            continue;
        }
        float *c = compute(&variants[v], &p);
        times_vector(c, s, M, N, cs);
        for (size_t i = 0; i < M; i++) {
            if (!(fabs(cs[i] - abs_[i]) <= 1e-3)) {
                fail_msg("%s: row %zu: C s = %g, A (B s) = %g", variants[v].name, i, cs[i], abs_[i]);
            }
        }
        free(c);
    }
    free_problem(&p);
}

/* What locl_gemm() says about a shape on tensors of `values` values each. */
static locl_status status_of(locl_gemm_shape x, size_t values, locl_error *err)
{
    locl_device *device = devices->device[0];
    locl_command_buffer *cmd = NULL;
    locl_tensor t = {.name = "t", .bytes = values * sizeof(float), .external = -1};
    check_ok(locl_command_buffer_create(device, NULL, &cmd, err), err);
    locl_gemm(cmd, LOCL_ENGINE_NATIVE, &x, &t, &t, &t);
    locl_status status = locl_command_buffer_status(cmd, err);
    locl_command_buffer_release(cmd);
    return status;
}

static void test_bad_shapes(void **state)
{
    locl_error err = {0};
    (void)state;
    locl_gemm_shape x = dense(false, false, 4, 4, 4);
    assert_int_equal(status_of(x, 16, &err), LOCL_OK);
    assert_int_equal(status_of(x, 15, &err), LOCL_E_FAILED);
    assert_non_null(strstr(err.message, "A takes 16 values, but t has only 15"));
    x.ldb = 3;
    assert_int_equal(status_of(x, 16, &err), LOCL_E_FAILED);
    assert_non_null(strstr(err.message, "leading dimension of B"));
    x = dense(false, false, 4, 4, 4);
    x.batch = 2;
    assert_int_equal(status_of(x, 64, &err), LOCL_E_FAILED);
    x = dense(false, false, 4, 0, 4);
    assert_int_equal(status_of(x, 16, &err), LOCL_E_FAILED);
    x = dense(true, true, 4, 4, 4); /* needs scratch, but there is no workspace */
    assert_int_equal(status_of(x, 16, &err), devices->device[0]->caps.cpu ? LOCL_E_FAILED : LOCL_OK);
}

static void test_engine_names(void **state)
{
    locl_engine engine = LOCL_ENGINE_AUTO;
    locl_caps caps = {.cpu = true};
    (void)state;
    assert_true(locl_engine_parse("clblast", &engine));
    assert_int_equal(engine, LOCL_ENGINE_CLBLAST);
    assert_int_equal(locl_engine_resolve(engine, &caps), LOCL_ENGINE_CLBLAST);
    assert_true(locl_engine_parse("auto", &engine));
    assert_int_equal(locl_engine_resolve(engine, &caps), LOCL_ENGINE_NATIVE);
    caps.cpu = false;
    assert_int_equal(locl_engine_resolve(engine, &caps), LOCL_ENGINE_CLBLAST);
    assert_true(locl_engine_parse("native", &engine));
    assert_int_equal(engine, LOCL_ENGINE_NATIVE);
    assert_false(locl_engine_parse("Native", &engine));
}

static int open_device(void **state)
{
    const char *selector = getenv("LOCL_DEVICES");
    locl_error err = {0};
    (void)state;
    check_ok(locl_devices_open_text(selector ? selector : "auto", &devices, &err), &err);
    return 0;
}

static int close_device(void **state)
{
    (void)state;
    locl_devices_close(devices);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_engine_names),
        cmocka_unit_test(test_bad_shapes),
        cmocka_unit_test(test_sizes_and_transposes),
        cmocka_unit_test(test_leading_dimensions_alpha_beta),
        cmocka_unit_test(test_grouped_channels),
        cmocka_unit_test(test_shared_operands),
        cmocka_unit_test(test_sums),
        cmocka_unit_test(test_long_sums),
        cmocka_unit_test(test_check_can_fail),
        cmocka_unit_test(test_same_bits),
        cmocka_unit_test(test_large_product),
    };
    return cmocka_run_group_tests(tests, open_device, close_device);
}
