/* The readout of contrast (SPEC 7): after an epoch, the classifier alone is trained for one on features of images as
 * they are. Blocks are evaluated, as for a test, and learn nothing. */
#include "run/readout.h"

#include "run/run.h"

#include "data/loader.h"

#include <string.h>

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

/* Opens the loader of the readout after the steps done so far. Images have the order of the epoch that ended; fewer
 * than a step takes are one batch. */
static locl_status open_loader(const locl_run *run, locl_loader **out, locl_error *err)
{
    const locl_dataset *data = run->data[LOCL_SPLIT_TRAIN];
    size_t rows = run->config->data.batch * run->model.views;
    uint64_t epoch = (run->state.step - 1) / locl_run_epoch_steps(run), batches = data->n / rows;
    locl_loader_options options = {.batch = rows,
                                   .patches = run->config->model.patches,
                                   .ring = run->config->data.prefetch + LOCL_RUN_LENT,
                                   .threads = run->config->data.threads,
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
    return locl_run_end_pass(run, loader, status, "the readout", err);
}

/* What a checkpoint has beside the classifier: how that was before a readout that the run's end within an epoch
 * added. */
static const char *const before[][2] = {{"classifier.weight", "classifier.weight.before"},
                                        {"classifier.bias", "classifier.bias.before"}};
enum { CLASSIFIER_TENSORS = sizeof before / sizeof before[0] };

/* Adds a copy of an array under another name. */
static locl_status add_copy(const locl_array *from, const char *name, locl_arrays *out, locl_error *err)
{
    locl_array *to = locl_arrays_add(out, name, from->dtype, from->rank, from->dim, err);
    if (!to) {
        return err->status;
    }
    memcpy(to->data, from->data, locl_array_bytes(from));
    return LOCL_OK;
}

locl_status locl_readout_keep(const locl_arrays *set, locl_arrays *out, locl_error *err)
{
    for (size_t i = 0; i < CLASSIFIER_TENSORS; i++) {
        const locl_array *array = locl_arrays_find(set, before[i][0]);
        if (array) {
            LOCL_TRY(add_copy(array, before[i][1], out, err));
        }
    }
    return LOCL_OK;
}

locl_status locl_readout_append(const locl_arrays *kept, locl_arrays *set, locl_error *err)
{
    for (size_t i = 0; i < kept->count; i++) {
        LOCL_TRY(add_copy(kept->array[i], kept->array[i]->name, set, err));
    }
    return LOCL_OK;
}

void locl_readout_take_back(locl_arrays *set, locl_readout_part part)
{
    for (size_t i = 0; i < CLASSIFIER_TENSORS; i++) {
        locl_array *now = locl_arrays_find(set, before[i][0]), *then = locl_arrays_find(set, before[i][1]);
        if (now && then && part == LOCL_READOUT_UNDONE && now->count == then->count) {
            memcpy(now->data, then->data, locl_array_bytes(now));
        }
        locl_arrays_drop(set, before[i][1]);
    }
}
