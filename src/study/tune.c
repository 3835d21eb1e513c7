#include "locl/tune.h"

#include "base/json.h"
#include "config/config.h"
#include "gemm/choice_text.h"
#include "run/run.h"
#include "run/tune.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct row {
    locl_tuned_product product;
    char own[LOCL_GEMM_CHOICE_TEXT], winner[LOCL_GEMM_CHOICE_TEXT];
} row;

struct locl_tuning {
    locl_config *config;
    locl_devices *devices;
    locl_model model;
    row *row; /* [rows] */
    size_t rows;
};

/* ---- the configuration ---- */

static const char fallback[] = "model: {preset: M/8/16, image: [32, 32, 3], classes: 10}\n"
                               "rule: {name: lg-fg-a}\n"
                               "data: {batch: 128}\n";

static locl_status load(const locl_tune_setup *setup, locl_config_purpose purpose, locl_config **out,
                        locl_error *err)
{
    return setup->config ? locl_config_load(setup->config, setup->set, setup->sets, purpose, out, err)
                         : locl_config_parse("default", fallback, strlen(fallback), setup->set, setup->sets,
                                             purpose, out, err);
}

/* Fills in the images of the data sets that are all alike; 0 for others. */
static void known_images(locl_config *config, unsigned image[3], unsigned *classes)
{
    bool small = config->data.name == LOCL_DATA_MNIST || config->data.name == LOCL_DATA_FASHION_MNIST;
    bool cifar = config->data.name == LOCL_DATA_CIFAR10;
    image[0] = image[1] = small ? 28 : cifar ? 32 : 0;
    image[2] = small ? 1 : 3;
    *classes = small || cifar ? 10 : 0;
}

/* Loads the configuration. No data are opened: shapes come from the configuration, or from what the named data always
 * are. */
static locl_status load_config(const locl_tune_setup *setup, locl_config **out, locl_error *err)
{
    unsigned image[3], classes;
    locl_error other = {0};
    if (load(setup, LOCL_CONFIG_PROBE, out, &other) == LOCL_OK) {
        return LOCL_OK;
    }
    locl_status status = load(setup, LOCL_CONFIG_EVALUATE, out, err);
    if (status == LOCL_OK) {
        known_images(*out, image, &classes);
    }
    if (status != LOCL_OK || !classes) {
        *err = other;
        locl_config_free(status == LOCL_OK ? *out : NULL);
        *out = NULL;
        return other.status;
    }
    return locl_config_set_shape(*out, image, classes, err);
}

/* ---- rows ---- */

static void fill_row(const locl_tune_list *list, const locl_tune_result *r, row *out)
{
    static const char *const ops[2][2] = {{"nn", "nt"}, {"tn", "tt"}};
    const locl_gemm_shape *x = &r->own.shape;
    double giga = 1e-9 * locl_gemm_flops(x);
    locl_gemm_choice_text(&r->own, "", out->own);
    locl_gemm_choice_text(&r->choice, list->setting, out->winner);
    out->product = (locl_tuned_product){.device = list->device->selector,
                                        .op = ops[x->ta][x->tb],
                                        .m = x->m,
                                        .n = x->n,
                                        .k = x->k,
                                        .batch = x->batch,
                                        .sum = x->sum,
                                        .measured = r->source != LOCL_TUNE_UNMEASURED,
                                        .candidates = r->candidates,
                                        .own_rate = r->own_seconds > 0 ? giga / r->own_seconds : 0,
                                        .rate = r->seconds > 0 ? giga / r->seconds : 0};
}

static locl_status fill_rows(locl_tuning *t, const locl_tune_list *list, locl_error *err)
{
    size_t all = 0;
    for (size_t d = 0; d < t->devices->count; d++) {
        all += list[d].count;
    }
    t->row = calloc(all + 1, sizeof *t->row);
    if (!t->row) {
        return locl_fail_memory(err, all * sizeof *t->row);
    }
    for (size_t d = 0; d < t->devices->count; d++) {
        for (size_t i = 0; i < list[d].count; i++) {
            fill_row(&list[d], &list[d].result[i], &t->row[t->rows++]);
        }
    }
    return LOCL_OK;
}

static locl_status tune(const locl_tune_setup *setup, locl_tuning *t, locl_error *err)
{
    locl_tune_list *list = NULL;
    const locl_tune_options options = {.effort = LOCL_TUNE_FULL,
                                       .seconds = setup->seconds,
                                       .what = LOCL_TUNE_ALL,
                                       .tell = setup->tell,
                                       .user = setup->user};
    LOCL_TRY(locl_model_open(&t->config->model, &t->model, err));
    const locl_pipeline_options pipeline =
        locl_run_pipeline_options(t->config, &t->model, &t->config->optimizer);
    LOCL_TRY(locl_run_tune_list(&options, &pipeline, t->devices, &list, err));
    locl_status status = fill_rows(t, list, err);
    locl_run_tune_free(list, t->devices->count);
    return status;
}

locl_status locl_tune_run(const locl_tune_setup *setup, locl_tuning **out, locl_error *err)
{
    locl_status status;
    LOCL_OWN_ERROR(err);
    locl_tuning *t = calloc(1, sizeof *t);
    *out = NULL;
    if (!t) {
        return locl_fail_memory(err, sizeof *t);
    }
    LOCL_TRY_GOTO(status, load_config(setup, &t->config, err));
    if (setup->devices) {
        LOCL_TRY_GOTO(status, locl_devices_open_text(setup->devices, &t->devices, err));
    } else {
        LOCL_TRY_GOTO(status,
                      locl_devices_open(t->config->devices, t->config->device_count, &t->devices, err));
    }
    LOCL_TRY_GOTO(status, locl_config_check_devices(t->config, t->devices->count, err));
    LOCL_TRY_GOTO(status, locl_run_take_units(t->config, t->devices, err));
    LOCL_TRY_GOTO(status, tune(setup, t, err));
    *out = t;
    return LOCL_OK;
fail:
    locl_tuning_free(t);
    return status;
}

void locl_tuning_free(locl_tuning *t)
{
    if (t) {
        locl_devices_close(t->devices);
        locl_config_free(t->config);
        free(t->row);
        free(t);
    }
}

size_t locl_tuning_products(const locl_tuning *t)
{
    return t->rows;
}

void locl_tuning_describe(const locl_tuning *t, size_t index, locl_tuned_product *out)
{
    *out = t->row[index].product;
    out->own = t->row[index].own;
    out->winner = t->row[index].winner;
}

locl_status locl_tuning_to_json(const locl_tuning *t, char **out, locl_error *err)
{
    json_t *results = json_array();
    for (size_t i = 0; i < t->rows; i++) {
        locl_tuned_product p;
        locl_tuning_describe(t, i, &p);
        json_array_append_new(
            results, json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:b, s:I, s:s, s:s, s:s, s:o, s:o}",
                               "device", p.device, "op", p.op, "m", (json_int_t)p.m, "n", (json_int_t)p.n,
                               "k", (json_int_t)p.k, "batch", (json_int_t)p.batch, "sum", (json_int_t)p.sum,
                               "measured", p.measured, "candidates", (json_int_t)p.candidates, "unit",
                               "GFLOP/s", "default", p.own, "winner", p.winner, "default_rate",
                               locl_json_number(p.own_rate), "rate", locl_json_number(p.rate)));
    }
    return locl_json_print(json_pack("{s:o}", "results", results), LOCL_JSON_RESULT, out, err);
}
