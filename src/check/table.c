#include "check/case.h"

#include "base/philox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const locl_op locl_op_layernorm_dual, locl_op_layernorm_vjp, locl_op_batchnorm_dual,
    locl_op_batchnorm_vjp, locl_op_bias_add, locl_op_activation_dual, locl_op_activation_tangents,
    locl_op_activation_vjp, locl_op_activation_estimate, locl_op_head_pool, locl_op_head_jvp,
    locl_op_head_vjp, locl_op_head_difference, locl_op_loss_softmax, locl_op_loss_gather, locl_op_sum_columns,
    locl_op_sum_rows, locl_op_accumulate, locl_op_repeat, locl_op_weight_estimate, locl_op_weight_shift,
    locl_op_depthwise_map, locl_op_depthwise_gradient, locl_op_pool_dual, locl_op_pool_vjp,
    locl_op_tangent_losses, locl_op_draw_fill;

const locl_op *const locl_ops[] = {&locl_op_layernorm_dual,
                                   &locl_op_layernorm_vjp,
                                   &locl_op_batchnorm_dual,
                                   &locl_op_batchnorm_vjp,
                                   &locl_op_bias_add,
                                   &locl_op_activation_dual,
                                   &locl_op_activation_tangents,
                                   &locl_op_activation_vjp,
                                   &locl_op_activation_estimate,
                                   &locl_op_head_pool,
                                   &locl_op_head_jvp,
                                   &locl_op_head_vjp,
                                   &locl_op_head_difference,
                                   &locl_op_loss_softmax,
                                   &locl_op_loss_gather,
                                   &locl_op_sum_columns,
                                   &locl_op_sum_rows,
                                   &locl_op_accumulate,
                                   &locl_op_repeat,
                                   &locl_op_weight_estimate,
                                   &locl_op_weight_shift,
                                   &locl_op_depthwise_map,
                                   &locl_op_depthwise_gradient,
                                   &locl_op_pool_dual,
                                   &locl_op_pool_vjp,
                                   &locl_op_tangent_losses,
                                   &locl_op_draw_fill,
                                   NULL};

/* Below it a device may flush to 0: no error is seen in results this small. */
#define SMALLEST 1e-34

const locl_op *locl_op_find(const char *name)
{
    for (size_t i = 0; locl_ops[i]; i++) {
        if (!strcmp(locl_ops[i]->name, name)) {
            return locl_ops[i];
        }
    }
    return NULL;
}

size_t locl_op_dims(const locl_op *op)
{
    size_t dims = 1;
    for (const char *p = op->dims; *p; p++) {
        dims += *p == ',';
    }
    return dims;
}

static bool is_output(locl_op_use use)
{
    return use == LOCL_OP_OUT || use == LOCL_OP_IN_OUT;
}

void locl_op_add(locl_op_case *c, size_t index, const char *name, locl_op_use use, locl_op_fill fill,
                 size_t rows, size_t n)
{
    if (rows) {
        c->t[index] = (locl_op_tensor){.name = name,
                                       .use = use,
                                       .fill = (int)fill,
                                       .rows = rows,
                                       .n = n,
                                       .mask = -1,
                                       .dev.external = -1};
    }
}

const locl_tensor *locl_op_arg(const locl_op_case *c, size_t index)
{
    return c->t[index].use == LOCL_OP_ABSENT ? NULL : &c->t[index].dev;
}

/* Makes row i of a tensor hard, for some i. */
static void harden(float *row, size_t n, size_t i, bool tangent)
{
    enum { EQUAL, EQUAL_LARGE, LARGE, DENORMAL, ZERO, OFFSET, KINDS = 9 };
    for (size_t j = 0; j < n; j++) {
        switch (i % KINDS) {
        case EQUAL:
            row[j] = tangent ? row[j] : 0.7f;
            break;
        case EQUAL_LARGE:
            row[j] = tangent ? row[j] : 1e15f;
            break;
        case LARGE:
            row[j] *= tangent ? 1.0f : 1e15f;
            break;
        case DENORMAL:
            row[j] *= 1e-40f;
            break;
        case ZERO:
            row[j] = 0.0f;
            break;
        case OFFSET:
            row[j] += tangent ? 0.0f : 100.0f;
            break;
        default:
            break;
        }
    }
}

