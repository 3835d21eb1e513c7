#include "check/measure.h"

#include "check/case.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

/* Below this share of its terms a value is a rest, whose relative error says nothing of the kernel. */
#define REST (1.0 / 16)

/* Returns the unit in the last place of a float of that size; of denormals, that of the smallest normal one. */
static double last_place(double size)
{
    int exponent;
    frexp(size > (double)FLT_MIN ? size : (double)FLT_MIN, &exponent);
    return ldexp(1, exponent - FLT_MANT_DIG);
}

/* Returns whether the value is one that may be 0 here and not there: either side of a ReLU's threshold, or a gap. */
static bool is_apart(const locl_op_case *c, const locl_op_tensor *t, size_t e)
{
    if (t->mask >= 0) {
        const locl_op_tensor *mask = &c->t[t->mask];
        size_t at = e % (mask->rows * mask->n);
        return (mask->got[at] > 0) != (mask->want[at] > 0);
    }
    return false;
}

static void measure_value(const locl_op_tensor *t, size_t e, locl_op_measure *m)
{
    double want = (double)t->want[e], distance = fabs((double)t->got[e] - want);
    double size = fmax(fabs(want), t->scale[e]);
    if (isnan(want) || isinf(want)) {
        return; /* held against the reference by locl_op_case_near() alone */
    }
    distance = isnan(distance) ? INFINITY : distance;
    m->ulp = fmax(m->ulp, distance / last_place(size));
    if (fabs(want) > (double)FLT_MIN && fabs(want) >= REST * t->scale[e]) {
        m->relative = fmax(m->relative, distance / fabs(want));
    }
}

void locl_op_case_measure(const locl_op_case *c, locl_op_measure *m)
{
    for (const locl_op_tensor *t = c->t; t < c->t + LOCL_OP_TENSORS; t++) {
        if (!t->want) {
            continue;
        }
        m->same_bits = m->same_bits && !memcmp(t->got, t->want, t->rows * t->n * sizeof *t->want);
        for (size_t e = 0; e < t->rows * t->n; e++) {
            bool counter = e % t->n >= t->n - t->exact;
            if (!counter && !is_apart(c, t, e)) {
                measure_value(t, e, m);
            }
        }
    }
}

locl_status locl_op_copy_take(const locl_op_case *c, locl_op_copy *out, locl_error *err)
{
    *out = (locl_op_copy){.got = {NULL}};
    for (size_t i = 0; i < LOCL_OP_TENSORS; i++) {
        size_t bytes = c->t[i].want ? c->t[i].rows * c->t[i].n * sizeof(float) : 0;
        if (bytes && !(out->got[i] = malloc(bytes))) {
            return locl_fail_memory(err, bytes);
        }
        if (bytes) {
            memcpy(out->got[i], c->t[i].got, bytes);
        }
    }
    return LOCL_OK;
}

bool locl_op_copy_same(const locl_op_case *c, const locl_op_copy *copy)
{
    for (size_t i = 0; i < LOCL_OP_TENSORS; i++) {
        if (copy->got[i] &&
            memcmp(copy->got[i], c->t[i].got, c->t[i].rows * c->t[i].n * sizeof(float)) != 0) {
            return false;
        }
    }
    return true;
}

void locl_op_copy_free(locl_op_copy *copy)
{
    for (size_t i = 0; i < LOCL_OP_TENSORS; i++) {
        free(copy->got[i]);
    }
}
