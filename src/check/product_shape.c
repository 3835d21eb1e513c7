#include "check/product_shape.h"

#include "check/shape.h"

#include <string.h>

locl_gemm_shape locl_product_dense(locl_product_layout layout, size_t m, size_t n, size_t k)
{
    bool ta = layout == LOCL_PRODUCT_TN || layout == LOCL_PRODUCT_TT;
    bool tb = layout == LOCL_PRODUCT_NT || layout == LOCL_PRODUCT_TT;
    return (locl_gemm_shape){.ta = ta,
                             .tb = tb,
                             .m = m,
                             .n = n,
                             .k = k,
                             .lda = ta ? m : k,
                             .ldb = tb ? k : n,
                             .ldc = n,
                             .batch = 1,
                             .sum = 1,
                             .alpha = 1};
}

/* Returns the product of layout=nn|tn|nt|tt, then m, n, k. */
static locl_gemm_shape of_layout(const size_t *dim)
{
    return locl_product_dense((locl_product_layout)dim[0], dim[1], dim[2], dim[3]);
}

enum { GAP_A = 4, GAP_B, GAP_C, DENSE_ALPHA, DENSE_BETA, EXTERNAL, HALVES };

static locl_gemm_shape dense_shape(const size_t *dim)
{
    locl_gemm_shape x = of_layout(dim);
    x.lda += dim[GAP_A];
    x.ldb += dim[GAP_B];
    x.ldc += dim[GAP_C];
    x.alpha = (float)locl_op_real(dim[DENSE_ALPHA]);
    x.beta = (float)locl_op_real(dim[DENSE_BETA]);
    return x;
}

enum { FORWARD, BACKWARD, GRADIENT };
enum { WAY, GROUPED_ROWS, GROUPED_IN, GROUPED_OUT, GROUPED_G, GROUPED_BETA };

/* Returns the product of channels [rows,G,in] to [rows,G,out], read in place. Backward the weights are
 * [G,out,in]. */
static locl_gemm_shape grouped_shape(const size_t *dim)
{
    size_t rows = dim[GROUPED_ROWS], in = dim[GROUPED_IN], out = dim[GROUPED_OUT], groups = dim[GROUPED_G];
    bool gradient = dim[WAY] == GRADIENT;
    locl_gemm_shape x =
        gradient
            ? locl_product_dense(LOCL_PRODUCT_TN, in, out, rows)
            : locl_product_dense(dim[WAY] == BACKWARD ? LOCL_PRODUCT_NT : LOCL_PRODUCT_NN, rows, out, in);
    x.batch = groups;
    x.lda = groups * in;
    x.stride_a = in;
    x.ldb = gradient ? groups * out : x.ldb;
    x.stride_b = gradient ? out : in * out;
    x.ldc = gradient ? out : groups * out;
    x.stride_c = gradient ? in * out : out;
    x.beta = (float)locl_op_real(dim[GROUPED_BETA]);
    return x;
}

enum { TOKENS_B = 1, TOKENS_P, TOKENS_D };

/* Returns the product of one weight [P,P] with all images [P,D]. Its gradient is a sum over them. */
static locl_gemm_shape tokens_shape(const size_t *dim)
{
    size_t batch = dim[TOKENS_B], p = dim[TOKENS_P], d = dim[TOKENS_D];
    if (dim[WAY] == GRADIENT) {
        locl_gemm_shape x = locl_product_dense(LOCL_PRODUCT_NT, p, p, d);
        x.sum = batch;
        x.sum_a = p * d;
        x.sum_b = p * d;
        return x;
    }
    locl_gemm_shape x = locl_product_dense(dim[WAY] == FORWARD ? LOCL_PRODUCT_TN : LOCL_PRODUCT_NN, p, d, p);
    x.batch = batch;
    x.stride_b = p * d;
    x.stride_c = p * d;
    return x;
}

enum { BATCH = 4, SUM, SHARED, BATCHED_ALPHA, BATCHED_BETA };

/* Returns a batch of sums of products, all dense. A or B may be the same for the whole batch. */
static locl_gemm_shape batched_shape(const size_t *dim)
{
    enum { SHARES_A = 1, SHARES_B };
    locl_gemm_shape x = of_layout(dim);
    x.batch = dim[BATCH];
    x.sum = dim[SUM];
    x.sum_a = x.m * x.k;
    x.sum_b = x.k * x.n;
    x.stride_a = dim[SHARED] == SHARES_A ? 0 : x.sum * x.sum_a;
    x.stride_b = dim[SHARED] == SHARES_B ? 0 : x.sum * x.sum_b;
    x.stride_c = x.m * x.n;
    x.alpha = (float)locl_op_real(dim[BATCHED_ALPHA]);
    x.beta = (float)locl_op_real(dim[BATCHED_BETA]);
    return x;
}

enum { UNIT_GAP = 6, UNIT_ALPHA, UNIT_BETA };

/* Returns a batch of sums of products, with places between the rows of all. */
static locl_gemm_shape unit_shape(const size_t *dim)
{
    locl_gemm_shape x = of_layout(dim);
    x.lda += dim[UNIT_GAP];
    x.ldb += dim[UNIT_GAP];
    x.ldc += dim[UNIT_GAP];
    x.batch = dim[BATCH];
    x.sum = dim[SUM];
    x.sum_a = (x.ta ? x.k : x.m) * x.lda;
    x.sum_b = (x.tb ? x.n : x.k) * x.ldb;
    x.stride_a = x.sum * x.sum_a;
    x.stride_b = x.sum * x.sum_b;
    x.stride_c = x.m * x.ldc;
    x.alpha = (float)locl_op_real(dim[UNIT_ALPHA]);
    x.beta = (float)locl_op_real(dim[UNIT_BETA]);
    return x;
}

locl_gemm_shape locl_product_shape(const locl_op_case *c)
{
    static locl_gemm_shape (*const shapes[])(const size_t *) = {
        [LOCL_PRODUCT_DENSE] = dense_shape,   [LOCL_PRODUCT_GROUPED] = grouped_shape,
        [LOCL_PRODUCT_TOKENS] = tokens_shape, [LOCL_PRODUCT_BATCHED] = batched_shape,
        [LOCL_PRODUCT_TF32] = unit_shape,     [LOCL_PRODUCT_MFMA] = unit_shape};
    return shapes[c->op->kind](c->dim);
}

bool locl_product_is_external(const locl_op_case *c)
{
    return c->op->kind == LOCL_PRODUCT_DENSE && c->dim[EXTERNAL];
}

bool locl_product_holds_halves(const locl_op_case *c, size_t operand)
{
    static const char *const held[] = {"", "A", "C", "AC", "BC"};
    return c->op->kind == LOCL_PRODUCT_DENSE && strchr(held[c->dim[HALVES]], "ABC"[operand]);
}
