#include "kernels/declare.h"

static const locl_kernel_arg mirror_rows_args[] = {OUT("out"),   U32("rows"),  U32("n"),
                                                   U32("order"), U32("first"), U64("seed"),
                                                   U32("tag"),   STEP,         END_OF_ARGS};
const locl_kernel locl_kernel_mirror_rows = {
    .file = "mirror.cl", .name = "mirror_rows", .args = mirror_rows_args, .geometry = locl_row_geometry};
