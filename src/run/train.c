/* The training loop: segments of steps up to the next checkpoint or end of an epoch, the test at an epoch's
 * end, metrics, checkpoints. All that a resumed run has to know is in locl_run_state. */
#include "run/run.h"

#include "data/loader.h"
#include "run/checkpoint.h"
#include "run/metrics.h"
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
    atomic_bool pause;      /* steps have become slower: the segment ends early */
    bool steady;            /* the first step of this process is done, so all kernels are built */
    uint64_t saved;         /* step of the last checkpoint */
    locl_status status;     /* of what failed in a handler */
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
    if (locl_run_may_rebalance(t->run) && locl_watch_step(&t->watch, locl_clock_seconds())) {
        t->pause = true;
    }
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

/* Which checkpoint: the one to go on from, or the parameters that tested best. */
typedef enum checkpoint { CHECKPOINT_LAST, CHECKPOINT_BEST } checkpoint;

static locl_status save(trainer *t, checkpoint which)
{
    bool best = which == CHECKPOINT_BEST;
    locl_run *run = t->run;
    locl_arrays set = {0};
    locl_status status;
    LOCL_TRY_GOTO(status, locl_metrics_sync(&t->metrics, t->err));
    LOCL_TRY_GOTO(status, locl_pipeline_save(run->pipeline, best ? LOCL_STORED_PARAMETERS : LOCL_STORED_ALL,
                                             &set, t->err));
    LOCL_TRY_GOTO(status, locl_run_state_save(&run->state, &set, t->err));
    if (best) {
        LOCL_TRY_GOTO(status, locl_checkpoint_save_best(run->path, &set, t->err));
    } else {
        LOCL_TRY_GOTO(status, locl_checkpoint_save(run->path, &set, t->err));
        t->saved = run->state.step;
        tell(t, LOCL_RUN_SAVED, NULL, NULL);
    }
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
    LOCL_TRY(locl_run_measure(run, LOCL_SPLIT_TEST, &run->measured, t->err));
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
        LOCL_TRY(save(t, CHECKPOINT_BEST));
    }
    return measured(t, LOCL_RUN_TESTED, &result, LOCL_METRICS_NO_RATE, t->err);
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Returns up to which step to train now: the next checkpoint, the end of an epoch, of the timeline or of the run. */
static uint64_t segment_end(const locl_run *run)
{
    uint64_t step = run->state.step, epoch = locl_run_epoch_steps(run), every = run->config->train.save_steps;
    uint64_t save = (step / every + 1) * every, end = smaller(save, (step / epoch + 1) * epoch);
    if (run->timeline && step < run->timeline->end) {
        end = smaller(end, run->timeline->end);
    }
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
    if (t->pause && status == LOCL_OK) {
        t->pause = false;
        status = locl_run_rebalance(run, &t->watch, t->err);
    }
    return status;
}

static locl_status interrupted(trainer *t)
{
    const locl_run *run = t->run;
    LOCL_TRY(save(t, CHECKPOINT_LAST));
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
            return save(t, CHECKPOINT_LAST);
        }
        if (run->stop) {
            return interrupted(t);
        }
        if (state->step != t->saved && state->step % run->config->train.save_steps == 0) {
            LOCL_TRY(save(t, CHECKPOINT_LAST));
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

/* Says from where a run that went wrong can go on. */
static void add_remedy(const trainer *t, locl_error *err)
{
    if (t->run->resumed || t->saved > 0) {
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

locl_status locl_run_train(locl_run *run, locl_error *err)
{
    LOCL_OWN_ERROR(err);
    trainer t = {.run = run, .saved = run->state.step, .err = err};
    locl_status status = LOCL_OK;
    if (run->purpose == LOCL_RUN_EVALUATE) {
        return locl_fail(err, LOCL_E_USAGE, "the run was opened to be evaluated, not to be trained");
    }
    if (!locl_run_complete(run)) {
        LOCL_TRY_GOTO(status, open_trainer(&t));
        tell(&t, LOCL_RUN_STARTED, NULL, NULL);
        LOCL_TRY_GOTO(status, train(&t));
    }
    tell(&t, LOCL_RUN_ENDED, NULL, NULL);
fail:
    if (status == LOCL_E_NUMERIC) {
        add_remedy(&t, t.err);
    }
    locl_loader_close(t.loader);
    locl_metrics_close(&t.metrics);
    status = end_timeline(&t, status);
    atomic_store(&run->stop, false);
    return status;
}
