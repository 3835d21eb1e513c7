#include "kernels/declare.h"

static const char *const switches[] = {"BIAS_COLUMNS", NULL};
static const locl_kernel_form forms[] = {{"any", {EITHER}}, END_OF_FORMS};

static const locl_kernel_arg bias_add_args[] = {IN("bias"), IN_OUT("x"),      U32("rows"),
                                                U32("n"),   U32("bias_rows"), END_OF_ARGS};
const locl_kernel locl_kernel_bias_add = {.file = "bias.cl",
                                          .name = "bias_add",
                                          .args = bias_add_args,
                                          .geometry = locl_row_geometry,
                                          .switches = switches,
                                          .forms = forms};
