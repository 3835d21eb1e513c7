#include "kernels/declare.h"

static const char *const switches[] = {"NORM", NULL};
static const locl_kernel_form forms[] = {{"any", {EITHER}}, END_OF_FORMS};

/* Of blocks that store halves (x), which have tangents (dx) then; features and what becomes of them are floats. */
static const char *const x_switches[] = {"NORM", "HALF_X", NULL};
static const locl_kernel_form x_forms[] = {{"any", {EITHER, EITHER}}, END_OF_FORMS};
static const char *const xt_switches[] = {"NORM", "HALF_X", "HALF_T", NULL};
static const locl_kernel_form jvp_forms[] = {
    {"floats", {EITHER, OFF, OFF}}, {"halves", {EITHER, ON, ON}}, END_OF_FORMS};
static const locl_kernel_form vjp_forms[] = {{"any", {EITHER, EITHER, OFF}}, END_OF_FORMS};

static const locl_kernel_arg head_pool_args[] = {HELD(IN, "x", "HALF_X"),
                                                 OUT("xbar"),
                                                 OUT_WITH("stats", "NORM"),
                                                 U32("batch"),
                                                 U32("patches"),
                                                 U32("groups"),
                                                 U32("w"),
                                                 U32("span"),
                                                 END_OF_ARGS};
const locl_kernel locl_kernel_head_pool = {.file = "head.cl",
                                           .name = "head_pool",
                                           .args = head_pool_args,
                                           .geometry = locl_row_geometry,
                                           .switches = x_switches,
                                           .forms = x_forms};

static const locl_kernel_arg head_jvp_args[] = {HELD(IN, "x", "HALF_X"),
                                                HELD(IN, "dx", "HALF_T"),
                                                IN_WITH("stats", "NORM"),
                                                IN("f"),
                                                OUT("dl"),
                                                U32("rows"),
                                                U32("patches"),
                                                U32("groups"),
                                                U32("w"),
                                                U32("tangents"),
                                                U32("first"),
                                                U32("side"),
                                                END_OF_ARGS};
const locl_kernel locl_kernel_head_jvp = {.file = "head.cl",
                                          .name = "head_jvp",
                                          .args = head_jvp_args,
                                          .geometry = locl_row_geometry,
                                          .switches = xt_switches,
                                          .forms = jvp_forms};

static const locl_kernel_arg head_vjp_args[] = {HELD(IN, "x", "HALF_X"),
                                                IN_WITH("stats", "NORM"),
                                                HELD(IN, "f", "HALF_T"),
                                                OUT("t"),
                                                U32("rows"),
                                                U32("patches"),
                                                U32("groups"),
                                                U32("w"),
                                                F32("scale"),
                                                END_OF_ARGS};
const locl_kernel locl_kernel_head_vjp = {.file = "head.cl",
                                          .name = "head_vjp",
                                          .args = head_vjp_args,
                                          .geometry = locl_row_geometry,
                                          .switches = xt_switches,
                                          .forms = vjp_forms};

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
