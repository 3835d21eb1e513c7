#include "study/audit_layers.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const names[] = {"token", "channel", "group"};

locl_status locl_audit_layers_of(const locl_model *model, locl_audit_layers *out, locl_error *err)
{
    locl_params params;
    *out = (locl_audit_layers){0};
    LOCL_TRY(locl_params_layout(model, 0, model->blocks, LOCL_WITHOUT_CLASSIFIER, (locl_params_kind){0}, 1,
                                &params, err));
    out->range = calloc(model->blocks * LOCL_LAYERS, sizeof *out->range);
    if (!out->range) {
        locl_params_release(&params);
        return locl_fail_memory(err, model->blocks * LOCL_LAYERS * sizeof *out->range);
    }
    for (size_t i = 0; i < model->blocks * LOCL_LAYERS; i++) {
        size_t block = i / LOCL_LAYERS, layer = i % LOCL_LAYERS;
        size_t weight = locl_params_find(&params, block, (locl_owner)layer, LOCL_WEIGHT),
               bias = locl_params_find(&params, block, (locl_owner)layer, LOCL_BIAS);
        if (weight == SIZE_MAX) {
            continue;
        }
        locl_audit_range *r = &out->range[out->count++];
        *r = (locl_audit_range){.block = block,
                                .layer = (locl_layer)layer,
                                .offset = out->values,
                                .weights = params.param[weight].count,
                                .count = params.param[weight].count + params.param[bias].count};
        snprintf(r->name, sizeof r->name, "blocks.%zu.%s", block, names[layer]);
        out->values += r->count;
    }
    locl_params_release(&params);
    return LOCL_OK;
}

void locl_audit_layers_free(locl_audit_layers *layers)
{
    free(layers->range);
    *layers = (locl_audit_layers){0};
}

size_t locl_audit_layers_offset(const locl_audit_layers *layers, const locl_param *param)
{
    for (size_t i = 0; i < layers->count && param->role == LOCL_PARAM_OWN; i++) {
        const locl_audit_range *r = &layers->range[i];
        if (r->block == param->block && (int)r->layer == (int)param->owner) {
            return r->offset + (param->weight ? 0 : r->weights);
        }
    }
    return SIZE_MAX;
}
