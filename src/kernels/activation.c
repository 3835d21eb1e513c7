#include "kernels/declare.h"

/* The most of a row length, of groups and of tangents side by side: LOCL_MODEL_MAX_WIDTH. */
enum { MOST = 1 << 20 };

#define NONE VALUE(LOCL_NOISE_SWITCH_NONE)
#define DRAWN (VALUE(LOCL_NOISE_SWITCH_GAUSSIAN) | VALUE(LOCL_NOISE_SWITCH_RADEMACHER))
#define GIVEN VALUE(LOCL_NOISE_SWITCH_GIVEN)
#define HADAMARD VALUE(LOCL_NOISE_SWITCH_HADAMARD)

/* Values of NORM, BIAS, BIAS_COLUMNS. A bias is per patch or per channel, with LN or without. Behind a norm
 * other than LN this kernel has neither norm nor bias to apply. */
#define BIASED EITHER, ON, EITHER
#define BIASED_BY_CHANNEL EITHER, ON, ON
#define UNBIASED OFF, OFF, OFF
#define FORM(name, ...)                                                                                      \
    {name, {BIASED, __VA_ARGS__}},                                                                           \
    {                                                                                                        \
        name,                                                                                                \
        {                                                                                                    \
            UNBIASED, __VA_ARGS__                                                                            \
        }                                                                                                    \
    }
#define FORM_BY_CHANNEL(name, ...)                                                                           \
    {name, {BIASED_BY_CHANNEL, __VA_ARGS__}},                                                                \
    {                                                                                                        \
        name,                                                                                                \
        {                                                                                                    \
            UNBIASED, __VA_ARGS__                                                                            \
        }                                                                                                    \
    }

static const char *const dual_switches[] = {
    "NORM", "BIAS",         "BIAS_COLUMNS", "NOISE",  "TANGENT", "RESIDUAL", "RESIDUAL_TANGENT",
    "KEEP", "TANGENT_BIAS", "SHIFT",        "PRIMAL", "HALF_X",  "HALF_T",   NULL};

