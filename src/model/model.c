#include "model/model.h"

/* Reports all that is wrong with the options. */
static locl_status check(const locl_model_options *options, locl_error *err)
{
    locl_option_sink sink = locl_option_sink_of(err);
    if (!options->image[0] || !options->image[1] || !options->image[2] || !options->classes) {
        return locl_fail(err, LOCL_E_CONFIG, "model.image and model.classes are not known");
    }
    locl_model_options_check(options, &sink);
    locl_model_options_check_image(options, &sink);
    return locl_option_sink_status(&sink);
}

locl_status locl_model_open(const locl_model_options *options, locl_model *out, locl_error *err)
{
    *out = (locl_model){.options = *options};
    LOCL_TRY(locl_model_options_resolve(&out->options, err));
    if (!out->options.post_linear_ln) {
        out->options.norm = LOCL_NORM_LAYER; /* without a norm nothing that goes with another one applies */
    }
    if (out->options.task.kind == LOCL_TASK_CONTRAST) {
        out->options.head_ln = false;
    }
    const locl_model_options *o = &out->options;
    LOCL_TRY(check(o, err));
    out->patch_values = (size_t)(o->image[0] / o->patches) * (o->image[1] / o->patches) * o->image[2];
    bool contrast = o->task.kind == LOCL_TASK_CONTRAST;
    out->classes = o->classes;
    out->outputs = contrast ? o->task.projection : o->classes;
    out->views = contrast ? 2 : 1;
    out->blocks = o->blocks;
    size_t side = o->patches, in = out->patch_values, hidden = o->hidden, width = o->channels,
           groups = o->groups;
    for (size_t k = 0; k < out->blocks; k++) {
        size_t stride = locl_block_list_value(&o->downsample, k);
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
        side = out->block[k].next_side;
        in = width;
        hidden = hidden * locl_block_list_value(&o->channel_ratio, k);
        width = width * locl_block_list_value(&o->channel_ratio, k);
        groups = groups * locl_block_list_value(&o->group_ratio, k);
    }
    return LOCL_OK;
}
