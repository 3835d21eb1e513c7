#include "kernels/declare.h"

static const locl_kernel_arg repeat_args[] = {IN("x"),  OUT("y"),      U32("rows"),
                                              U32("n"), U32("copies"), END_OF_ARGS};
const locl_kernel locl_kernel_repeat = {
    .file = "repeat.cl", .name = "repeat", .args = repeat_args, .geometry = locl_row_geometry};
