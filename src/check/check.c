#include "check/check.h"

#include <math.h>

enum { SOON = 1 << 18 }; /* values of the largest tensor */

/* Checks one set of inputs in all variants. */
static locl_status check_inputs(const locl_check *check, const locl_op *op, const size_t *dim, uint64_t seed,
                                locl_op_inputs inputs, const locl_op_variant *const *variants, size_t count,
                                locl_check_result *out, locl_error *err)
{
    locl_op_case *c = NULL;
    locl_status status;
    LOCL_TRY(locl_op_case_create(op, dim, seed, inputs, &c, err));
    LOCL_TRY_GOTO(status, locl_op_case_expect(c, err));
    for (size_t v = 0; v < count && out->passed; v++) {
        LOCL_TRY_GOTO(status, locl_op_case_run(c, check->device, variants[v], locl_check_guards(check), err));
        out->passed = locl_op_case_near(c, check->device, variants[v], out->text, sizeof out->text);
        out->error = fmax(out->error, locl_op_case_error(c));
    }
fail:
    locl_op_case_release(c);
    return status;
}

/* Checks sums over rows with plain values, since hard ones hide others, and also with hard ones where the
 * tensors are small enough that this is soon done. */
locl_status locl_check_shape(const locl_check *check, const locl_op *op, const size_t *dim, uint64_t seed,
                             const locl_op_variant *const *variants, size_t count, locl_check_result *out,
                             locl_error *err)
{
    *out = (locl_check_result){.passed = true};
    if (op->sums) {
        LOCL_TRY(check_inputs(check, op, dim, seed, LOCL_OP_PLAIN, variants, count, out, err));
        if (!out->passed || locl_op_largest(op, dim) > SOON) {
            return LOCL_OK;
        }
    }
    return check_inputs(check, op, dim, seed, LOCL_OP_HARD, variants, count, out, err);
}
