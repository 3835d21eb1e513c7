#include "kernels/declare.h"

static const char *const switches[] = {"HALF_X", "HALF_T", NULL};
/* What a stage gets from the loader are floats. */
static const locl_kernel_form dual_forms[] = {
    {"floats", {OFF, OFF}}, {"to halves", {OFF, ON}}, {"halves", {ON, ON}}, END_OF_FORMS};
/* Cotangents are floats. */
static const locl_kernel_form vjp_forms[] = {{"any", {EITHER, OFF}}, END_OF_FORMS};

static const locl_kernel_arg layernorm_dual_args[] = {HELD(IN, "x", "HALF_X"),
                                                      HELD(IN, "dx", "HALF_T"),
                                                      HELD(OUT, "y", "HALF_T"),
                                                      HELD(OUT, "dy", "HALF_T"),
                                                      OUT("r"),
                                                      U32("rows"),
                                                      U32("n"),
                                                      U32("tangents"),
                                                      END_OF_ARGS};
const locl_kernel locl_kernel_layernorm_dual = {.file = "layernorm.cl",
                                                .name = "layernorm_dual",
                                                .args = layernorm_dual_args,
                                                .geometry = locl_row_geometry,
                                                .switches = switches,
                                                .forms = dual_forms};

static const locl_kernel_arg layernorm_vjp_args[] = {HELD(IN, "y", "HALF_X"),
                                                     IN("r"),
                                                     HELD(IN, "t", "HALF_T"),
                                                     HELD(OUT, "q", "HALF_T"),
                                                     U32("rows"),
                                                     U32("n"),
                                                     U32("copies"),
                                                     END_OF_ARGS};
const locl_kernel locl_kernel_layernorm_vjp = {.file = "layernorm.cl",
                                               .name = "layernorm_vjp",
                                               .args = layernorm_vjp_args,
                                               .geometry = locl_row_geometry,
                                               .switches = switches,
                                               .forms = vjp_forms};
