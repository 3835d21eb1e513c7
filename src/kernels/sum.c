#include "kernels/declare.h"

static const locl_kernel_arg sum_columns_args[] = {IN("x"),      OUT("out"),   U32("rows"), U32("n"),
                                                   U32("slabs"), F32("scale"), END_OF_ARGS};
const locl_kernel locl_kernel_sum_columns = {
    .file = "sum.cl", .name = "sum_columns", .args = sum_columns_args, .geometry = locl_row_geometry};

static const locl_kernel_arg sum_rows_args[] = {IN("x"), OUT("out"), U32("rows"), U32("n"), END_OF_ARGS};
const locl_kernel locl_kernel_sum_rows = {
    .file = "sum.cl", .name = "sum_rows", .args = sum_rows_args, .geometry = locl_row_geometry};
