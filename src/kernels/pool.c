#include "kernels/declare.h"

static const locl_kernel_geometry geometry[] = {
    LOCL_CHUNKS,
    LOCL_ITEMS,
    LOCL_TEAMS,
    {.name = "WINDOW", .low = 3, .high = 3, .only = {0}, .sample = 3},
    {.name = NULL}};
static const char *const switches[] = {"MAX", NULL};
static const locl_kernel_form forms[] = {{"any", {EITHER}}, END_OF_FORMS};

static const locl_kernel_arg pool_dual_args[] = {IN("x"),       IN("dx"),      OUT("y"),        OUT("dy"),
                                                 U32("batch"),  I32("side"),   U32("out"),      U32("d"),
                                                 U32("stride"), U32("before"), U32("tangents"), END_OF_ARGS};
const locl_kernel locl_kernel_pool_dual = {.file = "pool.cl",
                                           .name = "pool_dual",
                                           .args = pool_dual_args,
                                           .geometry = geometry,
                                           .switches = switches,
                                           .forms = forms};

static const locl_kernel_arg pool_vjp_args[] = {IN_WITH("x", "MAX"), IN("q"),    OUT("t"), U32("batch"),
                                                I32("side"),         U32("out"), U32("d"), U32("stride"),
                                                U32("before"),       END_OF_ARGS};
const locl_kernel locl_kernel_pool_vjp = {.file = "pool.cl",
                                          .name = "pool_vjp",
                                          .args = pool_vjp_args,
                                          .geometry = geometry,
                                          .switches = switches,
                                          .forms = forms};
