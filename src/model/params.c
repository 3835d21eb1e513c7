#include "model/params.h"

#include "base/philox.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PER_BLOCK = 20, PER_CLASSIFIER = 3 };

static const char *const owner_names[] = {"token", "channel", "group", "head", "classifier"};

/* Returns one tensor's name, dims, count and fan_in. */
static locl_param describe(const locl_model *model, size_t block, locl_owner owner, locl_param_part part)
{
    bool weight = part == LOCL_WEIGHT;
    const locl_block_shape *s = &model->block[block];
    size_t g = s->groups, p = s->patches, k = model->outputs, classes = model->classes;
    bool conv = s->kernel && owner == LOCL_OWNER_TOKEN, cube = conv || owner == LOCL_OWNER_GROUP;
    const size_t weight_dims[][3] = {{conv ? s->kernel : p, conv ? s->kernel : p, conv ? s->in : 1},
                                     {s->in, s->hidden, 1},
                                     {g, s->hidden / g, s->width / g},
                                     {s->width, k, 1},
                                     {s->width, classes, 1}};
    const size_t bias_dims[][3] = {
        {conv ? s->in : p, 1, 1}, {s->hidden, 1, 1}, {g, s->width / g, 1}, {k, 1, 1}, {classes, 1, 1}};
    const size_t fan_in[] = {conv ? 1 : p, s->in, s->hidden / g, s->width, s->width};
    const size_t *dims = weight ? weight_dims[owner] : bias_dims[owner];
    locl_param param = {.block = block, .owner = owner, .weight = weight, .fan_in = fan_in[owner]};
    param.rank = weight ? 2u + cube : 1u + (owner == LOCL_OWNER_GROUP);
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

/* Returns the channels of a layer's output. */
static size_t output_width(const locl_block_shape *s, locl_owner owner)
{
    return owner == LOCL_OWNER_CHANNEL ? s->hidden : owner == LOCL_OWNER_TOKEN ? s->in : s->width;
}

/* Makes a parameter's shape [rows,columns]. */
static void make_table(locl_param *param, size_t rows, size_t columns)
{
    param->rank = 2;
    param->dim[0] = rows;
    param->dim[1] = columns;
    param->dim[2] = 1;
    param->count = rows * columns;
}

/* Returns the feedback of a weight. It is of the weight's shape, or [K,width] straight from the classifier's
 * error. */
static locl_param describe_feedback(const locl_model *model, size_t block, locl_owner owner,
                                    locl_feedback kind)
{
    locl_param param = describe(model, block, owner, LOCL_WEIGHT);
    snprintf(param.name + strlen(param.name), sizeof param.name - strlen(param.name), ".feedback");
    param.role = LOCL_PARAM_FEEDBACK;
    if (kind == LOCL_FEEDBACK_DIRECT) {
        make_table(&param, model->outputs, output_width(&model->block[block], owner));
    }
    return param;
}

/* Returns the mirror of a layer's weight, which is of its shape. */
static locl_param describe_mirror(const locl_model *model, size_t block, locl_owner owner)
{
    locl_param param = describe(model, block, owner, LOCL_WEIGHT);
    snprintf(param.name, sizeof param.name, "blocks.%zu.%s.mirror", block, owner_names[owner]);
    param.role = LOCL_PARAM_MIRROR;
    return param;
}

/* Returns running statistics of each value of a layer's output. */
static locl_param describe_running(const locl_model *model, size_t block, locl_owner owner,
                                   locl_param_role role)
{
    locl_param param = {.block = block, .owner = owner, .role = role};
    snprintf(param.name, sizeof param.name, "blocks.%zu.%s.running_%s", block, owner_names[owner],
             role == LOCL_PARAM_MEAN ? "mean" : "var");
    make_table(&param, model->block[block].patches, output_width(&model->block[block], owner));
    return param;
}

static void add(locl_params *params, locl_param param, size_t alignment)
{
    param.offset = params->floats;
    params->floats += (param.count + alignment - 1) / alignment * alignment;
    params->param[params->count++] = param;
}

/* What is laid out, and where. */
typedef struct layout {
    const locl_model *model;
    size_t first, last;
    locl_params_end end;
    size_t alignment;
    locl_params *out;
} layout;

static void add_owners(const layout *l, locl_owner from, locl_owner to, locl_param_part part)
{
    for (size_t k = l->first; k < l->last; k++) {
        for (int owner = (int)from; owner <= (int)to; owner++) {
            if (owner != LOCL_OWNER_TOKEN || l->model->block[k].token) {
                add(l->out, describe(l->model, k, (locl_owner)owner, part), l->alignment);
            }
        }
    }
}

/* Adds one tensor of the head or classifier of the last block. */
static void add_last(const layout *l, locl_owner owner, locl_param_part part)
{
    add(l->out, describe(l->model, l->model->blocks - 1, owner, part), l->alignment);
}

/* Whether a step trains the classifier; contrast has it read features afterwards. */
static bool trains_classifier(const layout *l)
{
    return l->end == LOCL_WITH_CLASSIFIER && !locl_model_contrasts(l->model);
}

/* Whether the last block's head is trained while the others look on, as it is what stands for the classifier. */
static bool ends_in_head(const layout *l)
{
    return locl_model_contrasts(l->model) && l->last == l->model->blocks;
}

static void add_trained(const layout *l, bool idle_heads)
{
    for (int part = LOCL_WEIGHT; part >= LOCL_BIAS; part--) {
        add_owners(l, LOCL_OWNER_TOKEN, idle_heads ? LOCL_OWNER_GROUP : LOCL_OWNER_HEAD,
                   (locl_param_part)part);
        if (idle_heads && ends_in_head(l)) {
            add_last(l, LOCL_OWNER_HEAD, (locl_param_part)part);
        }
        if (trains_classifier(l)) {
            add_last(l, LOCL_OWNER_CLASSIFIER, (locl_param_part)part);
        }
    }
    l->out->trained = l->out->count;
    l->out->trained_floats = l->out->floats;
}

/* Adds parameters that a step does not train: idle heads, and the classifier under contrast. */
static void add_idle(const layout *l, bool idle_heads)
{
    layout heads = *l;
    heads.last -= ends_in_head(l) ? 1 : 0;
    for (int part = LOCL_WEIGHT; part >= LOCL_BIAS; part--) {
        if (idle_heads) {
            add_owners(&heads, LOCL_OWNER_HEAD, LOCL_OWNER_HEAD, (locl_param_part)part);
        }
        if (l->end == LOCL_WITH_CLASSIFIER && !trains_classifier(l)) {
            add_last(l, LOCL_OWNER_CLASSIFIER, (locl_param_part)part);
        }
    }
}

/* Adds feedback for every weight that is trained. Feedback directly from the classifier's error is for layers
 * only. */
static void add_feedback(const layout *l, locl_feedback kind)
{
    for (size_t i = 0; i < l->out->trained; i++) {
        const locl_param *p = &l->out->param[i];
        if (p->weight && (kind == LOCL_FEEDBACK_WEIGHTS || p->owner <= LOCL_OWNER_GROUP)) {
            add(l->out, describe_feedback(l->model, p->block, p->owner, kind), l->alignment);
        }
    }
}

/* Adds the mirrors of each block. Nothing before the channel layer of a block without a token layer asks for
 * that layer's. */
static void add_mirrors(const layout *l, locl_params_kind kind)
{
    for (size_t k = l->first; k < l->last; k++) {
        if (kind.group_mirrors) {
            add(l->out, describe_mirror(l->model, k, LOCL_OWNER_GROUP), l->alignment);
        }
        if (kind.channel_mirrors && l->model->block[k].token) {
            add(l->out, describe_mirror(l->model, k, LOCL_OWNER_CHANNEL), l->alignment);
        }
    }
}

/* Adds running statistics for every layer of every block. */
static void add_running(const layout *l)
{
    for (size_t k = l->first; k < l->last; k++) {
        for (int owner = LOCL_OWNER_TOKEN; owner <= LOCL_OWNER_GROUP; owner++) {
            if (owner != LOCL_OWNER_TOKEN || l->model->block[k].token) {
                add(l->out, describe_running(l->model, k, (locl_owner)owner, LOCL_PARAM_MEAN), l->alignment);
                add(l->out, describe_running(l->model, k, (locl_owner)owner, LOCL_PARAM_VARIANCE),
                    l->alignment);
            }
        }
    }
}

locl_status locl_params_layout(const locl_model *model, size_t first, size_t last, locl_params_end end,
                               locl_params_kind kind, size_t alignment, locl_params *out, locl_error *err)
{
    size_t most = (last - first) * PER_BLOCK + PER_CLASSIFIER;
    layout l = {model, first, last, end, alignment, out};
    *out = (locl_params){.param = calloc(most, sizeof(locl_param))};
    if (!out->param) {
        return locl_fail_memory(err, most * sizeof(locl_param));
    }
    add_trained(&l, kind.idle_heads);
    add_idle(&l, kind.idle_heads);
    if (kind.feedback != LOCL_FEEDBACK_NONE) {
        add_feedback(&l, kind.feedback);
    }
    add_mirrors(&l, kind);
    if (kind.running && model->options.norm == LOCL_NORM_BATCH) {
        add_running(&l);
    }
    return LOCL_OK;
}

void locl_params_release(locl_params *params)
{
    free(params->param);
    *params = (locl_params){0};
}

static size_t find(const locl_params *params, size_t block, locl_owner owner, locl_param_part part,
                   locl_param_role role)
{
    for (size_t i = 0; i < params->count; i++) {
        const locl_param *p = &params->param[i];
        if (p->block == block && p->owner == owner && p->weight == (part == LOCL_WEIGHT) && p->role == role) {
            return i;
        }
    }
    return SIZE_MAX;
}

size_t locl_params_find(const locl_params *params, size_t block, locl_owner owner, locl_param_part part)
{
    return find(params, block, owner, part, LOCL_PARAM_OWN);
}

size_t locl_params_find_beside(const locl_params *params, size_t block, locl_owner owner,
                               locl_param_role role)
{
    bool of_weight = role == LOCL_PARAM_FEEDBACK || role == LOCL_PARAM_MIRROR;
    return find(params, block, owner, of_weight ? LOCL_WEIGHT : LOCL_BIAS, role);
}

size_t locl_params_values(const locl_params *params)
{
    size_t values = 0;
    for (size_t i = 0; i < params->count; i++) {
        values += params->param[i].role == LOCL_PARAM_OWN ? params->param[i].count : 0;
    }
    return values;
}

double locl_param_deviation(const locl_param *param, locl_init init)
{
    double root = sqrt((double)param->fan_in);
    bool classifier = param->owner == LOCL_OWNER_CLASSIFIER && param->role == LOCL_PARAM_OWN;
    if (!param->weight || classifier || param->role == LOCL_PARAM_MIRROR) {
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
    uint32_t tag = locl_draw_tag(param->role == LOCL_PARAM_FEEDBACK ? LOCL_STREAM_FEEDBACK : LOCL_STREAM_INIT,
                                 0, (uint32_t)param->block, (uint32_t)param->owner);
    locl_draw(LOCL_NOISE_GAUSSIAN, seed, 0, tag, 0, param->count, out);
    for (size_t i = 0; i < param->count; i++) {
        out[i] = deviation > 0 ? out[i] * deviation : param->role == LOCL_PARAM_VARIANCE ? 1 : 0;
    }
}
