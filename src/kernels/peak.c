#include "kernels/declare.h"

static const locl_kernel_arg peak_fma_args[] = {OUT("out"), U32("rounds"), F32("a"), F32("b"), END_OF_ARGS};
static const locl_kernel_geometry peak_fma_geometry[] = {
    {.name = "BITS", .low = 16, .high = 64, .only = {16, 32, 64}, .sample = 32},
    {.name = "LANES", .low = 1, .high = 16, .only = {1, 16}, .sample = 16},
    {.name = "CHAINS", .low = 1, .high = 64, .sample = 8},
    {0}};
const locl_kernel locl_kernel_peak_fma = {
    .file = "peak.cl", .name = "peak_fma", .args = peak_fma_args, .geometry = peak_fma_geometry};
