/* All kernels: a descriptor for each entry of cl/, in a file named like its .cl. Launches are checked against
 * them (device/launch.h). Tests and offline builds walk the list. Included by gemm, ops, optim and check. */
#ifndef LOCL_KERNELS_KERNELS_H
#define LOCL_KERNELS_KERNELS_H

#include "device/launch.h"

#define LOCL_KERNEL_TABLE(X)                                                                                 \
    X(accumulate)                                                                                            \
    X(activation_dual)                                                                                       \
    X(activation_vjp)                                                                                        \
    X(activation_estimate)                                                                                   \
    X(batchnorm_dual)                                                                                        \
    X(batchnorm_vjp)                                                                                         \
    X(bias_add)                                                                                              \
    X(block_pack)                                                                                            \
    X(block_reduce)                                                                                          \
    X(block_step)                                                                                            \
    X(contrast_difference)                                                                                   \
    X(contrast_error)                                                                                        \
    X(contrast_softmax)                                                                                      \
    X(contrast_unit)                                                                                         \
    X(depthwise_map)                                                                                         \
    X(depthwise_gradient)                                                                                    \
    X(draw_fill)                                                                                             \
    X(gemm_copy)                                                                                             \
    X(gemm_local)                                                                                            \
    X(gemm_native)                                                                                           \
    X(gemm_packed)                                                                                           \
    X(gemm_reduce)                                                                                           \
    X(gemm_tiles)                                                                                            \
    X(gemm_transpose)                                                                                        \
    X(guess_subtract)                                                                                        \
    X(half_load)                                                                                             \
    X(half_store)                                                                                            \
    X(head_delta)                                                                                            \
    X(head_difference)                                                                                       \
    X(head_jvp)                                                                                              \
    X(head_pool)                                                                                             \
    X(head_vjp)                                                                                              \
    X(layernorm_dual)                                                                                        \
    X(layernorm_vjp)                                                                                         \
    X(loss_gather)                                                                                           \
    X(loss_record)                                                                                           \
    X(loss_softmax)                                                                                          \
    X(mirror_rows)                                                                                           \
    X(optim_norms)                                                                                           \
    X(optim_trust)                                                                                           \
    X(optim_update)                                                                                          \
    X(peak_fma)                                                                                              \
    X(pool_dual)                                                                                             \
    X(pool_vjp)                                                                                              \
    X(repeat)                                                                                                \
    X(slices_add)                                                                                            \
    X(sum_columns)                                                                                           \
    X(sum_rows)                                                                                              \
    X(tangent_losses)                                                                                        \
    X(tangent_means)                                                                                         \
    X(weight_estimate)                                                                                       \
    X(weight_shift)

#define LOCL_KERNEL_DECLARE(name) extern const locl_kernel locl_kernel_##name;
LOCL_KERNEL_TABLE(LOCL_KERNEL_DECLARE)
#undef LOCL_KERNEL_DECLARE

extern const locl_kernel *const locl_kernels[];        /* all kernels; ends with NULL */
const locl_kernel *locl_kernel_find(const char *name); /* returns NULL if there is none */

/* Values of switches that C code names, too. */
enum { /* NOISE, in the order of cl/draw.clh */
       LOCL_NOISE_SWITCH_NONE,
       LOCL_NOISE_SWITCH_GAUSSIAN,
       LOCL_NOISE_SWITCH_RADEMACHER,
       LOCL_NOISE_SWITCH_GIVEN,
       LOCL_NOISE_SWITCH_HADAMARD
};
enum { /* WAY of cl/block_step.cl */
       LOCL_WAY_SWITCH_ESTIMATE,
       LOCL_WAY_SWITCH_EXACT_LAST,
       LOCL_WAY_SWITCH_EXACT,
       LOCL_WAY_SWITCH_FORWARD,
       LOCL_WAY_SWITCH_MIRROR,
       LOCL_WAY_SWITCH_MIRRORS
};
enum { /* RULE of cl/optim.cl */ LOCL_RULE_SWITCH_SGD = 1,
       LOCL_RULE_SWITCH_ADAM,
       LOCL_RULE_SWITCH_ADAMW,
       LOCL_RULE_SWITCH_LARS };

#endif
