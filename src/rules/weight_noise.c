#include "rules/weight_noise.h"

#include "ops/draw.h"
#include "ops/sum.h"
#include "ops/weight.h"

enum { BIAS_TAG = 8 }; /* layer number of a bias's draws: that of its weight plus this */

uint32_t locl_weight_draw_tag(const locl_param *param, uint32_t pass)
{
    uint32_t layer = (uint32_t)param->owner + (param->weight ? 0 : BIAS_TAG);
    return locl_draw_tag(LOCL_STREAM_NOISE, pass, (uint32_t)param->block, layer);
}

static const locl_tensor *draw(locl_command_buffer *cmd, const locl_part *part, size_t index, size_t pass)
{
    const locl_param *p = &part->params->param[index];
    if (part->given_weights) {
        return part->given_weights[pass * part->params->trained + index];
    }
    const locl_tensor *u = locl_command_buffer_scratch(cmd, p->count, "weight draws");
    locl_draw_fill(cmd, part->options->noise, part->seed, locl_weight_draw_tag(p, 0), pass, 1, 0, 0, 1,
                   p->count, u);
    return u;
}

void locl_weight_draw(locl_command_buffer *cmd, const locl_part *part, size_t block, size_t pass,
                      locl_layer_tensors du[LOCL_LAYERS])
{
    for (int layer = 0; layer < LOCL_LAYERS; layer++) {
        size_t weight = locl_params_find(part->params, block, (locl_owner)layer, LOCL_WEIGHT);
        size_t bias = locl_params_find(part->params, block, (locl_owner)layer, LOCL_BIAS);
        if (weight != SIZE_MAX) {
            du[layer] = (locl_layer_tensors){.weight = draw(cmd, part, weight, pass),
                                             .bias = draw(cmd, part, bias, pass)};
        }
    }
}

/* Returns which derivative each value of a layer's weight or bias belongs to: that of its output's group. */
static locl_weight_shape shape_of(const locl_part *part, const locl_param *p, size_t groups)
{
    const locl_block_shape *s = &part->model->block[p->block];
    locl_weight_shape shape = {p->count, 1, 1};
    if (groups > 1 && p->owner != LOCL_OWNER_TOKEN) {
        size_t width = (p->owner == LOCL_OWNER_CHANNEL ? s->hidden : s->width) / s->groups;
        shape.groups = groups;
        shape.inner = p->owner == LOCL_OWNER_GROUP && p->weight ? s->hidden / s->groups * width : width;
    }
    return shape;
}

void locl_weight_update(locl_command_buffer *cmd, const locl_part *part, size_t block, size_t pass,
                        const locl_layer_tensors du[LOCL_LAYERS], const locl_weight_derivatives *d)
{
    float scale = (float)(1.0 / (double)part->options->passes);
    for (int layer = 0; layer < LOCL_LAYERS; layer++) {
        for (int which = LOCL_BIAS; which <= LOCL_WEIGHT; which++) {
            size_t index = locl_params_find(part->params, block, (locl_owner)layer, (locl_param_part)which);
            if (index == SIZE_MAX) {
                continue;
            }
            locl_weight_shape shape = shape_of(part, &part->params->param[index], d->groups);
            locl_weight_estimate(cmd, &shape, which == LOCL_WEIGHT ? du[layer].weight : du[layer].bias,
                                 shape.groups > 1 ? d->s : d->sum, scale, pass > 0 ? LOCL_ADD : LOCL_REPLACE,
                                 part->gradient[index]);
        }
    }
}

locl_weight_derivatives locl_weight_sum(locl_command_buffer *cmd, const locl_part *part,
                                        const locl_tensor *jvp, size_t patches, size_t groups,
                                        const locl_tensor *s)
{
    size_t tokens = part->batch * patches;
    locl_weight_derivatives d = {.s = s, .sum = s, .groups = part->options->loss_group ? groups : 1};
    locl_sum_columns(cmd, jvp, s, tokens, groups, (float)(1.0 / (double)part->batch));
    if (groups > 1) {
        d.sum = locl_command_buffer_scratch(cmd, 1, "summed jvp");
        locl_sum_rows(cmd, s, d.sum, 1, groups);
    }
    return d;
}

