/* The shapes of a LocalMixer network (SPEC 1), computed once from the options and then only read. */
#ifndef LOCL_MODEL_MODEL_H
#define LOCL_MODEL_MODEL_H

#include "model/options.h"

typedef struct locl_block_shape {
    size_t index;
    bool token;    /* has a token layer and a residual: every block but the first */
    size_t kernel; /* side of the token layer's window, if it is a depthwise convolution; 0: a matrix [P,P] */
    size_t side;   /* patches a side of its map */
    size_t patches; /* P = side^2 */
    size_t in;      /* channels of its input: C for block 0, else the D before, which divides D */
    size_t hidden;  /* H */
    size_t width;   /* D */
    size_t groups;  /* G */
    size_t stride;  /* stride of the pooling behind the block; 1: none */
    size_t next_side, next_patches; /* of the map that the next block or the classifier gets */
} locl_block_shape;

typedef struct locl_model {
    locl_model_options options; /* resolved */
    size_t patch_values;        /* C */
    size_t classes;             /* K */
    size_t outputs;             /* of a block's head: K, or the width of its projection under contrast */
    size_t views; /* of each image in a training batch, one after another: 1, or 2 under contrast */
    size_t blocks;
    locl_block_shape block[LOCL_MODEL_MAX_BLOCKS];
} locl_model;

/* Returns whether training tells images apart by their views (SPEC 7), without labels. */
static inline bool locl_model_contrasts(const locl_model *model)
{
    return model->views > 1;
}

/* Returns the last block, whose output the classifier reads. */
static inline const locl_block_shape *locl_model_last(const locl_model *model)
{
    return &model->block[model->blocks - 1];
}

/* Checks the options against each other (LOCL_E_CONFIG names the keys) and fills *out. `image` and `classes`
 * must be known by now. */
locl_status locl_model_open(const locl_model_options *options, locl_model *out, locl_error *err);

#endif
