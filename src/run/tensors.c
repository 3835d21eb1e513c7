/* A run's images and network, for programs that look at them. The outputs are logits.c's. */
#include "locl/tensors.h"

#include "base/json.h"
#include "data/images.h"
#include "data/patches.h"
#include "run/run.h"

#include <string.h>

/* Opens a split and what follows from it. */
static locl_status open_split(locl_run *run, const char *split, locl_dataset **out, locl_error *err)
{
    bool train = !strcmp(split, "train"), test = !strcmp(split, "test");
    *out = NULL;
    if (!train && !test) {
        return locl_fail(err, LOCL_E_USAGE, "split %s: should be test or train", split);
    }
    LOCL_TRY(locl_run_prepare(run, train ? LOCL_RUN_TRAIN_SET : LOCL_RUN_TEST_SET, err));
    *out = run->data[train ? LOCL_SPLIT_TRAIN : LOCL_SPLIT_TEST];
    return LOCL_OK;
}

locl_status locl_run_measure_split(locl_run *run, const char *split, locl_run_shape *out, locl_error *err)
{
    LOCL_OWN_ERROR(err);
    locl_dataset *data;
    LOCL_TRY(open_split(run, split, &data, err));
    *out = (locl_run_shape){.height = data->h,
                            .width = data->w,
                            .channels = data->c,
                            .classes = run->model.classes,
                            .blocks = run->model.blocks,
                            .images = data->n};
    memcpy(out->mean, data->mean, sizeof out->mean);
    memcpy(out->std, data->std, sizeof out->std);
    return LOCL_OK;
}

/* Fills `out` [count,h,w,c] with images from `first` on. */
static locl_status normalise(const locl_dataset *data, size_t first, size_t count, float *out,
                             locl_error *err)
{
    locl_image_space space = {0};
    locl_normal_table table;
    locl_status status = LOCL_OK;
    size_t values = data->h * data->w * data->c;
    locl_normal_table_fill(&table, data->mean, data->std, data->c);
    for (size_t n = 0; n < count && status == LOCL_OK; n++, out += values) {
        locl_image image;
        status = locl_dataset_image(data, first + n, LOCL_IMAGE_FITTED, &space, &image, err);
        for (size_t i = 0; i < values && status == LOCL_OK; i++) {
            out[i] = table.value[i % data->c][image.pixels[i]];
        }
    }
    locl_image_space_free(&space);
    return status;
}

locl_status locl_run_images(locl_run *run, const char *split, size_t first, size_t count, float *images,
                            int32_t *labels, locl_error *err)
{
    LOCL_OWN_ERROR(err);
    locl_dataset *data;
    LOCL_TRY(open_split(run, split, &data, err));
    if (first > data->n || count > data->n - first) {
        return locl_fail(err, LOCL_E_USAGE, "images %zu to %zu: split %s has %zu", first, first + count,
                         split, data->n);
    }
    if (labels) {
        memcpy(labels, data->labels + first, count * sizeof *labels);
    }
    return images ? normalise(data, first, count, images, err) : LOCL_OK;
}

static json_t *block_json(const locl_block_shape *s)
{
    const char *token = !s->token ? NULL : s->kernel ? "conv" : "linear";
    return json_pack("{s:s?, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "token", token, "kernel",
                     (json_int_t)s->kernel, "side", (json_int_t)s->side, "patches", (json_int_t)s->patches,
                     "in", (json_int_t)s->in, "hidden", (json_int_t)s->hidden, "width", (json_int_t)s->width,
                     "groups", (json_int_t)s->groups, "stride", (json_int_t)s->stride, "next_side",
                     (json_int_t)s->next_side);
}

static json_t *network_json(const locl_model *m)
{
    static const char *const norms[] = {"layer", "batch", "sample"}, *const pools[] = {"average", "max"};
    const locl_model_options *o = &m->options;
    json_t *blocks = json_array();
    for (size_t k = 0; k < m->blocks; k++) {
        json_array_append_new(blocks, block_json(&m->block[k]));
    }
    return json_pack("{s:[i, i, i], s:I, s:i, s:b, s:b, s:b, s:b, s:b, s:s, s:s, s:o}", "image",
                     (int)o->image[0], (int)o->image[1], (int)o->image[2], "classes", (json_int_t)m->classes,
                     "patches", (int)o->patches, "begin_ln", o->begin_ln, "middle_ln", o->middle_ln,
                     "post_linear_ln", o->post_linear_ln, "head_ln", o->head_ln, "classifier_ln",
                     o->classifier_ln, "norm", norms[o->norm], "pool", pools[o->pool], "blocks", blocks);
}

locl_status locl_run_network_to_json(locl_run *run, char **out, locl_error *err)
{
    LOCL_OWN_ERROR(err);
    locl_model model;
    uint64_t parameters;
    *out = NULL;
    if (!run->config->model.image[0] || !run->config->model.classes) {
        LOCL_TRY(locl_run_prepare(run, LOCL_RUN_TEST_SET, err));
    }
    LOCL_TRY(locl_run_open_model(run->config, &model, &parameters, err));
    return locl_json_print(network_json(&model), LOCL_JSON_RESULT, out, err);
}
