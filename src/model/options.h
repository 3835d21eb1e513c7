/* The shape of a LocalMixer network as a person chooses it (SPEC 1). src/config fills it from YAML, or the
 * library's user from the defaults and a preset. Everything that computes shapes reads it. Plain data: it
 * owns nothing and may be copied. */
#ifndef LOCL_MODEL_OPTIONS_H
#define LOCL_MODEL_OPTIONS_H

#include "base/option_sink.h"

#include <stdbool.h>
#include <stddef.h>

enum { LOCL_MODEL_MAX_BLOCKS = 256, LOCL_MODEL_PRESET_NAME = 16, LOCL_MODEL_MAX_WIDTH = 1 << 20 };

/* Standard deviation of initial weights: 0.1 | min(1/sqrt(fan_in), 0.1) | min(2/sqrt(fan_in), 0.1). */
typedef enum locl_init { LOCL_INIT_CONSTANT, LOCL_INIT_LECUN, LOCL_INIT_KAIMING } locl_init;
typedef enum locl_norm { LOCL_NORM_LAYER, LOCL_NORM_BATCH, LOCL_NORM_SAMPLE } locl_norm;
typedef enum locl_token_mixer { LOCL_TOKEN_MIXER_LINEAR, LOCL_TOKEN_MIXER_CONV } locl_token_mixer;
typedef enum locl_pool { LOCL_POOL_AVERAGE, LOCL_POOL_MAX } locl_pool;

/* One number per block. `count` 0: not given, every block has 1. */
typedef struct locl_block_list {
    unsigned values[LOCL_MODEL_MAX_BLOCKS];
    unsigned count;
} locl_block_list;

static inline unsigned locl_block_list_value(const locl_block_list *list, size_t block)
{
    return block < list->count ? list->values[block] : 1;
}

/* What is learned (SPEC 7): classes of labelled images, or which two views are of one image. */
typedef enum locl_model_task { LOCL_TASK_CLASSIFY, LOCL_TASK_CONTRAST } locl_model_task;

typedef struct locl_task_options {
    locl_model_task kind;
    double temperature;  /* of contrast, as is the next */
    unsigned projection; /* outputs of a head */
} locl_task_options;

typedef struct locl_model_options {
    locl_task_options task;
    char preset[LOCL_MODEL_PRESET_NAME]; /* "M/8/16"; "": the numbers below are given */
    unsigned image[3];                   /* h, w, c of an image; 0 0 0: the data's */
    unsigned classes;                    /* K; 0: the data's */
    unsigned blocks;                     /* 0: the preset's, until locl_model_options_resolve() */
    unsigned patches;                    /* per side: P = patches * patches; 0: the preset's */
    unsigned channels;                   /* D; 0: the preset's */
    unsigned hidden;                     /* H; 0: D */
    unsigned groups;                     /* G, divides D and H; 0: the preset's */
    bool begin_ln, middle_ln, post_linear_ln, head_ln, classifier_ln;
    locl_init init;
    locl_norm norm;
    locl_token_mixer token_mixer;
    unsigned kernel; /* side of token_mixer conv's window, odd */
    locl_pool pool;
    locl_block_list downsample;    /* stride after each block; the last one is before the classifier */
    locl_block_list channel_ratio; /* factor of D and H from the next block on */
    locl_block_list group_ratio;   /* factor of G from the next block on */
} locl_model_options;

/* SPEC 1's table: name, blocks, patches per side, D, G, and the images that it is meant for. H is D. */
#define LOCL_MODEL_PRESET_TABLE(X)                                                                           \
    X("S/1/1", 1, 1, 256, 1, "MNIST")                                                                        \
    X("M/1/16", 1, 1, 512, 16, "MNIST")                                                                      \
    X("M/8/16", 4, 8, 512, 16, "CIFAR-10")                                                                   \
    X("L/8/64", 4, 8, 2048, 64, "CIFAR-10")                                                                  \
    X("L/32/64", 4, 32, 2048, 64, "ImageNet")

typedef struct locl_model_preset {
    const char *name;
    unsigned blocks, patches, channels, groups;
    const char *purpose;
} locl_model_preset;

/* All presets. The last row's name is NULL. */
extern const locl_model_preset locl_model_presets[];

/* Returns options with every switch on, init lecun and all sizes 0 (not chosen yet). */
locl_model_options locl_model_options_default(void);
/* Returns the preset of that name, NULL if there is none. */
const locl_model_preset *locl_model_preset_find(const char *name);
/* Replaces the sizes that are still 0 by those of options->preset, and hidden by channels. Afterwards only
 * image and classes may be 0. LOCL_E_CONFIG: an unknown preset, or sizes missing without one. */
locl_status locl_model_options_resolve(locl_model_options *options, locl_error *err);
/* Reports what does not fit together in resolved options. */
void locl_model_options_check(const locl_model_options *options, locl_option_sink *sink);
/* Reports what does not fit the image, once that is known. */
void locl_model_options_check_image(const locl_model_options *options, locl_option_sink *sink);
/* Returns whether training normalises over the batch, which needs more than one image. */
bool locl_model_needs_batch(const locl_model_options *options);

#endif
