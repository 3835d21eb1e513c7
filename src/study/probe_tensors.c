#include "study/probe_tensors.h"

#include "base/philox.h"
#include "ops/hadamard.h"
#include "rules/rule.h"
#include "rules/weight_noise.h"
#include "run/checkpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const layer_names[] = {"token", "channel", "group"};

/* Writes the shape of a draw and returns its rank: [B,P,width], or [B,P,G,D/G] for group layers, or [K,B,P,H]
 * for channel layers with tangents of their own. Rank 0 where there is no such layer. */
static size_t noise_shape(const locl_model *model, const locl_rule_options *rule, size_t batch, size_t block,
                          locl_layer layer, size_t dim[4])
{
    const locl_block_shape *s = &model->block[block];
    size_t own = rule->channel_tangents;
    if (layer == LOCL_LAYER_CHANNEL && own > 1) {
        memcpy(dim, (size_t[4]){own, batch, s->patches, s->hidden}, 4 * sizeof *dim);
        return 4;
    }
    dim[0] = batch;
    dim[1] = s->patches;
    switch (layer) {
    case LOCL_LAYER_TOKEN:
        dim[2] = s->in;
        return s->token ? 3 : 0;
    case LOCL_LAYER_CHANNEL:
        dim[2] = s->hidden;
        return 3;
    case LOCL_LAYER_GROUP:
    case LOCL_LAYERS:
        break;
    }
    dim[2] = s->groups;
    dim[3] = s->width / s->groups;
    return 4;
}

size_t locl_probe_noise_values(const locl_model *model, const locl_rule_options *rule, size_t batch,
                               size_t block, locl_layer layer)
{
    size_t dim[4] = {1, 1, 1, 1}, rank = noise_shape(model, rule, batch, block, layer, dim);
    return rank ? dim[0] * dim[1] * dim[2] * dim[3] : 0;
}

size_t locl_probe_noise_axis(const locl_rule_options *rule, locl_layer layer)
{
    return layer == LOCL_LAYER_CHANNEL && rule->channel_tangents > 1 ? 1 : 0;
}

static void noise_name(char name[LOCL_ARRAY_NAME], size_t pass, size_t block, locl_layer layer)
{
    snprintf(name, LOCL_ARRAY_NAME, "noise.%zu.blocks.%zu.%s", pass, block, layer_names[layer]);
}

const locl_array *locl_probe_noise_find(const locl_arrays *in, size_t pass, size_t block, locl_layer layer)
{
    char name[LOCL_ARRAY_NAME];
    noise_name(name, pass, block, layer);
    return locl_arrays_find(in, name);
}

/* Returns whether a layer's output is perturbed (SPEC 5: not the group layer that exact_last trains). */
static bool perturbed(const locl_model *model, const locl_rule_options *rule, size_t block, locl_layer layer)
{
    bool trained_by_own_loss = rule->loss_block || block + 1 == model->blocks;
    bool exact = rule->exact_last && layer == LOCL_LAYER_GROUP && trained_by_own_loss;
    const locl_rule *law = locl_rule_of(rule->kind);
    return law->draws && !law->weights && !exact;
}

/* Calls `visit` for every draw that the format knows, until one fails. */
typedef locl_status (*noise_visit)(void *user, size_t pass, size_t block, locl_layer layer, locl_error *err);
static locl_status for_each_draw(const locl_model *model, const locl_rule_options *rule, noise_visit visit,
                                 void *user, locl_error *err)
{
    for (size_t m = 0; m < rule->passes; m++) {
        for (size_t block = 0; block < model->blocks; block++) {
            for (int layer = 0; layer < LOCL_LAYERS; layer++) {
                if (locl_probe_noise_values(model, rule, 1, block, (locl_layer)layer)) {
                    LOCL_TRY(visit(user, m, block, (locl_layer)layer, err));
                }
            }
        }
    }
    return LOCL_OK;
}

/* Returns whether a parameter is perturbed. Weight rules perturb those of the blocks' layers. */
static bool perturbed_weight(const locl_rule_options *rule, const locl_param *p)
{
    return locl_rule_of(rule->kind)->weights && p->owner <= LOCL_OWNER_GROUP && p->role == LOCL_PARAM_OWN;
}

