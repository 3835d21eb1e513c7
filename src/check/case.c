#include "check/case.h"

#include "base/philox.h"
#include "ops/half.h"

#include <stdlib.h>
#include <string.h>

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

void locl_op_store(locl_op_case *c, size_t index, bool half)
{
    c->t[index].half = half;
    c->t[index].dev.half = half;
}

void locl_op_add_back(locl_op_case *c, size_t t, size_t q, size_t in_place, size_t rows, size_t n)
{
    locl_op_add(c, t, "t", LOCL_OP_IN, LOCL_FILL_TANGENT, in_place ? 0 : rows, n);
    locl_op_add(c, q, "q", in_place ? LOCL_OP_IN_OUT : LOCL_OP_OUT, LOCL_FILL_TANGENT, rows, n);
}

size_t locl_op_back_from(const locl_op_case *c, size_t t, size_t q)
{
    return c->t[t].use == LOCL_OP_ABSENT ? q : t;
}

const locl_tensor *locl_op_arg(const locl_op_case *c, size_t index)
{
    return c->t[index].use == LOCL_OP_ABSENT ? NULL : &c->t[index].dev;
}

bool locl_op_on_device(const locl_op_tensor *t)
{
    return t->use != LOCL_OP_ABSENT && t->use != LOCL_OP_HOST;
}

double locl_op_bytes_of(const locl_op_tensor *t)
{
    double once = (double)(t->rows * t->n * locl_tensor_element(&t->dev));
    return !locl_op_on_device(t) ? 0 : t->use == LOCL_OP_IN_OUT ? 2 * once : once;
}

double locl_op_bytes(const locl_op_case *c)
{
    double bytes = 0;
    for (const locl_op_tensor *t = c->t; t < c->t + LOCL_OP_TENSORS; t++) {
        bytes += locl_op_bytes_of(t);
    }
    return bytes;
}

locl_op_cost locl_op_cost_of(const locl_op_case *c, double flops)
{
    return (locl_op_cost){.flops = flops, .bytes = locl_op_bytes(c)};
}

/* Makes row i of a tensor hard, for some i. Its large values are `large`. */
static void harden(float *row, size_t n, size_t i, bool tangent, float large)
{
    enum { EQUAL, EQUAL_LARGE, LARGE, DENORMAL, ZERO, OFFSET, KINDS = 9 };
    for (size_t j = 0; j < n; j++) {
        switch (i % KINDS) {
        case EQUAL:
            row[j] = tangent ? row[j] : 0.7f;
            break;
        case EQUAL_LARGE:
            row[j] = tangent ? row[j] : large;
            break;
        case LARGE:
            row[j] *= tangent ? 1.0f : large;
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

/* Makes inputs that are halves on the device values that these have, so that the reference sees what the kernel
 * does. */
static void round_to_halves(locl_op_case *c)
{
    for (locl_op_tensor *t = c->t; t < c->t + LOCL_OP_TENSORS; t++) {
        if (t->half && t->in) {
            locl_half_ref(t->in, t->in, t->rows * t->n);
        }
    }
}

static void fill(locl_op_case *c, size_t index)
{
    const float large = 1e15f, large_half = 1e4f; /* a half ends at 65504 */
    locl_op_tensor *t = &c->t[index];
    uint32_t tag = locl_draw_tag(LOCL_STREAM_INIT, 0, 0, 0) + (uint32_t)index;
    if (t->fill == LOCL_FILL_NONE) {
        return;
    }
    locl_draw(LOCL_NOISE_GAUSSIAN, c->seed, 0, tag, 0, t->rows * t->n, t->in);
    for (size_t i = 0; c->inputs == LOCL_OP_HARD && i < t->rows; i++) {
        harden(t->in + i * t->n, t->n, i + c->seed, t->fill == LOCL_FILL_TANGENT,
               t->half ? large_half : large);
    }
}

static bool allocate(locl_op_tensor *t)
{
    if (t->use != LOCL_OP_ABSENT && t->use != LOCL_OP_OUT) {
        t->in = calloc(t->rows * t->n, sizeof *t->in);
        return t->in;
    }
    return true;
}

locl_status locl_op_case_create(const locl_op *op, const size_t *dim, uint64_t seed, locl_op_inputs inputs,
                                locl_op_case **out, locl_error *err)
{
    const char *refused = op->refuses ? op->refuses(dim) : NULL;
    *out = NULL;
    if (refused) {
        return locl_fail(err, LOCL_E_CONFIG, "%s: %s", op->name, refused);
    }
    locl_op_case *c = calloc(1, sizeof *c);
    if (!c) {
        return locl_fail_memory(err, sizeof *c);
    }
    c->op = op;
    c->seed = seed;
    c->inputs = inputs;
    memcpy(c->dim, dim, sizeof c->dim);
    op->lay_out(c);
    for (size_t i = 0; i < LOCL_OP_TENSORS; i++) {
        if (!allocate(&c->t[i])) {
            locl_fail_memory(err, c->t[i].rows * c->t[i].n * sizeof(float));
            locl_op_case_release(c);
            return LOCL_E_MEMORY;
        }
        if (c->t[i].in) {
            fill(c, i);
        }
    }
    round_to_halves(c);
    if (op->derive) {
        op->derive(c);
        round_to_halves(c);
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

size_t locl_op_largest(const locl_op *op, const size_t *dim)
{
    locl_op_case c = {.op = op};
    size_t most = 0;
    memcpy(c.dim, dim, sizeof c.dim);
    op->lay_out(&c);
    for (size_t i = 0; i < LOCL_OP_TENSORS; i++) {
        most = c.t[i].rows * c.t[i].n > most ? c.t[i].rows * c.t[i].n : most;
    }
    return most;
}

locl_status locl_op_case_expect(locl_op_case *c, locl_error *err)
{
    for (size_t i = 0; i < LOCL_OP_TENSORS; i++) {
        locl_op_tensor *t = &c->t[i];
        size_t count = t->rows * t->n;
        if (is_output(t->use)) {
            t->want = calloc(count, sizeof *t->want);
            t->scale = calloc(count, sizeof *t->scale);
            if (!t->want || !t->scale) {
                return locl_fail_memory(err, count * (sizeof *t->want + sizeof *t->scale));
            }
        }
    }
    c->op->reference(c);
    return LOCL_OK;
}
