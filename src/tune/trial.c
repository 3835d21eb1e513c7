#include "tune/trial.h"

#include "base/clock.h"
#include "gemm/solver.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct locl_trial {
    locl_device *device;
    locl_trial_clock clock;
    locl_gemm_shape shape;
    locl_gemm_extents extents;
    locl_queue queue;
    locl_tensor a, b, c;
    float *host_a, *host_b;
    float *first;         /* the C of the first right runner; NULL: there was none yet */
    double *s;            /* [n] random */
    double *want, *scale; /* [batch,m] alpha op(A) (op(B) s), and the size of its terms */
};

struct locl_trial_runner {
    locl_trial *trial;
    locl_arena *workspace;
    locl_command_buffer *cmd;
    size_t replays;   /* in a sample */
    double tolerance; /* of what it computes */
};

/* Fills in values from -1 to 1: any would do. */
static void fill(float *to, size_t count, uint32_t seed)
{
    uint32_t state = seed * 2654435761u + 12345u;
    for (size_t i = 0; i < count; i++) {
        state = state * 1664525u + 1013904223u;
        to[i] = (float)(int32_t)state * (1.0f / 2147483648.0f);
    }
}

/* Computes out [k] = op(B[z,s]) v, and the same of absolute values. */
static void times_b(const locl_gemm_shape *x, const float *b, const double *v, double *out, double *size)
{
    for (size_t p = 0; p < x->k; p++) {
        double sum = 0, all = 0;
        for (size_t j = 0; j < x->n; j++) {
            double term = (double)(x->tb ? b[j * x->ldb + p] : b[p * x->ldb + j]) * v[j];
            sum += term;
            all += fabs(term);
        }
        out[p] = sum;
        size[p] = all;
    }
}

/* Adds op(A[z,s]) v to out [m], and the same of sizes. */
static void add_times_a(const locl_gemm_shape *x, const float *a, const double *v, const double *v_size,
                        double *out, double *size)
{
    for (size_t i = 0; i < x->m; i++) {
        for (size_t p = 0; p < x->k; p++) {
            double value = (double)(x->ta ? a[p * x->lda + i] : a[i * x->lda + p]);
            out[i] += value * v[p];
            size[i] += fabs(value) * v_size[p];
        }
    }
}

static locl_status expect(locl_trial *t, locl_error *err)
{
    const locl_gemm_shape *x = &t->shape;
    double *v = calloc(2 * x->k, sizeof *v);
    if (!v) {
        return locl_fail_memory(err, 2 * x->k * sizeof *v);
    }
    for (size_t z = 0; z < x->batch; z++) {
        for (size_t s = 0; s < x->sum; s++) {
            times_b(x, t->host_b + z * x->stride_b + s * x->sum_b, t->s, v, v + x->k);
            add_times_a(x, t->host_a + z * x->stride_a + s * x->sum_a, v, v + x->k, t->want + z * x->m,
                        t->scale + z * x->m);
        }
    }
    free(v);
    return LOCL_OK;
}

static locl_status put(locl_trial *t, locl_tensor *tensor, const char *name, size_t count, const float *from,
                       locl_error *err)
{
    *tensor = (locl_tensor){.bytes = count * sizeof(float), .external = -1};
    snprintf(tensor->name, sizeof tensor->name, "%s", name);
    LOCL_TRY(locl_buffer_create(t->device, tensor->bytes, name, &tensor->mem, err));
    return from ? locl_buffer_write(&t->queue, tensor->mem, 0, tensor->bytes, from, LOCL_BLOCKING, NULL, NULL,
                                    err)
                : LOCL_OK;
}

static locl_status make(locl_trial *t, locl_error *err)
{
    const locl_gemm_shape *x = &t->shape;
    size_t rows = x->batch * x->m;
    t->host_a = malloc(t->extents.a * sizeof *t->host_a);
    t->host_b = malloc(t->extents.b * sizeof *t->host_b);
    t->s = malloc(x->n * sizeof *t->s);
    t->want = calloc(rows, sizeof *t->want);
    t->scale = calloc(rows, sizeof *t->scale);
    if (!t->host_a || !t->host_b || !t->s || !t->want || !t->scale) {
        return locl_fail_memory(err, (t->extents.a + t->extents.b) * sizeof *t->host_a);
    }
    fill(t->host_a, t->extents.a, 1);
    fill(t->host_b, t->extents.b, 2);
    for (size_t j = 0; j < x->n; j++) {
        t->s[j] = sin((double)(j + 1));
    }
    LOCL_TRY(locl_queue_create(t->device, LOCL_QUEUE_PLAIN, &t->queue, err));
    LOCL_TRY(put(t, &t->a, "A", t->extents.a, t->host_a, err));
    LOCL_TRY(put(t, &t->b, "B", t->extents.b, t->host_b, err));
    LOCL_TRY(put(t, &t->c, "C", t->extents.c, NULL, err));
    return expect(t, err);
}

locl_status locl_trial_open(locl_device *device, const locl_gemm_shape *shape, locl_trial_clock clock,
                            locl_trial **out, locl_error *err)
{
    locl_trial *t = calloc(1, sizeof *t);
    *out = NULL;
    if (!t) {
        return locl_fail_memory(err, sizeof *t);
    }
    t->device = device;
    t->clock = clock ? clock : locl_clock_seconds;
    t->shape = *shape;
    t->shape.alpha = 1;
    t->shape.beta = 0;
    t->extents = locl_gemm_extents_of(shape);
    locl_status status = make(t, err);
    if (status != LOCL_OK) {
        locl_trial_close(t);
        return status;
    }
    *out = t;
    return LOCL_OK;
}

