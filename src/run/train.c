/* The training loop: segments of steps up to the next checkpoint or end of an epoch, the test at an epoch's
 * end, metrics, checkpoints. All that a resumed run has to know is in locl_run_state. */
#include "run/run.h"

#include "data/loader.h"
#include "run/checkpoint.h"
#include "run/loss.h"
#include "run/metrics.h"
#include "run/snapshot.h"
#include "base/clock.h"
#include "base/log.h"

enum { METRICS_STEPS = 50 }; /* from one line of metrics.jsonl to the next */

/* Seconds that a rate is taken over before a person sees it: usually, and at first. */
#define RECENT_SECONDS 1.0
#define FIRST_SECONDS 0.2

/* How much of the recent time each of several devices worked. */
typedef struct device_shares {
    double mark[LOCL_MAX_DEVICES]; /* seconds of work when that time began */
    double busy[LOCL_MAX_DEVICES];
    bool known;
} device_shares;

typedef struct trainer {
    locl_run *run;
    locl_loader *loader;
    locl_metrics metrics;
    locl_rate recent, line; /* of the last second or so, and since the last line */
    double speed;           /* images/s, recent */
    device_shares shares;   /* of it, in which each device worked */
    locl_watch watch;       /* for `rebalance: auto` */
    locl_snapshot snapshot;
    bool slower;        /* steps have become slower */
    atomic_bool pause;  /* the segment ends early, for that or for a snapshot */
    bool steady;        /* the first step of this process is done, so all kernels are built */
    uint64_t saved;     /* step of the last checkpoint */
    bool stands;        /* there is a checkpoint */
    bool lost;          /* a device was */
    locl_status status; /* of what failed in a handler */
    locl_error *err;
    locl_error trace; /* of the timeline's file */
} trainer;

static void rate_add(locl_rate *rate, double at, size_t images)
{
    rate->seconds += at - rate->mark;
    rate->images += (double)images;
    rate->mark = at;
}

static double rate_take(locl_rate *rate)
{
    double value = rate->seconds > 0 ? rate->images / rate->seconds : 0;
    rate->seconds = rate->images = 0;
    return value;
}

/* Takes the shares of the last `seconds`. A pipeline that was opened anew counts from 0. */
static void take_shares(device_shares *shares, const locl_run *run, double seconds)
{
    for (size_t d = 0; d < run->devices->count; d++) {
        double now = locl_pipeline_busy(run->pipeline, d), since = now - shares->mark[d];
        double worked = since < 0 ? now : since;
        shares->busy[d] = worked < seconds ? worked / seconds : 1;
        shares->known = shares->known || now > 0;
        shares->mark[d] = now;
    }
}

static void tell(trainer *t, locl_run_moment moment, const locl_result *train, const char *json)
{
    locl_run *run = t->run;
    locl_run_event event = {.moment = moment, .train = train, .json = json, .images_per_second = t->speed};
    if (t->shares.known) {
        event.busy = t->shares.busy;
        event.devices = run->devices->count;
    }
    if (t->speed > 0) {
        double left = (double)(locl_run_total_steps(run) - run->state.step) * run->config->data.batch;
        event.seconds_left = left * run->total.seconds / run->total.images;
    }
    locl_run_tell(run, &event);
}

/* Writes a line about `result` and tells of it. */
static locl_status measured(trainer *t, locl_run_moment moment, const locl_result *result, double speed,
                            locl_error *err)
{
    uint64_t epoch = (result->step - 1) / locl_run_epoch_steps(t->run) + 1;
    LOCL_TRY(locl_metrics_append(&t->metrics, locl_metrics_line(result, epoch, speed), err));
    tell(t, moment, moment == LOCL_RUN_MEASURED ? result : NULL, t->metrics.line);
    return LOCL_OK;
}

static void add_rates(trainer *t, size_t images)
{
    double at = locl_clock_seconds();
    t->run->images += (double)images;
    locl_snapshot_stepped(&t->snapshot, at, t->steady ? LOCL_STEP_USUAL : LOCL_STEP_BUILDS);
    if (!t->steady) { /* a rate that counts the building of kernels says nothing about the steps to come */
        t->steady = true;
        t->run->total.mark = t->line.mark = t->recent.mark = at;
        return;
    }
    rate_add(&t->run->total, at, images);
    rate_add(&t->line, at, images);
    rate_add(&t->recent, at, images);
    if (t->recent.seconds >= (t->speed > 0 ? RECENT_SECONDS : FIRST_SECONDS)) {
        take_shares(&t->shares, t->run, t->recent.seconds);
        t->speed = rate_take(&t->recent);
    }
}

