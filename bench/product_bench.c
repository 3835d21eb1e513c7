/* Products at the shapes of M/8/16 with batch 128 (and of M/1/16), engine against engine.
 *
 *     build/bin/product_bench [--device SELECTOR] [--only PART-OF-NAME] [--samples N] [--engine ENGINE]
 *
 * A sample replays a command buffer of one product until it takes at least SAMPLE_SECONDS; the engines'
 * samples take turns. Printed: best, median and half the distance of the quartiles in GFLOP/s, and native's
 * median over CLBlast's, and how far their results are apart. */
#include "base/error.h"
#include "gemm/gemm.h"
#include "base/clock.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_SAMPLES = 101, ENGINES = 2 };
static const double SAMPLE_SECONDS = 0.02;
static const locl_engine engines[ENGINES] = {LOCL_ENGINE_NATIVE, LOCL_ENGINE_CLBLAST};
static const char *const engine_names[ENGINES] = {"native", "clblast"};

typedef struct bench_case {
    const char *name;
    locl_gemm_shape shape;
} bench_case;

#define DENSE(TA, TB, M, N, K)                                                                               \
    {                                                                                                        \
        .ta = TA, .tb = TB, .m = M, .n = N, .k = K, .lda = (TA) ? (M) : (K), .ldb = (TB) ? (K) : (N),        \
        .ldc = N, .batch = 1, .sum = 1, .alpha = 1                                                           \
    }
#define GROUPED(TB, M, W, G)                                                                                 \
    {                                                                                                        \
        .tb = TB, .m = M, .n = W, .k = W, .lda = (G) * (W), .ldb = W, .ldc = (G) * (W), .batch = G,          \
        .stride_a = W, .stride_b = (W) * (W), .stride_c = W, .sum = 1, .alpha = 1                            \
    }
#define GROUPED_GRADIENT(K, W, G)                                                                            \
    {                                                                                                        \
        .ta = true, .m = W, .n = W, .k = K, .lda = (G) * (W), .ldb = (G) * (W), .ldc = W, .batch = G,        \
        .stride_a = W, .stride_b = W, .stride_c = (W) * (W), .sum = 1, .alpha = 1                            \
    }
#define TOKENS(TA, P, D, B)                                                                                  \
    {                                                                                                        \
        .ta = TA, .m = P, .n = D, .k = P, .lda = P, .ldb = D, .ldc = D, .batch = B, .stride_b = (P) * (D),   \
        .stride_c = (P) * (D), .sum = 1, .alpha = 1                                                          \
    }
#define TOKEN_GRADIENT(P, D, B)                                                                              \
    {                                                                                                        \
        .tb = true, .m = P, .n = P, .k = D, .lda = D, .ldb = D, .ldc = P, .batch = 1, .sum = B,              \
        .sum_a = (P) * (D), .sum_b = (P) * (D), .alpha = 1                                                   \
    }

static const bench_case cases[] = {
    {"channel 8192x512x512", DENSE(false, false, 8192, 512, 512)},
    {"channel, 2 streams 16384x512x512", DENSE(false, false, 16384, 512, 512)},
    {"channel backward NT 8192x512x512", DENSE(false, true, 8192, 512, 512)},
    {"channel gradient TN 512x512x8192", DENSE(true, false, 512, 512, 8192)},
    {"first layer 8192x512x48", DENSE(false, false, 8192, 512, 48)},
    {"first layer gradient TN 48x512x8192", DENSE(true, false, 48, 512, 8192)},
    {"group 16 x 8192x32x32", GROUPED(false, 8192, 32, 16)},
    {"group backward NT 16 x 8192x32x32", GROUPED(true, 8192, 32, 16)},
    {"group gradient TN 16 x 32x32x8192", GROUPED_GRADIENT(8192, 32, 16)},
    {"token TN 128 x 64x512x64", TOKENS(true, 64, 512, 128)},
    {"token backward NN 128 x 64x512x64", TOKENS(false, 64, 512, 128)},
    {"token gradient NT 128 + 64x64x512", TOKEN_GRADIENT(64, 512, 128)},
    {"head 128x10x512", DENSE(false, false, 128, 10, 512)},
    {"head gradient TN 512x10x128", DENSE(true, false, 512, 10, 128)},
    {"M/1/16 channel 128x512x784", DENSE(false, false, 128, 512, 784)},
    {"M/1/16 channel gradient TN 784x512x128", DENSE(true, false, 784, 512, 128)},
    {"M/1/16 group 16 x 128x32x32", GROUPED(false, 128, 32, 16)},
    {"L/8/64 channel 2048x2048x2048", DENSE(false, false, 2048, 2048, 2048)},
    {"L/8/64 channel backward NT 2048x2048x2048", DENSE(false, true, 2048, 2048, 2048)},
    {"L/8/64 channel gradient TN 2048x2048x2048", DENSE(true, false, 2048, 2048, 2048)},
};

