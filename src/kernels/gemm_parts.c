#include "kernels/declare.h"

static const locl_kernel_arg gemm_transpose_args[] = {IN("b"),    OUT("out"),   U32("n"),
                                                      U32("k"),   U64("ldb"),   U64("stride_b"),
                                                      U32("sum"), U64("sum_b"), END_OF_ARGS};
const locl_kernel locl_kernel_gemm_transpose = {
    .file = "gemm_parts.cl", .name = "gemm_transpose", .args = gemm_transpose_args};

static const char *const reduce_switches[] = {"HALF_C", NULL};
static const locl_kernel_form reduce_forms[] = {{"any", {EITHER}}, END_OF_FORMS};
static const locl_kernel_arg gemm_reduce_args[] = {IN("part"),   HELD(IN_OUT, "c", "HALF_C"),
                                                   U32("m"),     U32("n"),
                                                   U32("batch"), U32("slabs"),
                                                   U64("ldc"),   U64("stride_c"),
                                                   U32("span"),  F32("alpha"),
                                                   F32("beta"),  END_OF_ARGS};
const locl_kernel locl_kernel_gemm_reduce = {.file = "gemm_parts.cl",
                                             .name = "gemm_reduce",
                                             .args = gemm_reduce_args,
                                             .switches = reduce_switches,
                                             .forms = reduce_forms};

static const locl_kernel_arg gemm_copy_args[] = {IN("from"), OUT("to"), U64("count"), END_OF_ARGS};
const locl_kernel locl_kernel_gemm_copy = {
    .file = "gemm_parts.cl", .name = "gemm_copy", .args = gemm_copy_args};
