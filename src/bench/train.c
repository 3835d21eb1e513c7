/* locl bench train: how long it takes to a target error, over several seeds, and whether it takes the epochs that it
 * should. */
#include "bench/train.h"

#include "base/clock.h"
#include "base/file.h"

#include "bench/folder.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SETS = 4 };

/* Returns whether the network learns as the reference did: only where and by whom products are computed may differ. */
static bool is_comparable(const locl_bench_setup *setup)
{
    static const char *const free_to_choose[] = {"data.path=", "engine=", "tune="};
    size_t same = 0;
    for (size_t i = 0; i < setup->sets; i++) {
        for (int f = 0; f < 3; f++) {
            same += !strncmp(setup->set[i], free_to_choose[f], strlen(free_to_choose[f]));
        }
    }
    return same == setup->sets;
}

/* ---- one seed ---- */

typedef struct training {
    locl_bench_job *job;
    const locl_train_target *target;
    locl_train_outcome *out;
    locl_run *run;
    locl_mllog log;
    bool testing; /* the log is in a test */
    double began;
} training;

static void log_of_epoch(training *t, const char *type, const char *key, const char *value, uint64_t epoch)
{
    char metadata[64];
    snprintf(metadata, sizeof metadata, "\"epoch_num\": %llu", (unsigned long long)epoch);
    locl_mllog_write(&t->log, type, key, value, metadata);
}

/* Logs that an epoch's steps are over and its test begins, once. */
static void log_test(training *t, const locl_run_event *event)
{
    if (!t->testing) {
        t->testing = true;
        log_of_epoch(t, "INTERVAL_END", "epoch_stop", "null", event->epoch);
        log_of_epoch(t, "INTERVAL_START", "eval_start", "null", event->epoch);
    }
}

static void log_result(training *t, const locl_run_event *event)
{
    char value[64];
    snprintf(value, sizeof value, "%.6f", 1 - event->test->classifier.error);
    log_test(t, event);
    log_of_epoch(t, "POINT_IN_TIME", "eval_accuracy", value, event->epoch);
    log_of_epoch(t, "INTERVAL_END", "eval_stop", "null", event->epoch);
    t->testing = false;
    if (!t->out->reached && event->epoch < event->epochs) {
        log_of_epoch(t, "INTERVAL_START", "epoch_start", "null", event->epoch + 1);
    }
}

/* Looks at each test, and ends the training at the first that is good enough. */
static void see(void *user, const locl_run_event *event)
{
    training *t = user;
    char what[96];
    if (event->moment == LOCL_RUN_STARTED) {
        t->began = locl_clock_seconds();
        locl_mllog_write(&t->log, "INTERVAL_END", "init_stop", "null", "");
        locl_mllog_write(&t->log, "INTERVAL_START", "run_start", "null", "");
        log_of_epoch(t, "INTERVAL_START", "epoch_start", "null", 1);
    } else if (event->moment == LOCL_RUN_TESTING) {
        log_test(t, event);
    } else if (event->moment == LOCL_RUN_TESTED && event->test->images && !t->out->reached) {
        t->out->seconds = locl_clock_seconds() - t->began;
        t->out->epochs = (unsigned)event->epoch;
        t->out->error = event->test->classifier.error;
        t->out->reached = t->out->error <= t->target->error;
        log_result(t, event);
        snprintf(what, sizeof what, "seed %llu: error %.2f %% after epoch %u",
                 (unsigned long long)t->out->seed, 100 * t->out->error, t->out->epochs);
        locl_bench_tell(t->job, what);
        if (t->out->reached) {
            locl_run_stop(t->run);
        }
    }
}

/* Opens the run of a seed in a folder of its own, of the configuration that stands there. */
static locl_status open_run(training *t, const char *folder, const char *config, locl_error *err)
{
    const locl_bench_setup *s = t->job->setup;
    char dir[PATH_MAX], seed[40], epochs[40];
    const char **set = calloc(s->sets + SETS, sizeof *set);
    size_t sets = 0;
    if (!set) {
        return locl_fail_memory(err, (s->sets + SETS) * sizeof *set);
    }
    snprintf(dir, sizeof dir, "run.dir=%s/seed-%llu", folder, (unsigned long long)t->out->seed);
    snprintf(seed, sizeof seed, "seed=%llu", (unsigned long long)t->out->seed);
    snprintf(epochs, sizeof epochs, "train.epochs=%u", t->target->most);
    set[sets++] = seed;
    set[sets++] = epochs;
    for (size_t i = 0; i < s->sets; i++) {
        set[sets++] = s->set[i];
    }
    set[sets++] = dir;
    const locl_run_setup setup = {.config = config,
                                  .set = set,
                                  .sets = sets,
                                  .devices = t->job->device->selector,
                                  .handler = see,
                                  .user = t};
    locl_status status = locl_run_open(&setup, &t->run, err);
    free(set);
    return status;
}