static void weight_noise_name(char name[LOCL_ARRAY_NAME], size_t pass, const locl_param *p)
{
    snprintf(name, LOCL_ARRAY_NAME, "noise.%zu.%s", pass, p->name);
}

const locl_array *locl_probe_weight_noise_find(const locl_arrays *in, size_t pass, const locl_param *p)
{
    char name[LOCL_ARRAY_NAME];
    weight_noise_name(name, pass, p);
    return locl_arrays_find(in, name);
}

/* What a file has to hold, while it is put together. */
typedef struct wants {
    locl_array_want *want;
    size_t count;
    const locl_arrays *in;
    const locl_model *model;
    const locl_rule_options *rule;
    size_t batch;
    bool given;
} wants;

static locl_array_want *add_want(wants *w, locl_dtype dtype, size_t rank, const size_t *dim)
{
    locl_array_want *want = &w->want[w->count++];
    *want = (locl_array_want){.dtype = dtype, .rank = rank};
    for (size_t i = 0; i < rank; i++) {
        want->dim[i] = dim[i];
    }
    return want;
}

static locl_status note_given(void *user, size_t pass, size_t block, locl_layer layer, locl_error *err)
{
    wants *w = user;
    (void)err;
    w->given = w->given || locl_probe_noise_find(w->in, pass, block, layer);
    return LOCL_OK;
}

/* Adds a draw to what is wanted. Once one is given, all that the rule needs are wanted. Others may be there
 * and are not used. */
static locl_status want_draw(void *user, size_t pass, size_t block, locl_layer layer, locl_error *err)
{
    wants *w = user;
    size_t dim[4] = {0}, rank = noise_shape(w->model, w->rule, w->batch, block, layer, dim);
    (void)err;
    if ((w->given && perturbed(w->model, w->rule, block, layer)) ||
        locl_probe_noise_find(w->in, pass, block, layer)) {
        noise_name(add_want(w, LOCL_F32, rank, dim)->name, pass, block, layer);
    }
    return LOCL_OK;
}

/* Sets `given`, then adds the draws that weight rules want. */
static void want_weight_draws(wants *w, const locl_params *params)
{
    for (int adding = 0; adding < 2; adding++) {
        for (size_t i = 0; i < w->rule->passes * params->trained; i++) {
            const locl_param *p = &params->param[i % params->trained];
            size_t pass = i / params->trained;
            if (!perturbed_weight(w->rule, p)) {
                continue;
            }
            w->given = w->given || locl_probe_weight_noise_find(w->in, pass, p);
            if (adding && w->given) {
                weight_noise_name(add_want(w, LOCL_F32, p->rank, p->dim)->name, pass, p);
            }
        }
    }
}

static locl_status check_labels(const locl_arrays *in, size_t classes, locl_error *err)
{
    const locl_array *labels = locl_arrays_find(in, "labels");
    const int32_t *label = labels->data;
    for (size_t n = 0; n < labels->count; n++) {
        if (label[n] < 0 || (size_t)label[n] >= classes) {
            return locl_fail(err, LOCL_E_CHECKPOINT, "tensor labels: [%zu] is %d, should be from 0 to %zu", n,
                             label[n], classes - 1);
        }
    }
    return LOCL_OK;
}

void locl_probe_images_name(size_t views, size_t view, char name[LOCL_ARRAY_NAME])
{
    if (views > 1) {
        snprintf(name, LOCL_ARRAY_NAME, "images.%zu", view + 1);
    } else {
        snprintf(name, LOCL_ARRAY_NAME, "images");
    }
}

static void want_fixed(wants *w, const locl_params *params)
{
    const unsigned *image = w->model->options.image;
    size_t images[4] = {w->batch, image[0], image[1], image[2]};
    for (size_t view = 0; view < w->model->views; view++) {
        locl_probe_images_name(w->model->views, view, add_want(w, LOCL_F32, 4, images)->name);
    }
    if (!locl_model_contrasts(w->model)) {
        snprintf(add_want(w, LOCL_I32, 1, images)->name, LOCL_ARRAY_NAME, "labels");
    }
    for (size_t i = 0; i < params->count; i++) {
        const locl_param *p = &params->param[i];
        snprintf(add_want(w, LOCL_F32, p->rank, p->dim)->name, LOCL_ARRAY_NAME, "%s", p->name);
    }
}

