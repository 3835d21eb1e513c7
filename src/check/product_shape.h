/* The products of the rows of product_case.c, from a shape's dimensions. Included by it alone. */
#ifndef LOCL_CHECK_PRODUCT_SHAPE_H
#define LOCL_CHECK_PRODUCT_SHAPE_H

#include "check/table.h"

/* The rows' kinds. */
enum { LOCL_PRODUCT_DENSE, LOCL_PRODUCT_GROUPED, LOCL_PRODUCT_TOKENS, LOCL_PRODUCT_BATCHED };

locl_gemm_shape locl_product_shape(const locl_op_case *c);
/* Is A a buffer that changes from replay to replay? */
bool locl_product_is_external(const locl_op_case *c);

#endif
