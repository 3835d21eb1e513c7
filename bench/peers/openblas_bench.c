/* OpenBLAS's sgemm beside locl's products, in turns in one run, on the shapes of M/8/16, M/1/16 and L/8/64.
 *
 *     build/bin/openblas_bench                                   what training takes without measuring, ratios
 *     build/bin/openblas_bench --tuned                           the fastest candidate of each shape
 *     build/bin/openblas_bench --candidates --shape 2048         every candidate, of the shapes with that text
 *     build/bin/openblas_bench --library /opt/libopenblas.so.0   instead of the system's; --samples N
 *     build/bin/openblas_bench --processor                       seconds of the processor, OpenBLAS with one thread:
 *                                                                rates of one core where others use the machine
 *
 * The device is what LOCL_DEVICES selects. OpenBLAS's threads are told to sleep at once, not to spin beside locl. */
#include "base/clock.h"
#include "gemm/policy.h"
#include "gemm/solver.h"
#include "tune/trial.h"

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROW_MAJOR = 101, PLAIN = 111, TRANSPOSED = 112, MOST_SAMPLES = 99 };

typedef void (*sgemm_function)(int order, int ta, int tb, int m, int n, int k, float alpha, const float *a,
                               int lda, const float *b, int ldb, float beta, float *c, int ldc);

typedef struct options {
    const char *library, *shape;
    size_t samples;
    bool tuned, candidates;
    locl_trial_clock clock;
} options;

typedef struct named_shape {
    const char *name;
    locl_gemm_shape x;
} named_shape;

#define DENSE(A, B, M, N, K)                                                                                 \
    {                                                                                                        \
        .ta = (A), .tb = (B), .m = (M), .n = (N), .k = (K), .lda = (A) ? (M) : (K), .ldb = (B) ? (K) : (N),  \
        .ldc = (N), .batch = 1, .sum = 1                                                                     \
    }
static const named_shape shapes[] = {
    {"M/8/16 channel nn 8192x512x512", DENSE(false, false, 8192, 512, 512)},
    {"M/8/16 channel dual nn 16384x512x512", DENSE(false, false, 16384, 512, 512)},
    {"M/8/16 channel backward nt 8192x512x512", DENSE(false, true, 8192, 512, 512)},
    {"M/8/16 channel gradient tn 512x512x8192", DENSE(true, false, 512, 512, 8192)},
    {"M/8/16 first nn 8192x512x48", DENSE(false, false, 8192, 512, 48)},
    {"M/8/16 first gradient tn 48x512x8192", DENSE(true, false, 48, 512, 8192)},
    {"M/8/16 group nn 16 x 8192x32x32",
     {.m = 8192,
      .n = 32,
      .k = 32,
      .lda = 512,
      .ldb = 32,
      .ldc = 512,
      .batch = 16,
      .stride_a = 32,
      .stride_b = 1024,
      .stride_c = 32,
      .sum = 1}},
    {"M/8/16 group gradient tn 16 x 32x32x8192",
     {.ta = true,
      .m = 32,
      .n = 32,
      .k = 8192,
      .lda = 512,
      .ldb = 512,
      .ldc = 32,
      .batch = 16,
      .stride_a = 32,
      .stride_b = 32,
      .stride_c = 1024,
      .sum = 1}},
    {"M/8/16 token tn 128 x 64x512x64",
     {.ta = true,
      .m = 64,
      .n = 512,
      .k = 64,
      .lda = 64,
      .ldb = 512,
      .ldc = 512,
      .batch = 128,
      .stride_b = 32768,
      .stride_c = 32768,
      .sum = 1}},
    {"M/8/16 token gradient nt sum of 128 x 64x64x512",
     {.tb = true,
      .m = 64,
      .n = 64,
      .k = 512,
      .lda = 512,
      .ldb = 512,
      .ldc = 64,
      .batch = 1,
      .sum = 128,
      .sum_a = 32768,
      .sum_b = 32768}},
    {"M/1/16 first nn 128x512x784", DENSE(false, false, 128, 512, 784)},
    {"M/1/16 first gradient tn 784x512x128", DENSE(true, false, 784, 512, 128)},
    {"M/8/16 head nn 128x10x512", DENSE(false, false, 128, 10, 512)},
    {"M/8/16 head gradient tn 512x10x128", DENSE(true, false, 512, 10, 128)},
    {"L/8/64 channel nn 2048x2048x2048", DENSE(false, false, 2048, 2048, 2048)},
    {"L/8/64 channel backward nt 2048x2048x2048", DENSE(false, true, 2048, 2048, 2048)},
    {"L/8/64 channel gradient tn 2048x2048x2048", DENSE(true, false, 2048, 2048, 2048)},
};
enum { SHAPES = sizeof shapes / sizeof shapes[0] };

