#include "kernels/declare.h"

static const char *const switches[] = {"ADD", "FLIP", NULL};
static const locl_kernel_form map_forms[] = {
    {"forward", {EITHER, OFF}}, {"backward", {OFF, ON}}, END_OF_FORMS};
static const locl_kernel_form gradient_forms[] = {{"gradient", {OFF, OFF}}, END_OF_FORMS};

static const locl_kernel_arg depthwise_map_args[] = {IN("weight"), IN("x"),  IN_OUT("z"),   U32("rows"),
                                                     I32("side"),  U32("d"), I32("window"), END_OF_ARGS};
const locl_kernel locl_kernel_depthwise_map = {.file = "depthwise.cl",
                                               .name = "depthwise_map",
                                               .args = depthwise_map_args,
                                               .geometry = locl_row_geometry,
                                               .switches = switches,
                                               .forms = map_forms};

static const locl_kernel_arg depthwise_gradient_args[] = {
    IN("x"),  IN("q"),       OUT("out"),   U32("images"), I32("side"),
    U32("d"), I32("window"), U32("slabs"), U32("span"),   END_OF_ARGS};
const locl_kernel locl_kernel_depthwise_gradient = {.file = "depthwise.cl",
                                                    .name = "depthwise_gradient",
                                                    .args = depthwise_gradient_args,
                                                    .geometry = locl_row_geometry,
                                                    .switches = switches,
                                                    .forms = gradient_forms};
