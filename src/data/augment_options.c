#include "data/augment_options.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const part_texts[LOCL_AUGMENT_PARTS] = {
#define TEXT(name, key) key,
    LOCL_AUGMENT_PART_TABLE(TEXT)
#undef TEXT
};

static const struct {
    locl_augment_part part;
    const char *key;
    locl_augment_list usual;
} ranges[LOCL_AUGMENT_RANGES] = {
#define RANGE(name, part, key, count, from, to)                                                              \
    {LOCL_AUGMENT_##part, "augment." PART_##part "." key, {{from, to}, count}},
#define PART_CROP "crop"
#define PART_PAD "pad"
#define PART_JITTER "jitter"
#define PART_BLUR "blur"
#define PART_SOLARIZE "solarize"
    LOCL_AUGMENT_RANGE_TABLE(RANGE)
#undef RANGE
};

static const locl_augment_list presets[LOCL_AUGMENT_PRESET_COUNT][LOCL_AUGMENT_PARTS] = {
    [LOCL_AUGMENT_CIFAR] = {[LOCL_AUGMENT_PAD] = {{1}, 1}, [LOCL_AUGMENT_FLIP] = {{.5}, 1}},
    [LOCL_AUGMENT_CONTRASTIVE] = {[LOCL_AUGMENT_CROP] = {{1}, 1},
                                  [LOCL_AUGMENT_FLIP] = {{.5}, 1},
                                  [LOCL_AUGMENT_JITTER] = {{.8}, 1},
                                  [LOCL_AUGMENT_GREY] = {{.2}, 1},
                                  [LOCL_AUGMENT_BLUR] = {{1, .1}, 2},
                                  [LOCL_AUGMENT_SOLARIZE] = {{0, .2}, 2}},
};

static bool has_range(const locl_augment_options *o, locl_augment_part part)
{
    for (size_t i = 0; i < LOCL_AUGMENT_RANGES; i++) {
        if (ranges[i].part == part && o->range[i].count) {
            return true;
        }
    }
    return false;
}

static bool is_applied(const locl_augment_options *o, locl_augment_part part)
{
    return locl_augment_chance(o, part, 0) > 0 || locl_augment_chance(o, part, 1) > 0;
}

void locl_augment_options_resolve(locl_augment_options *o)
{
    for (size_t part = 0; part < LOCL_AUGMENT_PARTS; part++) {
        if (!o->p[part].count) {
            o->p[part] = presets[o->preset][part];
        }
        if (!o->p[part].count && has_range(o, (locl_augment_part)part)) {
            o->p[part] = (locl_augment_list){{1}, 1};
        }
    }
    for (size_t i = 0; i < LOCL_AUGMENT_RANGES; i++) {
        if (!o->range[i].count && is_applied(o, ranges[i].part)) {
            o->range[i] = ranges[i].usual;
        }
    }
}

static void check_backwards(const locl_augment_options *o, locl_option_sink *sink)
{
    for (size_t i = 0; i < LOCL_AUGMENT_RANGES; i++) {
        const locl_augment_list *range = &o->range[i];
        const char *const key[] = {ranges[i].key, NULL};
        if (range->count == 2 && range->value[0] > range->value[1] && !locl_option_wrong(sink, key)) {
            locl_option_report(sink, key[0], "found [%g, %g], which is backwards, should be [%g, %g]",
                               range->value[0], range->value[1], range->value[1], range->value[0]);
        }
    }
}

static void check_crop(const locl_augment_options *o, locl_option_sink *sink)
{
    const locl_augment_list *area = &o->range[LOCL_AUGMENT_AREA];
    static const char *const key[] = {"augment.crop.area", NULL};
    if (area->count && !(area->value[0] > 0) && !locl_option_wrong(sink, key)) {
        locl_option_report(sink, key[0], "found a least share of %g, a crop of no area, should be above 0",
                           area->value[0]);
    }
}

static void check_pad(const locl_augment_options *o, const unsigned *image, locl_option_sink *sink)
{
    const locl_augment_list *pixels = &o->range[LOCL_AUGMENT_PIXELS];
    static const char *const key[] = {"augment.pad.pixels", NULL};
    unsigned side = image[0] < image[1] ? image[0] : image[1];
    double value = pixels->value[0];
    if (!pixels->count || locl_option_wrong(sink, key)) {
        return;
    }
    if (value != floor(value)) {
        locl_option_report(sink, key[0], "found %g, should be a whole number", value);
    } else if (side > 0 && value >= side) {
        locl_option_report(
            sink, key[0],
            "found %g, of which nothing of an image of %ux%u may be left, should be less than %u", value,
            image[0], image[1], side);
    }
}

void locl_augment_options_check(const locl_augment_options *o, const unsigned *image, locl_option_sink *sink)
{
    check_backwards(o, sink);
    check_crop(o, sink);
    check_pad(o, image, sink);
}

double locl_augment_chance(const locl_augment_options *o, locl_augment_part part, unsigned view)
{
    const locl_augment_list *p = &o->p[part];
    return p->count == 0 ? 0 : p->value[p->count == 2 ? view : 0];
}

bool locl_augment_changes(const locl_augment_options *o)
{
    bool any = false;
    for (size_t part = 0; part < LOCL_AUGMENT_PARTS; part++) {
        any = any || is_applied(o, (locl_augment_part)part);
    }
    return any;
}

/* Adds ", sigma 0.1 to 2", and returns what of the text is used now. */
static size_t add_range(const locl_augment_options *o, size_t i, char *text, size_t used, size_t size)
{
    const double *value = o->range[i].value;
    const char *name = strrchr(ranges[i].key, '.') + 1;
    int more = o->range[i].count == 2
                   ? snprintf(text + used, size - used, ", %s %.4g to %.4g", name, value[0], value[1])
                   : snprintf(text + used, size - used, ", %s %.4g", name, value[0]);
    return used + (size_t)more < size ? used + (size_t)more : size - 1;
}

void locl_augment_part_describe(const locl_augment_options *o, locl_augment_part part, char *text,
                                size_t size)
{
    const locl_augment_list *p = &o->p[part];
    int start = p->count == 2
                    ? snprintf(text, size, "%s: p %.4g, %.4g", part_texts[part], p->value[0], p->value[1])
                    : snprintf(text, size, "%s: p %.4g", part_texts[part], p->value[0]);
    size_t used = (size_t)start < size ? (size_t)start : size - 1;
    for (size_t i = 0; i < LOCL_AUGMENT_RANGES; i++) {
        used = ranges[i].part == part ? add_range(o, i, text, used, size) : used;
    }
}
