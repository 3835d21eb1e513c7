#include "kernels/declare.h"

#define DRAWN (VALUE(LOCL_NOISE_SWITCH_GAUSSIAN) | VALUE(LOCL_NOISE_SWITCH_RADEMACHER))
#define GIVEN VALUE(LOCL_NOISE_SWITCH_GIVEN)

#define ESTIMATE (VALUE(LOCL_WAY_SWITCH_ESTIMATE) | VALUE(LOCL_WAY_SWITCH_EXACT_LAST))
#define GUESS (VALUE(LOCL_WAY_SWITCH_MIRROR) | VALUE(LOCL_WAY_SWITCH_MIRRORS))

static const char *const switches[] = {"TOKEN", "WAY", "NOISE", NULL};
#define WAYS_WITH_A_GRADIENT                                                                                 \
    {"estimate", {EITHER, ESTIMATE | GUESS, DRAWN | GIVEN}},                                                 \
    {                                                                                                        \
        "exact",                                                                                             \
        {                                                                                                    \
            EITHER, VALUE(LOCL_WAY_SWITCH_EXACT), VALUE(LOCL_NOISE_SWITCH_NONE)                              \
        }                                                                                                    \
    }
static const locl_kernel_form forms[] = {
    WAYS_WITH_A_GRADIENT,
    {"forward", {EITHER, VALUE(LOCL_WAY_SWITCH_FORWARD), VALUE(LOCL_NOISE_SWITCH_NONE)}},
    END_OF_FORMS};
static const locl_kernel_form reduce_forms[] = {WAYS_WITH_A_GRADIENT, END_OF_FORMS};

static const locl_kernel_geometry geometry[] = {{.name = "IN_VECS", .low = 1, .high = 32, .sample = 2},
                                                {.name = "OUT_VECS", .low = 1, .high = 32, .sample = 2},
                                                LOCL_TILE_STRIP,
                                                {.name = NULL}};

#define SIZES U32("patches"), U32("in"), U32("hidden"), U32("width"), U32("groups"), U32("classes")

static const locl_kernel_arg pack_args[] = {IN_WITH("token", "TOKEN"),
                                            IN_WITH("token_bias", "TOKEN"),
                                            IN("channel"),
                                            IN("channel_bias"),
                                            IN("group"),
                                            IN("group_bias"),
                                            IN("head"),
                                            IN("head_bias"),
                                            IN("channel_back"), /* with TOKEN, and WAY exact or mirrors */
                                            {.name = "group_back",
                                             .kind = LOCL_ARG_IN,
                                             .with = "WAY",
                                             .values = VALUE(LOCL_WAY_SWITCH_EXACT) | GUESS},
                                            OUT("packed"),
                                            SIZES,
                                            END_OF_ARGS};
const locl_kernel locl_kernel_block_pack = {.file = "block_step.cl",
                                            .name = "block_pack",
                                            .args = pack_args,

                                            .geometry = geometry,
                                            .switches = switches,
                                            .forms = forms};

#define GIVEN_DRAWS(n)                                                                                       \
    {                                                                                                        \
        .name = n, .kind = LOCL_ARG_IN, .with = "NOISE", .values = GIVEN                                     \
    }

static const locl_kernel_arg step_args[] = {IN("x"),
                                            IN("labels"),
                                            IN("packed"),
                                            GIVEN_DRAWS("given_token"),
                                            GIVEN_DRAWS("given_channel"),
                                            GIVEN_DRAWS("given_group"),
                                            OUT("out"),
                                            OUT("logits"),
                                            OUT("losses"),
                                            OUT("wrong"),
                                            OUT("jvp"),
                                            OUT("sums"),
                                            OUT("scratch"),
                                            U32("batch"),
                                            U32("images"),
                                            SIZES,
                                            U64("slot"),
                                            U32("plane"),
                                            FIRST("first_image"),
                                            U64("seed"),
                                            U32("token_tag"),
                                            U32("channel_tag"),
                                            U32("group_tag"),
                                            STEP,
                                            VALID,
                                            END_OF_ARGS};
const locl_kernel locl_kernel_block_step = {.file = "block_step.cl",
                                            .name = "block_step",
                                            .args = step_args,

                                            .geometry = geometry,
                                            .switches = switches,
                                            .forms = forms};

static const locl_kernel_arg reduce_args[] = {IN("sums"),
                                              OUT_WITH("token", "TOKEN"),
                                              OUT_WITH("token_bias", "TOKEN"),
                                              OUT("channel"),
                                              OUT("channel_bias"),
                                              OUT("group"),
                                              OUT("group_bias"),
                                              OUT("head"),
                                              OUT("head_bias"),
                                              U32("slots"),
                                              SIZES,
                                              END_OF_ARGS};
const locl_kernel locl_kernel_block_reduce = {.file = "block_step.cl",
                                              .name = "block_reduce",
                                              .args = reduce_args,
                                              .geometry = geometry,
                                              .switches = switches,
                                              .forms = reduce_forms};
