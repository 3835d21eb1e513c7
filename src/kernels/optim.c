#include "kernels/declare.h"

#define ADAMS (VALUE(LOCL_RULE_SWITCH_ADAM) | VALUE(LOCL_RULE_SWITCH_ADAMW))
#define LARS VALUE(LOCL_RULE_SWITCH_LARS)

enum { CHUNK_BYTES = 16, SEGMENT_BYTES = 32 }; /* rows of the tables, see cl/optim.cl */

static const locl_kernel_geometry geometry[] = {
    {.name = "ITEMS", .low = 1, .high = 64, .only = {1, 2, 4, 8, 16, 32, 64}, .sample = 1},
    {.name = "VECTOR", .low = 4, .high = 16, .only = {4, 16}, .sample = 4},
    {.name = "BAD_WORD", .low = 2, .high = 2, .only = {0}, .sample = 2},
    {.name = NULL}};
static const char *const switches[] = {"RULE", NULL};
static const locl_kernel_form update_forms[] = {{"any", {VALUE(LOCL_RULE_SWITCH_SGD) | ADAMS | LARS}},
                                                END_OF_FORMS};
static const locl_kernel_form lars_forms[] = {{"lars", {LARS}}, END_OF_FORMS};

#define CHUNK_TABLE                                                                                          \
    {                                                                                                        \
        .name = "chunks", .kind = LOCL_ARG_IN, .element = CHUNK_BYTES                                        \
    }
#define SEGMENT_TABLE                                                                                        \
    {                                                                                                        \
        .name = "segments", .kind = LOCL_ARG_IN, .element = SEGMENT_BYTES                                    \
    }

static const locl_kernel_arg optim_update_args[] = {
    CHUNK_TABLE,
    SEGMENT_TABLE,
    {.name = "trusts", .kind = LOCL_ARG_IN, .with = "RULE", .values = LARS},
    IN_OUT("params"),
    IN("grads"),
    IN_OUT("state0"),
    {.name = "state1", .kind = LOCL_ARG_IN_OUT, .with = "RULE", .values = ADAMS},
    RATE,
    STEP,
    F32("momentum"),
    IN_OUT("metrics"),
    END_OF_ARGS};
const locl_kernel locl_kernel_optim_update = {.file = "optim.cl",
                                              .name = "optim_update",
                                              .args = optim_update_args,
                                              .geometry = geometry,
                                              .switches = switches,
                                              .forms = update_forms};

static const locl_kernel_arg optim_norms_args[] = {CHUNK_TABLE,
                                                   SEGMENT_TABLE,
                                                   IN("params"),
                                                   IN("grads"),
                                                   {.name = "partial", .kind = LOCL_ARG_OUT, .element = 8},
                                                   END_OF_ARGS};
const locl_kernel locl_kernel_optim_norms = {.file = "optim.cl",
                                             .name = "optim_norms",
                                             .args = optim_norms_args,
                                             .geometry = geometry,
                                             .switches = switches,
                                             .forms = lars_forms};

static const locl_kernel_arg optim_trust_args[] = {
    SEGMENT_TABLE, {.name = "partial", .kind = LOCL_ARG_IN, .element = 8}, OUT("trusts"), END_OF_ARGS};
const locl_kernel locl_kernel_optim_trust = {.file = "optim.cl",
                                             .name = "optim_trust",
                                             .args = optim_trust_args,
                                             .geometry = geometry,
                                             .switches = switches,
                                             .forms = lars_forms};
