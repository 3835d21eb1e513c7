/* The products of product_case.c's rows, from a shape's dimensions. Used by tests/gemm too. */
#ifndef LOCL_CHECK_PRODUCT_SHAPE_H
#define LOCL_CHECK_PRODUCT_SHAPE_H

#include "check/table.h"

/* The rows' kinds. */
enum {
    LOCL_PRODUCT_DENSE,
    LOCL_PRODUCT_GROUPED,
    LOCL_PRODUCT_TOKENS,
    LOCL_PRODUCT_BATCHED,
    LOCL_PRODUCT_TF32, /* by matrix units, of operands that are rounded */
    LOCL_PRODUCT_MFMA  /* by those of floats */
};

/* How A and B lie in memory, as they are or transposed. The values are those of the rows' dimension
 * `layout`. */
typedef enum locl_product_layout {
    LOCL_PRODUCT_NN,
    LOCL_PRODUCT_TN,
    LOCL_PRODUCT_NT,
    LOCL_PRODUCT_TT
} locl_product_layout;

/* Returns one product of dense matrices: op(A) [m,k], op(B) [k,n]. */
locl_gemm_shape locl_product_dense(locl_product_layout layout, size_t m, size_t n, size_t k);
locl_gemm_shape locl_product_shape(const locl_op_case *c);
/* Returns whether A is a buffer that changes from replay to replay. */
bool locl_product_is_external(const locl_op_case *c);
/* Returns whether operand 0, 1 or 2 (A, B or C) holds halves. */
bool locl_product_holds_halves(const locl_op_case *c, size_t operand);

#endif