/* Counts the images, by those of the first view. Fails where these are too few. */
static locl_status count_images(const locl_arrays *in, const locl_model *model, size_t *batch,
                                locl_error *err)
{
    char name[LOCL_ARRAY_NAME];
    locl_probe_images_name(model->views, 0, name);
    const locl_array *images = locl_arrays_find(in, name);
    const locl_array *counted = images                        ? images
                                : locl_model_contrasts(model) ? locl_arrays_find(in, "images.2")
                                                              : locl_arrays_find(in, "labels");
    *batch = counted && counted->rank ? counted->dim[0] : 0;
    if (images && *batch == 0) {
        return locl_fail(err, LOCL_E_CHECKPOINT, "tensor %s: there are none, [B,%u,%u,%u] is expected", name,
                         model->options.image[0], model->options.image[1], model->options.image[2]);
    }
    if (*batch == 1 && locl_model_needs_batch(&model->options)) {
        return locl_fail(err, LOCL_E_CHECKPOINT,
                         "tensor %s: found 1 image with model.norm batch, which normalises over the batch; "
                         "should be at least 2",
                         name);
    }
    if (*batch == 1 && locl_model_contrasts(model)) {
        return locl_fail(err, LOCL_E_CHECKPOINT,
                         "tensor %s: found 1 image with task.name contrast, which tells it from others; "
                         "should be at least 2",
                         name);
    }
    return LOCL_OK;
}

locl_status locl_probe_check(const locl_arrays *in, const locl_model *model, const locl_rule_options *rule,
                             size_t *batch, bool *given, locl_error *err)
{
    locl_params params;
    locl_params_end end = locl_model_contrasts(model) ? LOCL_WITHOUT_CLASSIFIER : LOCL_WITH_CLASSIFIER;
    LOCL_TRY(count_images(in, model, batch, err));
    LOCL_TRY(locl_params_layout(model, 0, model->blocks, end, locl_rule_params(rule), 1, &params, err));
    size_t most = 2 + params.count + rule->passes * (model->blocks * LOCL_LAYERS + params.trained);
    wants w = {.in = in, .model = model, .rule = rule, .batch = *batch};
    locl_status status = LOCL_OK;
    w.want = calloc(most, sizeof *w.want);
    if (!w.want) {
        status = locl_fail_memory(err, most * sizeof *w.want);
        goto fail;
    }
    LOCL_TRY_GOTO(status, for_each_draw(model, rule, note_given, &w, err));
    want_fixed(&w, &params);
    LOCL_TRY_GOTO(status, for_each_draw(model, rule, want_draw, &w, err));
    want_weight_draws(&w, &params);
    LOCL_TRY_GOTO(status, locl_checkpoint_check(in, w.want, w.count, err));
    LOCL_TRY_GOTO(status, locl_model_contrasts(model) ? LOCL_OK : check_labels(in, model->classes, err));
    *given = w.given && locl_rule_of(rule->kind)->draws;
fail:
    free(w.want);
    locl_params_release(&params);
    return status;
}

/* Counts the values of one image beside each other, and the rows of them above dimension `axis`. */
static void cut_at(const size_t *dim, size_t rank, size_t axis, size_t *outer, size_t *inner)
{
    *outer = *inner = 1;
    for (size_t i = 0; i < rank; i++) {
        *(i < axis ? outer : inner) *= i == axis ? 1 : dim[i];
    }
}