static void log_begin(training *t)
{
    char text[64];
    locl_mllog_write(&t->log, "POINT_IN_TIME", "submission_benchmark", "\"locl\"", "");
    locl_mllog_write(&t->log, "POINT_IN_TIME", "submission_division", "\"open\"", "");
    locl_mllog_write(&t->log, "POINT_IN_TIME", "submission_status", "\"onprem\"", "");
    locl_mllog_write(&t->log, "POINT_IN_TIME", "submission_org", "\"\"", "");
    locl_mllog_write(&t->log, "POINT_IN_TIME", "submission_platform", "\"OpenCL\"", "");
    if (is_comparable(t->job->setup)) {
        locl_mllog_write(&t->log, "POINT_IN_TIME", "global_batch_size", "128", "");
    }
    snprintf(text, sizeof text, "%llu", (unsigned long long)t->out->seed);
    locl_mllog_write(&t->log, "POINT_IN_TIME", "seed", text, "");
    locl_mllog_write(&t->log, "INTERVAL_START", "init_start", "null", "");
}

static locl_status train(training *t, const char *folder, const char *config, locl_error *err)
{
    log_begin(t);
    locl_status status = open_run(t, folder, config, err);
    if (status == LOCL_OK) {
        status = locl_run_train(t->run, err);
        /* a training that the target ended, or whose values are none, is one that did or did not reach it */
        bool ended = status == LOCL_E_INTERRUPTED && t->out->reached;
        status = ended || status == LOCL_E_NUMERIC ? LOCL_OK : status;
    }
    locl_mllog_write(&t->log, "INTERVAL_END", "run_stop", "null",
                     t->out->reached ? "\"status\": \"success\"" : "\"status\": \"aborted\"");
    locl_run_close(t->run);
    return status;
}

/* ---- all of them ---- */

locl_train_result locl_train_result_of(const locl_train_target *target, const locl_train_outcome *outcome,
                                       size_t count)
{
    locl_train_result r = {.reached = 0};
    double sum = 0, epochs = 0, squares = 0, fastest = INFINITY, slowest = 0;
    for (size_t i = 0; i < count; i++) {
        const locl_train_outcome *o = &outcome[i];
        if (o->reached) {
            r.reached++;
            sum += o->seconds;
            epochs += o->epochs;
            squares += (double)o->epochs * o->epochs;
            fastest = fmin(fastest, o->seconds);
            slowest = fmax(slowest, o->seconds);
        }
    }
    double reached = (double)r.reached;
    r.counts = count < r.reached + 2 && r.reached > 0;
    /* one that did not reach it is the slowest */
    double dropped = r.reached < count ? fastest : fastest + slowest;
    double kept = reached - (r.reached < count ? 1 : 2);
    r.seconds = kept > 0 ? (sum - dropped) / kept : sum / reached;
    r.epochs = epochs / reached;
    r.deviation = r.reached > 1 ? sqrt(fmax(0, squares - epochs * r.epochs) / (reached - 1)) : 0;
    /* three standard errors of the difference, and the half epoch that a whole number may be off */
    double error = target->deviation * sqrt(1 / reached + 1.0 / target->reference);
    r.as_reference = r.counts && fabs(r.epochs - target->epochs) <= fmax(0.5, 3 * error);
    return r;
}

/* Says what it comes to beside the reference. */
static void add_verdict(locl_report *report, const locl_bench_setup *setup, const locl_train_target *target,
                        const locl_train_result *r)
{
    char text[200];
    if (!is_comparable(setup)) {
        locl_report_text(report, "note",
                         "not held against the reference, since --set changed what is trained");
        return;
    }
    locl_report_text(report, "learns", r->as_reference ? "as it should" : "otherwise");
    snprintf(text, sizeof text, "%s: %.2f epochs (%.2f), the reference takes %.2f (%.2f)",
             r->as_reference ? "learns as it should"
                             : "LEARNS OTHERWISE than it should, so it computes otherwise",
             r->epochs, r->deviation, target->epochs, target->deviation);
    locl_report_text(report, "note", text);
}