/* Ends the segment early where another placement, or a snapshot, is due. */
static void pause_where_due(trainer *t)
{
    const locl_run *run = t->run;
    double now = locl_clock_seconds();
    t->slower = t->slower || (locl_run_may_rebalance(run) && locl_watch_step(&t->watch, now));
    bool due = locl_snapshot_due(&t->snapshot, run->config->run.snapshot_steps, run->state.step, now);
    if (t->slower || due) {
        t->pause = true;
    }
}

static void tell_starting(void *user, size_t done, size_t total)
{
    const trainer *t = user;
    locl_run_tell_building(t->run, "building kernels, first step: stage", done, total);
}

/* Adds a step's report to the tallies and rates. Called after every step, in order. */
static void add_step(void *user, const locl_step_report *report)
{
    trainer *t = user;
    locl_run_state *state = &t->run->state;
    uint64_t step = report->step + 1, epoch_steps = locl_run_epoch_steps(t->run);
    if (t->status != LOCL_OK) {
        return;
    }
    if (report->step % epoch_steps == 0) {
        locl_tally_clear(&state->epoch);
    }
    state->step = step;
    locl_tally_add(&state->epoch, report, step);
    locl_tally_add(&state->window, report, step);
    add_rates(t, report->images);
    pause_where_due(t);
    tell(t, LOCL_RUN_STEPPED, NULL, NULL);
    if (step % METRICS_STEPS == 0 || step % epoch_steps == 0) {
        locl_result result = locl_tally_result(&state->window, "train");
        t->status = measured(t, LOCL_RUN_MEASURED, &result, rate_take(&t->line), t->err);
        locl_tally_clear(&state->window);
        if (t->status != LOCL_OK) {
            locl_run_stop(t->run);
        }
    }
}

/* Keeps the state in memory, to go on from where a device is lost. */
static locl_status take_snapshot(trainer *t)
{
    return locl_snapshot_take(&t->snapshot, t->run->pipeline, &t->run->state, t->err);
}

/* Writes the snapshot as the last checkpoint. */
static locl_status write_snapshot(trainer *t)
{
    LOCL_TRY(locl_checkpoint_save(t->run->path, &t->snapshot.set, t->err));
    t->saved = t->snapshot.state.step;
    t->stands = true;
    tell(t, LOCL_RUN_SAVED, NULL, NULL);
    return LOCL_OK;
}

static locl_status save(trainer *t)
{
    LOCL_TRY(locl_metrics_sync(&t->metrics, t->err));
    LOCL_TRY(take_snapshot(t));
    return write_snapshot(t);
}

/* Saves the parameters that tested best. */
static locl_status save_best(trainer *t)
{
    locl_run *run = t->run;
    locl_arrays set = {0};
    locl_status status;
    LOCL_TRY_GOTO(status, locl_metrics_sync(&t->metrics, t->err));
    LOCL_TRY_GOTO(status, locl_pipeline_save(run->pipeline, LOCL_STORED_PARAMETERS, &set, t->err));
    LOCL_TRY_GOTO(status, locl_run_state_save(&run->state, &set, t->err));
    LOCL_TRY_GOTO(status, locl_checkpoint_save_best(run->path, &set, t->err));
fail:
    locl_arrays_free(&set);
    return status;
}

/* Tests, and keeps the parameters if they are the best. Where train.steps ends a run within an epoch, the
 * test changes nothing in the state but its own result. Such a run may be continued with a higher limit, and
 * then goes the way of one that had it from the start. */
static locl_status test(trainer *t)
{
    locl_run *run = t->run;
    locl_run_state *state = &run->state;
    locl_status status = locl_run_measure(run, LOCL_SPLIT_TEST, &run->measured, t->err);
    if (status != LOCL_OK) {
        t->err->step = (int64_t)state->step - 1; /* not the batch of the test */
        return status;
    }
    if (run->stop) {
        return LOCL_OK;
    }
    state->test = run->measured;
    locl_result result = locl_tally_result(&state->test, "test");
    bool best = state->best_step == 0 || result.classifier.error < state->best_error;
    if (best && state->step % locl_run_epoch_steps(run) == 0) {
        state->best_error = result.classifier.error;
        state->best_step = state->step;
    }
    if (best) {
        LOCL_TRY(save_best(t));
    }
    return measured(t, LOCL_RUN_TESTED, &result, LOCL_METRICS_NO_RATE, t->err);
}

