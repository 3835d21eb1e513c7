/* The parameters of a range of blocks and what stands beside them untrained: names and shapes of SPEC 8,
 * their place in the range's one contiguous buffer (trained weights, then trained biases, so that an
 * optimiser step is one pass), and their initial values. */
#ifndef LOCL_MODEL_PARAMS_H
#define LOCL_MODEL_PARAMS_H

#include "model/model.h"
#include "ops/layer.h"

#include <stdint.h>

/* What a parameter belongs to: a layer of a block (locl_layer), its head, or the classifier. */
typedef enum locl_owner {
    LOCL_OWNER_TOKEN = LOCL_LAYER_TOKEN,
    LOCL_OWNER_CHANNEL = LOCL_LAYER_CHANNEL,
    LOCL_OWNER_GROUP = LOCL_LAYER_GROUP,
    LOCL_OWNER_HEAD,
    LOCL_OWNER_CLASSIFIER
} locl_owner;

/* Fixed random matrices that send errors back instead of the weights (SPEC 3). */
typedef enum locl_feedback {
    LOCL_FEEDBACK_NONE,
    LOCL_FEEDBACK_WEIGHTS, /* one for every weight, of its shape: fa rules */
    LOCL_FEEDBACK_DIRECT   /* one [K,width] for every layer's weight: dfa */
} locl_feedback;

/* What there is beside the parameters that are trained. */
typedef struct locl_params_kind {
    bool idle_heads; /* heads are there, but not trained */
    locl_feedback feedback;
    bool group_mirrors, channel_mirrors; /* of the weights of group layers, of channel layers but block 0's */
    bool running;                        /* running statistics, if the model has batch norm */
} locl_params_kind;

/* The two tensors of an owner, with the values of locl_param's `weight`. */
typedef enum locl_param_part { LOCL_BIAS = false, LOCL_WEIGHT = true } locl_param_part;

/* A parameter of the network, or what stands beside it and is no part of an update. */
typedef enum locl_param_role {
    LOCL_PARAM_OWN,
    LOCL_PARAM_FEEDBACK, /* "<weight>.feedback", fixed */
    LOCL_PARAM_MIRROR,   /* "<layer>.mirror", which learns to be the layer's weight */
    LOCL_PARAM_MEAN,     /* "<layer>.running_mean" [P,width], of the layer's output before batch norm, */
    LOCL_PARAM_VARIANCE  /* "<layer>.running_var", which every training step moves */
} locl_param_role;

typedef struct locl_param {
    char name[64]; /* "blocks.2.channel.weight" */
    size_t block;  /* the last block for the classifier */
    locl_owner owner;
    bool weight; /* else a bias or statistics */
    locl_param_role role;
    size_t rank, dim[3];
    size_t count;  /* values */
    size_t fan_in; /* of the layer */
    size_t offset; /* floats from the start of the range */
} locl_param;

/* The parameters' layout. Owns `param`. Release with locl_params_release(). */
typedef struct locl_params {
    locl_param *param; /* [count], those that are trained first */
    size_t count, trained;
    size_t floats, trained_floats; /* floats of the ranges, gaps for alignment included */
} locl_params;

typedef enum locl_params_end { LOCL_WITHOUT_CLASSIFIER, LOCL_WITH_CLASSIFIER } locl_params_end;

/* Lays out blocks first..last-1 and, where asked for, the classifier. Each tensor starts at a multiple of
 * `alignment` floats. */
locl_status locl_params_layout(const locl_model *model, size_t first, size_t last, locl_params_end end,
                               locl_params_kind kind, size_t alignment, locl_params *out, locl_error *err);
void locl_params_release(locl_params *params);
/* Returns the index of a parameter, SIZE_MAX if there is none. */
size_t locl_params_find(const locl_params *params, size_t block, locl_owner owner, locl_param_part part);
/* Returns the index of what stands beside an owner's parameters, SIZE_MAX if there is none. `role` is not
 * LOCL_PARAM_OWN. */
size_t locl_params_find_beside(const locl_params *params, size_t block, locl_owner owner,
                               locl_param_role role);
/* Returns the number of trainable values, without gaps. */
size_t locl_params_values(const locl_params *params);

/* Returns the standard deviation of a weight's initial values, 0 for biases, statistics and the classifier.
 * Feedback has that of its weight, the classifier's feedback that of a head. Mirrors begin at 0. */
double locl_param_deviation(const locl_param *param, locl_init init);
/* Writes initial values to out [count], drawn from the seed and the parameter's name alone, whatever the
 * range and the device. Running means begin at 0, variances at 1. */
void locl_param_initialise(const locl_param *param, locl_init init, uint64_t seed, float *out);

#endif
