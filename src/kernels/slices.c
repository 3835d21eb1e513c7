#include "kernels/declare.h"

static const locl_kernel_arg slices_add_args[] = {IN("t"),      IN_OUT("out"),  U64("count"),
                                                  F32("share"), FIRST("first"), END_OF_ARGS};
const locl_kernel locl_kernel_slices_add = {
    .file = "slices.cl", .name = "slices_add", .args = slices_add_args, .geometry = locl_row_geometry};
