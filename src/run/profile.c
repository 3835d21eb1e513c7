/* locl_run_profile(): where the time of a run's steps goes */
#include "run/run.h"

#include <stdlib.h>
#include <string.h>

/* Adds a row to the one of the same kernel in the same section, or as a new one. */
static void add(locl_profile *profile, locl_profile_kernel *kernel, const locl_profile_row *row)
{
    size_t k = 0;
    while (k < profile->kernels &&
           (strcmp(kernel[k].section, row->section) != 0 || strcmp(kernel[k].kernel, row->kernel) != 0)) {
        k++;
    }
    if (k == profile->kernels) {
        kernel[k] = (locl_profile_kernel){.section = row->section, .kernel = row->kernel};
        profile->kernels++;
    }
    kernel[k].seconds += row->seconds;
    kernel[k].flops += row->flops;
    kernel[k].bytes += row->bytes;
    kernel[k].launches += row->launches;
}

static int slower_first(const void *a, const void *b)
{
    double x = ((const locl_profile_kernel *)a)->seconds, y = ((const locl_profile_kernel *)b)->seconds;
    return (x < y) - (x > y);
}

locl_status locl_run_profile(const locl_run *run, locl_profile **out, locl_error *err)
{
    LOCL_OWN_ERROR(err);
    const locl_profile_row *rows;
    size_t stages = run->pipeline ? locl_pipeline_stages(run->pipeline) : 0, most = 0;
    for (size_t s = 0; s < stages; s++) {
        most += locl_pipeline_profile(run->pipeline, s, &rows);
    }
    locl_profile *profile = calloc(1, sizeof *profile);
    locl_profile_kernel *kernel = calloc(most + 1, sizeof *kernel);
    *out = profile && kernel ? profile : NULL;
    if (!*out) {
        free(profile);
        free(kernel);
        return locl_fail_memory(err, (most + 1) * sizeof *kernel);
    }
    profile->steps = run->state.step - run->opened;
    profile->kernel = kernel;
    for (size_t s = 0; s < stages; s++) {
        size_t count = locl_pipeline_profile(run->pipeline, s, &rows);
        for (size_t i = 0; i < count; i++) {
            add(profile, kernel, &rows[i]);
        }
        profile->flops += locl_pipeline_stage_info(run->pipeline, s).flops;
    }
    qsort(kernel, profile->kernels, sizeof *kernel, slower_first);
    return LOCL_OK;
}

void locl_profile_free(locl_profile *profile)
{
    if (profile) {
        free((void *)profile->kernel);
        free(profile);
    }
}
