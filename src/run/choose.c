#include "run/run.h"

#include "base/clock.h"
#include "base/log.h"
#include "run/tune.h"

#include <math.h>

static void tell_measuring(void *user, size_t done, size_t total)
{
    locl_run_tell_building(user, "measuring products", done, total);
}

/* Says what was chosen from where. */
static void log_tuning(const locl_tune_list *list, size_t devices, double seconds)
{
    size_t count[3] = {0}, other = 0;
    for (size_t d = 0; d < devices; d++) {
        for (size_t i = 0; i < list[d].count; i++) {
            const locl_tune_result *r = &list[d].result[i];
            count[r->source]++;
            other += r->choice.solver != r->own.solver || !locl_gemm_same_cut(&r->choice.cut, &r->own.cut);
        }
    }
    locl_log(
        LOCL_LOG_INFO,
        "products: %zu known from the store, %zu measured, %zu not, in %.1f s; %zu computed otherwise than "
        "unmeasured ones",
        count[LOCL_TUNE_STORED], count[LOCL_TUNE_MEASURED], count[LOCL_TUNE_UNMEASURED], seconds, other);
}

/* Returns the run's steps, also where its images are not read yet: then as of CIFAR-10's. */
static double expected_steps(const locl_run *run)
{
    const double usual_images = 50000;
    const locl_config *config = run->config;
    double images = run->data[LOCL_SPLIT_TRAIN] ? (double)run->data[LOCL_SPLIT_TRAIN]->n : usual_images;
    double steps = floor(images / config->data.batch) * config->train.epochs;
    double limit = (double)config->train.steps;
    return limit > 0 && limit < steps ? limit : fmax(steps, 1);
}

locl_status locl_run_choose_products(locl_run *run, const locl_pipeline_options *pipeline, locl_error *err)
{
    locl_tune_effort effort = run->config->tune;
    bool quick = effort == LOCL_TUNE_QUICK;
    locl_tune_options options = {.effort = effort,
                                 .seconds = quick ? LOCL_TUNE_SECONDS : 0,
                                 .steps = quick ? expected_steps(run) : 0,
                                 .tell = run->handler ? tell_measuring : NULL,
                                 .user = run};
    locl_tune_list *list;
    double start = locl_clock_seconds();
    if (effort == LOCL_TUNE_OFF) {
        return LOCL_OK;
    }
    LOCL_TRY(locl_run_tune_list(&options, pipeline, run->devices, &list, err));
    log_tuning(list, run->devices->count, locl_clock_seconds() - start);
    run->plan.products = locl_run_tune_choices(list, run->devices->count);
    run->plan.devices = run->devices->count;
    locl_run_tune_free(list, run->devices->count);
    return run->plan.products ? LOCL_OK
                              : locl_fail_memory(err, run->plan.devices * sizeof *run->plan.products);
}
