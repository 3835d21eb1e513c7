/* Checks rows of the table: holds them against their references and spoils them on purpose, which has to be
 * noticed. One runner serves operations, products and optimisers. Included by tests and programs. */
#ifndef LOCL_CHECK_CHECK_H
#define LOCL_CHECK_CHECK_H

#include "check/run.h"
#include "check/shape.h"

typedef struct locl_check {
    locl_device *device;
    bool exact_buffers; /* each tensor in a buffer of exactly its size, without guards: for simulators */
} locl_check;

/* Returns whether the tensors of a check have guard values. */
static inline locl_op_guards locl_check_guards(const locl_check *check)
{
    return check->exact_buffers ? LOCL_OP_BARE : LOCL_OP_GUARDED;
}

typedef struct locl_check_result {
    bool passed;
    double error;    /* the largest, in units of the values' scales */
    char text[2048]; /* what differs, and the command that runs it alone again; "" where it passed */
} locl_check_result;

/* Runs a shape of a row in `count` variants and compares, up to the first that is off. Inputs are hard values
 * and, where these hide others, plain ones. It returns an error only where a case cannot be run. */
locl_status locl_check_shape(const locl_check *check, const locl_op *op, const size_t *dim, uint64_t seed,
                             const locl_op_variant *const *variants, size_t count, locl_check_result *out,
                             locl_error *err);

/* Runs a row with its kernel spoiled. result.passed says that this was noticed, `text` by what or, where it
 * was not, how to see it again. LOCL_E_FAILED where the text to be changed is not there. Points LOCL_KERNELS
 * to a folder of its own meanwhile, so no other thread may build kernels. */
locl_status locl_check_break(const locl_check *check, const locl_op *op, const locl_op_break *spoiled,
                             uint64_t seed, locl_check_result *out, locl_error *err);
const locl_op_variant *locl_op_break_variant(const locl_op *op, const locl_op_break *spoiled);
/* Writes "layernorm_dual in layernorm.cl: <from> -> <to>", or "recorded with <argument>". */
void locl_op_break_print(const locl_op_break *spoiled, char *text, size_t size);

#endif