static void fill(locl_op_case *c, size_t index, bool hard)
{
    locl_op_tensor *t = &c->t[index];
    uint32_t tag = locl_draw_tag(LOCL_STREAM_INIT, 0, 0, 0) + (uint32_t)index;
    if (t->fill == LOCL_FILL_NONE) {
        return;
    }
    locl_draw(LOCL_NOISE_GAUSSIAN, c->seed, 0, tag, 0, t->rows * t->n, t->in);
    for (size_t i = 0; hard && i < t->rows; i++) {
        harden(t->in + i * t->n, t->n, i + c->seed, t->fill == LOCL_FILL_TANGENT);
    }
}

static bool allocate(locl_op_tensor *t)
{
    size_t count = t->rows * t->n;
    if (t->use != LOCL_OP_ABSENT && t->use != LOCL_OP_OUT) {
        t->in = calloc(count, sizeof *t->in);
    }
    if (is_output(t->use)) {
        t->want = calloc(count, sizeof *t->want);
        t->scale = calloc(count, sizeof *t->scale);
        t->got = calloc(count, sizeof *t->got);
    }
    return (t->use == LOCL_OP_ABSENT || t->use == LOCL_OP_OUT || t->in) &&
           (!is_output(t->use) || (t->want && t->scale && t->got));
}

locl_status locl_op_case_create(const locl_op *op, const size_t *dim, uint64_t seed, bool hard,
                                locl_op_case **out, locl_error *err)
{
    locl_op_case *c = calloc(1, sizeof *c);
    *out = NULL;
    if (!c) {
        return locl_fail_memory(err, sizeof *c);
    }
    c->op = op;
    c->seed = seed;
    memcpy(c->dim, dim, sizeof c->dim);
    op->lay_out(c);
    for (size_t i = 0; i < LOCL_OP_TENSORS; i++) {
        if (!allocate(&c->t[i])) {
            locl_fail_memory(err, c->t[i].rows * c->t[i].n * sizeof(float));
            locl_op_case_release(c);
            return LOCL_E_MEMORY;
        }
        if (c->t[i].in) {
            fill(c, i, hard);
        }
    }
    if (op->derive) {
        op->derive(c);
    }
    *out = c;
    return LOCL_OK;
}

void locl_op_case_release(locl_op_case *c)
{
    for (size_t i = 0; c && i < LOCL_OP_TENSORS; i++) {
        free(c->t[i].in);
        free(c->t[i].want);
        free(c->t[i].scale);
        free(c->t[i].got);
    }
    free(c);
}

locl_op_tensor *locl_op_case_find(locl_op_case *c, const char *name)
{
    for (size_t i = 0; i < LOCL_OP_TENSORS; i++) {
        if (c->t[i].use != LOCL_OP_ABSENT && !strcmp(c->t[i].name, name)) {
            return &c->t[i];
        }
    }
    return NULL;
}

void locl_op_case_expect(locl_op_case *c)
{
    c->op->reference(c);
}

/* The error of value e of output t in units of its scale; 0 where it is as it should be. */
static double error_at(const locl_op_case *c, const locl_op_tensor *t, size_t e)
{
    if (e % t->n >= t->n - t->exact) {
        return memcmp(t->got + e, t->want + e, sizeof(float)) ? INFINITY : 0;
    }
    if (t->mask >= 0) {
        const locl_op_tensor *mask = &c->t[t->mask];
        size_t at = e % (mask->rows * mask->n);
        bool on = mask->got[at] > 0;
        if (on != (mask->want[at] > 0)) { /* either is right so near to 0 */
            return on || t->got[e] == 0 ? 0 : INFINITY;
        }
    }
    double distance = fabs((double)t->got[e] - (double)t->want[e]);
    return distance <= SMALLEST ? 0 : distance >= 0 ? distance / (t->scale[e] + SMALLEST) : INFINITY;
}

