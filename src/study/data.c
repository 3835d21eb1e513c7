#include "locl/data.h"

#include "base/clock.h"
#include "base/json.h"
#include "config/config.h"
#include "data/loader.h"
#include "data/parallel.h"
#include "data/png_write.h"
#include "study/sheet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct locl_data {
    locl_config *config;
    locl_dataset *train;
    unsigned views;
};

/* Reads the images, and fills in what the configuration leaves to them. */
static locl_status read_images(locl_data *data, const locl_data_setup *setup, locl_error *err)
{
    locl_data_options options = data->config->data;
    options.progress = setup->tell;
    options.progress_user = setup->user;
    LOCL_TRY(locl_dataset_open(&options, LOCL_SPLIT_TRAIN, &data->train, err));
    const unsigned image[3] = {(unsigned)data->train->h, (unsigned)data->train->w, (unsigned)data->train->c};
    return locl_config_set_shape(data->config, image, (unsigned)data->train->classes, err);
}

locl_status locl_data_open(const locl_data_setup *setup, locl_data **out, locl_error *err)
{
    LOCL_OWN_ERROR(err);
    *out = NULL;
    if (!setup->config || setup->views > LOCL_VIEWS_MOST) {
        return locl_fail(err, LOCL_E_USAGE, "data need a configuration, and 1 or 2 views");
    }
    locl_data *data = calloc(1, sizeof *data);
    if (!data) {
        return locl_fail_memory(err, sizeof *data);
    }
    locl_status status =
        locl_config_load(setup->config, setup->set, setup->sets, LOCL_CONFIG_EVALUATE, &data->config, err);
    if (status == LOCL_OK) {
        unsigned own = data->config->model.task.kind == LOCL_TASK_CONTRAST ? 2 : 1;
        data->views = setup->views ? setup->views : own;
        status = read_images(data, setup, err);
    }
    if (status != LOCL_OK) {
        locl_data_close(data);
        return status;
    }
    *out = data;
    return LOCL_OK;
}

void locl_data_close(locl_data *data)
{
    if (data) {
        locl_dataset_close(data->train);
        locl_config_free(data->config);
        free(data);
    }
}

/* Finds the part that is the `index`-th of those applied. False: there are `index` or fewer. */
static bool find_part(const locl_data *data, size_t index, locl_augment_part *out)
{
    const locl_augment_options *o = &data->config->augment;
    for (unsigned i = 0; i < LOCL_AUGMENT_PARTS; i++) {
        locl_augment_part part = (locl_augment_part)i;
        if ((locl_augment_chance(o, part, 0) > 0 || locl_augment_chance(o, part, 1) > 0) && index-- == 0) {
            *out = part;
            return true;
        }
    }
    return false;
}

void locl_data_describe(const locl_data *data, locl_data_facts *out)
{
    const locl_dataset *train = data->train;
    const locl_config *config = data->config;
    locl_augment_part part;
    *out = (locl_data_facts){.name = locl_data_text(config->data.name),
                             .images = train->n,
                             .image = {train->h, train->w, train->c},
                             .classes = train->classes,
                             .batch = config->data.batch,
                             .views = data->views,
                             .steps = train->n / config->data.batch};
    memcpy(out->mean, train->mean, train->c * sizeof *out->mean);
    memcpy(out->std, train->std, train->c * sizeof *out->std);
    while (find_part(data, out->parts, &part)) {
        out->parts++;
    }
}

void locl_data_describe_part(const locl_data *data, size_t index, char *text, size_t size)
{
    locl_augment_part part;
    text[0] = '\0';
    if (find_part(data, index, &part)) {
        locl_augment_part_describe(&data->config->augment, part, text, size);
    }
}

static locl_status open_loader(const locl_data *data, uint64_t first, unsigned threads, locl_loader **out,
                               locl_error *err)
{
    const locl_config *config = data->config;
    const locl_loader_options options = {.batch = config->data.batch,
                                         .patches = config->model.patches,
                                         .ring = 2,
                                         .augment = &config->augment,
                                         .views = data->views,
                                         .threads = threads,
                                         .seed = config->seed,
                                         .training = true,
                                         .first = first};
    return locl_loader_open(data->train, &options, out, err);
}

