#include "kernels/declare.h"

static const locl_kernel_arg unit_args[] = {IN_OUT("z"), IN("bias"), OUT("u"),   OUT("norms"),
                                            U32("rows"), U32("n"),   END_OF_ARGS};
const locl_kernel locl_kernel_contrast_unit = {
    .file = "contrast.cl", .name = "contrast_unit", .args = unit_args, .geometry = locl_row_geometry};

static const locl_kernel_arg softmax_args[] = {IN_OUT("q"), OUT("losses"), OUT("wrong"), U32("rows"),
                                               END_OF_ARGS};
const locl_kernel locl_kernel_contrast_softmax = {
    .file = "contrast.cl", .name = "contrast_softmax", .args = softmax_args, .geometry = locl_row_geometry};

static const locl_kernel_arg error_args[] = {IN("u"),     IN("norms"), IN_OUT("r"),
                                             U32("rows"), U32("n"),    END_OF_ARGS};
const locl_kernel locl_kernel_contrast_error = {
    .file = "contrast.cl", .name = "contrast_error", .args = error_args, .geometry = locl_row_geometry};

static const locl_kernel_arg difference_args[] = {IN_OUT("d"), IN("u"),       IN("norms"),    IN("q"),
                                                  OUT("dl"),   U64("offset"), U32("rows"),    U32("moves"),
                                                  U32("n"),    F32("scale"),  F32("epsilon"), END_OF_ARGS};
const locl_kernel locl_kernel_contrast_difference = {.file = "contrast.cl",
                                                     .name = "contrast_difference",
                                                     .args = difference_args,
                                                     .geometry = locl_row_geometry};