double locl_op_case_error(const locl_op_case *c)
{
    double worst = 0;
    for (const locl_op_tensor *t = c->t; t < c->t + LOCL_OP_TENSORS; t++) {
        for (size_t e = 0; t->want && e < t->rows * t->n; e++) {
            worst = fmax(worst, error_at(c, t, e));
        }
    }
    return worst;
}

static void describe(const locl_op_case *c, const char *selector, const char *what, char *text, size_t size)
{
    char shape[256] = "";
    size_t used = 0;
    for (size_t i = 0; i < locl_op_dims(c->op); i++) {
        used += (size_t)snprintf(shape + used, sizeof shape - used, "%s%zu", i ? "," : "", c->dim[i]);
    }
    snprintf(text, size, "FAIL %s [%s] seed %llu on %s: %s\n  again: LOCL_DEVICES=%s ./locl.sh test ops_test",
             c->op->name, shape, (unsigned long long)c->seed, selector, what, selector);
}

bool locl_op_case_near(const locl_op_case *c, const char *selector, char *text, size_t size)
{
    char what[256];
    for (const locl_op_tensor *t = c->t; t < c->t + LOCL_OP_TENSORS; t++) {
        for (size_t e = 0; t->want && e < t->rows * t->n; e++) {
            double error = error_at(c, t, e);
            if (error > c->op->tolerance) {
                snprintf(what, sizeof what,
                         "%s[%zu,%zu] = %.9g, reference %.9g, error %.2g of %.2g; guards %s", t->name,
                         e / t->n, e % t->n, (double)t->got[e], (double)t->want[e], error, c->op->tolerance,
                         t->guards_intact ? "intact" : "overwritten");
                describe(c, selector, what, text, size);
                return false;
            }
        }
        if (t->use != LOCL_OP_ABSENT && t->use != LOCL_OP_HOST && !t->guards_intact) {
            snprintf(what, sizeof what, "%s: memory beside it was overwritten", t->name);
            describe(c, selector, what, text, size);
            return false;
        }
    }
    return true;
}

locl_row_size locl_row_size_of(const float *x, const float *bias, size_t step, size_t n, bool norm)
{
    double mean = 0, variance = 0, spread = 0, value = 0, shift = x[0] + (bias ? bias[0] : 0.0f);
    for (size_t j = 0; j < n; j++) {
        double v = x[j] + (bias ? bias[j * step] : 0.0f);
        mean += (v - shift) / (double)n;
        value = fmax(value, fabs(v));
        spread = fmax(spread, fabs(v - shift));
    }
    if (!norm) {
        return (locl_row_size){.value = value, .y = value, .map = 1, .r = 1};
    }
    for (size_t j = 0; j < n; j++) {
        double v = x[j] + (bias ? bias[j * step] : 0.0f) - shift - mean;
        variance += v * v / (double)n;
    }
    double r = 1 / sqrt(variance + 1e-5), y = spread > 0 ? r * value : 0;
    return (locl_row_size){.value = value, .y = y, .map = r * (1 + y), .r = r};
}

double locl_row_largest(const float *x, size_t n)
{
    double largest = 0;
    for (size_t j = 0; x && j < n; j++) {
        largest = fmax(largest, fabs((double)x[j]));
    }
    return largest;
}

const float *locl_op_sizes(const locl_op_case *c, size_t from, size_t to)
{
    for (size_t i = 0; i < c->t[to].rows * c->t[to].n; i++) {
        c->t[to].in[i] = fabsf(c->t[from].in[i]);
    }
    return c->t[to].in;
}

void locl_op_scale(locl_op_tensor *t)
{
    for (size_t i = 0; i < t->rows * t->n; i++) {
        t->scale[i] = fabs((double)t->want[i]);
    }
}

void locl_row_set(double *scale, size_t n, double value)
{
    for (size_t j = 0; j < n; j++) {
        scale[j] = value;
    }
}
