#include "kernels/declare.h"

static const locl_kernel_arg weight_shift_args[] = {IN("value"),  IN("u"),        OUT("out"),
                                                    U64("count"), F32("epsilon"), END_OF_ARGS};
const locl_kernel locl_kernel_weight_shift = {
    .file = "weight.cl", .name = "weight_shift", .args = weight_shift_args};

static const locl_kernel_arg weight_estimate_args[] = {IN("u"),      IN("s"),      IN_OUT("out"),
                                                       U64("count"), U64("inner"), U32("groups"),
                                                       F32("scale"), U32("add"),   END_OF_ARGS};
const locl_kernel locl_kernel_weight_estimate = {
    .file = "weight.cl", .name = "weight_estimate", .args = weight_estimate_args};
