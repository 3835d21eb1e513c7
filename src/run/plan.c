/* locl/plan.h: a configuration's pipeline, placed and recorded, and looked at. */
#include "locl/plan.h"

#include "run/run.h"
#include "run/tune.h"

#include <stdio.h>
#include <stdlib.h>

/* The lifetimes of a stage's tensors in the workspace. */
typedef struct stage_tensors {
    locl_lifetime *list; /* [count] */
    size_t count, recorded;
} stage_tensors;

struct locl_run_plan {
    locl_config *config;
    locl_devices *devices;
    locl_model model;
    locl_pipeline *pipeline;
    stage_tensors *tensors; /* [stages] */
    char rule[256], way[256];
    locl_stage_times times; /* of several devices */
    locl_placement placement;
    locl_forecast forecast;
    uint64_t parameters, memory;
    bool fits;
    size_t largest_slice;
};

static locl_status list_tensors(locl_run_plan *plan, locl_error *err)
{
    size_t stages = locl_pipeline_stages(plan->pipeline);
    plan->tensors = calloc(stages, sizeof *plan->tensors);
    if (!plan->tensors) {
        return locl_fail_memory(err, stages * sizeof *plan->tensors);
    }
    for (size_t i = 0; i < stages; i++) {
        stage_tensors *t = &plan->tensors[i];
        locl_launch_info launch;
        LOCL_TRY(locl_pipeline_lifetimes(plan->pipeline, i, &t->list, &t->count, err));
        while (locl_pipeline_launch(plan->pipeline, i, t->recorded, &launch)) {
            t->recorded++;
        }
    }
    return LOCL_OK;
}

/* Places stages on several devices by measurement, where nobody said how. */
static locl_status place(locl_run_plan *plan, locl_pipeline_options *options, locl_error *err)
{
    if (plan->devices->count < 2) {
        return LOCL_OK;
    }
    LOCL_TRY(locl_run_stage_times(plan->config, options, plan->devices, NULL, NULL, &plan->times, err));
    if (!options->placement && plan->times.stages > 0) {
        LOCL_TRY(locl_placement_measured(options, plan->devices, &plan->times, &plan->placement, err));
        options->placed = &plan->placement;
    }
    return LOCL_OK;
}

static locl_status make_plan(locl_run_plan *plan, const locl_plan_setup *setup, locl_error *err)
{
    LOCL_TRY(locl_config_load(setup->config, setup->set, setup->sets, LOCL_CONFIG_PLAN, &plan->config, err));
    const locl_config *config = plan->config;
    LOCL_TRY(setup->devices ? locl_devices_open_text(setup->devices, &plan->devices, err)
                            : locl_devices_open(config->devices, config->device_count, &plan->devices, err));
    LOCL_TRY(locl_config_check_devices(config, plan->devices->count, err));
    LOCL_TRY(locl_run_take_units(config, plan->devices, err));
    LOCL_TRY(locl_run_open_model(config, &plan->model, &plan->parameters, err));
    locl_config_rule_label(&config->rule, plan->rule, sizeof plan->rule);
    locl_pipeline_options options = locl_run_pipeline_options(config, &plan->model, &config->optimizer);
    locl_run_place_text(&options, plan->devices, plan->way, sizeof plan->way);
    LOCL_TRY(place(plan, &options, err));
    LOCL_TRY(locl_pipeline_plan(&options, plan->devices, &plan->pipeline, err));
    if (plan->times.stages) {
        locl_forecast_of(&plan->times, locl_pipeline_placement(plan->pipeline), &plan->forecast);
    }
    plan->memory = setup->memory;
    locl_pipeline_fit(plan->pipeline, setup->memory, &plan->fits, &plan->largest_slice);
    return list_tensors(plan, err);
}

locl_status locl_run_plan_open(const locl_plan_setup *setup, locl_run_plan **out, locl_error *err)
{
    LOCL_OWN_ERROR(err);
    *out = NULL;
    if (!setup->config) {
        return locl_fail(err, LOCL_E_USAGE, "a plan needs a configuration");
    }
    locl_run_plan *plan = calloc(1, sizeof *plan);
    if (!plan) {
        return locl_fail_memory(err, sizeof *plan);
    }
    locl_status status = make_plan(plan, setup, err);
    if (status != LOCL_OK) {
        locl_run_plan_close(plan);
        return status;
    }
    *out = plan;
    return LOCL_OK;
}

void locl_run_plan_close(locl_run_plan *plan)
{
    if (!plan) {
        return;
    }
    for (size_t i = 0; plan->tensors && i < locl_pipeline_stages(plan->pipeline); i++) {
        free(plan->tensors[i].list);
    }
    free(plan->tensors);
    locl_pipeline_close(plan->pipeline);
    locl_placement_release(&plan->placement);
    locl_measure_release(&plan->times);
    locl_devices_close(plan->devices);
    locl_config_free(plan->config);
    free(plan);
}

