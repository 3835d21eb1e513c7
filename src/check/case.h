/* What the rows of the table (check/<operation>_case.c) are made with. Included by them, by other files of
 * this folder and by tests/rules/variants_test.c. */
#ifndef LOCL_CHECK_CASE_H
#define LOCL_CHECK_CASE_H

#include "check/table.h"

#include <math.h>

#define LOCL_OP_COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define LOCL_OP_SHAPES(list, own) .shapes = LOCL_OP_COUNT(list), .shape = (list), .presets = (own)
#define LOCL_OP_COVERS(list) .covers = LOCL_OP_COUNT(list), .cover = (list)
#define LOCL_OP_BREAKS(list) .breaks = (list), .break_count = LOCL_OP_COUNT(list)
#define LOCL_OP_VARIANTS(list, timed) .variants = LOCL_OP_COUNT(list), .variant = (list), .rivals = (timed)
/* The variants of operations that are cut by caps alone. */
#define LOCL_OP_CUTS .variant = locl_op_cuts, .variants = LOCL_OP_CUT_COUNT, .rivals = 1

enum { LOCL_OP_SEED = 11, LOCL_OP_STEP = 3 }; /* of the draws that operations make; any would do */
enum { LOCL_OP_CUT_COUNT = 3 };
extern const locl_op_variant locl_op_cuts[LOCL_OP_CUT_COUNT];

typedef enum locl_op_fill {
    LOCL_FILL_VALUES,  /* what an activation may be: hard rows too */
    LOCL_FILL_TANGENT, /* what the operation is linear in: random values, 0 and denormals */
    LOCL_FILL_NONE     /* left to `derive` */
} locl_op_fill;

/* Adds tensor `index`, or nothing where rows is 0. */
void locl_op_add(locl_op_case *c, size_t index, const char *name, locl_op_use use, locl_op_fill fill,
                 size_t rows, size_t n);
/* Makes a tensor that was added one of halves, where `half` says so. */
void locl_op_store(locl_op_case *c, size_t index, bool half);
/* Adds cotangents `t` and what is made of them, `q`. With `in_place` q takes the place of t as well. */
void locl_op_add_back(locl_op_case *c, size_t t, size_t q, size_t in_place, size_t rows, size_t n);
/* Returns the index of the cotangents: q where that takes t's place. */
size_t locl_op_back_from(const locl_op_case *c, size_t t, size_t q);
/* Returns the tensor to record, NULL where it is absent. */
const locl_tensor *locl_op_arg(const locl_op_case *c, size_t index);
/* Returns whether the device has the tensor. */
bool locl_op_on_device(const locl_op_tensor *t);
/* Returns the bytes of a tensor, once for each time that it is read or written, 0 where it is not on the
 * device. */
double locl_op_bytes_of(const locl_op_tensor *t);
/* Returns the bytes of all tensors on the device, once for each time that they are read or written. */
double locl_op_bytes(const locl_op_case *c);
/* Returns flops * values and the bytes of the tensors. */
locl_op_cost locl_op_cost_of(const locl_op_case *c, double flops);

/* Give the sizes of terms for operations that are products of their inputs: the reference gives them when it
 * runs on |inputs|. locl_op_sizes() fills LOCL_OP_HOST tensor `to` with |tensor `from`| and returns it.
 * locl_op_scale() makes a scale of what the reference said. */
const float *locl_op_sizes(const locl_op_case *c, size_t from, size_t to);
void locl_op_scale(locl_op_tensor *t);

/* Sizes of the terms that a row's LN is made from. */
typedef struct locl_row_size {
    double value; /* largest |x| */
    double y;     /* of y = (x - mean) r; the error of a rounded mean is that of the largest |x| */
    double map;   /* r (1 + y): J t is of size map * largest |t| */
    double r;
} locl_row_size;

/* Returns the sizes of x + bias [n], `bias` as in norm_ref.inc. Without norm y = x and J is the identity. */
locl_row_size locl_row_size_of(const float *x, const float *bias, size_t step, size_t n, bool norm);
locl_row_size locl_row_size_of_norm(const float *x, size_t n); /* with norm, without a bias */
double locl_row_largest(const float *x, size_t n);             /* the largest |x|; 0 for NULL */
void locl_row_set(double *scale, size_t n, double value);

#endif