/* Returns the next multiple of `every`; 0: never. */
static uint64_t after(uint64_t step, uint64_t every)
{
    return every > 0 ? (step / every + 1) * every : UINT64_MAX;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Returns up to which step to train now: the next checkpoint or snapshot, the end of an epoch, of the timeline or of the
 * run. */
static uint64_t segment_end(const locl_run *run)
{
    uint64_t step = run->state.step;
    uint64_t end =
        smaller(after(step, run->config->train.save_steps), after(step, locl_run_epoch_steps(run)));
    if (run->timeline && step < run->timeline->end) {
        end = smaller(end, run->timeline->end);
    }
    end = smaller(end, after(step, run->config->run.snapshot_steps));
    return smaller(end, locl_run_total_steps(run));
}

static locl_status train_segment(trainer *t)
{
    locl_run *run = t->run;
    uint64_t next;
    double waited, seconds;
    locl_pipeline_run segment = {.loader = t->loader,
                                 .first = run->state.step,
                                 .end = segment_end(run),
                                 .steps_per_epoch = locl_run_epoch_steps(run),
                                 .epochs = run->config->train.epochs,
                                 .stop = &run->stop,
                                 .pause = &t->pause,
                                 .handler = add_step,
                                 .starting = tell_starting,
                                 .user = t};
    run->total.mark = t->line.mark = t->recent.mark = locl_clock_seconds();
    locl_status status = locl_pipeline_train(run->pipeline, &segment, &next, t->err);
    locl_pipeline_idle(run->pipeline, &waited, &seconds);
    run->waited += waited;
    run->trained += seconds;
    locl_watch_pause(&t->watch);
    status = status == LOCL_OK ? t->status : status;
    t->pause = false;
    if (t->slower && status == LOCL_OK) {
        t->slower = false;
        status = locl_run_rebalance(run, &t->watch, t->err);
    }
    return status;
}

static locl_status interrupted(trainer *t)
{
    const locl_run *run = t->run;
    LOCL_TRY(save(t));
    locl_fail(t->err, LOCL_E_INTERRUPTED, "interrupted after step %llu of %llu, saved in %s",
              (unsigned long long)run->state.step, (unsigned long long)locl_run_total_steps(run), run->path);
    locl_remedy(t->err, "go on with: locl train --resume %s", run->path);
    return LOCL_E_INTERRUPTED;
}

static locl_status train(trainer *t)
{
    locl_run *run = t->run;
    const locl_run_state *state = &run->state;
    for (;;) {
        bool end = state->step >= locl_run_total_steps(run);
        bool epoch_end = state->step % locl_run_epoch_steps(run) == 0;
        if (state->step > 0 && (end || epoch_end) && state->test.step != state->step) {
            LOCL_TRY(test(t));
        }
        if (locl_run_complete(run)) {
            return save(t);
        }
        if (run->stop) {
            return interrupted(t);
        }
        if (state->step != t->saved && state->step % run->config->train.save_steps == 0) {
            LOCL_TRY(save(t));
        } else if (locl_snapshot_due(&t->snapshot, run->config->run.snapshot_steps, state->step,
                                     locl_clock_seconds())) {
            LOCL_TRY(take_snapshot(t));
        }
        LOCL_TRY(train_segment(t));
        if (locl_run_has_timeline(run)) {
            locl_run_write_timeline(run, &t->trace); /* the run goes on in any case */
        }
    }
}

static void tell_loaded(void *user, uint64_t number, double start, double end)
{
    const trainer *t = user;
    locl_timeline_loaded(t->run->timeline, number, start, end);
}

static locl_status open_trainer(trainer *t)
{
    locl_run *run = t->run;
    char path[PATH_MAX];
    locl_loader_options options = {.batch = run->config->data.batch,
                                   .slice = run->config->data.microbatch,
                                   .patches = run->config->model.patches,
                                   .ring = run->config->data.prefetch + LOCL_RUN_LENT,
                                   .seed = run->config->seed,
                                   .training = true,
                                   .first = run->state.step,
                                   .end = locl_run_total_steps(run),
                                   .made = run->timeline ? tell_loaded : NULL,
                                   .made_user = t};
    LOCL_TRY(locl_folder_path(run->path, "metrics.jsonl", path, t->err));
    LOCL_TRY(locl_metrics_open(path, run->state.step, run->state.test.step, &t->metrics, t->err));
    return locl_loader_open(run->data[LOCL_SPLIT_TRAIN], &options, &t->loader, t->err);
}

/* Closes what open_trainer() opened. The memory that a device without an answer may yet read stays. */
static void close_trainer(trainer *t)
{
    if (t->err->status == LOCL_E_DEADLINE) {
        locl_loader_abandon(t->loader);
    } else {
        locl_loader_close(t->loader);
    }
    t->loader = NULL;
    locl_metrics_close(&t->metrics);
}

/* Writes the line of metrics.jsonl that tells of a loss, and tells of it. */
static locl_status tell_loss(trainer *t)
{
    const json_t *used = t->run->used;
    json_t *line = json_pack("{s:s}", "kind", "devices");
    json_object_update(line, json_array_get(used, json_array_size(used) - 1));
    LOCL_TRY(locl_metrics_append(&t->metrics, line, t->err));
    tell(t, LOCL_RUN_LOST, NULL, t->metrics.line);
    return LOCL_OK;
}

/* Goes on from the snapshot without the device that *t->err says is lost. */
static locl_status recover(trainer *t)
{
    close_trainer(t);
    LOCL_TRY(locl_run_recover(t->run, &t->snapshot, t->err));
    t->err->status = LOCL_OK;
    t->steady = t->slower = false;
    t->pause = false;
    t->status = LOCL_OK;
    locl_watch_reset(&t->watch, 0, 0);
    LOCL_TRY(open_trainer(t));
    return tell_loss(t);
}

/* Trains, on fewer devices where some are lost. */
static locl_status train_on(trainer *t)
{
    locl_status status = train(t);
    while (status != LOCL_OK && t->run->config->on_device_loss == LOCL_LOSS_CONTINUE &&
           locl_run_is_loss(t->run, t->err) && t->run->devices->count > 1) {
        t->lost = true;
        status = recover(t);
        status = status == LOCL_OK ? train(t) : status;
    }
    return status;
}

/* Says from where a run that went wrong can go on. */
static void add_remedy(const trainer *t, locl_error *err)
{
    if (t->stands) {
        locl_remedy(err, "start again with a lower optimizer.lr; %s holds the parameters after %llu steps",
                    t->run->path, (unsigned long long)t->saved);
    } else {
        locl_remedy(err, "start again with a lower optimizer.lr; there was no checkpoint yet");
    }
}

/* Writes the timeline of a run that ended before all its steps were done. Returns the run's `status`, or that of a
 * timeline which could not be written. */
static locl_status end_timeline(trainer *t, locl_status status)
{
    locl_run *run = t->run;
    if (run->timeline && !run->traced) {
        locl_run_write_timeline(run, &t->trace);
    }
    if (t->trace.status != LOCL_OK && status != LOCL_OK) {
        locl_log(LOCL_LOG_WARNING, "the trace is not written: %s", t->trace.message);
    } else if (t->trace.status != LOCL_OK) {
        *t->err = t->trace;
        status = t->trace.status;
        locl_remedy(t->err, "the run itself is done and saved: locl eval %s", run->path);
    }
    return status;
}

/* Saves the snapshot of a run that ends for a lost device, unless it is the checkpoint already. */
static locl_status stop_lost(trainer *t)
{
    locl_error cause = *t->err;
    if (!t->stands || t->saved != t->snapshot.state.step) {
        LOCL_TRY(write_snapshot(t));
    }
    *t->err = cause;
    return locl_run_stop_lost(t->run, t->saved, t->err);
}

/* Returns whether a run ends for a lost device, with a snapshot to save. */
static bool ends_lost(const trainer *t, locl_status status)
{
    bool other = status == LOCL_OK || status == LOCL_E_INTERRUPTED || status == LOCL_E_IO;
    bool since = t->lost && status != LOCL_E_NUMERIC;
    return t->snapshot.set.count > 0 && !other && (since || locl_run_is_loss(t->run, t->err));
}

/* Trains a run that is not complete. */
static locl_status train_rest(trainer *t)
{
    LOCL_TRY(open_trainer(t));
    tell(t, LOCL_RUN_STARTED, NULL, NULL);
    locl_status status = take_snapshot(t);
    return status == LOCL_OK ? train_on(t) : status;
}

locl_status locl_run_train(locl_run *run, locl_error *err)
{
    LOCL_OWN_ERROR(err);
    trainer t = {.run = run, .saved = run->state.step, .stands = run->resumed, .err = err};
    locl_status status = LOCL_OK;
    if (run->purpose == LOCL_RUN_EVALUATE) {
        return locl_fail(err, LOCL_E_USAGE, "the run was opened to be evaluated, not to be trained");
    }
    *err = (locl_error){0};
    if (!locl_run_complete(run)) {
        LOCL_TRY_GOTO(status, train_rest(&t));
    }
    tell(&t, LOCL_RUN_ENDED, NULL, NULL);
fail:
    close_trainer(&t);
    if (ends_lost(&t, status)) {
        status = stop_lost(&t);
    } else if (status == LOCL_E_NUMERIC) {
        add_remedy(&t, t.err);
    }
    status = end_timeline(&t, status);
    locl_snapshot_release(&t.snapshot);
    atomic_store(&run->stop, false);
    return status;
}
