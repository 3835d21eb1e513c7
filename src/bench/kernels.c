#include "bench/kernels.h"

#include <stdlib.h>
#include <string.h>

/* A kernel, or a call of a library, of all blocks. The profile's sums go on; a sample is what was added. */
typedef struct kernel {
    const char *name;
    locl_profile_row before, now; /* sums */
    double *seconds;              /* [rounds] of a step */
    locl_spread spread;
} kernel;

typedef struct table {
    kernel *list; /* [count] */
    size_t count, rounds;
} table;

static kernel *find(table *all, const locl_profile_row *row)
{
    for (size_t i = 0; i < all->count; i++) {
        if (!strcmp(all->list[i].name, row->kernel)) {
            return &all->list[i];
        }
    }
    kernel *grown = realloc(all->list, (all->count + 1) * sizeof *grown);
    double *seconds = calloc(all->rounds + 1, sizeof *seconds);
    all->list = grown ? grown : all->list;
    if (!grown || !seconds) {
        free(seconds);
        return NULL;
    }
    grown[all->count] = (kernel){.name = row->kernel, .seconds = seconds};
    return &grown[all->count++];
}

/* Reads the profile as it is now. */
static locl_status read_profile(table *all, const locl_pipeline *pipeline, locl_error *err)
{
    for (size_t i = 0; i < all->count; i++) {
        all->list[i].before = all->list[i].now;
        all->list[i].now = (locl_profile_row){0};
    }
    for (size_t s = 0; s < locl_pipeline_stages(pipeline); s++) {
        const locl_profile_row *row;
        for (size_t i = locl_pipeline_profile(pipeline, s, &row); i-- > 0; row++) {
            kernel *k = find(all, row);
            if (!k) {
                return locl_fail_memory(err, sizeof *k);
            }
            k->now.seconds += row->seconds;
            k->now.flops += row->flops;
            k->now.bytes += row->bytes;
            k->now.launches += row->launches;
        }
    }
    return LOCL_OK;
}

/* Takes the samples, after a warm-up. */
static locl_status measure(table *all, locl_pipeline *pipeline, const locl_bench_training *t, size_t steps,
                           locl_bench_job *job, locl_error *err)
{
    double seconds;
    LOCL_TRY(locl_bench_training_run(t, pipeline, 2, &seconds, err));
    LOCL_TRY(read_profile(all, pipeline, err));
    for (size_t round = 0; round < all->rounds; round++) {
        LOCL_TRY(locl_bench_training_run(t, pipeline, steps, &seconds, err));
        LOCL_TRY(read_profile(all, pipeline, err));
        for (size_t i = 0; i < all->count; i++) {
            kernel *k = &all->list[i];
            k->seconds[round] = (k->now.seconds - k->before.seconds) / (double)steps;
        }
        job->race.tell(job, round + 1, all->rounds);
    }
    return LOCL_OK;
}

static int slower_first(const void *a, const void *b)
{
    double x = ((const kernel *)a)->spread.median, y = ((const kernel *)b)->spread.median;
    return (x < y) - (x > y);
}

/* Adds a kernel's row. `whole`: seconds of all kernels. */
static void add_row(const locl_bench_job *job, const kernel *k, size_t steps, double whole,
                    const locl_peak *peaks)
{
    locl_report *report = job->report;
    double flops = (k->now.flops - k->before.flops) / (double)steps,
           bytes = (k->now.bytes - k->before.bytes) / (double)steps, median = k->spread.median;
    double floor = locl_peak_floor(peaks, flops, bytes, 0);
    const locl_report_head head = {job->device->selector, "kernel", "ms", median > 0 ? floor / median : 0};
    locl_report_add(report, &head, &k->spread, LOCL_REPORT_TIME, 1e3, "%s", k->name);
    locl_report_number(report, "launches", (double)(k->now.launches - k->before.launches) / (double)steps);
    locl_report_number(report, "flops", flops);
    locl_report_number(report, "bytes", bytes);
    locl_report_number(report, "floor", 1e3 * floor);
    if (median > 0) {
        locl_report_number(report, "gflop_per_second", 1e-9 * flops / median);
        locl_report_number(report, "gb_per_second", 1e-9 * bytes / median);
    }
    locl_report_number(report, "share", whole > 0 ? median / whole : 0);
}

static void add_rows(const locl_bench_job *job, table *all, size_t steps, const locl_peak *peaks)
{
    double whole = 0;
    for (size_t i = 0; i < all->count; i++) {
        all->list[i].spread = locl_spread_of(all->list[i].seconds, all->rounds);
        whole += all->list[i].spread.median;
    }
    qsort(all->list, all->count, sizeof *all->list, slower_first);
    for (size_t i = 0; i < all->count; i++) {
        add_row(job, &all->list[i], steps, whole, peaks);
    }
}

locl_status locl_bench_step_kernels(locl_bench_job *job, const locl_bench_training *t, size_t steps,
                                    const locl_peak *peaks, locl_error *err)
{
    table all = {.rounds = job->race.rounds};
    locl_pipeline *pipeline = NULL;
    locl_pipeline_options options = locl_bench_training_options(t);
    options.profile = true;
    locl_status status;
    LOCL_TRY_GOTO(status, locl_pipeline_open(&options, job->devices, &pipeline, err));
    LOCL_TRY_GOTO(status, measure(&all, pipeline, t, steps, job, err));
    add_rows(job, &all, steps, peaks);
fail:
    for (size_t i = 0; i < all.count; i++) {
        free(all.list[i].seconds);
    }
    free(all.list);
    locl_pipeline_close(pipeline);
    return status;
}
