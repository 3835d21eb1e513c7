#include "run/loss.h"

#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "run/used.h"

#include <stdlib.h>
#include <string.h>

/* Returns which device an error is about. */
static size_t device_of(const locl_error *err)
{
    return err->device > 0 ? (size_t)err->device : 0;
}

bool locl_run_is_loss(const locl_run *run, const locl_error *err)
{
    size_t devices = run->devices ? run->devices->count : 0;
    bool known = devices == 1 || (err->device >= 0 && (size_t)err->device < devices);
    if (!known) {
        return false;
    }
    switch (err->status) {
    case LOCL_E_OPENCL:
    case LOCL_E_DEADLINE:
        return true;
    case LOCL_E_TOO_LARGE: /* with a key it is a placement that does not fit */
        return err->key[0] == '\0';
    case LOCL_E_NUMERIC:
        return devices > 1 && !run->spoiled;
    default:
        return false;
    }
}

/* Returns in which step a device was lost, as checkpoints count. */
static unsigned long long step_of(const locl_run *run, const locl_error *err)
{
    return err->step >= 0 ? (unsigned long long)err->step + 1 : (unsigned long long)run->state.step;
}

/* Returns {"selector", "name", "step", "cause"} of what is lost. NULL when memory runs out. */
static json_t *describe(const locl_run *run, const locl_error *err)
{
    const locl_device *d = run->devices->device[device_of(err)];
    return json_pack("{s:s, s:o, s:I, s:o}", "selector", d->selector, "name", locl_json_text(d->name), "step",
                     (json_int_t)step_of(run, err), "cause", locl_json_text(err->message));
}

static void log_loss(const locl_run *run, const locl_error *err, uint64_t from)
{
    const locl_device *d = run->devices->device[device_of(err)];
    locl_log(
        LOCL_LOG_WARNING,
        "step %llu: device %zu (%s, %s) is lost: %s; going on from step %llu without it, on %zu device%s",
        step_of(run, err), d->index, d->selector, d->name, err->message, (unsigned long long)from,
        run->devices->count - 1, run->devices->count == 2 ? "" : "s");
}

/* Removes a device's row from the products of a plan, and the placement, which was for more devices. */
static void cut_plan(locl_plan *plan, size_t device)
{
    if (plan->products && device < plan->devices) {
        free((void *)plan->products[device].known);
        plan->devices--;
        memmove(plan->products + device, plan->products + device + 1,
                (plan->devices - device) * sizeof *plan->products);
    }
    free(plan->placement);
    plan->placement = NULL;
    plan->placements = 0;
}

/* Writes the timeline with what there is of it: the devices that remain are opened anew, and counted anew. */
static void end_timeline(locl_run *run, size_t lost)
{
    locl_error failed;
    if (!run->timeline || run->traced) {
        return;
    }
    locl_timeline_lose(run->timeline, lost);
    if (locl_run_write_timeline(run, &failed) != LOCL_OK) {
        locl_log(LOCL_LOG_WARNING, "the trace is not written: %s", failed.message);
    }
}

/* Closes the pipeline and its devices, and opens the devices that remain, in contexts of their own. */
static locl_status leave(locl_run *run, size_t lost, locl_status cause, locl_error *err)
{
    bool silent = cause == LOCL_E_DEADLINE;
    locl_devices *before = run->devices;
    uint64_t left = 0;
    if (silent && run->pipeline) {
        left = locl_pipeline_abandon(run->pipeline, lost);
    } else {
        locl_pipeline_close(run->pipeline);
    }
    run->pipeline = NULL;
    run->devices = NULL;
    locl_status status = locl_devices_open_without(before, lost, &run->devices, err);
    if (silent) {
        locl_log(
            LOCL_LOG_WARNING,
            "device %zu does not answer: its context and %.1f MiB of memory are left to it until the end",
            lost, (double)left / 1048576);
        locl_devices_abandon(before, lost);
    } else {
        locl_devices_close(before);
    }
    return status;
}

/* Opens the pipeline on the devices that there are, and puts the snapshot into it. */
static locl_status go_on(locl_run *run, const locl_snapshot *snapshot, json_t *lost, locl_error *err)
{
    run->state = snapshot->state;
    LOCL_TRY(locl_run_open_pipeline(run, err));
    LOCL_TRY(locl_pipeline_load(run->pipeline, LOCL_STORED_ALL, &snapshot->set, err));
    LOCL_TRY(locl_used_add(&run->used, run->state.step, run->devices, lost, err));
    return locl_run_write_plan(run, err);
}

locl_status locl_run_recover(locl_run *run, const locl_snapshot *snapshot, locl_error *err)
{
    locl_status status = err->status;
    json_t *all = json_array();
    while (status != LOCL_OK && locl_run_is_loss(run, err) && run->devices->count > 1) {
        size_t lost = device_of(err);
        log_loss(run, err, snapshot->state.step);
        json_array_append_new(all, describe(run, err));
        run->spoiled = run->spoiled || status == LOCL_E_NUMERIC;
        run->displaced = true;
        cut_plan(&run->plan, lost);
        end_timeline(run, lost);
        status = leave(run, lost, status, err);
        if (status == LOCL_OK) {
            status = go_on(run, snapshot, all, err);
        }
    }
    json_decref(all);
    return status;
}

/* Writes the selectors of the devices that remain to `text`. */
static void list_others(const locl_run *run, const locl_error *err, locl_text *text)
{
    for (size_t i = 0; run->devices && i < run->devices->count; i++) {
        if (!locl_run_is_loss(run, err) || i != device_of(err)) {
            locl_text_add(text, "%s%s", text->length ? "," : "", run->devices->device[i]->selector);
        }
    }
}

locl_status locl_run_stop_lost(const locl_run *run, uint64_t saved, locl_error *err)
{
    char remedy[sizeof err->remedy];
    locl_text others = {0};
    list_others(run, err, &others);
    bool some = others.length > 0 && !others.failed;
    memcpy(remedy, err->remedy, sizeof remedy);
    locl_remedy(err, "%s%s%s has the state after %llu steps; go on with: locl train --resume %s%s%s", remedy,
                remedy[0] ? "; " : "", run->path, (unsigned long long)saved, run->path,
                some ? " --set placement=auto --device " : "", some ? others.data : "");
    locl_text_free(&others);
    err->status = LOCL_E_LOST;
    return LOCL_E_LOST;
}
