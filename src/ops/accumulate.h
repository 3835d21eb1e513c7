/* Adding cotangents where paths meet: a residual, a block's own loss. Records into a plan; reference in
 * accumulate_ref.c. */
#ifndef LOCL_OPS_ACCUMULATE_H
#define LOCL_OPS_ACCUMULATE_H

#include "device/plan.h"

/* out += t, where post > 0 unless post is NULL; all of `count` values. */
void locl_accumulate(locl_plan *plan, const locl_tensor *t, const locl_tensor *post, const locl_tensor *out,
                     size_t count);

void locl_accumulate_ref(const float *t, const float *post, float *out, size_t count);

#endif
