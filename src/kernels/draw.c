#include "kernels/declare.h"

static const char *const switches[] = {"NOISE", NULL};
static const locl_kernel_form forms[] = {
    {"drawn", {VALUE(LOCL_NOISE_SWITCH_GAUSSIAN) | VALUE(LOCL_NOISE_SWITCH_RADEMACHER)}}, END_OF_FORMS};

static const locl_kernel_arg draw_fill_args[] = {OUT("out"),  U64("count"), FIRST("first"), U64("view"),
                                                 U64("seed"), U32("tag"),   U32("pass"),    U32("passes"),
                                                 STEP,        END_OF_ARGS};
const locl_kernel locl_kernel_draw_fill = {.file = "draw.cl",
                                           .name = "draw_fill",
                                           .args = draw_fill_args,
                                           .geometry = locl_row_geometry,
                                           .switches = switches,
                                           .forms = forms};
