#include "kernels/declare.h"

#define STATISTICS_OWN 0
#define STATISTICS_TRACKED 1
#define STATISTICS_RUNNING 2
#define RUNNING (VALUE(STATISTICS_TRACKED) | VALUE(STATISTICS_RUNNING))

static const char *const switches[] = {"STATISTICS", NULL};
static const locl_kernel_form dual_forms[] = {{"any", {VALUE(STATISTICS_OWN) | RUNNING}}, END_OF_FORMS};
static const locl_kernel_form vjp_forms[] = {{"own", {VALUE(STATISTICS_OWN)}}, END_OF_FORMS};

static const locl_kernel_arg batchnorm_dual_args[] = {
    IN("x"),
    IN("dx"),
    OUT("y"),
    OUT("dy"),
    OUT("r"),
    {.name = "mean", .kind = LOCL_ARG_IN_OUT, .with = "STATISTICS", .values = RUNNING},
    {.name = "variance", .kind = LOCL_ARG_IN_OUT, .with = "STATISTICS", .values = RUNNING},
    U32("batch"),
    U32("n"),
    U32("tangents"),
    END_OF_ARGS};
const locl_kernel locl_kernel_batchnorm_dual = {.file = "batchnorm.cl",
                                                .name = "batchnorm_dual",
                                                .args = batchnorm_dual_args,
                                                .geometry = locl_row_geometry,
                                                .switches = switches,
                                                .forms = dual_forms};

static const locl_kernel_arg batchnorm_vjp_args[] = {IN("y"),      IN("r"),  IN("t"),       OUT("q"),
                                                     U32("batch"), U32("n"), U32("copies"), END_OF_ARGS};
const locl_kernel locl_kernel_batchnorm_vjp = {.file = "batchnorm.cl",
                                               .name = "batchnorm_vjp",
                                               .args = batchnorm_vjp_args,
                                               .geometry = locl_row_geometry,
                                               .switches = switches,
                                               .forms = vjp_forms};