typedef struct options {
    const char *device, *only, *engine;
    int samples;
} options;

/* A command buffer of one product by one engine, ready to run. */
typedef struct runner {
    locl_command_buffer *cmd;
    locl_arena *workspace;
    const locl_tensor *c;
    double rate[MOST_SAMPLES]; /* GFLOP/s */
    size_t replays;
} runner;

static size_t extent(size_t rows, size_t columns, size_t ld, size_t batch, size_t stride, size_t sum,
                     size_t sum_stride)
{
    return (batch - 1) * stride + (sum - 1) * sum_stride + (rows - 1) * ld + columns;
}

static locl_tensor *take(locl_arena *arena, size_t count, const char *name)
{
    return locl_arena_take(arena, count * sizeof(float), name);
}

static locl_status fill(locl_queue *queue, const locl_tensor *t, locl_error *err)
{
    float *values = malloc(t->bytes);
    uint32_t state = 1;
    if (!values) {
        return locl_fail_memory(err, t->bytes);
    }
    for (size_t i = 0; i < t->bytes / sizeof(float); i++) {
        state = state * 1664525u + 1013904223u;
        values[i] = (float)(state >> 8) / (float)(1 << 23) - 1.0f;
    }
    locl_status status = locl_buffer_write(queue, t->mem, 0, t->bytes, values, true, NULL, NULL, err);
    free(values);
    return status;
}

static locl_status prepare(locl_device *device, const locl_gemm_shape *x, locl_engine engine,
                           const locl_tensor *a, const locl_tensor *b, runner *r, locl_error *err)
{
    LOCL_TRY(locl_arena_create("workspace", &device->caps, &r->workspace, err));
    LOCL_TRY(locl_command_buffer_create(device, r->workspace, &r->cmd, err));
    r->c = take(r->workspace, extent(x->m, x->n, x->ldc, x->batch, x->stride_c, 1, 0), "C");
    locl_gemm_use(r->cmd, &(locl_gemm_choices){.engine = engine});
    locl_gemm(r->cmd, x, a, b, r->c);
    LOCL_TRY(locl_arena_bind(r->workspace, device, err));
    return locl_command_buffer_bind(r->cmd, err);
}

static locl_status time_once(runner *r, locl_queue *queue, double *taken, locl_error *err)
{
    double start = locl_clock_seconds();
    for (size_t i = 0; i < r->replays; i++) {
        LOCL_TRY(locl_command_buffer_enqueue(r->cmd, queue, &(locl_bindings){0}, err));
    }
    LOCL_TRY(locl_queue_finish(queue, err));
    *taken = locl_clock_seconds() - start;
    return LOCL_OK;
}

/* Warms up, and doubles the replays until a sample is long enough. */
static locl_status calibrate(runner *r, locl_queue *queue, locl_error *err)
{
    double taken = 0;
    r->replays = 1;
    LOCL_TRY(time_once(r, queue, &taken, err));
    for (;;) {
        LOCL_TRY(time_once(r, queue, &taken, err));
        if (taken >= SAMPLE_SECONDS) {
            return LOCL_OK;
        }
        r->replays *= 2;
    }
}

/* The largest difference of the engines' results over the largest result: rounding alone. */
static locl_status compare(const runner *r, locl_queue *queue, double *worst, locl_error *err)
{
    size_t count = r[0].c->bytes / sizeof(float);
    float *one = malloc(r[0].c->bytes), *two = malloc(r[0].c->bytes);
    double largest = 0;
    locl_status status;
    *worst = 0;
    if (!one || !two) {
        status = locl_fail_memory(err, r[0].c->bytes);
        goto fail;
    }
    LOCL_TRY_GOTO(status, locl_buffer_read(queue, r[0].c->mem, 0, r[0].c->bytes, one, true, NULL, NULL, err));
    LOCL_TRY_GOTO(status, locl_buffer_read(queue, r[1].c->mem, 0, r[1].c->bytes, two, true, NULL, NULL, err));
    for (size_t i = 0; i < count; i++) {
        *worst = fmax(*worst, (double)fabsf(one[i] - two[i]));
        largest = fmax(largest, (double)fabsf(one[i]));
    }
    *worst /= largest;
fail:
    free(one);
    free(two);
    return status;
}

