#include "check/case.h"

#include <string.h>

#define LOCL_OP_ROWS(X)                                                                                      \
    X(layernorm_dual)                                                                                        \
    X(layernorm_vjp)                                                                                         \
    X(batchnorm_dual)                                                                                        \
    X(batchnorm_vjp)                                                                                         \
    X(bias_add)                                                                                              \
    X(activation_dual)                                                                                       \
    X(activation_tangents)                                                                                   \
    X(activation_vjp)                                                                                        \
    X(activation_estimate)                                                                                   \
    X(guess_subtract)                                                                                        \
    X(head_pool)                                                                                             \
    X(head_jvp)                                                                                              \
    X(head_vjp)                                                                                              \
    X(head_difference)                                                                                       \
    X(loss_softmax)                                                                                          \
    X(loss_gather)                                                                                           \
    X(contrast_unit)                                                                                         \
    X(contrast_softmax)                                                                                      \
    X(contrast_error)                                                                                        \
    X(contrast_difference)                                                                                   \
    X(sum_columns)                                                                                           \
    X(sum_rows)                                                                                              \
    X(accumulate)                                                                                            \
    X(repeat)                                                                                                \
    X(half)                                                                                                  \
    X(slices_add)                                                                                            \
    X(weight_estimate)                                                                                       \
    X(weight_shift)                                                                                          \
    X(depthwise_map)                                                                                         \
    X(depthwise_gradient)                                                                                    \
    X(pool_dual)                                                                                             \
    X(pool_vjp)                                                                                              \
    X(tangent_losses)                                                                                        \
    X(block_step)                                                                                            \
    X(draw_fill)                                                                                             \
    X(mirror_rows)                                                                                           \
    X(product_dense)                                                                                         \
    X(product_grouped)                                                                                       \
    X(product_tokens)                                                                                        \
    X(product_batched)                                                                                       \
    X(product_tf32)                                                                                          \
    X(product_mfma)                                                                                          \
    X(optim_sgd)                                                                                             \
    X(optim_adam)                                                                                            \
    X(optim_adamw)                                                                                           \
    X(optim_lars)                                                                                            \
    X(peak_fma)

#define DECLARE(name) extern const locl_op locl_op_##name;
LOCL_OP_ROWS(DECLARE)
#undef DECLARE

#define ROW(name) &locl_op_##name,
const locl_op *const locl_ops[] = {LOCL_OP_ROWS(ROW) NULL};
#undef ROW

/* More work-items in a group make the builds of kernels with barriers slower yet on PoCL. */
const locl_op_variant locl_op_cuts[LOCL_OP_CUT_COUNT] = {
    {.name = "device"},
    {.name = "wide", .caps = LOCL_OP_AS_GPU, .work_group = 4},
    {.name = "tiny", .caps = LOCL_OP_AS_GPU, .work_group = 1},
};

const locl_op *locl_op_find(const char *name)
{
    for (size_t i = 0; locl_ops[i]; i++) {
        if (!strcmp(locl_ops[i]->name, name)) {
            return locl_ops[i];
        }
    }
    return NULL;
}

const locl_op_variant *locl_op_variant_find(const locl_op *op, const char *name)
{
    for (size_t i = 0; i < op->variants; i++) {
        if (!strcmp(op->variant[i].name, name)) {
            return &op->variant[i];
        }
    }
    return NULL;
}