// clang-format off
static const locl_kernel_form dual_forms[] = {
    /*                          NOISE                 TANGENT RESIDUAL R._TANGENT KEEP TANGENT_BIAS SHIFT PRIMAL HALF_X HALF_T */
    FORM("primal",              NONE,                 OFF,    OFF,     OFF,       OFF, OFF,         OFF,  ON, OFF, OFF),
    FORM_BY_CHANNEL("primal, last", NONE,             OFF,    ON,      OFF,       OFF, OFF,         OFF,  ON, OFF, OFF),
    /* activity tangents: of the first layer with a draw, of later layers that a tangent reaches, and there
     * with a residual */
    FORM("first",               DRAWN | GIVEN,        OFF,    OFF,     OFF,       OFF, OFF,         OFF,  ON, OFF, OFF),
    FORM("first, kept",         DRAWN,                OFF,    OFF,     OFF,       ON,  OFF,         OFF,  ON, OFF, OFF),
    FORM("next",                DRAWN | GIVEN,        ON,     OFF,     OFF,       OFF, OFF,         OFF,  ON, OFF, OFF),
    FORM("next, kept",          DRAWN,                ON,     OFF,     OFF,       ON,  OFF,         OFF,  ON, OFF, OFF),
    FORM_BY_CHANNEL("passed on", NONE,                ON,     OFF,     OFF,       OFF, OFF,         OFF,  ON, OFF, OFF),
    FORM_BY_CHANNEL("last",     NONE | DRAWN | GIVEN, ON,     ON,      EITHER,    OFF, OFF,         OFF,  ON, OFF, OFF),
    FORM_BY_CHANNEL("last, kept", DRAWN,              ON,     ON,      EITHER,    ON,  OFF,         OFF,  ON, OFF, OFF),
    /* a weight tangent; without a bias it is the same as an activity tangent without noise */
    {"weights",         {BIASED, NONE,                ON,     OFF,     OFF,       OFF, ON,          OFF,  ON, OFF, OFF}},
    {"weights, last", {BIASED_BY_CHANNEL, NONE,       ON,     ON,      EITHER,    OFF, ON,          OFF,  ON, OFF, OFF}},
    FORM("shifted copy",        DRAWN | GIVEN,        OFF,    OFF,     OFF,       OFF, OFF,         ON,   ON, OFF, OFF),
    FORM_BY_CHANNEL("shifted copy, last", DRAWN | GIVEN, OFF, ON,      OFF,       OFF, OFF,         ON,   ON, OFF, OFF),
    /* tangents of a block that has run: of the channel layer, then through the group layer */
    FORM_BY_CHANNEL("alone",    GIVEN | HADAMARD,     OFF,    OFF,     OFF,       OFF, OFF,         OFF,  OFF, OFF, OFF),
    FORM_BY_CHANNEL("through",  NONE,                 ON,     OFF,     OFF,       OFF, OFF,         OFF,  OFF, OFF, OFF),
    /* as halves: what moves in greedy blocks whose norm is LN, or that have none. GPUs make draws again, not keep
     * them. */
    {"halves: primal",        {BIASED, NONE,          OFF,    OFF,     OFF,       OFF, OFF,         OFF,  ON, ON, OFF}},
    {"halves: primal, last",  {BIASED_BY_CHANNEL, NONE, OFF,  ON,      OFF,       OFF, OFF,         OFF,  ON, ON, OFF}},
    {"halves: first",         {BIASED, DRAWN | GIVEN, OFF,    OFF,     OFF,       OFF, OFF,         OFF,  ON, ON, ON}},
    {"halves: next",          {BIASED_BY_CHANNEL, DRAWN | GIVEN, ON,     OFF,     OFF,       OFF, OFF,         OFF,  ON, ON, ON}},
    {"halves: passed on",     {BIASED_BY_CHANNEL, NONE, ON,   OFF,     OFF,       OFF, OFF,         OFF,  ON, ON, ON}},
    {"halves: last",          {BIASED_BY_CHANNEL, NONE | DRAWN | GIVEN, ON, ON, OFF, OFF, OFF,      OFF,  ON, ON, ON}},
    END_OF_FORMS};

static const char *const back_switches[] = {"NORM", "BIAS", "BIAS_COLUMNS", "NOISE", "ESTIMATE", "LAYER_TOKEN", "LAYER_GROUP", "GUESS", "HALF_X", "HALF_T", NULL};

static const locl_kernel_form vjp_forms[] = {
    /*                       NOISE                    ESTIMATE LAYER_TOKEN LAYER_GROUP GUESS HALF_X HALF_T */
    FORM("vjp",              NONE,                    OFF,     OFF,        OFF,        OFF, OFF, OFF),
    {"vjp of halves",        {BIASED, NONE,           OFF,     OFF,        OFF,        OFF, ON, OFF}},
    END_OF_FORMS};

static const locl_kernel_form estimate_forms[] = {
    FORM("token",            DRAWN | GIVEN,            ON,      ON,         OFF,        OFF, OFF, OFF),
    FORM_BY_CHANNEL("channel", DRAWN | GIVEN | HADAMARD, ON,    OFF,        OFF,        OFF, OFF, OFF),
    FORM_BY_CHANNEL("group", DRAWN | GIVEN,            ON,      OFF,        ON,         OFF, OFF, OFF),
    /* rule.feedback goes with LN or without a norm */
    {"token, guess",   {BIASED, DRAWN | GIVEN,         ON,      ON,         OFF,        ON, OFF, OFF}},
    {"channel, guess", {BIASED_BY_CHANNEL, DRAWN | GIVEN, ON,   OFF,        OFF,        ON, OFF, OFF}},
    {"token of halves",   {EITHER, ON, OFF, DRAWN | GIVEN, ON,     ON,         OFF,        OFF, ON, OFF}},
    {"channel of halves", {BIASED_BY_CHANNEL, DRAWN | GIVEN, ON, OFF,       OFF,        OFF, ON, OFF}},
    {"group of halves",   {BIASED_BY_CHANNEL, DRAWN | GIVEN, ON, OFF,       ON,         OFF, ON, OFF}},
    END_OF_FORMS};
