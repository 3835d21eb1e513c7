/* What programs see of a run beside its events: how far it is, and which device does what. */
#include "run/run.h"

locl_result locl_run_measured(const locl_run *run, locl_tally *tally, const char *split)
{
    locl_result result = locl_tally_result(tally, split);
    if (locl_model_contrasts(&run->model)) {
        result.block = NULL;
        result.blocks = 0;
    }
    return result;
}

void locl_run_summarise(locl_run *run, locl_run_summary *out)
{
    locl_run_state *state = &run->state;
    *out = (locl_run_summary){.folder = run->path,
                              .step = state->step,
                              .steps = locl_run_total_steps(run),
                              .steps_per_epoch = locl_run_epoch_steps(run),
                              .epochs = run->config->train.epochs,
                              .network = run->config->model.preset[0] ? run->config->model.preset : "network",
                              .blocks = run->config->model.blocks,
                              .stages = run->pipeline ? locl_pipeline_stages(run->pipeline) : 0,
                              .devices = run->devices ? run->devices->count : 0,
                              .parameters = run->parameters,
                              .train_images = state->train_images,
                              .train = locl_tally_result(&state->epoch, "train"),
                              .test = locl_run_measured(run, &state->test, "test"),
                              .best_error = state->best_error,
                              .best_step = state->best_step,
                              .seconds = run->trained};
    if (out->test.images > 0 && (out->best_step == 0 || out->test.classifier.error < out->best_error)) {
        out->best_error = out->test.classifier.error; /* a test within an epoch, which the state leaves out */
        out->best_step = out->test.step;
    }
    if (run->data[LOCL_SPLIT_TEST]) {
        out->test_images = run->data[LOCL_SPLIT_TEST]->n;
    }
    if (run->trained > 0) {
        out->images_per_second = run->images / run->trained;
        out->idle = run->waited / run->trained;
    }
}

void locl_run_describe_stage(const locl_run *run, size_t index, locl_run_stage *out)
{
    locl_stage_info info = locl_pipeline_stage_info(run->pipeline, index);
    *out = (locl_run_stage){.number = info.number,
                            .images = info.rows / run->model.views,
                            .of = run->config->data.microbatch ? run->config->data.microbatch
                                                               : run->config->data.batch,
                            .first = info.first,
                            .last = info.last,
                            .classifier = info.classifier,
                            .device = info.device,
                            .bytes = info.state_bytes,
                            .flops = info.flops};
}

void locl_run_describe_device(const locl_run *run, size_t index, locl_run_device *out)
{
    const locl_device *device = run->devices->device[index];
    *out = (locl_run_device){.selector = device->selector, .name = device->name};
    if (!run->pipeline) {
        return;
    }
    out->workspace_bytes = locl_pipeline_workspace_bytes(run->pipeline, index) +
                           locl_pipeline_passing_bytes(run->pipeline, index);
    for (size_t i = 0; i < locl_pipeline_stages(run->pipeline); i++) {
        locl_stage_info info = locl_pipeline_stage_info(run->pipeline, i);
        out->stage_bytes += info.device == index ? info.state_bytes : 0;
    }
}