/* Records the derivatives of a readout's loss for the tangent dx [B,P,D] of what it pools. */
static locl_weight_derivatives differentiate(locl_command_buffer *cmd, const locl_part *part,
                                             const locl_readout *r, const locl_tensor *weight,
                                             const locl_tensor *dx, const locl_tensor *s)
{
    size_t groups = r->head.groups, patches = r->head.patches;
    const locl_tensor *f = locl_command_buffer_scratch(cmd, part->batch * r->width, "feature errors");
    const locl_tensor *jvp =
        locl_command_buffer_scratch(cmd, part->batch * patches * groups, "jvp of tokens");
    locl_readout_backward(cmd, r, weight, f);
    locl_head_jvp(cmd, &r->head, dx, f, 1, jvp, 0, 1);
    return locl_weight_sum(cmd, part, jvp, patches, groups, s);
}

/* Takes memory for a pass's derivatives. Each pass has a tensor of its own, so that all stay for who wants to
 * see them. */
static const locl_tensor *take_derivatives(locl_command_buffer *cmd, locl_part *part, size_t groups,
                                           size_t pass, const locl_tensor **all)
{
    size_t stride = locl_command_buffer_caps(cmd)->alignment / sizeof(float);
    stride = (groups + stride - 1) / stride * stride;
    if (pass == 0) {
        *all = locl_command_buffer_scratch(cmd, part->options->passes * stride, "jvp");
    }
    part->tap.jvp_stride = stride;
    return locl_arena_view(locl_command_buffer_workspace(cmd), *all, pass * stride * sizeof(float),
                           groups * sizeof(float), "jvp of a pass");
}

static void record_pass(locl_command_buffer *cmd, locl_part *part, size_t pass, locl_weight_losses losses,
                        const locl_tensor *s[LOCL_MODEL_MAX_BLOCKS])
{
    locl_layer_tensors(*du)[LOCL_LAYERS] =
        locl_command_buffer_memory(cmd, part->last - part->first, sizeof *du);
    const locl_tensor *x = part->input, *dx = NULL;
    locl_weight_derivatives d;
    locl_block_tape tape = {0};
    locl_readout head = {0};
    bool local = losses == LOCL_LOCAL_LOSSES, stopped = local && part->options->loss_block;
    if (!du) {
        return;
    }
    for (size_t k = part->first; k < part->last; k++) {
        locl_weight_draw(cmd, part, k, pass, du[k - part->first]);
        locl_part_forward_weights(cmd, part, k, pass, x, dx, du[k - part->first], &tape);
        head = locl_part_head(cmd, part, k, tape.out, LOCL_TRAINED);
        if (s[k]) {
            const locl_tensor *weight = locl_part_value(part, k, LOCL_OWNER_HEAD, LOCL_WEIGHT);
            d = differentiate(cmd, part, &head, weight, tape.dout, s[k]);
            locl_weight_update(cmd, part, k, pass, du[k - part->first], &d);
            d.groups = 1; /* what moves in an earlier block moves every group of this one's losses */
            for (size_t i = part->first; i < k && !stopped; i++) {
                locl_weight_update(cmd, part, i, pass, du[i - part->first], &d);
            }
        }
        x = tape.next;
        dx = tape.dnext;
    }
    locl_readout classifier = locl_part_classifier(cmd, part, x, LOCL_TRAINED);
    if (!local) {
        locl_goal goal = locl_part_goal(part, &tape, &head, &classifier);
        d = differentiate(cmd, part, &goal.readout,
                          locl_part_value(part, part->last - 1, goal.owner, LOCL_WEIGHT), goal.dx,
                          s[part->model->blocks]);
        for (size_t k = part->first; k < part->last; k++) {
            locl_weight_update(cmd, part, k, pass, du[k - part->first], &d);
        }
    }
}

void locl_weight_noise_record(locl_command_buffer *cmd, locl_part *part, locl_weight_losses losses)
{
    bool local = losses == LOCL_LOCAL_LOSSES;
    const locl_tensor *all[LOCL_MODEL_MAX_BLOCKS + 1] = {NULL};
    for (size_t pass = 0; pass < part->options->passes; pass++) {
        const locl_tensor *s[LOCL_MODEL_MAX_BLOCKS + 1] = {NULL};
        for (size_t k = part->first; k < part->last && local; k++) {
            if (part->options->loss_block || k + 1 == part->last) {
                s[k] = take_derivatives(cmd, part, part->model->block[k].groups, pass, &all[k]);
                part->tap.weight_jvp[k] = all[k];
            }
        }
        if (!local) {
            s[part->model->blocks] = take_derivatives(cmd, part, 1, pass, &all[part->model->blocks]);
            part->tap.classifier_weight_jvp = all[part->model->blocks];
        }
        locl_arena_mark mark = locl_arena_here(locl_command_buffer_workspace(cmd));
        record_pass(cmd, part, pass, losses, s);
        if (pass + 1 < part->options->passes) {
            locl_arena_back(locl_command_buffer_workspace(cmd), mark);
        }
    }
}