static int by_rate(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double print_rates(runner *r, int samples)
{
    qsort(r->rate, (size_t)samples, sizeof *r->rate, by_rate);
    double median = r->rate[samples / 2];
    double spread = (r->rate[3 * samples / 4] - r->rate[samples / 4]) / 2;
    printf("  %7.1f %7.1f +/- %5.1f", r->rate[samples - 1], median, spread);
    return median;
}

static bool wanted(const options *o, int engine)
{
    return !o->engine || !strcmp(o->engine, engine_names[engine]);
}

static locl_status measure(const bench_case *x, const options *o, runner *r, locl_queue *queue,
                           locl_error *err)
{
    double taken = 0, worst = 0, median[ENGINES] = {0};
    for (int e = 0; e < ENGINES; e++) {
        if (wanted(o, e)) {
            LOCL_TRY(calibrate(&r[e], queue, err));
        }
    }
    for (int s = 0; s < o->samples; s++) {
        for (int e = 0; e < ENGINES; e++) {
            if (wanted(o, e)) {
                LOCL_TRY(time_once(&r[e], queue, &taken, err));
                r[e].rate[s] = locl_gemm_flops(&x->shape) * (double)r[e].replays / taken * 1e-9;
            }
        }
    }
    printf("%-40s", x->name);
    for (int e = 0; e < ENGINES; e++) {
        if (wanted(o, e)) {
            median[e] = print_rates(&r[e], o->samples);
        }
    }
    if (!o->engine) {
        LOCL_TRY(compare(r, queue, &worst, err));
        printf("  %6.2f  %.1e", median[0] / median[1], worst);
    }
    printf("\n");
    fflush(stdout);
    return LOCL_OK;
}

static locl_status run_case(locl_device *device, const bench_case *x, const options *o, locl_error *err)
{
    const locl_gemm_shape *s = &x->shape;
    locl_arena *state = NULL;
    locl_queue queue = {0};
    runner r[ENGINES] = {{0}};
    locl_status status;
    LOCL_TRY_GOTO(status, locl_arena_create("operands", &device->caps, &state, err));
    const locl_tensor *a = take(
        state,
        extent(s->ta ? s->k : s->m, s->ta ? s->m : s->k, s->lda, s->batch, s->stride_a, s->sum, s->sum_a),
        "A");
    const locl_tensor *b = take(
        state,
        extent(s->tb ? s->n : s->k, s->tb ? s->k : s->n, s->ldb, s->batch, s->stride_b, s->sum, s->sum_b),
        "B");
    LOCL_TRY_GOTO(status, locl_arena_bind(state, device, err));
    LOCL_TRY_GOTO(status, locl_queue_create(device, false, &queue, err));
    LOCL_TRY_GOTO(status, fill(&queue, a, err));
    LOCL_TRY_GOTO(status, fill(&queue, b, err));
    for (int e = 0; e < ENGINES; e++) {
        if (wanted(o, e)) {
            LOCL_TRY_GOTO(status, prepare(device, s, engines[e], a, b, &r[e], err));
        }
    }
    status = measure(x, o, r, &queue, err);
fail:
    for (int e = 0; e < ENGINES; e++) {
        locl_command_buffer_release(r[e].cmd);
        locl_arena_release(r[e].workspace);
    }
    locl_queue_release(&queue);
    locl_arena_release(state);
    return status;
}

static bool parse(int argc, char **argv, options *o)
{
    *o = (options){.device = "auto", .only = "", .samples = 15};
    for (int i = 1; i < argc; i += 2) {
        if (i + 1 == argc) {
            return false;
        }
        if (!strcmp(argv[i], "--device")) {
            o->device = argv[i + 1];
        } else if (!strcmp(argv[i], "--only")) {
            o->only = argv[i + 1];
        } else if (!strcmp(argv[i], "--engine")) {
            o->engine = argv[i + 1];
        } else if (!strcmp(argv[i], "--samples")) {
            o->samples = atoi(argv[i + 1]);
        } else {
            return false;
        }
    }
    return o->samples >= 1 && o->samples <= MOST_SAMPLES && (!o->engine || wanted(o, 0) || wanted(o, 1));
}

int main(int argc, char **argv)
{
    options o;
    locl_devices *devices = NULL;
    locl_error err = {0};
    if (!parse(argc, argv, &o)) {
        fprintf(stderr,
                "usage: product_bench [--device SELECTOR] [--only PART-OF-NAME] [--samples 1..%d] "
                "[--engine native|clblast]\n",
                MOST_SAMPLES);
        return 2;
    }
    locl_status status = locl_devices_open_text(o.device, &devices, &err);
    if (status == LOCL_OK) {
        printf("%s, %s; GFLOP/s: best, median +/- half the quartiles' distance, of %d samples\n",
               devices->device[0]->name, devices->device[0]->platform_version, o.samples);
        printf("%-40s", "product");
        for (int e = 0; e < ENGINES; e++) {
            if (wanted(&o, e)) {
                printf("  %-25s", engine_names[e]);
            }
        }
        printf("%s\n", o.engine ? "" : "   ratio  difference");
    }
    for (size_t i = 0; i < sizeof cases / sizeof *cases && status == LOCL_OK; i++) {
        if (strstr(cases[i].name, o.only)) {
            status = run_case(devices->device[0], &cases[i], &o, &err);
        }
    }
    locl_devices_close(devices);
    if (status != LOCL_OK) {
        fprintf(stderr, "product_bench: %s: %s\n%s\n", err.where, err.message, err.remedy);
    }
    return locl_status_exit_code(status);
}