void locl_trial_close(locl_trial *t)
{
    if (!t) {
        return;
    }
    locl_buffer_release(&t->a.mem);
    locl_buffer_release(&t->b.mem);
    locl_buffer_release(&t->c.mem);
    locl_queue_release(&t->queue);
    free(t->host_a);
    free(t->host_b);
    free(t->first);
    free(t->s);
    free(t->want);
    free(t->scale);
    free(t);
}

static locl_status record(locl_trial_runner *r, const locl_gemm_choice *choice, locl_error *err)
{
    locl_trial *t = r->trial;
    const locl_gemm_choice *taken;
    locl_gemm_choices choices = {.engine = LOCL_ENGINE_AUTO, .known = choice, .count = 1};
    LOCL_TRY(locl_arena_create("scratch", &t->device->caps, &r->workspace, err));
    LOCL_TRY(locl_command_buffer_create(t->device, r->workspace, &r->cmd, err));
    locl_gemm_use(r->cmd, &choices);
    locl_gemm(r->cmd, &t->shape, &t->a, &t->b, &t->c);
    LOCL_TRY(locl_command_buffer_status(r->cmd, err));
    locl_gemm_recorded(r->cmd, &taken);
    r->tolerance = locl_gemm_tolerance(taken, &t->device->caps);
    LOCL_TRY(locl_arena_bind(r->workspace, t->device, err));
    return locl_command_buffer_bind(r->cmd, err);
}

locl_status locl_trial_runner_open(locl_trial *trial, const locl_gemm_choice *choice, locl_trial_runner **out,
                                   locl_error *err)
{
    locl_trial_runner *r = calloc(1, sizeof *r);
    *out = NULL;
    if (!r) {
        return locl_fail_memory(err, sizeof *r);
    }
    r->trial = trial;
    locl_status status = record(r, choice, err);
    if (status != LOCL_OK) {
        locl_trial_runner_close(r);
        return status;
    }
    *out = r;
    return LOCL_OK;
}

void locl_trial_runner_close(locl_trial_runner *r)
{
    if (r) {
        locl_command_buffer_release(r->cmd);
        locl_arena_release(r->workspace);
        free(r);
    }
}

static locl_status replay(locl_trial_runner *r, size_t times, locl_error *err)
{
    const locl_bindings bindings = {.step = 0};
    for (size_t i = 0; i < times; i++) {
        LOCL_TRY(locl_command_buffer_enqueue(r->cmd, &r->trial->queue, &bindings, err));
    }
    return locl_queue_finish(&r->trial->queue, err);
}

/* Returns whether C [batch,m,n] times s is what it has to be; NaN is not. */
static bool agrees(const locl_trial *t, const float *c, double tolerance)
{
    const locl_gemm_shape *x = &t->shape;
    for (size_t row = 0; row < x->batch * x->m; row++) {
        const float *from = c + row / x->m * x->stride_c + row % x->m * x->ldc;
        double sum = 0;
        for (size_t j = 0; j < x->n; j++) {
            sum += (double)from[j] * t->s[j];
        }
        if (!(fabs(sum - t->want[row]) <= tolerance * t->scale[row])) {
            return false;
        }
    }
    return true;
}

/* Judges a C [as the trial's], which the trial keeps where it is the first right one: then *c is NULL behind. */
static locl_trial_verdict judge(locl_trial *t, float **c, double tolerance)
{
    if (!agrees(t, *c, tolerance)) {
        return LOCL_TRIAL_WRONG;
    }
    if (!t->first) {
        t->first = *c;
        *c = NULL;
        return LOCL_TRIAL_SAME_BITS;
    }
    return memcmp(t->first, *c, t->c.bytes) == 0 ? LOCL_TRIAL_SAME_BITS : LOCL_TRIAL_RIGHT;
}

locl_status locl_trial_check(locl_trial_runner *r, locl_trial_verdict *verdict, locl_error *err)
{
    locl_trial *t = r->trial;
    const cl_uint unwritten = 0x7FC0DEAD; /* a NaN */
    float *c = malloc(t->c.bytes);
    locl_status status;
    *verdict = LOCL_TRIAL_WRONG;
    if (!c) {
        return locl_fail_memory(err, t->c.bytes);
    }
    LOCL_TRY_GOTO(status,
                  locl_buffer_fill(&t->queue, t->c.mem, 0, t->c.bytes, &unwritten, sizeof unwritten, err));
    LOCL_TRY_GOTO(status, replay(r, 1, err));
    LOCL_TRY_GOTO(status,
                  locl_buffer_read(&t->queue, t->c.mem, 0, t->c.bytes, c, LOCL_BLOCKING, NULL, NULL, err));
    *verdict = judge(t, &c, r->tolerance);
fail:
    free(c);
    return status;
}

/* The first call doubles the products until they take long enough. */
locl_status locl_trial_seconds(locl_trial_runner *r, double *seconds, locl_error *err)
{
    enum { MOST = 1 << 12 };
    const double enough = 0.01;
    bool first = r->replays == 0;
    r->replays = first ? 1 : r->replays;
    for (;;) {
        double start = r->trial->clock();
        LOCL_TRY(replay(r, r->replays, err));
        double taken = r->trial->clock() - start;
        *seconds = taken / (double)r->replays;
        if (!first || taken >= enough || r->replays >= MOST) {
            return LOCL_OK;
        }
        r->replays *= 2;
    }
}

const float *locl_trial_a(const locl_trial *t)
{
    return t->host_a;
}

const float *locl_trial_b(const locl_trial *t)
{
    return t->host_b;
}