static void report_target(locl_bench_job *job, const locl_train_target *target,
                          const locl_train_outcome *outcome, size_t count)
{
    char name[64], text[160];
    double seconds[64];
    size_t kept = 0;
    locl_train_result r = locl_train_result_of(target, outcome, count);
    locl_report_head head = {job->device->selector, "target", "s", 0};
    snprintf(name, sizeof name, "%s to %.3g %%", target->name, 100 * target->error);
    if (!r.counts) {
        snprintf(text, sizeof text, "void: %zu of %zu seeds did not reach %.3g %% in %u epochs",
                 count - r.reached, count, 100 * target->error, target->most);
        locl_report_fail(job->report, &head, LOCL_BENCH_ERROR, text, name);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (outcome[i].reached) {
            seconds[kept++] = outcome[i].seconds;
        }
    }
    double sorted[64];
    memcpy(sorted, seconds, sizeof sorted);
    locl_spread spread = locl_spread_of(sorted, kept);
    locl_report_add(job->report, &head, &spread, LOCL_REPORT_TIME, 1, "%s", name);
    locl_report_samples(job->report, seconds, kept);
    locl_report_text(job->report, "work", target->network);
    locl_report_number(job->report, "seconds", r.seconds);
    locl_report_number(job->report, "seeds", (double)count);
    locl_report_number(job->report, "reached", (double)r.reached);
    locl_report_number(job->report, "epochs", r.epochs);
    locl_report_number(job->report, "epochs_deviation", r.deviation);
    locl_report_number(job->report, "reference_epochs", target->epochs);
    locl_report_number(job->report, "reference_deviation", target->deviation);
    add_verdict(job->report, job->setup, target, &r);
}

static locl_status train_seed(locl_bench_job *job, const locl_train_target *target, const char *folder,
                              const char *config, size_t index, locl_train_outcome *out, locl_error *err)
{
    training t = {.job = job, .target = target, .out = out};
    char prefix[PATH_MAX];
    *out = (locl_train_outcome){.seed = index + 1};
    snprintf(prefix, sizeof prefix, "%s_%s", job->setup->mllog ? job->setup->mllog : "", target->name);
    LOCL_TRY(locl_mllog_open(&t.log, job->setup->mllog ? prefix : NULL, index, err));
    locl_status status = train(&t, folder, config, err);
    locl_status closed = locl_mllog_close(&t.log, status == LOCL_OK ? err : NULL);
    return status == LOCL_OK ? closed : status;
}

static locl_status train_seeds(locl_bench_job *job, const locl_train_target *target, const char *folder,
                               locl_train_outcome *outcome, size_t count, locl_error *err)
{
    char config[PATH_MAX];
    snprintf(config, sizeof config, "%s/%s.yaml", folder, target->name);
    LOCL_TRY(locl_file_write(config, target->config, strlen(target->config), err));
    for (size_t i = 0; i < count; i++) {
        LOCL_TRY(train_seed(job, target, folder, config, i, &outcome[i], err));
    }
    return LOCL_OK;
}

/* Trains to a target. Data that are not there are a row. */
static locl_status run_target(locl_bench_job *job, const locl_train_target *target, locl_error *err)
{
    char folder[LOCL_FOLDER_PATH], name[64];
    size_t count = job->race.rounds;
    locl_train_outcome *outcome = calloc(count, sizeof *outcome);
    locl_status status =
        outcome ? locl_folder_make(folder, err) : locl_fail_memory(err, count * sizeof *outcome);
    if (status != LOCL_OK) {
        free(outcome);
        return status;
    }
    status = train_seeds(job, target, folder, outcome, count, err);
    locl_folder_remove(folder);
    if (status == LOCL_OK) {
        report_target(job, target, outcome, count);
    } else if (status == LOCL_E_DATA || status == LOCL_E_TOO_LARGE) {
        const locl_report_head head = {job->device->selector, "target", "s", 0};
        snprintf(name, sizeof name, "%s to %.3g %%", target->name, 100 * target->error);
        locl_report_fail(job->report, &head, LOCL_BENCH_SKIPPED, err->message, name);
        status = LOCL_OK;
    }
    free(outcome);
    return status;
}

locl_status locl_bench_train(locl_bench_job *job, locl_error *err)
{
    for (const locl_train_target *t = locl_train_targets; t->name; t++) {
        if (!job->setup->only || !strcmp(job->setup->only, t->name)) {
            LOCL_TRY(run_target(job, t, err));
        }
    }
    return LOCL_OK;
}