// clang-format on

static const locl_kernel_geometry dual_geometry[] = {
    LOCL_CHUNKS, LOCL_ITEMS, LOCL_TEAMS, LOCL_HADAMARD_NUMBERS, {.name = NULL}};
static const locl_kernel_geometry back_geometry[] = {LOCL_CHUNKS,
                                                     LOCL_ITEMS,
                                                     LOCL_TEAMS,
                                                     LOCL_HADAMARD_NUMBERS,
                                                     {.name = "SIDE", .low = 0, .high = MOST, .sample = 1},
                                                     {.name = NULL}};

#define GIVEN_DRAWS                                                                                          \
    {                                                                                                        \
        .name = "given", .kind = LOCL_ARG_IN, .with = "NOISE", .values = GIVEN | HADAMARD                    \
    }

static const locl_kernel_arg dual_args[] = {HELD(IN, "z", "HALF_X"),
                                            HELD_WITH(IN, "dz", "TANGENT", "HALF_T"),
                                            IN_WITH("bias", "BIAS"),
                                            IN_WITH("dbias", "TANGENT_BIAS"),
                                            HELD_WITH(IN, "x", "RESIDUAL", "HALF_X"),
                                            HELD_WITH(IN, "dx", "RESIDUAL_TANGENT", "HALF_T"),
                                            GIVEN_DRAWS,
                                            OUT_WITH("kept", "KEEP"),
                                            HELD(IN_OUT, "post", "HALF_X"),
                                            HELD(OUT, "dpost", "HALF_T"),
                                            IN_OUT("stats"),
                                            U32("rows"),
                                            U32("n"),
                                            U32("bias_rows"),
                                            U32("tangents"),
                                            F32("epsilon"),
                                            U32("pass"),
                                            FIRST("first_value"),
                                            U64("view"),
                                            U64("seed"),
                                            U32("tag"),
                                            STEP,
                                            END_OF_ARGS};
const locl_kernel locl_kernel_activation_dual = {.file = "activation.cl",
                                                 .name = "activation_dual",
                                                 .args = dual_args,
                                                 .geometry = dual_geometry,
                                                 .switches = dual_switches,
                                                 .forms = dual_forms};

#define BACK_BEGINS                                                                                          \
    HELD(IN, "z", "HALF_X"), IN_WITH("bias", "BIAS"), HELD(IN, "post", "HALF_X"), IN_WITH("stats", "NORM")
#define BACK_ENDS HELD(OUT, "q", "HALF_T"), U32("rows"), U32("n"), U32("bias_rows"), END_OF_ARGS

static const locl_kernel_arg vjp_args[] = {BACK_BEGINS, HELD(IN, "t", "HALF_T"), BACK_ENDS};
const locl_kernel locl_kernel_activation_vjp = {.file = "activation.cl",
                                                .name = "activation_vjp",
                                                .args = vjp_args,
                                                .geometry = back_geometry,
                                                .switches = back_switches,
                                                .forms = vjp_forms};

static const locl_kernel_arg estimate_args[] = {BACK_BEGINS,
                                                IN_WITH("guess", "GUESS"),
                                                IN("dl"),
                                                GIVEN_DRAWS,
                                                U32("patches"),
                                                U32("groups"),
                                                U32("lp"),
                                                U32("lg"),
                                                U64("loss_pass"),
                                                U32("width"),
                                                U32("tangents"),
                                                F32("scale"),
                                                FIRST("first_value"),
                                                U64("view"),
                                                U64("seed"),
                                                U32("tag"),
                                                STEP,
                                                BACK_ENDS};
const locl_kernel locl_kernel_activation_estimate = {.file = "activation.cl",
                                                     .name = "activation_estimate",
                                                     .args = estimate_args,
                                                     .geometry = back_geometry,
                                                     .switches = back_switches,
                                                     .forms = estimate_forms};
