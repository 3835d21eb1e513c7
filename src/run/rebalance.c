/* `rebalance: auto`: where steps have become slower for good, the devices are measured again, and the stages get other
 * shares if that helps. */
#include "run/run.h"

#include "base/clock.h"
#include "base/log.h"

#include "base/text.h"

#include <math.h>

/* A placement that promises less is not worth the kernels that have to be built for it. After a measurement nothing is
 * measured for so many times as long as it took. */
static const double least_gain = 1.08, rest = 20;

bool locl_run_may_rebalance(const locl_run *run)
{
    return run->config->rebalance == LOCL_REBALANCE_AUTO && run->placed.placement.share != NULL;
}

/* Writes "stage 1: 64 + 64 images; ..." of stages that devices share. */
static void log_change(const locl_run *run, double before, double after)
{
    locl_text text = {0};
    const locl_placement *p = &run->placed.placement;
    for (size_t k = 0; k < p->stages; k++) {
        locl_text_add(&text, "%sstage %zu:", k ? "; " : "", k);
        for (size_t d = 0; d < p->devices; d++) {
            double share = p->share[k * p->devices + d];
            if (share > 0) {
                locl_text_add(&text, " %.0f %% on device %zu", 100 * share, d);
            }
        }
    }
    double batch = run->config->data.batch;
    locl_log(LOCL_LOG_INFO,
             "step %llu: stages are placed anew, %.1f images/s are expected instead of %.1f: %s",
             (unsigned long long)run->state.step, batch / after, batch / before,
             text.failed || !text.data ? "" : text.data);
    locl_text_free(&text);
}

/* Opens the pipeline anew where the stages are now, with what it knows. Where that cannot begin, as for want of memory,
 * it stays as it is. */
static locl_status reopen(locl_run *run, locl_error *err)
{
    locl_arrays all = {0};
    locl_pipeline *before = run->pipeline;
    locl_status status = locl_pipeline_save(before, LOCL_STORED_ALL, &all, err);
    if (status == LOCL_OK) {
        status = locl_run_begin_placed(run, err);
        if (status != LOCL_OK) {
            run->pipeline = before;
        }
    }
    if (status == LOCL_OK) {
        locl_pipeline_close(before);
        status = locl_pipeline_finish(run->pipeline, err);
    }
    if (status == LOCL_OK) {
        status = locl_pipeline_load(run->pipeline, LOCL_STORED_ALL, &all, err);
    }
    locl_arrays_free(&all);
    return status == LOCL_OK ? locl_run_write_plan(run, err) : status;
}

/* Moves the stages to a placement, which is the run's from then on, from one in which a step takes `seconds`. Leaves them
 * where they are where a device has no room for it. */
static locl_status move(locl_run *run, const locl_placed *to, double seconds, locl_error *err)
{
    const locl_pipeline *pipeline = run->pipeline;
    locl_placed before = run->placed;
    run->placed = *to;
    locl_status status = reopen(run, err);
    if (status == LOCL_E_TOO_LARGE && run->pipeline == pipeline) {
        run->placed = before;
        locl_log(LOCL_LOG_WARNING, "steps have become slower, but stages stay where they are: %s",
                 err->message);
        return LOCL_OK;
    }
    locl_run_place_release(&before);
    if (status == LOCL_OK) {
        log_change(run, seconds, to->forecast.seconds);
    }
    return status;
}

locl_status locl_run_rebalance(locl_run *run, locl_watch *watch, locl_error *err)
{
    locl_pipeline_options options =
        locl_run_pipeline_options(run->config, &run->model, &run->config->optimizer);
    double begin = locl_clock_seconds();
    locl_placed now = {0};
    locl_forecast as_it_is;
    locl_error ignored;
    locl_status status = LOCL_OK;
    options.products = run->plan.products;
    if (locl_measure(&options, run->devices, NULL, NULL, &now.times, &ignored) != LOCL_OK ||
        locl_placement_measured(&options, run->devices, &now.times, &now.placement, &ignored) != LOCL_OK) {
        locl_log(LOCL_LOG_WARNING, "steps have become slower, but devices can't be measured: %s",
                 ignored.message);
        locl_run_place_release(&now);
        locl_watch_reset(watch, 0, HUGE_VAL);
        return LOCL_OK;
    }
    double end = locl_clock_seconds();
    locl_forecast_of(&now.times, &run->placed.placement, &as_it_is);
    locl_forecast_of(&now.times, &now.placement, &now.forecast);
    double expected = now.forecast.seconds;
    if (as_it_is.seconds > least_gain * expected) {
        status = move(run, &now, as_it_is.seconds, err);
    }
    bool moved = run->placed.placement.share == now.placement.share;
    if (!moved) {
        locl_run_place_release(&now);
    }
    locl_watch_reset(watch, moved ? expected : as_it_is.seconds, end + rest * (end - begin));
    return status;
}
