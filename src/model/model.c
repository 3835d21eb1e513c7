#include "model/model.h"

static bool all_ones(const locl_block_list *list)
{
    for (unsigned i = 0; i < list->count; i++) {
        if (list->values[i] != 1) {
            return false;
        }
    }
    return true;
}

/* Options that a configuration knows, but no block computes yet. */
static locl_status check_available(const locl_model_options *o, locl_error *err)
{
    const char *key = o->norm != LOCL_NORM_LAYER                  ? "norm"
                      : o->token_mixer != LOCL_TOKEN_MIXER_LINEAR ? "token_mixer"
                      : !all_ones(&o->downsample)                 ? "downsample"
                      : !all_ones(&o->channel_ratio)              ? "channel_ratio"
                      : !all_ones(&o->group_ratio)                ? "group_ratio"
                                                                  : NULL;
    return key ? locl_fail(err, LOCL_E_CONFIG, "model.%s: only its default is available", key) : LOCL_OK;
}

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
    if (o->channels % o->groups || o->hidden % o->groups) {
        locl_fail(err, LOCL_E_CONFIG, "model.groups: %u groups do not divide %u channels and %u hidden ones",
                  o->groups, o->channels, o->hidden);
        return locl_remedy(err, "a number that divides model.channels and model.hidden");
    }
    return LOCL_OK;
}

locl_status locl_model_open(const locl_model_options *options, locl_model *out, locl_error *err)
{
    *out = (locl_model){.options = *options};
    LOCL_TRY(locl_model_options_resolve(&out->options, err));
    const locl_model_options *o = &out->options;
    LOCL_TRY(check_available(o, err));
    LOCL_TRY(check_shapes(o, err));
    out->patches = (size_t)o->patches * o->patches;
    out->patch_values = (size_t)(o->image[0] / o->patches) * (o->image[1] / o->patches) * o->image[2];
    out->classes = o->classes;
    out->blocks = o->blocks;
    for (size_t k = 0; k < out->blocks; k++) {
        out->block[k] = (locl_block_shape){.index = k,
                                           .token = k > 0,
                                           .in = k ? o->channels : out->patch_values,
                                           .hidden = o->hidden,
                                           .width = o->channels,
                                           .groups = o->groups};
    }
    return LOCL_OK;
}
