#include "kernels/declare.h"

static const locl_kernel_arg half_store_args[] = {
    IN("x"), {.name = "h", .kind = LOCL_ARG_OUT, .element = 2}, U64("count"), END_OF_ARGS};
const locl_kernel locl_kernel_half_store = {
    .file = "half.cl", .name = "half_store", .args = half_store_args, .geometry = locl_row_geometry};

static const locl_kernel_arg half_load_args[] = {
    {.name = "h", .kind = LOCL_ARG_IN, .element = 2}, OUT("x"), U64("count"), END_OF_ARGS};
const locl_kernel locl_kernel_half_load = {
    .file = "half.cl", .name = "half_load", .args = half_load_args, .geometry = locl_row_geometry};
