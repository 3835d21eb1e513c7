/* FLOPs and bytes that launches say of themselves, against a count by hand (locl_op_cost): products to the
 * last one, others to what a count per value leaves out. */
#include "support/kernel_check.h"

#include "check/time.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Per row and per column a few more are done than are counted per value. */
static const double tolerance = 0.06;

static bool is_near(double said, double counted, bool exact)
{
    return exact ? said == counted : fabs(said - counted) <= tolerance * counted;
}

/* Rows, and products whose parts this kernel adds up, whose launches say something else than is counted by
 * hand; each is to be taken out once they agree. */
static const char *const known[] = {
    "layernorm_dual",  "batchnorm_dual",      "activation_dual", "activation_tangents",
    "activation_vjp",  "activation_estimate", "head_pool",       "head_vjp",
    "head_difference", "loss_softmax",        "sum_rows",        "weight_estimate",
    "depthwise_map",   "depthwise_gradient",  "pool_dual",       "pool_vjp",
    "tangent_losses",  "draw_fill",           "gemm_reduce"};

/* What a look at a shape found. */
typedef struct look {
    bool known, agrees;
    char text[1024];
} look;

static bool is_known(const char *name)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (!strcmp(known[i], name)) {
            return true;
        }
    }
    return false;
}

static look look_at(const locl_op *op, const char *shape, const locl_op_variant *variant)
{
    bool exact = locl_check_family_of(op) == LOCL_CHECK_PRODUCT;
    locl_device *device = locl_check_device();
    locl_caps caps = locl_op_variant_caps(variant, &device->caps);
    locl_op_case *c = locl_check_make(op->name, shape, 1, false);
    locl_op_timing said;
    locl_error err = {0};
    char *kernels = NULL;
    look out;
    if (locl_op_count(c, device, variant, &said, &kernels, &err) != LOCL_OK) {
        fail_msg("%s: %s", op->name, err.message);
    }
    locl_op_cost counted = op->cost(c, &caps);
    locl_op_case_release(c);
    out.known = is_known(strstr(kernels, " gemm_reduce") ? "gemm_reduce" : op->name);
    out.agrees = is_near(said.flops, counted.flops, exact) && is_near(said.bytes, counted.bytes, exact);
    snprintf(out.text, sizeof out.text,
             "%s [%s] %s: its launches (%s) say %.9g FLOPs and %.9g bytes, by hand it is %.9g and %.9g",
             op->name, shape, variant->name, kernels + 1, said.flops, said.bytes, counted.flops,
             counted.bytes);
    free(kernels);
    return out;
}

/* Products: all. Others: where values are many beside rows and columns; else the last shape. */
static bool is_looked_at(const locl_op *op, const char *shape)
{
    enum { MANY = 1 << 14, MOST = 1 << 18 };
    size_t dim[LOCL_OP_DIMS];
    locl_check_parse(op, shape, dim);
    size_t values = locl_op_largest(op, dim);
    bool many = values >= MANY || locl_check_family_of(op) == LOCL_CHECK_PRODUCT;
    return many && values <= MOST;
}

/* Shapes that were looked at; of these known to be off; of these really off. */
typedef struct tally {
    size_t looked, known, off;
} tally;

static void look_and_count(const locl_op *op, const char *shape, const locl_op_variant *variant, tally *t)
{
    look found = look_at(op, shape, variant);
    if (!found.agrees && !found.known) {
        fail_msg("%s", found.text);
    }
    t->looked++;
    t->known += found.known;
    t->off += found.known && !found.agrees;
}

static void says_what_it_does(void **state)
{
    const locl_op *op = *state;
    size_t variants = locl_check_family_of(op) == LOCL_CHECK_PRODUCT ? op->variants : 1;
    tally t = {0};
    for (const locl_op_variant *v = op->variant; v < op->variant + variants; v++) {
        for (size_t i = 0; i < op->shapes && !locl_op_variant_repeats(op, v, &locl_check_device()->caps);
             i++) {
            if (is_looked_at(op, op->shape[i]) && !locl_check_skips(op, v, op->shape[i])) {
                look_and_count(op, op->shape[i], v, &t);
            }
        }
    }
    if (!t.looked) {
        look_and_count(op, op->shape[op->shapes - 1], op->variant, &t);
    }
    if (t.known && !t.off) {
        fail_msg("%s agrees now with the count by hand: it is to be taken out of `known`", op->name);
    }
}

int main(void)
{
    return locl_check_run_rows("counts of FLOPs and bytes", says_what_it_does, NULL, NULL, 0);
}
