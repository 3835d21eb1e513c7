/* The shapes of a LocalMixer network (SPEC 1), computed once from the options and then only read. */
#ifndef LOCL_MODEL_MODEL_H
#define LOCL_MODEL_MODEL_H

#include "model/options.h"

typedef struct locl_block_shape {
    size_t index;
    bool token;    /* has a token layer and a residual: every block but the first */
    size_t in;     /* channels of its input: C for block 0, else the D before */
    size_t hidden; /* H */
    size_t width;  /* D */
    size_t groups; /* G */
} locl_block_shape;

typedef struct locl_model {
    locl_model_options options; /* resolved */
    size_t patches;             /* P, of the whole image */
    size_t patch_values;        /* C */
    size_t classes;             /* K */
    size_t blocks;
    locl_block_shape block[LOCL_MODEL_MAX_BLOCKS];
} locl_model;

/* Checks the options against each other (LOCL_E_CONFIG names the keys) and fills *out. `image` and `classes`
 * must be known by now. */
locl_status locl_model_open(const locl_model_options *options, locl_model *out, locl_error *err);

#endif
