#include "model/model.h"

static locl_status check_shapes(const locl_model_options *o, locl_error *err)
{
    if (!o->image[0] || !o->image[1] || !o->image[2]) {
        return locl_fail(err, LOCL_E_CONFIG, "model.image is not known");
    }
    if (o->blocks > LOCL_MODEL_MAX_BLOCKS) {
        return locl_fail(err, LOCL_E_CONFIG, "model.blocks: found %u, at most %d are possible", o->blocks,
                         LOCL_MODEL_MAX_BLOCKS);
    }
    if (o->classes < 2) {
        return locl_fail(err, LOCL_E_CONFIG, "model.classes: found %u, at least 2 are needed", o->classes);
    }
    if (o->image[0] % o->patches || o->image[1] % o->patches) {
        locl_fail(err, LOCL_E_CONFIG, "model.patches: %u patches per side do not divide an image of %u x %u",
                  o->patches, o->image[0], o->image[1]);
        return locl_remedy(err, "a number that divides both sides");
    }
    if (o->kernel % 2 == 0) {
        return locl_fail(err, LOCL_E_CONFIG, "model.kernel: found %u, should be odd", o->kernel);
    }
    return LOCL_OK;
}

static unsigned value_of(const locl_block_list *list, size_t block)
{
    return list->count ? list->values[block] : 1;
}

static locl_status check_list(const locl_block_list *list, const char *key, unsigned blocks, locl_error *err)
{
    if (list->count && list->count != blocks) {
        return locl_fail(err, LOCL_E_CONFIG, "model.%s: found %u values, should be %u, one for each block",
                         key, list->count, blocks);
    }
    return LOCL_OK;
}

static locl_status check_lists(const locl_model_options *o, locl_error *err)
{
    LOCL_TRY(check_list(&o->downsample, "downsample", o->blocks, err));
    LOCL_TRY(check_list(&o->channel_ratio, "channel_ratio", o->blocks, err));
    return check_list(&o->group_ratio, "group_ratio", o->blocks, err);
}

/* What the ratios make of a number from the next block on. */
static size_t grown(size_t value, const locl_block_list *ratio, size_t block)
{
    return value > LOCL_MODEL_MAX_WIDTH ? value : value * value_of(ratio, block);
}

static locl_status check_block(const locl_block_shape *s, locl_error *err)
{
    if (s->hidden > LOCL_MODEL_MAX_WIDTH || s->width > LOCL_MODEL_MAX_WIDTH) {
        return locl_fail(
            err, LOCL_E_CONFIG,
            "model.channel_ratio: block %zu has %zu channels and %zu hidden ones, at most %d are possible",
            s->index, s->width, s->hidden, LOCL_MODEL_MAX_WIDTH);
    }
    if (s->width % s->groups || s->hidden % s->groups) {
        locl_fail(err, LOCL_E_CONFIG,
                  "model.groups: block %zu: %zu groups do not divide %zu channels and %zu hidden ones",
                  s->index, s->groups, s->width, s->hidden);
        return locl_remedy(err,
                           "a number that divides both in every block (model.groups, model.group_ratio)");
    }
    return LOCL_OK;
}

locl_status locl_model_open(const locl_model_options *options, locl_model *out, locl_error *err)
{
    *out = (locl_model){.options = *options};
    LOCL_TRY(locl_model_options_resolve(&out->options, err));
    if (!out->options.post_linear_ln) {
        out->options.norm = LOCL_NORM_LAYER; /* there is none: nothing that goes with another one either */
    }
    const locl_model_options *o = &out->options;
    LOCL_TRY(check_shapes(o, err));
    LOCL_TRY(check_lists(o, err));
    out->patch_values = (size_t)(o->image[0] / o->patches) * (o->image[1] / o->patches) * o->image[2];
    out->classes = o->classes;
    out->blocks = o->blocks;
    size_t side = o->patches, in = out->patch_values, hidden = o->hidden, width = o->channels,
           groups = o->groups;
    for (size_t k = 0; k < out->blocks; k++) {
        size_t stride = value_of(&o->downsample, k);
        out->block[k] = (locl_block_shape){.index = k,
                                           .token = k > 0,
                                           .kernel = o->token_mixer == LOCL_TOKEN_MIXER_CONV ? o->kernel : 0,
                                           .side = side,
                                           .patches = side * side,
                                           .in = in,
                                           .hidden = hidden,
                                           .width = width,
                                           .groups = groups,
                                           .stride = stride,
                                           .next_side = (side + stride - 1) / stride};
        out->block[k].next_patches = out->block[k].next_side * out->block[k].next_side;
        LOCL_TRY(check_block(&out->block[k], err));
        side = out->block[k].next_side;
        in = width;
        hidden = grown(hidden, &o->channel_ratio, k);
        width = grown(width, &o->channel_ratio, k);
        groups = grown(groups, &o->group_ratio, k);
    }
    return LOCL_OK;
}
