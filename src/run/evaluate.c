#include "run/run.h"

#include "data/loader.h"

#include <string.h>

typedef struct measure {
    locl_run *run;
    locl_tally *tally;
    size_t total;
} measure;

static void add_batch(void *user, const locl_step_report *report)
{
    measure *m = user;
    locl_tally_add(m->tally, report, m->run->state.step);
    locl_run_event event = {.moment = LOCL_RUN_TESTING, .done = (size_t)m->tally->images, .total = m->total};
    locl_run_tell(m->run, &event);
}

static void tell_starting(void *user, size_t done, size_t total)
{
    const measure *m = user;
    locl_run_tell_building(m->run, "building kernels, first test batch: stage", done, total);
}

locl_status locl_run_end_pass(const locl_run *run, locl_loader *loader, locl_status status, const char *when,
                              locl_error *err)
{
    if (status == LOCL_OK) {
        status = locl_loader_failure(loader, err);
    }
    if (status == LOCL_E_DEADLINE) {
        locl_loader_abandon(loader);
    } else {
        locl_loader_close(loader);
    }
    if (status != LOCL_OK) {
        locl_error_where(err, "%s after step %llu", when, (unsigned long long)run->state.step);
    }
    return status;
}

locl_status locl_run_measure(locl_run *run, locl_split split, locl_tally *tally, locl_error *err)
{
    const locl_dataset *data = run->data[split];
    locl_loader_options options = {.batch = run->config->data.batch * run->model.views, /* rows of a step */
                                   .slice = run->config->data.microbatch * run->model.views,
                                   .patches = run->config->model.patches,
                                   .ring = run->config->data.prefetch + LOCL_RUN_LENT,
                                   .seed = run->config->seed,
                                   .threads = run->config->data.threads};
    locl_loader *loader;
    measure m = {run, tally, data->n};
    locl_tally_clear(tally);
    LOCL_TRY(locl_loader_open(data, &options, &loader, err));
    locl_pipeline_run pass = {
        .loader = loader, .stop = &run->stop, .handler = add_batch, .starting = tell_starting, .user = &m};
    locl_status status = locl_pipeline_evaluate(run->pipeline, &pass, err);
    LOCL_TRY(locl_run_end_pass(run, loader, status, "evaluating", err));
    if (tally->images != data->n && !run->stop) {
        return locl_fail(err, LOCL_E_FAILED, "only %llu of %zu images were evaluated",
                         (unsigned long long)tally->images, data->n);
    }
    return LOCL_OK;
}

locl_status locl_run_evaluate(locl_run *run, const char *split, locl_result *out, locl_error *err)
{
    LOCL_OWN_ERROR(err);
    bool train = !strcmp(split, "train"), test = !strcmp(split, "test");
    if (!train && !test) {
        return locl_fail(err, LOCL_E_USAGE, "split %s: should be test or train", split);
    }
    LOCL_TRY(locl_run_prepare(run, train ? LOCL_RUN_TRAIN_SET : LOCL_RUN_TEST_SET, err));
    locl_status status =
        locl_run_measure(run, train ? LOCL_SPLIT_TRAIN : LOCL_SPLIT_TEST, &run->measured, err);
    bool stopped = atomic_exchange(&run->stop, false);
    LOCL_TRY(status);
    if (stopped) {
        return locl_fail(err, LOCL_E_INTERRUPTED, "the evaluation was interrupted");
    }
    *out = locl_run_measured(run, &run->measured, train ? "train" : "test"); /* not the caller's text */
    return LOCL_OK;
}
