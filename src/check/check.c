#include "check/check.h"

#include <math.h>

locl_status locl_check_shape(const locl_check *check, const locl_op *op, const size_t *dim, uint64_t seed,
                             const locl_op_variant *variant, locl_check_result *out, locl_error *err)
{
    locl_op_case *c = NULL;
    locl_status status;
    *out = (locl_check_result){.passed = false};
    LOCL_TRY(locl_op_case_create(op, dim, seed, true, &c, err));
    LOCL_TRY_GOTO(status, locl_op_case_expect(c, err));
    LOCL_TRY_GOTO(status, locl_op_case_run(c, check->device, variant, !check->exact_buffers, err));
    out->passed = locl_op_case_near(c, check->device, variant, out->text, sizeof out->text);
    out->error = locl_op_case_error(c);
fail:
    locl_op_case_release(c);
    return status;
}
