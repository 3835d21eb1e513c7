/* What gemm.c hands to its two engines; nobody else includes this. Shapes are checked by then. */
#ifndef LOCL_GEMM_ENGINE_H
#define LOCL_GEMM_ENGINE_H

#include "gemm/gemm.h"

typedef struct locl_gemm_operands {
    const locl_tensor *a, *b, *c;
} locl_gemm_operands;

void locl_gemm_native(locl_command_buffer *cmd, const locl_gemm_shape *shape, locl_gemm_operands operands);
void locl_gemm_clblast(locl_command_buffer *cmd, const locl_gemm_shape *shape, locl_gemm_operands operands);

/* Scratch of `count` floats, or NULL and an error in the command buffer when it has no workspace. */
locl_tensor *locl_gemm_scratch(locl_command_buffer *cmd, size_t count, const char *name);
/* C[z] = alpha * sum of part [slabs,batch,m,n] + beta * C[z]: ends a product that was split. */
void locl_gemm_reduce(locl_command_buffer *cmd, const locl_gemm_shape *shape, const locl_tensor *part,
                      size_t slabs, const locl_tensor *c);
/* Bytes that one product reads and writes at least, for --profile. */
double locl_gemm_bytes(const locl_gemm_shape *shape);

#endif
