#include "model/params.h"

#include "base/philox.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { PER_BLOCK = 8, PER_CLASSIFIER = 2 };

static const char *const owner_names[] = {"token", "channel", "group", "head", "classifier"};

/* Name, dims, count and fan_in of one tensor. */
static locl_param describe(const locl_model *model, size_t block, locl_owner owner, bool weight)
{
    const locl_block_shape *s = &model->block[block];
    size_t g = s->groups, p = model->patches, k = model->classes;
    const size_t weight_dims[][3] = {{p, p, 1},
                                     {s->in, s->hidden, 1},
                                     {g, s->hidden / g, s->width / g},
                                     {s->width, k, 1},
                                     {s->width, k, 1}};
    const size_t bias_dims[][3] = {{p, 1, 1}, {s->hidden, 1, 1}, {g, s->width / g, 1}, {k, 1, 1}, {k, 1, 1}};
    const size_t fan_in[] = {p, s->in, s->hidden / g, s->width, s->width};
    const size_t *dims = weight ? weight_dims[owner] : bias_dims[owner];
    locl_param param = {.block = block, .owner = owner, .weight = weight, .fan_in = fan_in[owner]};
    param.rank = (weight ? 2u : 1u) + (owner == LOCL_OWNER_GROUP);
    param.count = 1;
    for (size_t i = 0; i < 3; i++) {
        param.dim[i] = dims[i];
        param.count *= dims[i];
    }
    const char *kind = weight ? "weight" : "bias";
    if (owner == LOCL_OWNER_CLASSIFIER) {
        snprintf(param.name, sizeof param.name, "classifier.%s", kind);
    } else {
        snprintf(param.name, sizeof param.name, "blocks.%zu.%s.%s", block, owner_names[owner], kind);
    }
    return param;
}

static void add(locl_params *params, locl_param param, size_t alignment)
{
    param.offset = params->floats;
    params->floats += (param.count + alignment - 1) / alignment * alignment;
    params->param[params->count++] = param;
}

locl_status locl_params_layout(const locl_model *model, size_t first, size_t last, bool classifier,
                               size_t alignment, locl_params *out, locl_error *err)
{
    size_t most = (last - first) * PER_BLOCK + PER_CLASSIFIER;
    *out = (locl_params){.param = calloc(most, sizeof(locl_param))};
    if (!out->param) {
        return locl_fail_memory(err, most * sizeof(locl_param));
    }
    for (int weight = 1; weight >= 0; weight--) {
        for (size_t k = first; k < last; k++) {
            for (int owner = LOCL_OWNER_TOKEN; owner <= LOCL_OWNER_HEAD; owner++) {
                if (owner != LOCL_OWNER_TOKEN || model->block[k].token) {
                    add(out, describe(model, k, (locl_owner)owner, weight), alignment);
                }
            }
        }
        if (classifier) {
            add(out, describe(model, model->blocks - 1, LOCL_OWNER_CLASSIFIER, weight), alignment);
        }
    }
    return LOCL_OK;
}

void locl_params_release(locl_params *params)
{
    free(params->param);
    *params = (locl_params){0};
}

size_t locl_params_find(const locl_params *params, size_t block, locl_owner owner, bool weight)
{
    for (size_t i = 0; i < params->count; i++) {
        const locl_param *p = &params->param[i];
        if (p->block == block && p->owner == owner && p->weight == weight) {
            return i;
        }
    }
    return SIZE_MAX;
}

size_t locl_params_values(const locl_params *params)
{
    size_t values = 0;
    for (size_t i = 0; i < params->count; i++) {
        values += params->param[i].count;
    }
    return values;
}

double locl_param_deviation(const locl_param *param, locl_init init)
{
    double root = sqrt((double)param->fan_in);
    if (!param->weight || param->owner == LOCL_OWNER_CLASSIFIER) {
        return 0;
    }
    switch (init) {
    case LOCL_INIT_LECUN:
        return fmin(1 / root, 0.1);
    case LOCL_INIT_KAIMING:
        return fmin(2 / root, 0.1);
    case LOCL_INIT_CONSTANT:
        break;
    }
    return 0.1;
}

void locl_param_initialise(const locl_param *param, locl_init init, uint64_t seed, float *out)
{
    float deviation = (float)locl_param_deviation(param, init);
    uint32_t tag = locl_draw_tag(LOCL_STREAM_INIT, 0, (uint32_t)param->block, (uint32_t)param->owner);
    locl_draw(LOCL_NOISE_GAUSSIAN, seed, 0, tag, 0, param->count, out);
    for (size_t i = 0; i < param->count; i++) {
        out[i] = deviation > 0 ? out[i] * deviation : 0;
    }
}
