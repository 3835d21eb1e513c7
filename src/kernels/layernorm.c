#include "kernels/declare.h"

static const locl_kernel_arg layernorm_dual_args[] = {
    IN("x"), IN("dx"), OUT("y"), OUT("dy"), OUT("r"), U32("rows"), U32("n"), U32("tangents"), END_OF_ARGS};
const locl_kernel locl_kernel_layernorm_dual = {.file = "layernorm.cl",
                                                .name = "layernorm_dual",
                                                .args = layernorm_dual_args,
                                                .geometry = locl_row_geometry};

static const locl_kernel_arg layernorm_vjp_args[] = {IN("y"),     IN("r"),  IN("t"),       OUT("q"),
                                                     U32("rows"), U32("n"), U32("copies"), END_OF_ARGS};
const locl_kernel locl_kernel_layernorm_vjp = {.file = "layernorm.cl",
                                               .name = "layernorm_vjp",
                                               .args = layernorm_vjp_args,
                                               .geometry = locl_row_geometry};
