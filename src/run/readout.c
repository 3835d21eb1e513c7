/* The readout of contrast (SPEC 7): after an epoch, the classifier alone is trained for one on features of images as they
 * are. Blocks are evaluated, as for a test, and learn nothing. */
#include "run/run.h"

#include "data/loader.h"

static void tell_batch(void *user, const locl_step_report *report)
{
    locl_run *run = user;
    size_t rows = run->config->data.batch * run->model.views, all = run->data[LOCL_SPLIT_TRAIN]->n;
    locl_run_event event = {.moment = LOCL_RUN_TESTING, .done = (size_t)report->step * rows, .total = all};
    locl_run_tell(run, &event);
}

static void tell_starting(void *user, size_t done, size_t total)
{
    locl_run_tell_building(user, "building kernels, first batch of the readout: stage", done, total);
}

/* Opens the loader of the readout after the steps done so far. Images have the order of the epoch that ended; fewer than
 * a step takes are one batch. */
static locl_status open_loader(const locl_run *run, locl_loader **out, locl_error *err)
{
    const locl_dataset *data = run->data[LOCL_SPLIT_TRAIN];
    size_t rows = run->config->data.batch * run->model.views;
    uint64_t epoch = (run->state.step - 1) / locl_run_epoch_steps(run), batches = data->n / rows;
    locl_loader_options options = {.batch = rows,
                                   .patches = run->config->model.patches,
                                   .ring = run->config->data.prefetch + LOCL_RUN_LENT,
                                   .seed = run->config->seed,
                                   .training = batches > 0,
                                   .first = epoch * batches,
                                   .end = (epoch + 1) * batches};
    return locl_loader_open(data, &options, out, err);
}

locl_status locl_run_read_out(locl_run *run, locl_error *err)
{
    locl_loader *loader;
    LOCL_TRY(open_loader(run, &loader, err));
    locl_pipeline_run pass = {
        .loader = loader, .stop = &run->stop, .handler = tell_batch, .starting = tell_starting, .user = run};
    locl_status status = locl_pipeline_read_out(run->pipeline, &pass, err);
    if (status == LOCL_E_DEADLINE) {
        locl_loader_abandon(loader); /* the device may yet read from it */
    } else {
        locl_loader_close(loader);
    }
    if (status != LOCL_OK) {
        locl_error_where(err, "the readout after step %llu", (unsigned long long)run->state.step);
    }
    return status;
}
