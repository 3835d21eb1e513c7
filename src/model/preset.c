#include "model/options.h"

#include "base/text.h"

#include <string.h>

const locl_model_preset locl_model_presets[] = {
#define ROW(name, blocks, patches, channels, groups, purpose)                                                \
    {name, blocks, patches, channels, groups, purpose},
    LOCL_MODEL_PRESET_TABLE(ROW)
#undef ROW
        {0},
};

locl_model_options locl_model_options_default(void)
{
    return (locl_model_options){
        .task = {.temperature = 0.5, .projection = 128},
        .begin_ln = true,
        .middle_ln = true,
        .post_linear_ln = true,
        .head_ln = true,
        .classifier_ln = true,
        .init = LOCL_INIT_LECUN,
        .kernel = 3,
    };
}

const locl_model_preset *locl_model_preset_find(const char *name)
{
    for (const locl_model_preset *preset = locl_model_presets; preset->name; preset++) {
        if (strcmp(preset->name, name) == 0) {
            return preset;
        }
    }
    return NULL;
}

static locl_status fail_unknown(const char *name, locl_error *err)
{
    locl_text names = {0};
    for (const locl_model_preset *preset = locl_model_presets; preset->name; preset++) {
        locl_text_add(&names, "%s%s", preset == locl_model_presets ? "" : ", ", preset->name);
    }
    locl_status status = locl_fail(err, LOCL_E_CONFIG, "model.preset: found '%s', should be one of %s", name,
                                   names.failed ? "the presets" : names.data);
    locl_text_free(&names);
    return status;
}

static void fill(unsigned *size, unsigned value)
{
    if (*size == 0) {
        *size = value;
    }
}

locl_status locl_model_options_resolve(locl_model_options *options, locl_error *err)
{
    if (options->preset[0]) {
        const locl_model_preset *preset = locl_model_preset_find(options->preset);
        if (!preset) {
            return fail_unknown(options->preset, err);
        }
        fill(&options->blocks, preset->blocks);
        fill(&options->patches, preset->patches);
        fill(&options->channels, preset->channels);
        fill(&options->groups, preset->groups);
    }
    fill(&options->hidden, options->channels);
    const char *missing = !options->blocks     ? "blocks"
                          : !options->patches  ? "patches"
                          : !options->channels ? "channels"
                          : !options->groups   ? "groups"
                                               : NULL;
    if (missing) {
        locl_fail(err, LOCL_E_CONFIG, "model.%s is missing, and no preset gives it", missing);
        locl_remedy(err,
                    "give model.preset (M/8/16, for example), or model.blocks, patches, channels and groups");
        return LOCL_E_CONFIG;
    }
    return LOCL_OK;
}

bool locl_model_needs_batch(const locl_model_options *options)
{
    return options->norm == LOCL_NORM_BATCH && options->post_linear_ln;
}