locl_status locl_probe_write_slice(locl_queue *queue, const locl_array *from, size_t axis,
                                   const locl_probe_slice *slice, const locl_tensor *tensor, size_t offset,
                                   locl_error *err)
{
    const float *data = from->data;
    size_t outer, inner;
    cut_at(from->dim, from->rank, axis, &outer, &inner);
    size_t values = slice->images * inner;
    for (size_t i = 0; i < outer; i++) {
        size_t to = offset + (i * slice->views + slice->view) * values;
        LOCL_TRY(locl_buffer_write(queue, tensor->mem, to * sizeof *data, values * sizeof *data,
                                   data + (i * slice->batch + slice->first) * inner, LOCL_BLOCKING, NULL,
                                   NULL, err));
    }
    return LOCL_OK;
}

/* Returns a float array of the output, new with the first slice, NULL when memory runs out. */
static locl_array *add_array(locl_arrays *out, const char *name, size_t rank, const size_t *dim,
                             const locl_probe_slice *slice, locl_error *err)
{
    return slice->first ? locl_arrays_find(out, name) : locl_arrays_add(out, name, LOCL_F32, rank, dim, err);
}

/* Writes the shape [B,..] of what the rows of a batch give, [2,B,..] with two views, and returns its rank. */
static size_t rows_shape(const locl_probe_slice *slice, size_t more, const size_t *rest, size_t *dim)
{
    size_t rank = 0;
    if (slice->views > 1) {
        dim[rank++] = slice->views;
    }
    dim[rank++] = slice->batch;
    for (size_t i = 0; i < more; i++) {
        dim[rank + i] = rest[i];
    }
    return rank + more;
}

/* Fills the slice's part of an array [B,<rest>] from `tensor`, `offset` images in. Two views are not cut into
 * slices. */
static locl_status add_read(locl_arrays *out, locl_queue *queue, const char *name, const locl_tensor *tensor,
                            size_t offset, size_t more, const size_t *rest, const locl_probe_slice *slice,
                            locl_error *err)
{
    size_t dim[LOCL_ARRAY_RANK], rank = rows_shape(slice, more, rest, dim), inner = 1;
    locl_array *array = add_array(out, name, rank, dim, slice, err);
    for (size_t i = 0; i < more; i++) {
        inner *= rest[i];
    }
    if (!array) {
        return err->status;
    }
    return locl_buffer_read(queue, tensor->mem, offset * slice->views * inner * sizeof(float),
                            slice->views * slice->images * inner * sizeof(float),
                            (float *)array->data + slice->first * inner, LOCL_BLOCKING, NULL, NULL, err);
}

/* Adds the slice's part of a mean over the batch. */
static void add_mean(float *sum, float mean, const locl_probe_slice *slice)
{
    *sum += (float)((double)mean * (double)slice->images / (double)slice->batch);
}

static locl_status add_loss(locl_arrays *out, const char *name, float loss, const locl_probe_slice *slice,
                            locl_error *err)
{
    const size_t one = 1;
    locl_array *array = add_array(out, name, 1, &one, slice, err);
    if (!array) {
        return err->status;
    }
    add_mean(array->data, loss, slice);
    return LOCL_OK;
}

locl_status locl_probe_add_head(locl_arrays *out, locl_queue *queue, size_t block, const locl_tensor *logits,
                                const locl_probe_slice *slice, size_t classes, float loss, locl_error *err)
{
    char name[LOCL_ARRAY_NAME];
    snprintf(name, sizeof name, "logits.blocks.%zu", block);
    if (slice->views == 1) { /* outputs that are compared are no logits */
        LOCL_TRY(add_read(out, queue, name, logits, 0, 1, &classes, slice, err));
    }
    snprintf(name, sizeof name, "loss.blocks.%zu", block);
    return add_loss(out, name, loss, slice, err);
}

locl_status locl_probe_add_classifier(locl_arrays *out, locl_queue *queue, const locl_tensor *logits,
                                      const locl_probe_slice *slice, size_t classes, float loss,
                                      locl_error *err)
{
    LOCL_TRY(add_read(out, queue, "logits", logits, 0, 1, &classes, slice, err));
    return add_loss(out, "loss", loss, slice, err);
}

