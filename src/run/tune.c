#include "run/tune.h"

#include "tune/matrix.h"

#include <stdlib.h>

locl_status locl_run_take_units(const locl_config *config, locl_devices *devices, locl_error *err)
{
    return config->precision == LOCL_PRECISION_MATRIX ? locl_matrix_take(devices, err) : LOCL_OK;
}

static void free_list(locl_tune_list *list, size_t devices)
{
    for (size_t d = 0; list && d < devices; d++) {
        free((void *)list[d].product);
    }
    free(list);
}

/* Returns the engine that the device's candidates are restricted to. */
static locl_engine engine_of(locl_engine engine, const locl_device *device)
{
    locl_engine own = LOCL_ENGINE_AUTO;
    bool named = device->engine[0] && locl_engine_parse(device->engine, &own) && own != LOCL_ENGINE_AUTO;
    return named ? own : engine;
}

static locl_status list_products(const locl_pipeline_options *options, locl_devices *devices,
                                 locl_tune_list *list, locl_error *err)
{
    locl_pipeline *pipeline = NULL;
    locl_status status = LOCL_OK;
    LOCL_TRY(locl_pipeline_plan(options, devices, &pipeline, err));
    for (size_t d = 0; d < devices->count && status == LOCL_OK; d++) {
        locl_gemm_choice *products = NULL;
        list[d].device = devices->device[d];
        list[d].engine = engine_of(options->engine, devices->device[d]);
        status = locl_pipeline_products(pipeline, d, &products, &list[d].count, err);
        list[d].product = products;
    }
    locl_pipeline_close(pipeline);
    return status;
}

locl_status locl_run_tune_list(const locl_tune_options *options, const locl_pipeline_options *pipeline,
                               locl_devices *devices, locl_tune_list **out, locl_error *err)
{
    locl_tune_list *list = calloc(devices->count, sizeof *list);
    locl_status status;
    *out = NULL;
    if (!list) {
        return locl_fail_memory(err, devices->count * sizeof *list);
    }
    LOCL_TRY_GOTO(status, list_products(pipeline, devices, list, err));
    LOCL_TRY_GOTO(status, locl_tune(options, list, devices->count, err));
    *out = list;
    return LOCL_OK;
fail:
    free_list(list, devices->count);
    return status;
}

void locl_run_tune_free(locl_tune_list *list, size_t devices)
{
    if (list) {
        locl_tune_release(list, devices);
    }
    free_list(list, devices);
}

locl_gemm_choices *locl_run_tune_choices(const locl_tune_list *list, size_t devices)
{
    locl_gemm_choices *out = calloc(devices, sizeof *out);
    for (size_t d = 0; out && d < devices; d++) {
        locl_gemm_choice *known = calloc(list[d].count + 1, sizeof *known);
        for (size_t i = 0; known && i < list[d].count; i++) {
            known[i] = list[d].result[i].choice;
        }
        out[d] = (locl_gemm_choices){.engine = list[d].engine,
                                     .known = known,
                                     .count = known ? list[d].count : 0,
                                     .setting = list[d].setting};
    }
    return out;
}
