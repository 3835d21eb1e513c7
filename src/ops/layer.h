/* The three kinds of layer of a block, the geometry of one layer's output as the operations see it, and how
 * results are written. Shared by ops, model and rules. */
#ifndef LOCL_OPS_LAYER_H
#define LOCL_OPS_LAYER_H

#include <stdbool.h>
#include <stddef.h>

typedef enum locl_layer { LOCL_LAYER_TOKEN, LOCL_LAYER_CHANNEL, LOCL_LAYER_GROUP, LOCL_LAYERS } locl_layer;

/* What happens to what a result's tensor holds already. */
typedef enum locl_write { LOCL_REPLACE, LOCL_ADD } locl_write;

/* A layer's output z [B,P,width], read as `rows` rows of `n` values that are normalised together. Token and
 * channel layers have a row for each (n,p), group layers for each (n,p,g). */
typedef struct locl_layer_shape {
    locl_layer layer;
    size_t batch, patches, groups; /* B, P, G */
    size_t width;                  /* channels of z: D, or H for channel layers */
    bool patch_bias;               /* a bias for each patch (token matrices), else for each channel */
    bool norm;                     /* LN after the linear layer (post_linear_ln) */
} locl_layer_shape;

static inline size_t locl_layer_rows(const locl_layer_shape *s)
{
    return s->batch * s->patches * (s->layer == LOCL_LAYER_GROUP ? s->groups : 1);
}

static inline size_t locl_layer_n(const locl_layer_shape *s)
{
    return s->layer == LOCL_LAYER_GROUP ? s->width / s->groups : s->width;
}

/* Returns whether the bias has a value for each column, not one for the whole row. Rows of z use the
 * `locl_layer_bias_rows()` rows of the bias in turn. The bias is [P] with patch_bias, else [width], for group
 * layers [G,D/G]. */
static inline bool locl_layer_bias_has_columns(const locl_layer_shape *s)
{
    return !s->patch_bias;
}

static inline size_t locl_layer_bias_rows(const locl_layer_shape *s)
{
    return s->patch_bias ? s->patches : s->layer == LOCL_LAYER_GROUP ? s->groups : 1;
}

/* Returns the number of values of the bias. */
static inline size_t locl_layer_biases(const locl_layer_shape *s)
{
    return locl_layer_bias_rows(s) * (locl_layer_bias_has_columns(s) ? locl_layer_n(s) : 1);
}

static inline size_t locl_layer_values(const locl_layer_shape *s)
{
    return s->batch * s->patches * s->width;
}

#endif
