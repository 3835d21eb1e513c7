#include "kernels/declare.h"

static const locl_kernel_geometry geometry[] = {
    LOCL_TILE_ROWS, LOCL_TILE_COLUMNS, LOCL_TILE_STRIP, LOCL_K_BLOCKS, {.name = NULL}};
static const char *const switches[] = {"TA", "TB", NULL};
static const locl_kernel_form forms[] = {{"any", {EITHER, EITHER}}, END_OF_FORMS};

static const locl_kernel_arg gemm_packed_args[] = {
    IN("a"),          IN("b"),         IN_OUT("c"),       OUT("pack"),          U32("m"),
    U32("n"),         U32("k"),        U64("lda"),        U64("ldb"),           U64("ldc"),
    U32("batch"),     U64("stride_a"), U64("stride_b"),   U64("stride_c"),      U32("sum"),
    U64("sum_a"),     U64("sum_b"),    U32("group_rows"), U32("group_columns"), U32("parts"),
    U64("pack_step"), U32("k_step"),   U32("s_step"),     U64("slab_c"),        F32("alpha"),
    F32("beta"),      END_OF_ARGS};
const locl_kernel locl_kernel_gemm_packed = {.file = "gemm_packed.cl",
                                             .name = "gemm_packed",
                                             .args = gemm_packed_args,
                                             .geometry = geometry,
                                             .switches = switches,
                                             .forms = forms};
