/* Holds what a run gave against the reference. */
#include "check/case.h"
#include "check/shape.h"

#include <stdio.h>
#include <string.h>

/* Results below this a device may flush to 0, so they count as right. */
#define SMALLEST 1e-34

static bool same_bits(float a, float b)
{
    uint32_t x, y;
    memcpy(&x, &a, sizeof x);
    memcpy(&y, &b, sizeof y);
    return x == y;
}

/* Returns how far a value that is stored is from the one that should be, beyond what rounding it to a half makes of
 * that: 2^-11 of it, or half of the smallest half. Beyond the largest half, from where it rounds to infinite, any will
 * do. */
static double distance_of(const locl_op_tensor *t, double got, double want)
{
    const double infinite = 65520;
    if (!t->half) {
        return fabs(got - want);
    }
    if (isinf(got)) {
        double less = infinite - (got > 0 ? want : -want);
        return less <= 0 ? 0 : less;
    }
    double distance = fabs(got - want);
    return distance >= 0 ? fmax(distance - fabs(want) * 0x1p-11 - 0x1p-25, 0) : distance;
}

/* Returns the error of value e of output t in units of its scale, 0 where it is as it should be. */
static double error_at(const locl_op_case *c, const locl_op_tensor *t, size_t e)
{
    if (e % t->n >= t->n - t->exact) {
        return same_bits(t->got[e], t->want[e]) ? 0 : INFINITY;
    }
    if (t->gaps && isnan(t->want[e])) {
        return same_bits(t->got[e], t->in[e]) ? 0 : INFINITY;
    }
    if (t->mask >= 0) {
        const locl_op_tensor *mask = &c->t[t->mask];
        size_t at = e % (mask->rows * mask->n);
        bool on = mask->got[at] > 0;
        if (on != (mask->want[at] > 0)) { /* either is right so near to 0 */
            if (on || t->got[e] == 0) {
                return 0;
            }
            if (!mask->half) { /* a half may have become 0 when it was stored, after it was asked for its sign */
                return INFINITY;
            }
        }
    }
    double distance = distance_of(t, t->got[e], t->want[e]);
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

void locl_op_case_command(const locl_op_case *c, const locl_device *device, const locl_op_variant *variant,
                          char *text, size_t size)
{
    char shape[LOCL_OP_SHAPE_TEXT];
    locl_op_shape_print(c->op, c->dim, shape, sizeof shape);
    snprintf(text, size, "build/bin/kernel_check --op %s --shape \"%s\" --seed %llu --device %s --variant %s",
             c->op->name, shape, (unsigned long long)c->seed, device->selector, variant->name);
}

static void describe(const locl_op_case *c, const locl_device *device, const locl_op_variant *variant,
                     const char *what, char *text, size_t size)
{
    char shape[LOCL_OP_SHAPE_TEXT], command[2 * LOCL_OP_SHAPE_TEXT];
    locl_op_shape_print(c->op, c->dim, shape, sizeof shape);
    locl_op_case_command(c, device, variant, command, sizeof command);
    snprintf(text, size, "FAIL %s [%s] seed %llu on %s, %s: %s\n  again: %s", c->op->name, shape,
             (unsigned long long)c->seed, device->selector, variant->name, what, command);
}

/* Describes the first value of an output that is off in `what`. Returns false where none is. */
static bool is_off(const locl_op_case *c, const locl_op_tensor *t, char *what, size_t size)
{
    for (size_t e = 0; t->want && e < t->rows * t->n; e++) {
        double error = error_at(c, t, e);
        if (error > c->op->tolerance) {
            snprintf(what, size, "%s[%zu,%zu] = %.9g, reference %.9g, error %.2g of %.2g; guards %s", t->name,
                     e / t->n, e % t->n, (double)t->got[e], (double)t->want[e], error, c->op->tolerance,
                     t->guards_intact ? "intact" : "overwritten");
            return true;
        }
    }
    if (locl_op_on_device(t) && !t->guards_intact) {
        snprintf(what, size, "%s: memory beside it was overwritten", t->name);
        return true;
    }
    return false;
}

bool locl_op_case_near(const locl_op_case *c, const locl_device *device, const locl_op_variant *variant,
                       char *text, size_t size)
{
    char what[256];
    for (const locl_op_tensor *t = c->t; t < c->t + LOCL_OP_TENSORS; t++) {
        if (is_off(c, t, what, sizeof what)) {
            describe(c, device, variant, what, text, size);
            return false;
        }
    }
    return true;
}
