#include "kernels/declare.h"

static const char *const switches[] = {"NORM", NULL};
static const locl_kernel_form forms[] = {{"any", {EITHER}}, END_OF_FORMS};

static const locl_kernel_arg head_pool_args[] = {IN("x"),      OUT("xbar"),    OUT_WITH("stats", "NORM"),
                                                 U32("batch"), U32("patches"), U32("groups"),
                                                 U32("w"),     U32("span"),    END_OF_ARGS};
const locl_kernel locl_kernel_head_pool = {.file = "head.cl",
                                           .name = "head_pool",
                                           .args = head_pool_args,
                                           .geometry = locl_row_geometry,
                                           .switches = switches,
                                           .forms = forms};

static const locl_kernel_arg head_jvp_args[] = {
    IN("x"),       IN("dx"), IN_WITH("stats", "NORM"), IN("f"),      OUT("dl"),   U32("rows"), U32("patches"),
    U32("groups"), U32("w"), U32("tangents"),          U32("first"), U32("side"), END_OF_ARGS};
const locl_kernel locl_kernel_head_jvp = {.file = "head.cl",
                                          .name = "head_jvp",
                                          .args = head_jvp_args,
                                          .geometry = locl_row_geometry,
                                          .switches = switches,
                                          .forms = forms};

static const locl_kernel_arg head_vjp_args[] = {IN("x"),       IN_WITH("stats", "NORM"),
                                                IN("f"),       OUT("t"),
                                                U32("rows"),   U32("patches"),
                                                U32("groups"), U32("w"),
                                                F32("scale"),  END_OF_ARGS};
const locl_kernel locl_kernel_head_vjp = {.file = "head.cl",
                                          .name = "head_vjp",
                                          .args = head_vjp_args,
                                          .geometry = locl_row_geometry,
                                          .switches = switches,
                                          .forms = forms};

static const locl_kernel_arg head_delta_args[] = {IN("x"),     IN("moved"), OUT("delta"),
                                                  U32("rows"), U32("w"),    END_OF_ARGS};
const locl_kernel locl_kernel_head_delta = {.file = "head.cl",
                                            .name = "head_delta",
                                            .args = head_delta_args,
                                            .geometry = locl_row_geometry,
                                            .switches = switches,
                                            .forms = forms};

static const locl_kernel_arg head_difference_args[] = {
    IN("delta"),    IN("weight"),  IN("error"), IN("labels"),   OUT("dl"),      U64("offset"), U32("rows"),
    U32("patches"), U32("groups"), U32("w"),    U32("classes"), F32("epsilon"), END_OF_ARGS};
const locl_kernel locl_kernel_head_difference = {.file = "head.cl",
                                                 .name = "head_difference",
                                                 .args = head_difference_args,
                                                 .geometry = locl_row_geometry,
                                                 .switches = switches,
                                                 .forms = forms};
