#include "kernels/declare.h"

enum { MOST = 1 << 20 }; /* LOCL_MODEL_MAX_WIDTH: most channels of a group, most tangents side by side */

static const locl_kernel_geometry geometry[] = {
    {.name = "CHUNK", .low = 1, .high = 16, .only = {1, 4, 16}, .sample = 4},
    LOCL_ITEMS,
    LOCL_TEAMS,
    {.name = "W", .low = 1, .high = MOST, .sample = 8},
    {.name = "V", .low = 1, .high = MOST, .sample = 16},
    {.name = "ROWS", .low = 1, .high = MOST, .sample = 3},
    {.name = "ORDER", .low = 1, .high = MOST, .sample = 4},
    {.name = "BLOCKS", .low = 1, .high = MOST, .sample = 1},
    {.name = "SIDE", .low = 1, .high = MOST, .sample = 3},
    {.name = NULL}};
static const char *const switches[] = {"NORM", NULL};
static const locl_kernel_form losses_forms[] = {{"any", {EITHER}}, END_OF_FORMS};
/* Only an LN needs the means. */
static const locl_kernel_form means_forms[] = {{"norm", {ON}}, END_OF_FORMS};

static const locl_kernel_arg tangent_means_args[] = {IN("weight"), OUT("means"), U32("groups"), END_OF_ARGS};
const locl_kernel locl_kernel_tangent_means = {.file = "tangents.cl",
                                               .name = "tangent_means",
                                               .args = tangent_means_args,
                                               .geometry = geometry,
                                               .switches = switches,
                                               .forms = means_forms};

static const locl_kernel_arg tangent_losses_args[] = {IN("post"),
                                                      IN_WITH("y", "NORM"),
                                                      IN_WITH("r", "NORM"),
                                                      IN("u"),
                                                      IN("weight"),
                                                      IN_WITH("means", "NORM"),
                                                      IN("z"),
                                                      IN("q"),
                                                      OUT("dl"),
                                                      U32("total"),
                                                      U32("groups"),
                                                      U32("passes"),
                                                      F32("scale"),
                                                      END_OF_ARGS};
const locl_kernel locl_kernel_tangent_losses = {.file = "tangents.cl",
                                                .name = "tangent_losses",
                                                .args = tangent_losses_args,
                                                .geometry = geometry,
                                                .switches = switches,
                                                .forms = losses_forms};
