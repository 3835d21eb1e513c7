/* How training images are changed each time that they are shown: named parts, each with its chance and its ranges,
 * for one view of an image or two. Plain data, filled by src/config from YAML or by the library's user. It owns
 * nothing and may be copied. */
#ifndef LOCL_DATA_AUGMENT_OPTIONS_H
#define LOCL_DATA_AUGMENT_OPTIONS_H

#include "base/option_sink.h"

enum { LOCL_VIEWS_MOST = 2 }; /* views of an image in a batch */

/* name, key; in the order in which they are applied */
#define LOCL_AUGMENT_PART_TABLE(X)                                                                           \
    X(CROP, "crop")                                                                                          \
    X(PAD, "pad")                                                                                            \
    X(FLIP, "flip")                                                                                          \
    X(JITTER, "jitter")                                                                                      \
    X(GREY, "grey")                                                                                          \
    X(BLUR, "blur")                                                                                          \
    X(SOLARIZE, "solarize")

typedef enum locl_augment_part {
#define LOCL_AUGMENT_PART(name, key) LOCL_AUGMENT_##name,
    LOCL_AUGMENT_PART_TABLE(LOCL_AUGMENT_PART)
#undef LOCL_AUGMENT_PART
        LOCL_AUGMENT_PARTS
} locl_augment_part;

/* name, part, key below the part's, values (one, or the ends of a range) */
#define LOCL_AUGMENT_RANGE_TABLE(X)                                                                          \
    X(AREA, CROP, "area", 2, 0.08, 1)                                                                        \
    X(ASPECT, CROP, "aspect", 2, 3.0 / 4, 4.0 / 3)                                                           \
    X(PIXELS, PAD, "pixels", 1, 4, 4)                                                                        \
    X(BRIGHTNESS, JITTER, "brightness", 2, 0.6, 1.4)                                                         \
    X(CONTRAST, JITTER, "contrast", 2, 0.6, 1.4)                                                             \
    X(SATURATION, JITTER, "saturation", 2, 0.8, 1.2)                                                         \
    X(HUE, JITTER, "hue", 2, -0.1, 0.1)                                                                      \
    X(KERNEL, BLUR, "kernel", 1, 0.1, 0.1)                                                                   \
    X(SIGMA, BLUR, "sigma", 2, 0.1, 2)                                                                       \
    X(THRESHOLD, SOLARIZE, "threshold", 1, 0.5, 0.5)

typedef enum locl_augment_range {
#define LOCL_AUGMENT_RANGE(name, part, key, count, from, to) LOCL_AUGMENT_##name,
    LOCL_AUGMENT_RANGE_TABLE(LOCL_AUGMENT_RANGE)
#undef LOCL_AUGMENT_RANGE
        LOCL_AUGMENT_RANGES
} locl_augment_range;

typedef enum locl_augment_preset {
    LOCL_AUGMENT_NONE,
    LOCL_AUGMENT_CIFAR,       /* pad and crop, flip */
    LOCL_AUGMENT_CONTRASTIVE, /* SPEC 7 */
    LOCL_AUGMENT_PRESET_COUNT
} locl_augment_preset;

typedef struct locl_augment_list {
    double value[2];
    unsigned count; /* 0: not given */
} locl_augment_list;

typedef struct locl_augment_options {
    locl_augment_preset preset;                   /* gives what is not given below */
    locl_augment_list p[LOCL_AUGMENT_PARTS];      /* chance of a part: in every view, or in each of two */
    locl_augment_list range[LOCL_AUGMENT_RANGES]; /* from, to; or the one value */
} locl_augment_options;

/* Gives chances and ranges that are not given: the preset's, else 1 for a part of which a range is given, and the
 * ranges of the table for all parts that are ever applied. */
void locl_augment_options_resolve(locl_augment_options *options);
/* Reports ranges that are backwards, and what images of that size (h, w; 0: not known) cannot be given. */
void locl_augment_options_check(const locl_augment_options *options, const unsigned *image,
                                locl_option_sink *sink);
/* Returns the chance of a part in a view, 0 for a part that is not applied. */
double locl_augment_chance(const locl_augment_options *options, locl_augment_part part, unsigned view);
/* Returns whether any part is ever applied. */
bool locl_augment_changes(const locl_augment_options *options);
/* Writes a part that is applied: "jitter: p 0.8, brightness 0.6 to 1.4, contrast ..." */
void locl_augment_part_describe(const locl_augment_options *options, locl_augment_part part, char *text,
                                size_t size);

#endif
