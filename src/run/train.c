/* The training loop: segments of steps up to the end of an epoch, the test there, metrics, checkpoints. Those within a
 * segment are of what each stage has after its step, while the pipeline goes on. All that a resumed run has to know is
 * in locl_run_state. */
#include "run/train_parts.h"

#include "data/loader.h"
#include "run/checkpoint.h"
#include "run/readout.h"
#include "base/clock.h"
#include "base/log.h"

enum { METRICS_STEPS = 50 }; /* from one line of metrics.jsonl to the next */

/* Seconds that a rate is taken over before a person sees it: usually, and at first. */
#define RECENT_SECONDS 1.0
#define FIRST_SECONDS 0.2

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
static void take_shares(locl_device_shares *shares, const locl_run *run, double seconds)
{
    for (size_t d = 0; d < run->devices->count; d++) {
        double now = locl_pipeline_busy(run->pipeline, d), since = now - shares->mark[d];
        double worked = since < 0 ? now : since;
        shares->busy[d] = worked < seconds ? worked / seconds : 1;
        shares->known = shares->known || now > 0;
        shares->mark[d] = now;
    }
}

void locl_trainer_tell(locl_trainer *t, locl_run_moment moment, const locl_result *train, const char *json)
{
    locl_run *run = t->run;
    locl_run_event event = {.moment = moment, .train = train, .json = json, .images_per_second = t->speed};
    if (t->shares.known && run->devices) {
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
static locl_status measured(locl_trainer *t, locl_run_moment moment, const locl_result *result, double speed,
                            locl_error *err)
{
    uint64_t epoch = (result->step - 1) / locl_run_epoch_steps(t->run) + 1;
    LOCL_TRY(locl_metrics_append(&t->metrics, locl_metrics_line(result, epoch, speed), err));
    LOCL_TRY(locl_events_add(&t->events, result, speed, err));
    locl_trainer_tell(t, moment, moment == LOCL_RUN_MEASURED ? result : NULL, t->metrics.line);
    return LOCL_OK;
}

static void add_rates(locl_trainer *t, double at, size_t images)
{
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

/* Ends the segment early where another placement is due, and asks for a snapshot where one is. */
static void look_what_is_due(locl_trainer *t, double now)
{
    const locl_run *run = t->run;
    t->slower = t->slower || (locl_run_may_rebalance(run) && locl_watch_step(&t->watch, now));
    if (t->slower) {
        t->pause = true;
    }
    if (run->config->run.snapshot_steps == 0 && locl_snapshot_due(&t->snapshot, 0, run->state.step, now)) {
        t->keep = true;
    }
}

static void tell_starting(void *user, size_t done, size_t total)
{
    const locl_trainer *t = user;
    locl_run_tell_building(t->run, "building kernels, first step: stage", done, total);
}

/* Adds a step's report to the tallies and rates. Called after every step, in order. */
static void add_step(void *user, const locl_step_report *report)
{
    locl_trainer *t = user;
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
    add_rates(t, report->at, report->images / t->run->model.views);
    look_what_is_due(t, report->at);
    locl_trainer_tell(t, LOCL_RUN_STEPPED, NULL, NULL);
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
static locl_status take_snapshot(locl_trainer *t)
{
    return locl_snapshot_take(&t->snapshot, t->run->pipeline, &t->run->state, t->err);
}

locl_status locl_trainer_write_snapshot(locl_trainer *t)
{
    LOCL_TRY(locl_checkpoint_save(t->run->path, &t->snapshot.set, t->err));
    t->saved = t->snapshot.state.step;
    t->stands = true;
    locl_trainer_tell(t, LOCL_RUN_SAVED, NULL, NULL);
    return LOCL_OK;
}

/* Makes sure that what was measured is on the disk, before a checkpoint that goes on from there. */
static locl_status sync_measured(const locl_trainer *t)
{
    LOCL_TRY(locl_metrics_sync(&t->metrics, t->err));
    return locl_events_sync(&t->events, t->err);
}

static locl_status save(locl_trainer *t)
{
    LOCL_TRY(sync_measured(t));
    LOCL_TRY(take_snapshot(t));
    LOCL_TRY(locl_readout_append(&t->before, &t->snapshot.set, t->err));
    return locl_trainer_write_snapshot(t);
}

/* Takes the snapshot of a step within a segment, and writes it where a checkpoint is due. */
static locl_status keep_step(void *user, uint64_t step, locl_error *err)
{
    locl_trainer *t = user;
    bool writes = (step + 1) % t->run->config->train.save_steps == 0;
    locl_status status;
    if (t->status != LOCL_OK) { /* the run ends with that */
        return LOCL_OK;
    }
    if (writes) {
        LOCL_TRY_GOTO(status, sync_measured(t));
    }
    LOCL_TRY_GOTO(status, locl_snapshot_take_kept(&t->snapshot, t->run->pipeline, &t->run->state, t->err));
    if (writes) {
        LOCL_TRY_GOTO(status, locl_trainer_write_snapshot(t));
    }
    return LOCL_OK;
fail:
    *err = *t->err;
    return status;
}

/* Saves the parameters that tested best. */
static locl_status save_best(locl_trainer *t)
{
    locl_run *run = t->run;
    locl_arrays set = {0};
    locl_status status;
    LOCL_TRY_GOTO(status, sync_measured(t));
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
static locl_status test(locl_trainer *t)
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
    locl_result result = locl_run_measured(run, &state->test, "test");
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

/* Has the classifier read what was learned, where it does not learn beside it, and tests. Until both are done, a run
 * that is interrupted begins with them again: what is saved is what was there before. */
static locl_status read_and_test(locl_trainer *t)
{
    bool within = t->run->state.step % locl_run_epoch_steps(t->run) > 0;
    t->reading = locl_model_contrasts(&t->run->model);
    if (t->reading) {
        LOCL_TRY(take_snapshot(t));
        LOCL_TRY(within ? locl_readout_keep(&t->snapshot.set, &t->before, t->err) : LOCL_OK);
        LOCL_TRY(locl_run_read_out(t->run, t->err));
    }
    if (!t->run->stop) {
        LOCL_TRY(test(t));
    }
    t->reading = t->reading && t->run->stop;
    return LOCL_OK;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Returns up to which step to train now: the end of an epoch, of the timeline or of the run. */
static uint64_t segment_end(const locl_run *run)
{
    uint64_t step = run->state.step;
    uint64_t epoch = locl_run_epoch_steps(run), end = (step / epoch + 1) * epoch;
    if (run->timeline && step < run->timeline->end) {
        end = smaller(end, run->timeline->end);
    }
    return smaller(end, locl_run_total_steps(run));
}

static locl_status train_segment(locl_trainer *t)
{
    locl_run *run = t->run;
    uint64_t next;
    double waited, seconds;
    locl_pipeline_run segment = {
        .loader = t->loader,
        .first = run->state.step,
        .end = segment_end(run),
        .steps_per_epoch = locl_run_epoch_steps(run),
        .epochs = run->config->train.epochs,
        .stop = &run->stop,
        .pause = &t->pause,
        .handler = add_step,
        .starting = tell_starting,
        .kept = keep_step,
        .keep_every = {run->config->train.save_steps, run->config->run.snapshot_steps},
        .keep = &t->keep,
        .user = t};
    run->total.mark = t->line.mark = t->recent.mark = locl_clock_seconds();
    locl_status status = locl_pipeline_train(run->pipeline, &segment, &next, t->err);
    locl_pipeline_idle(run->pipeline, &waited, &seconds);
    run->waited += waited;
    run->trained += seconds;
    locl_watch_pause(&t->watch);
    status = status == LOCL_OK ? t->status : status;
    t->pause = t->keep = false;
    if (t->slower && status == LOCL_OK && !run->stop) {
        t->slower = false;
        status = locl_run_rebalance(run, &t->watch, t->err);
    }
    return status;
}

static locl_status save_interrupted(locl_trainer *t)
{
    if (!t->reading) {
        return save(t);
    }
    LOCL_TRY(sync_measured(t));
    return locl_trainer_write_snapshot(t);
}

static locl_status interrupted(locl_trainer *t)
{
    const locl_run *run = t->run;
    LOCL_TRY(save_interrupted(t));
    locl_fail(t->err, LOCL_E_INTERRUPTED, "interrupted after step %llu of %llu, saved in %s",
              (unsigned long long)run->state.step, (unsigned long long)locl_run_total_steps(run), run->path);
    locl_remedy(t->err, "go on with: locl train --resume %s", run->path);
    return LOCL_E_INTERRUPTED;
}

/* Saves where images could not be read, which ends the run: it can go on once they are there again. */
static locl_status save_failed(locl_trainer *t, const locl_error *found)
{
    const locl_run *run = t->run;
    LOCL_TRY(save_interrupted(t));
    *t->err = *found;
    locl_remedy(t->err, "%s%ssaved after step %llu; go on with: locl train --resume %s", found->remedy,
                found->remedy[0] ? "; " : "", (unsigned long long)run->state.step, run->path);
    return found->status;
}

/* Reads and tests, and saves where that fails for its images. */
static locl_status read_or_save(locl_trainer *t)
{
    locl_status status = read_and_test(t);
    const locl_error found = *t->err;
    return status == LOCL_E_DATA ? save_failed(t, &found) : status;
}

/* Trains a segment, and saves where it ends early for an image. */
static locl_status train_or_save(locl_trainer *t)
{
    locl_error found;
    LOCL_TRY(train_segment(t));
    locl_status status = locl_loader_failure(t->loader, &found);
    return status == LOCL_OK ? LOCL_OK : save_failed(t, &found);
}

static locl_status train(locl_trainer *t)
{
    locl_run *run = t->run;
    const locl_run_state *state = &run->state;
    for (;;) {
        bool end = state->step >= locl_run_total_steps(run);
        bool epoch_end = state->step % locl_run_epoch_steps(run) == 0;
        if (state->step > 0 && (end || epoch_end) && state->test.step != state->step) {
            LOCL_TRY(read_or_save(t));
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
        LOCL_TRY(train_or_save(t));
        if (locl_run_has_timeline(run)) {
            locl_run_write_timeline(run, &t->trace); /* the run goes on in any case */
        }
    }
}

static void tell_loaded(void *user, uint64_t number, double start, double end)
{
    const locl_trainer *t = user;
    locl_timeline_loaded(t->run->timeline, number, start, end);
}

locl_status locl_trainer_open(locl_trainer *t)
{
    locl_run *run = t->run;
    char path[PATH_MAX];
    locl_loader_options options = {.batch = run->config->data.batch,
                                   .views = run->model.views,
                                   .slice = run->config->data.microbatch,
                                   .patches = run->config->model.patches,
                                   .ring = run->config->data.prefetch + LOCL_RUN_LENT,
                                   .augment = &run->config->augment,
                                   .threads = run->config->data.threads,
                                   .seed = run->config->seed,
                                   .training = true,
                                   .first = run->state.step,
                                   .end = locl_run_total_steps(run),
                                   .made = run->timeline ? tell_loaded : NULL,
                                   .made_user = t};
    LOCL_TRY(locl_folder_path(run->path, "metrics.jsonl", path, t->err));
    LOCL_TRY(locl_metrics_open(path, run->state.step, run->state.test.step, &t->metrics, t->err));
    if (run->config->run.tensorboard) {
        LOCL_TRY(locl_events_open(run->path, run->state.step, run->state.test.step, &t->events, t->err));
    }
    return locl_loader_open(run->data[LOCL_SPLIT_TRAIN], &options, &t->loader, t->err);
}

void locl_trainer_close(locl_trainer *t)
{
    if (t->err->status == LOCL_E_DEADLINE) {
        locl_loader_abandon(t->loader);
    } else {
        locl_loader_close(t->loader);
    }
    t->loader = NULL;
    locl_metrics_close(&t->metrics);
    locl_events_close(&t->events);
}

/* Trains, on fewer devices where some are lost. */
static locl_status train_on(locl_trainer *t)
{
    locl_status status = train(t);
    while (status != LOCL_OK && t->run->config->on_device_loss == LOCL_LOSS_CONTINUE &&
           locl_run_is_loss(t->run, t->err) && t->run->devices->count > 1) {
        t->lost = true;
        status = locl_trainer_recover(t);
        status = status == LOCL_OK ? train(t) : status;
    }
    return status;
}

/* Says from where a run that went wrong can go on. */
static void add_remedy(const locl_trainer *t, locl_error *err)
{
    if (t->stands) {
        locl_remedy(err, "start again with a lower optimizer.lr; %s holds the parameters after %llu steps",
                    t->run->path, (unsigned long long)t->saved);
    } else {
        locl_remedy(err, "start again with a lower optimizer.lr; there was no checkpoint yet");
    }
}

/* Trains a run that is not complete. */
static locl_status train_rest(locl_trainer *t)
{
    LOCL_TRY(locl_trainer_open(t));
    locl_trainer_tell(t, LOCL_RUN_STARTED, NULL, NULL);
    locl_status status = take_snapshot(t);
    return status == LOCL_OK ? train_on(t) : status;
}

/* Writes the timeline of a run that ended before all its steps were done. Returns the run's `status`, or that of a
 * timeline which could not be written. */
static locl_status end_timeline(locl_trainer *t, locl_status status)
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

locl_status locl_run_train(locl_run *run, locl_error *err)
{
    LOCL_OWN_ERROR(err);
    locl_trainer t = {.run = run, .saved = run->state.step, .stands = run->resumed, .err = err};
    locl_status status = LOCL_OK;
    if (run->purpose == LOCL_RUN_EVALUATE) {
        return locl_fail(err, LOCL_E_USAGE, "the run was opened to be evaluated, not to be trained");
    }
    *err = (locl_error){0};
    if (!locl_run_complete(run)) {
        LOCL_TRY(locl_run_check_devices(run, err));
        LOCL_TRY_GOTO(status, train_rest(&t));
    }
    locl_trainer_tell(&t, LOCL_RUN_ENDED, NULL, NULL);
fail:
    locl_trainer_close(&t);
    if (locl_trainer_ends_lost(&t, status)) {
        status = locl_trainer_stop_lost(&t);
    } else if (status == LOCL_E_NUMERIC) {
        add_remedy(&t, t.err);
    }
    status = end_timeline(&t, status);
    locl_snapshot_release(&t.snapshot);
    locl_arrays_free(&t.before);
    atomic_store(&run->stop, false);
    return status;
}
