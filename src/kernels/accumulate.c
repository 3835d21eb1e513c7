#include "kernels/declare.h"

static const char *const switches[] = {"MASK", NULL};
static const locl_kernel_form forms[] = {{"any", {EITHER}}, END_OF_FORMS};

static const locl_kernel_arg accumulate_args[] = {
    IN("t"), IN_WITH("post", "MASK"), IN_OUT("out"), U64("rows"), U64("n"), U32("copies"), END_OF_ARGS};
const locl_kernel locl_kernel_accumulate = {.file = "accumulate.cl",
                                            .name = "accumulate",
                                            .args = accumulate_args,
                                            .geometry = locl_row_geometry,
                                            .switches = switches,
                                            .forms = forms};
