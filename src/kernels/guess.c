#include "kernels/declare.h"

static const locl_kernel_geometry geometry[] = {
    LOCL_CHUNKS, LOCL_ITEMS, LOCL_TEAMS, LOCL_HADAMARD_NUMBERS, {.name = NULL}};
static const char *const switches[] = {"NOISE", "TANGENT", NULL};
static const locl_kernel_form forms[] = {
    {"any",
     {VALUE(LOCL_NOISE_SWITCH_GAUSSIAN) | VALUE(LOCL_NOISE_SWITCH_RADEMACHER) |
          VALUE(LOCL_NOISE_SWITCH_GIVEN),
      EITHER}},
    END_OF_FORMS};

static const locl_kernel_arg guess_subtract_args[] = {
    IN("dl"),
    IN("guess"),
    IN("post"),
    IN_WITH("tangent", "TANGENT"),
    {.name = "given", .kind = LOCL_ARG_IN, .with = "NOISE", .values = VALUE(LOCL_NOISE_SWITCH_GIVEN)},
    OUT("rest"),
    OUT_WITH("before", "TANGENT"),
    U32("rows"),
    U32("n"),
    U32("sums"),
    U32("tangents"),
    F32("scale"),
    FIRST("first_value"),
    U64("view"),
    U64("seed"),
    U32("tag"),
    STEP,
    END_OF_ARGS};
const locl_kernel locl_kernel_guess_subtract = {.file = "guess.cl",
                                                .name = "guess_subtract",
                                                .args = guess_subtract_args,
                                                .geometry = geometry,
                                                .switches = switches,
                                                .forms = forms};
