#include "kernels/declare.h"

static const locl_kernel_geometry geometry[] = {
    {.name = "SIDE", .low = 1, .high = 16, .only = {1, 2, 4, 8, 16}, .sample = 4},
    {.name = "EACH", .low = 2, .high = 4, .only = {2, 4}, .sample = 2},
    {.name = NULL}};
static const char *const switches[] = {"TA", "TB", "HALF_A", "HALF_B", "HALF_C", NULL};
static const locl_kernel_form forms[] = {
    {"floats", {EITHER, EITHER, OFF, OFF, OFF}}, LOCL_PRODUCTS_OF_HALVES, END_OF_FORMS};

static const locl_kernel_arg gemm_local_args[] = {LOCL_PRODUCT_ARGS};
const locl_kernel locl_kernel_gemm_local = {.file = "gemm_local.cl",
                                            .name = "gemm_local",
                                            .args = gemm_local_args,
                                            .geometry = geometry,
                                            .switches = switches,
                                            .forms = forms};
