/* Says how far a run of a case is from its reference, in units that people compare devices by. Used by src/doctor. */
#ifndef LOCL_CHECK_MEASURE_H
#define LOCL_CHECK_MEASURE_H

#include "check/table.h"

typedef struct locl_op_measure {
    double ulp; /* worst |got - want|, in units in the last place of the terms that a value is made from */
    double relative; /* worst |got - want| / |want|, of values that are no small rest of large terms */
    bool same_bits;  /* whether all bits agree */
} locl_op_measure;

/* Holds `got` against `want`, both filled in, and raises *m, which starts as {.same_bits = true}. */
void locl_op_case_measure(const locl_op_case *c, locl_op_measure *m);

/* The outputs of a run, to be held against those of another one. */
typedef struct locl_op_copy {
    float *got[LOCL_OP_TENSORS]; /* [rows,n] of outputs, else NULL */
} locl_op_copy;

/* Copies what a run gave; free it with locl_op_copy_free(), on error too. LOCL_E_MEMORY. */
locl_status locl_op_copy_take(const locl_op_case *c, locl_op_copy *out, locl_error *err);
bool locl_op_copy_same(const locl_op_case *c,
                       const locl_op_copy *copy); /* bit for bit what the case has now */
void locl_op_copy_free(locl_op_copy *copy);

#endif
