#include "run/place.h"

#include "base/log.h"
#include "rules/rule.h"
#include "run/times_file.h"

#include <stdio.h>

locl_status locl_run_stage_times(const locl_config *config, const locl_pipeline_options *options,
                                 locl_devices *devices, locl_measure_tell tell, void *user,
                                 locl_stage_times *out, locl_error *err)
{
    locl_error why = {0};
    if (locl_times_read(config, devices, out)) {
        return LOCL_OK;
    }
    locl_status status = locl_measure(options, devices, tell, user, out, &why);
    if (status == LOCL_OK) {
        locl_times_write(config, devices, out);
        return LOCL_OK;
    }
    locl_measure_release(out);
    if (status == LOCL_E_MEMORY) {
        *err = why;
        return status;
    }
    locl_log(LOCL_LOG_WARNING, "stages are placed by estimates, as devices can't be measured: %s: %s",
             why.where, why.message);
    return LOCL_OK;
}

locl_status locl_run_place(const locl_config *config, const locl_pipeline_options *options,
                           locl_devices *devices, locl_measure_tell tell, void *user, locl_placed *out,
                           locl_error *err)
{
    *out = (locl_placed){0};
    if (options->placement || !options->optim || devices->count < 2) {
        return LOCL_OK;
    }
    LOCL_TRY(locl_run_stage_times(config, options, devices, tell, user, &out->times, err));
    if (out->times.stages == 0) {
        return LOCL_OK;
    }
    LOCL_TRY(locl_placement_measured(options, devices, &out->times, &out->placement, err));
    locl_forecast_of(&out->times, &out->placement, &out->forecast);
    return LOCL_OK;
}

void locl_run_place_release(locl_placed *placed)
{
    locl_placement_release(&placed->placement);
    locl_measure_release(&placed->times);
    *placed = (locl_placed){0};
}

void locl_run_place_text(const locl_pipeline_options *options, const locl_devices *devices, char *text,
                         size_t size)
{
    const locl_rule *rule = locl_rule_of(options->rule->kind);
    text[0] = '\0';
    if (devices->count < 2) {
        return;
    }
    if (!rule->crosses_blocks(options->rule)) {
        snprintf(text, size,
                 "pipeline: under rule %s no block needs later ones, so devices work on different batches",
                 rule->name);
    } else if (locl_model_needs_batch(&options->model->options)) {
        snprintf(
            text, size,
            "one device: under rule %s blocks need each other, and model.norm: batch takes whole batches",
            rule->name);
    } else {
        snprintf(text, size,
                 "data-parallel: under rule %s blocks need each other, so each device has all of them and "
                 "computes its images of every batch",
                 rule->name);
    }
}