locl_status locl_probe_add_jvp(locl_arrays *out, locl_queue *queue, size_t block, const locl_tensor *jvp,
                               size_t passes, const locl_probe_slice *slice, size_t patches, size_t groups,
                               locl_error *err)
{
    const size_t rest[] = {patches, groups};
    for (size_t m = 0; m < passes; m++) {
        char name[LOCL_ARRAY_NAME];
        size_t dim[LOCL_ARRAY_RANK], rank = rows_shape(slice, 2, rest, dim);
        snprintf(name, sizeof name, "jvp.%zu.blocks.%zu", m, block);
        if (jvp) {
            LOCL_TRY(add_read(out, queue, name, jvp, m * slice->images, 2, rest, slice, err));
        } else if (!add_array(out, name, rank, dim, slice, err)) {
            return err->status;
        }
    }
    return LOCL_OK;
}

/* Puts [values,tangents] as the device has them of a slice into the slice's part of array [tangents,B,..]. */
static void part_tangents(const float *from, const locl_array *array, const locl_probe_slice *slice)
{
    size_t tangents = array->dim[0], values = array->count / tangents, inner = values / slice->batch;
    float *to = array->data;
    for (size_t k = 0; k < tangents; k++) {
        for (size_t i = 0; i < slice->images * inner; i++) {
            to[k * values + slice->first * inner + i] = from[i * tangents + k];
        }
    }
}

locl_status locl_probe_add_channel_jvp(locl_arrays *out, locl_queue *queue, size_t block,
                                       const locl_tensor *jvp, size_t passes, const locl_probe_slice *slice,
                                       const size_t dim[3], locl_error *err)
{
    size_t values = dim[0] * slice->views * slice->images * dim[1] * dim[2], bytes = values * sizeof(float);
    size_t whole[LOCL_ARRAY_RANK] = {dim[0]}, rank = 1 + rows_shape(slice, 2, dim + 1, whole + 1);
    float *from = malloc(bytes);
    locl_status status = from ? LOCL_OK : locl_fail_memory(err, bytes);
    for (size_t m = 0; m < passes && status == LOCL_OK; m++) {
        char name[LOCL_ARRAY_NAME];
        snprintf(name, sizeof name, "jvp.%zu.blocks.%zu.channel", m, block);
        locl_array *array = add_array(out, name, rank, whole, slice, err);
        status =
            array ? locl_buffer_read(queue, jvp->mem, m * bytes, bytes, from, LOCL_BLOCKING, NULL, NULL, err)
                  : err->status;
        if (status == LOCL_OK) {
            part_tangents(from, array, slice);
        }
    }
    free(from);
    return status;
}

locl_status locl_probe_add_classifier_jvp(locl_arrays *out, locl_queue *queue, const locl_tensor *jvp,
                                          size_t passes, const locl_probe_slice *slice, locl_error *err)
{
    for (size_t m = 0; m < passes; m++) {
        char name[LOCL_ARRAY_NAME];
        snprintf(name, sizeof name, "jvp.%zu", m);
        LOCL_TRY(add_read(out, queue, name, jvp, m * slice->images, 0, NULL, slice, err));
    }
    return LOCL_OK;
}

locl_status locl_probe_add_weight_jvp(locl_arrays *out, locl_queue *queue, const char *suffix,
                                      const locl_tensor *jvp, size_t stride, size_t passes, size_t groups,
                                      const locl_probe_slice *slice, locl_error *err)
{
    float *mean = malloc(groups * sizeof *mean);
    locl_status status = mean ? LOCL_OK : locl_fail_memory(err, groups * sizeof *mean);
    for (size_t m = 0; m < passes && status == LOCL_OK; m++) {
        char name[LOCL_ARRAY_NAME];
        snprintf(name, sizeof name, "jvp.%zu%s", m, suffix);
        locl_array *array = add_array(out, name, 1, &groups, slice, err);
        status = array ? locl_buffer_read(queue, jvp->mem, m * stride * sizeof *mean, groups * sizeof *mean,
                                          mean, LOCL_BLOCKING, NULL, NULL, err)
                       : err->status;
        for (size_t g = 0; g < groups && status == LOCL_OK; g++) {
            add_mean((float *)array->data + g, mean[g], slice);
        }
    }
    free(mean);
    return status;
}