static size_t slice_of(const locl_run_plan *plan)
{
    const locl_data_options *data = &plan->config->data;
    return data->microbatch ? data->microbatch : data->batch;
}

/* Returns the bytes of what the loader makes ahead, and of what channels keep on the host. */
static uint64_t host_bytes(const locl_run_plan *plan)
{
    const locl_block_shape *first = &plan->model.block[0];
    uint64_t image = first->patches * first->in * sizeof(float) + sizeof(int32_t);
    uint64_t bytes =
        (plan->config->data.prefetch + LOCL_RUN_LENT) * slice_of(plan) * plan->model.views * image;
    for (size_t i = 0; i < locl_pipeline_stages(plan->pipeline); i++) {
        bytes += locl_pipeline_stage_info(plan->pipeline, i).host_bytes;
    }
    return bytes;
}

void locl_run_plan_summarise(const locl_run_plan *plan, locl_plan_summary *out)
{
    const locl_config *config = plan->config;
    *out = (locl_plan_summary){.network = config->model.preset[0] ? config->model.preset : "network",
                               .rule = plan->rule,
                               .way = plan->way,
                               .blocks = plan->model.blocks,
                               .stages = locl_pipeline_stages(plan->pipeline),
                               .devices = plan->devices->count,
                               .batch = config->data.batch,
                               .microbatch = slice_of(plan),
                               .parameters = plan->parameters,
                               .fits = plan->fits,
                               .largest_microbatch = plan->largest_slice,
                               .host_bytes = host_bytes(plan),
                               .step_seconds = plan->forecast.seconds};
}

void locl_run_plan_describe_stage(const locl_run_plan *plan, size_t stage, locl_plan_stage *out)
{
    const stage_tensors *t = &plan->tensors[stage];
    locl_stage_info s = locl_pipeline_stage_info(plan->pipeline, stage);
    size_t named = s.parameter_bytes + s.optimizer_bytes + s.gradient_bytes + s.input_bytes + s.output_bytes;
    *out = (locl_plan_stage){.number = s.number,
                             .first_row = s.first_row / plan->model.views,
                             .rows = s.rows / plan->model.views,
                             .first = s.first,
                             .last = s.last,
                             .classifier = s.classifier,
                             .device = s.device,
                             .parameter_bytes = s.parameter_bytes,
                             .optimizer_bytes = s.optimizer_bytes,
                             .gradient_bytes = s.gradient_bytes,
                             .input_bytes = s.input_bytes,
                             .output_bytes = s.output_bytes,
                             .other_bytes = s.state_bytes - named,
                             .own_bytes = s.state_bytes,
                             .input = s.input,
                             .flops = s.flops,
                             .launches = s.launches,
                             .recorded = t->recorded,
                             .tensors = t->count};
    out->in_use_bytes = locl_lifetimes_peak(t->list, t->count, &out->in_use_launch);
    if (plan->times.stages) {
        out->busy_seconds =
            locl_forecast_work(&plan->times, locl_pipeline_placement(plan->pipeline), s.number, s.device);
    }
}

void locl_run_plan_describe_device(const locl_run_plan *plan, size_t device, locl_plan_device *out)
{
    const locl_device *d = plan->devices->device[device];
    uint64_t has = d->caps.memory;
    *out = (locl_plan_device){.selector = d->selector,
                              .stable = d->stable,
                              .name = d->name,
                              .workspace_bytes = locl_pipeline_workspace_bytes(plan->pipeline, device),
                              .passing_bytes = locl_pipeline_passing_bytes(plan->pipeline, device),
                              .memory = plan->memory && plan->memory < has ? plan->memory : has,
                              .largest_buffer = d->caps.largest_buffer,
                              .busy_seconds = plan->forecast.busy[device]};
    locl_pipeline_traffic(plan->pipeline, device, &out->sent_bytes, &out->received_bytes);
    for (size_t i = 0; i < locl_pipeline_stages(plan->pipeline); i++) {
        locl_stage_info s = locl_pipeline_stage_info(plan->pipeline, i);
        out->stage_bytes += s.device == device ? s.state_bytes : 0;
    }
    out->bytes = out->workspace_bytes + out->passing_bytes + out->stage_bytes;
}

void locl_run_plan_describe_tensor(const locl_run_plan *plan, size_t stage, size_t tensor,
                                   locl_plan_tensor *out)
{
    const locl_lifetime *l = &plan->tensors[stage].list[tensor];
    *out = (locl_plan_tensor){l->tensor->name, l->tensor->bytes, l->first, l->last};
}

void locl_run_plan_describe_launch(const locl_run_plan *plan, size_t stage, size_t launch,
                                   locl_plan_launch *out)
{
    locl_launch_info info;
    *out = (locl_plan_launch){0};
    if (locl_pipeline_launch(plan->pipeline, stage, launch, &info)) {
        *out = (locl_plan_launch){info.section, info.name, info.flops, info.bytes};
    }
}