/* Draws a batch into a file. */
static locl_status write_sheet(const locl_data *data, const locl_loader *loader, const locl_batch *batch,
                               const char *path, locl_error *err)
{
    const locl_sheet_input input = {.shape = locl_loader_shape(loader),
                                    .mean = data->train->mean,
                                    .std = data->train->std,
                                    .x = batch->x,
                                    .images = batch->valid / data->views,
                                    .views = data->views};
    locl_image sheet;
    LOCL_TRY(locl_sheet_draw(&input, &sheet, err));
    locl_status status = locl_png_write(path, &sheet, err);
    free(sheet.pixels);
    return status;
}

locl_status locl_data_draw(const locl_data *data, uint64_t number, const char *path, locl_error *err)
{
    LOCL_OWN_ERROR(err);
    locl_loader *loader;
    locl_batch batch;
    LOCL_TRY(open_loader(data, number, data->config->data.threads, &loader, err));
    locl_status status = locl_loader_acquire(loader, &batch) ? write_sheet(data, loader, &batch, path, err)
                                                             : locl_loader_failure(loader, err);
    locl_loader_close(loader);
    return status;
}

locl_status locl_data_measure(const locl_data *data, unsigned threads, double seconds, locl_data_rate *out,
                              locl_error *err)
{
    LOCL_OWN_ERROR(err);
    locl_loader *loader;
    locl_batch batch;
    size_t batches = 0;
    double start = 0, now = 0;
    LOCL_TRY(open_loader(data, 0, threads, &loader, err));
    while ((batches == 0 || now - start < seconds) && locl_loader_acquire(loader, &batch)) {
        locl_loader_release(loader, &batch);
        now = locl_clock_seconds();
        start = batches++ ? start : now;
    }
    locl_status status = locl_loader_failure(loader, err);
    locl_loader_close(loader);
    LOCL_TRY(status);
    double each = batches > 1 ? (now - start) / (double)(batches - 1) : 0;
    *out = (locl_data_rate){threads, each > 0 ? data->config->data.batch / each : 0, each};
    return LOCL_OK;
}

unsigned locl_data_threads(const locl_data *data)
{
    return (unsigned)locl_parallel_threads(data->config->data.threads);
}

/* Makes a list of the first `count` values. */
static json_t *numbers(const double *value, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(list, locl_json_number(value[i]));
    }
    return list;
}

static json_t *parts_json(const locl_data *data, size_t count)
{
    json_t *list = json_array();
    char text[256];
    for (size_t i = 0; i < count; i++) {
        locl_data_describe_part(data, i, text, sizeof text);
        json_array_append_new(list, locl_json_text(text));
    }
    return list;
}

static json_t *rates_json(const locl_data_rate *rate, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(list, json_pack("{s:I, s:o, s:o}", "threads", (json_int_t)rate[i].threads,
                                              "images_per_second", locl_json_number(rate[i].images),
                                              "seconds_a_batch", locl_json_number(rate[i].seconds)));
    }
    return list;
}

locl_status locl_data_to_json(const locl_data *data, const locl_data_rate *rate, size_t rates, char **out,
                              locl_error *err)
{
    locl_data_facts f;
    locl_data_describe(data, &f);
    json_t *json = json_pack("{s:s, s:I, s:[I, I, I], s:I, s:o, s:o, s:I, s:I, s:I, s:o, s:o}", "name",
                             f.name, "images", (json_int_t)f.images, "image", (json_int_t)f.image[0],
                             (json_int_t)f.image[1], (json_int_t)f.image[2], "classes", (json_int_t)f.classes,
                             "mean", numbers(f.mean, f.image[2]), "std", numbers(f.std, f.image[2]), "batch",
                             (json_int_t)f.batch, "views", (json_int_t)f.views, "steps", (json_int_t)f.steps,
                             "augment", parts_json(data, f.parts), "rates", rates_json(rate, rates));
    return locl_json_print(json, LOCL_JSON_RESULT, out, err);
}