locl_status locl_probe_add_gradients(locl_arrays *out, locl_queue *queue, const locl_params *params,
                                     const locl_tensor *const *gradient, locl_error *err)
{
    for (size_t i = 0; i < params->trained; i++) {
        const locl_param *p = &params->param[i];
        char name[LOCL_ARRAY_NAME];
        snprintf(name, sizeof name, "grad.%s", p->name);
        locl_array *array = locl_arrays_add(out, name, LOCL_F32, p->rank, p->dim, err);
        if (!array) {
            return err->status;
        }
        LOCL_TRY(locl_buffer_read(queue, gradient[i]->mem, 0, p->count * sizeof(float), array->data,
                                  LOCL_BLOCKING, NULL, NULL, err));
    }
    return LOCL_OK;
}

typedef struct draws {
    locl_arrays *out;
    const locl_model *model;
    const locl_rule_options *rule;
    uint64_t seed;
    size_t batch;
} draws;

/* Fills array [K,B,P,H]: rows of the Hadamard matrix, `width` channels of a group, times the signs of the
 * pass. */
static void add_rows(const draws *d, uint32_t tag, size_t width, const locl_array *array)
{
    size_t values = array->count / d->rule->channel_tangents;
    float *u = array->data;
    locl_draw(LOCL_NOISE_RADEMACHER, d->seed, 0, tag, 0, values, u);
    for (size_t i = array->count; i-- > 0;) {
        u[i] = locl_hadamard(i / values, i % values % width) * u[i % values];
    }
}

static locl_status add_draw(void *user, size_t pass, size_t block, locl_layer layer, locl_error *err)
{
    const draws *d = user;
    size_t dim[4], rank = noise_shape(d->model, d->rule, d->batch, block, layer, dim);
    char name[LOCL_ARRAY_NAME];
    if (!perturbed(d->model, d->rule, block, layer)) {
        return LOCL_OK;
    }
    noise_name(name, pass, block, layer);
    locl_array *array = locl_arrays_add(d->out, name, LOCL_F32, rank, dim, err);
    if (!array) {
        return err ? err->status : LOCL_E_FAILED;
    }
    uint32_t tag = locl_draw_tag(LOCL_STREAM_NOISE, (uint32_t)pass, (uint32_t)block, (uint32_t)layer);
    if (layer == LOCL_LAYER_CHANNEL && d->rule->channel_tangents > 1) {
        const locl_block_shape *s = &d->model->block[block];
        add_rows(d, tag, s->hidden / s->groups, array);
        return LOCL_OK;
    }
    locl_draw(d->rule->noise, d->seed, 0, tag, 0, array->count, array->data);
    return LOCL_OK;
}

static locl_status add_weight_draws(const draws *d, locl_error *err)
{
    locl_params params;
    locl_status status = LOCL_OK;
    LOCL_TRY(locl_params_layout(d->model, 0, d->model->blocks, LOCL_WITH_CLASSIFIER,
                                locl_rule_params(d->rule), 1, &params, err));
    for (size_t i = 0; i < d->rule->passes * params.trained && status == LOCL_OK; i++) {
        const locl_param *p = &params.param[i % params.trained];
        uint32_t pass = (uint32_t)(i / params.trained);
        char name[LOCL_ARRAY_NAME];
        if (!perturbed_weight(d->rule, p)) {
            continue;
        }
        weight_noise_name(name, pass, p);
        locl_array *array = locl_arrays_add(d->out, name, LOCL_F32, p->rank, p->dim, err);
        status = array ? LOCL_OK : err ? err->status : LOCL_E_FAILED;
        if (array) {
            locl_draw(d->rule->noise, d->seed, 0, locl_weight_draw_tag(p, pass), 0, array->count,
                      array->data);
        }
    }
    locl_params_release(&params);
    return status;
}

locl_status locl_probe_add_draws(locl_arrays *out, const locl_model *model, const locl_rule_options *rule,
                                 uint64_t seed, size_t batch, locl_error *err)
{
    draws d = {out, model, rule, seed, batch};
    LOCL_TRY(for_each_draw(model, rule, add_draw, &d, err));
    return add_weight_draws(&d, err);
}
