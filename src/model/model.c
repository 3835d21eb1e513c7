#include "model/model.h"

static locl_status check_shapes(const locl_model_options *o, locl_error *err)
{
    if (!o->image[0] || !o->image[1] || !o->image[2]) {
        return locl_fail(err, LOCL_E_CONFIG, "model.image is not known");
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
