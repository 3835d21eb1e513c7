/* Macros for the lines of descriptors. Included by src/kernels alone. */
#ifndef LOCL_KERNELS_DECLARE_H
#define LOCL_KERNELS_DECLARE_H

#include "kernels/kernels.h"

#define IN(n)                                                                                                \
    {                                                                                                        \
        .name = n, .kind = LOCL_ARG_IN                                                                       \
    }
#define OUT(n)                                                                                               \
    {                                                                                                        \
        .name = n, .kind = LOCL_ARG_OUT                                                                      \
    }
#define IN_OUT(n)                                                                                            \
    {                                                                                                        \
        .name = n, .kind = LOCL_ARG_IN_OUT                                                                   \
    }
/* An argument that is there where the switch `s` is not 0. */
#define IN_WITH(n, s)                                                                                        \
    {                                                                                                        \
        .name = n, .kind = LOCL_ARG_IN, .with = s                                                            \
    }
#define OUT_WITH(n, s)                                                                                       \
    {                                                                                                        \
        .name = n, .kind = LOCL_ARG_OUT, .with = s                                                           \
    }
/* A buffer of floats, or of halves where the switch `h` is 1. */
#define HELD(k, n, h)                                                                                        \
    {                                                                                                        \
        .name = n, .kind = LOCL_ARG_##k, .half = h                                                           \
    }
/* The same, there where the switch `s` is not 0. */
#define HELD_WITH(k, n, s, h)                                                                                \
    {                                                                                                        \
        .name = n, .kind = LOCL_ARG_##k, .with = s, .half = h                                                \
    }
#define U32(n)                                                                                               \
    {                                                                                                        \
        .name = n, .kind = LOCL_ARG_U32                                                                      \
    }
#define I32(n)                                                                                               \
    {                                                                                                        \
        .name = n, .kind = LOCL_ARG_I32                                                                      \
    }
#define U64(n)                                                                                               \
    {                                                                                                        \
        .name = n, .kind = LOCL_ARG_U64                                                                      \
    }
#define F32(n)                                                                                               \
    {                                                                                                        \
        .name = n, .kind = LOCL_ARG_F32                                                                      \
    }
#define STEP                                                                                                 \
    {                                                                                                        \
        .name = "step", .kind = LOCL_ARG_STEP                                                                \
    }
#define RATE                                                                                                 \
    {                                                                                                        \
        .name = "rate", .kind = LOCL_ARG_RATE                                                                \
    }
#define VALID                                                                                                \
    {                                                                                                        \
        .name = "valid", .kind = LOCL_ARG_VALID                                                              \
    }
#define FIRST(n)                                                                                             \
    {                                                                                                        \
        .name = n, .kind = LOCL_ARG_FIRST                                                                    \
    }
#define END_OF_ARGS                                                                                          \
    {                                                                                                        \
        .kind = LOCL_ARG_NONE                                                                                \
    }
#define END_OF_FORMS                                                                                         \
    {                                                                                                        \
        .name = NULL                                                                                         \
    }

/* Values of a switch that a form allows, as bits. */
#define VALUE(v) (UINT32_C(1) << (v))
enum { OFF = 1, ON = 2, EITHER = 3 };

/* How products on CPUs (cl/gemm_tile.clh) are cut: gemm/cut.h. */
#define LOCL_TILE_ROWS                                                                                       \
    {                                                                                                        \
        .name = "ROWS", .low = 6, .high = 14, .only = {6, 8, 12, 14}, .sample = 8                            \
    }
#define LOCL_TILE_COLUMNS                                                                                    \
    {                                                                                                        \
        .name = "COLUMNS", .low = 16, .high = 32, .only = {16, 32}, .sample = 32                             \
    }
#define LOCL_TILE_STRIP                                                                                      \
    {                                                                                                        \
        .name = "STRIP", .low = 4, .high = 14, .only = {4, 6, 8, 12, 14}, .sample = 8                        \
    }
#define LOCL_K_BLOCKS                                                                                        \
    {                                                                                                        \
        .name = "K_BLOCK", .low = 1, .high = 512, .only = {32, 128, 256, 384, 512}, .sample = 32             \
    }

/* What products in work-groups of many items take. */
#define LOCL_PRODUCT_ARGS                                                                                    \
    HELD(IN, "a", "HALF_A"), HELD(IN, "b", "HALF_B"), HELD(IN_OUT, "c", "HALF_C"), U32("m"), U32("n"),       \
        U32("k"), U64("lda"), U64("ldb"), U64("ldc"), U32("batch"), U64("stride_a"), U64("stride_b"),        \
        U64("stride_c"), U32("sum"), U64("sum_a"), U64("sum_b"), U32("k_step"), U32("s_step"),               \
        U64("slab_c"), F32("alpha"), F32("beta"), END_OF_ARGS

/* Products with operands stored as halves, by the values of TA, TB, HALF_A, HALF_B, HALF_C and one more
 * (model/linear.h): of channels, forward, or to slabs of the sum; of a stage's input that no LN precedes; of tokens,
 * forward; gradients of both, whose other operand are cotangents. */
#define LOCL_PRODUCTS_OF_HALVES                                                                              \
    {"channels", {OFF, OFF, ON, OFF, EITHER, EITHER}}, {"input", {OFF, OFF, OFF, OFF, ON, EITHER}},          \
        {"tokens", {ON, OFF, OFF, ON, ON, EITHER}},                                                          \
        {"gradient of channels", {ON, OFF, ON, OFF, OFF, EITHER}},                                           \
    {                                                                                                        \
        "gradient of tokens",                                                                                \
        {                                                                                                    \
            OFF, ON, ON, OFF, OFF, EITHER                                                                    \
        }                                                                                                    \
    }

/* How row kernels (cl/row.clh) are cut: ops/row.h. */
#define LOCL_CHUNKS                                                                                          \
    {                                                                                                        \
        .name = "CHUNK", .low = 1, .high = 64, .only = {1, 4, 16, 32, 64}, .sample = 4                       \
    }
#define LOCL_ITEMS                                                                                           \
    {                                                                                                        \
        .name = "ITEMS", .low = 1, .high = 256, .only = {1, 2, 4, 8, 16, 32, 64, 128, 256}, .sample = 4      \
    }
#define LOCL_TEAMS                                                                                           \
    {                                                                                                        \
        .name = "TEAMS", .low = 1, .high = 256, .only = {1, 2, 4, 8, 16, 32, 64, 128, 256}, .sample = 2      \
    }
extern const locl_kernel_geometry locl_row_geometry[];

/* Rows of a Hadamard matrix and its width, of kernels with noise (ops/noise.h). At most LOCL_MODEL_MAX_WIDTH. */
#define LOCL_HADAMARD_NUMBERS                                                                                \
    {.name = "HADAMARD", .low = 0, .high = 1 << 20, .sample = 2},                                            \
    {                                                                                                        \
        .name = "HADAMARD_WIDTH", .low = 0, .high = 1 << 20, .sample = 64                                    \
    }

#endif