/* One of those that take turns: OpenBLAS (no runner), or a candidate. */
typedef struct rival {
    locl_gemm_choice choice;
    locl_trial_runner *runner;
    double seconds[MOST_SAMPLES];
    bool right;
} rival;

/* Seconds that this process's threads have had a processor. */
static double processor_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void call_openblas(sgemm_function sgemm, const locl_gemm_shape *x, const float *a, const float *b,
                          float *c)
{
    for (size_t z = 0; z < x->batch; z++) {
        for (size_t s = 0; s < x->sum; s++) {
            sgemm(ROW_MAJOR, x->ta ? TRANSPOSED : PLAIN, x->tb ? TRANSPOSED : PLAIN, (int)x->m, (int)x->n,
                  (int)x->k, 1.0f, a + z * x->stride_a + s * x->sum_a, (int)x->lda,
                  b + z * x->stride_b + s * x->sum_b, (int)x->ldb, s ? 1.0f : 0.0f, c + z * x->stride_c,
                  (int)x->ldc);
        }
    }
}

static double time_openblas(const options *o, sgemm_function sgemm, const locl_gemm_shape *x,
                            const locl_trial *trial, float *c)
{
    const double enough = 0.01;
    double start = o->clock(), taken = 0;
    size_t times = 0;
    for (; times == 0 || taken < enough; times++, taken = o->clock() - start) {
        call_openblas(sgemm, x, locl_trial_a(trial), locl_trial_b(trial), c);
    }
    return taken / (double)times;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print_cut(const locl_gemm_cut *cut)
{
    static const char *const kernels[] = {"-", "outer", "packed", "local"};
    printf("%s%s%s %zux%zu k %zu group %zux%zux%zu slabs %zu workers %zu", kernels[cut->kernel],
           cut->pack_b ? " pack B" : "", cut->transpose_b ? " transpose B" : "", cut->rows, cut->columns,
           cut->k_block, cut->group_rows, cut->group_columns, cut->group_batch, cut->slabs, cut->workers);
}

static locl_status open_rivals(const options *o, locl_device *device, locl_trial *trial,
                               const locl_gemm_shape *x, rival *list, size_t *count, locl_error *err)
{
    locl_gemm_cut cuts[LOCL_GEMM_CUTS];
    size_t all = o->tuned || o->candidates ? locl_gemm_cuts(x, &device->caps, cuts) : 0;
    if (!all) {
        cuts[all++] = locl_gemm_cut_for(x, &device->caps);
    }
    for (*count = 0; *count < all; (*count)++) {
        rival *r = &list[*count];
        memset(r, 0, sizeof *r);
        r->choice = (locl_gemm_choice){.shape = *x, .solver = &locl_gemm_native, .cut = cuts[*count]};
        LOCL_TRY(locl_trial_runner_open(trial, &r->choice, &r->runner, err));
        locl_trial_verdict verdict;
        LOCL_TRY(locl_trial_check(r->runner, &verdict, err));
        r->right = verdict != LOCL_TRIAL_WRONG;
    }
    return LOCL_OK;
}

/* Least seconds of each, in seconds[0]; the median in seconds[samples / 2]. */
static locl_status race(const options *o, sgemm_function sgemm, const locl_trial *trial,
                        const locl_gemm_shape *x, rival *list, size_t count, double *peer, float *c,
                        locl_error *err)
{
    double ignored;
    for (size_t i = 0; i < count; i++) {
        LOCL_TRY(locl_trial_seconds(list[i].runner, &ignored, err));
    }
    for (size_t s = 0; s < o->samples; s++) {
        peer[s] = time_openblas(o, sgemm, x, trial, c);
        for (size_t i = 0; i < count; i++) {
            LOCL_TRY(locl_trial_seconds(list[i].runner, &list[i].seconds[s], err));
        }
    }
    qsort(peer, o->samples, sizeof *peer, ascending);
    for (size_t i = 0; i < count; i++) {
        qsort(list[i].seconds, o->samples, sizeof *list[i].seconds, ascending);
    }
    return LOCL_OK;
}

static void report(const options *o, const named_shape *s, const rival *list, size_t count,
                   const double *peer, double *ratio)
{
    double giga = 1e-9 * locl_gemm_flops(&s->x);
    const rival *best = list;
    for (size_t i = 0; i < count; i++) {
        best = list[i].right && list[i].seconds[o->samples / 2] < best->seconds[o->samples / 2] ? &list[i]
                                                                                                : best;
        if (o->candidates) {
            printf("  %8.1f %8.1f  %s", giga / list[i].seconds[0], giga / list[i].seconds[o->samples / 2],
                   list[i].right ? "" : "WRONG ");
            print_cut(&list[i].choice.cut);
            printf("\n");
        }
    }
    *ratio = peer[o->samples / 2] / best->seconds[o->samples / 2];
    printf("%-48s %8.1f %8.1f %8.1f  %5.2f %5.2f  ", s->name, giga / peer[0], giga / list[0].seconds[0],
           giga / best->seconds[0], peer[0] / best->seconds[0], *ratio);
    print_cut(&best->choice.cut);
    printf("%s\n", list[0].right ? "" : " DEFAULT IS WRONG");
    fflush(stdout);
}

static locl_status run_shape(const options *o, sgemm_function sgemm, locl_device *device,
                             const named_shape *s, double *ratio, locl_error *err)
{
    static rival list[LOCL_GEMM_CUTS];
    static double peer[MOST_SAMPLES];
    size_t count = 0;
    locl_trial *trial = NULL;
    locl_status status;
    float *c = calloc(locl_gemm_extents_of(&s->x).c, sizeof *c);
    if (!c) {
        return locl_fail_memory(err, sizeof *c);
    }
    LOCL_TRY_GOTO(status, locl_trial_open(device, &s->x, o->clock, &trial, err));
    LOCL_TRY_GOTO(status, open_rivals(o, device, trial, &s->x, list, &count, err));
    LOCL_TRY_GOTO(status, race(o, sgemm, trial, &s->x, list, count, peer, c, err));
    report(o, s, list, count, peer, ratio);
fail:
    for (size_t i = 0; i < count; i++) {
        locl_trial_runner_close(list[i].runner);
    }
    locl_trial_close(trial);
    free(c);
    return status;
}

static locl_status run(const options *o, sgemm_function sgemm, locl_devices *devices, locl_error *err)
{
    double logarithms = 0, least = INFINITY;
    size_t count = 0;
    printf("%-48s %8s %8s %8s  %5s %5s\n", "GFLOP/s, best of samples", "OpenBLAS", "default", "locl", "best",
           "median");
    for (size_t i = 0; i < SHAPES; i++) {
        double ratio = 0;
        if (!o->shape || strstr(shapes[i].name, o->shape)) {
            LOCL_TRY(run_shape(o, sgemm, devices->device[0], &shapes[i], &ratio, err));
            logarithms += log(ratio);
            least = fmin(least, ratio);
            count++;
        }
    }
    printf("locl over OpenBLAS, medians: geometric mean %.2f, least %.2f, of %zu shapes\n",
           count ? exp(logarithms / (double)count) : 0.0, least, count);
    return LOCL_OK;
}

/* False: what stands there is no option of this program. */
static bool parse(int argc, char **argv, options *o)
{
    *o = (options){.library = "libopenblas.so.0", .samples = 15, .clock = locl_clock_seconds};
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (!strcmp(argv[i], "--tuned")) {
            o->tuned = true;
        } else if (!strcmp(argv[i], "--candidates")) {
            o->candidates = true;
        } else if (!strcmp(argv[i], "--processor")) {
            o->clock = processor_seconds;
            setenv("OPENBLAS_NUM_THREADS", "1", 1);
        } else if (!strcmp(argv[i], "--library") && value) {
            o->library = argv[++i];
        } else if (!strcmp(argv[i], "--shape") && value) {
            o->shape = argv[++i];
        } else if (!strcmp(argv[i], "--samples") && value && atoi(value) > 0 && atoi(value) <= MOST_SAMPLES) {
            o->samples = (size_t)atoi(argv[++i]);
        } else {
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    options o;
    locl_devices *devices = NULL;
    locl_error err = {0};
    if (!parse(argc, argv, &o)) {
        fprintf(stderr, "openblas_bench [--tuned] [--candidates] [--processor] [--shape TEXT] [--samples N] "
                        "[--library PATH]\n");
        return 2;
    }
    setenv("OPENBLAS_THREAD_TIMEOUT", "4", 0);
    void *library = dlopen(o.library, RTLD_NOW);
    sgemm_function sgemm = NULL;
    if (library) {
        *(void **)(void *)&sgemm = dlsym(library, "cblas_sgemm");
    }
    if (!sgemm) {
        fprintf(stderr, "%s has no cblas_sgemm: install libopenblas0-pthread, or give --library\n",
                o.library);
        return 77;
    }
    locl_status status = locl_devices_open(NULL, 0, &devices, &err);
    if (status == LOCL_OK) {
        status = run(&o, sgemm, devices, &err);
    }
    if (status != LOCL_OK) {
        fprintf(stderr, "%s: %s\n", err.where, err.message);
    }
    locl_devices_close(devices);
    return status == LOCL_OK ? 0 : 1;
}
