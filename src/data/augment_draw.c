#include "data/augment.h"

#include "base/philox.h"

#include <math.h>

enum { TRIES = 10, LAST = 3 /* index of a block's last word */ };

/* Returns words for draw number `index` < 16 of a part. */
static locl_philox_block words(const locl_augment_moment *m, locl_augment_part part, unsigned index)
{
    const uint32_t key[2] = {(uint32_t)m->seed, (uint32_t)(m->seed >> 32)};
    const uint32_t counter[4] = {(uint32_t)m->image, (uint32_t)(m->image >> 32), m->epoch,
                                 locl_draw_tag(LOCL_STREAM_AUGMENT, m->view, part, index)};
    return locl_philox4x32(counter, key);
}

/* Returns a number from 0 to less than 1. */
static double unit(uint32_t word)
{
    return word * 0x1p-32;
}

static double between(const locl_augment_list *range, uint32_t word)
{
    return range->value[0] + unit(word) * (range->value[1] - range->value[0]);
}

/* Returns a whole number from 0 to `most`. */
static size_t up_to(size_t most, uint32_t word)
{
    return (size_t)(((uint64_t)word * (most + 1)) >> 32);
}

/* Takes the largest crop in the middle whose aspect is in range. */
static void crop_middle(const locl_augment_list *aspect, const locl_augment_size *size,
                        locl_augment_draws *out)
{
    double h = (double)size->from_h, w = (double)size->from_w, is = w / h;
    double taken = fmin(fmax(is, aspect->value[0]), aspect->value[1]);
    out->height = is < taken ? (size_t)fmax(1, round(w / taken)) : size->from_h;
    out->width = is > taken ? (size_t)fmax(1, round(h * taken)) : size->from_w;
    out->top = (size->from_h - out->height) / 2;
    out->left = (size->from_w - out->width) / 2;
}

/* Draws area, aspect (evenly in its logarithm) and place, until a crop lies within the image, ten times at most. */
static void draw_crop(const locl_augment_options *o, const locl_augment_moment *m,
                      const locl_augment_size *size, locl_augment_draws *out)
{
    const locl_augment_list *area = &o->range[LOCL_AUGMENT_AREA], *aspect = &o->range[LOCL_AUGMENT_ASPECT];
    const locl_augment_list logs = {{log(aspect->value[0]), log(aspect->value[1])}, 2};
    for (unsigned i = 0; i < TRIES; i++) {
        locl_philox_block drawn = words(m, LOCL_AUGMENT_CROP, i + 1);
        double pixels = between(area, drawn.word[0]) * (double)size->from_h * (double)size->from_w;
        double ratio = exp(between(&logs, drawn.word[1]));
        double h = fmax(1, round(sqrt(pixels / ratio))), w = fmax(1, round(sqrt(pixels * ratio)));
        if (h <= (double)size->from_h && w <= (double)size->from_w) {
            out->height = (size_t)h;
            out->width = (size_t)w;
            out->top = up_to(size->from_h - out->height, drawn.word[2]);
            out->left = up_to(size->from_w - out->width, drawn.word[LAST]);
            return;
        }
    }
    crop_middle(aspect, size, out);
}

/* Draws one of the 24 orders, by the digits of its number. */
static void draw_order(uint32_t word, locl_jitter_kind order[LOCL_JITTER_KINDS])
{
    size_t number = up_to(23, word);
    for (size_t i = 0; i < LOCL_JITTER_KINDS; i++) {
        order[i] = (locl_jitter_kind)i;
    }
    for (size_t i = LOCL_JITTER_KINDS; i > 1; i--) {
        size_t other = number % i;
        locl_jitter_kind last = order[i - 1];
        order[i - 1] = order[other];
        order[other] = last;
        number /= i;
    }
}

static void draw_jitter(const locl_augment_options *o, const locl_augment_moment *m, uint32_t order,
                        locl_augment_draws *out)
{
    static const locl_augment_range ranges[LOCL_JITTER_KINDS] = {
        [LOCL_JITTER_BRIGHTNESS] = LOCL_AUGMENT_BRIGHTNESS,
        [LOCL_JITTER_CONTRAST] = LOCL_AUGMENT_CONTRAST,
        [LOCL_JITTER_SATURATION] = LOCL_AUGMENT_SATURATION,
        [LOCL_JITTER_HUE] = LOCL_AUGMENT_HUE,
    };
    locl_philox_block drawn = words(m, LOCL_AUGMENT_JITTER, 1);
    draw_order(order, out->order);
    for (size_t i = 0; i < LOCL_JITTER_KINDS; i++) {
        out->jitter[i] = (float)between(&o->range[ranges[i]], drawn.word[i]);
    }
}

/* Draws what a part needs. `first` is the part's block whose word 0 decided that it is done. */
static void draw_part(const locl_augment_options *o, const locl_augment_moment *m,
                      const locl_augment_size *size, locl_augment_part part, const locl_philox_block *first,
                      locl_augment_draws *out)
{
    size_t pixels = (size_t)o->range[LOCL_AUGMENT_PIXELS].value[0];
    switch (part) {
    case LOCL_AUGMENT_CROP:
        draw_crop(o, m, size, out);
        break;
    case LOCL_AUGMENT_PAD:
        out->down = (int)up_to(2 * pixels, first->word[1]) - (int)pixels;
        out->right = (int)up_to(2 * pixels, first->word[2]) - (int)pixels;
        break;
    case LOCL_AUGMENT_JITTER:
        draw_jitter(o, m, first->word[1], out);
        break;
    case LOCL_AUGMENT_BLUR:
        out->sigma = (float)between(&o->range[LOCL_AUGMENT_SIGMA], first->word[1]);
        break;
    case LOCL_AUGMENT_FLIP:
    case LOCL_AUGMENT_GREY:
    case LOCL_AUGMENT_SOLARIZE:
    case LOCL_AUGMENT_PARTS:
        break;
    }
}

void locl_augment_draw(const locl_augment_options *o, const locl_augment_moment *m,
                       const locl_augment_size *size, locl_augment_draws *out)
{
    *out = (locl_augment_draws){.height = size->from_h, .width = size->from_w};
    for (unsigned i = 0; i < LOCL_AUGMENT_PARTS; i++) {
        locl_augment_part part = (locl_augment_part)i;
        double chance = locl_augment_chance(o, part, m->view);
        if (chance > 0) {
            locl_philox_block first = words(m, part, 0);
            out->done[part] = unit(first.word[0]) < chance;
            if (out->done[part]) {
                draw_part(o, m, size, part, &first, out);
            }
        }
    }
}
