#include "cli/report.h"

#include "run/run.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* The same kernel in the same section of all stages, in one row. */
static size_t merge(const locl_pipeline *pipeline, locl_profile_row *row, size_t capacity)
{
    size_t count = 0;
    for (size_t s = 0; s < locl_pipeline_stages(pipeline); s++) {
        const locl_profile_row *from;
        size_t n = locl_pipeline_profile(pipeline, s, &from), k;
        for (size_t i = 0; i < n; i++) {
            for (k = 0; k < count; k++) {
                if (!strcmp(row[k].section, from[i].section) && !strcmp(row[k].kernel, from[i].kernel)) {
                    row[k].seconds += from[i].seconds;
                    row[k].flops += from[i].flops;
                    row[k].bytes += from[i].bytes;
                    row[k].launches += from[i].launches;
                    break;
                }
            }
            if (k == count && count < capacity) {
                row[count++] = from[i];
            }
        }
    }
    return count;
}

static int slower_first(const void *a, const void *b)
{
    double x = ((const locl_profile_row *)a)->seconds, y = ((const locl_profile_row *)b)->seconds;
    return (x < y) - (x > y);
}

static double rate(double amount, double seconds)
{
    return seconds > 0 ? amount / seconds / 1e9 : 0;
}

static void print_rows(FILE *out, const locl_profile_row *row, size_t count, double steps)
{
    double seconds = 0, flops = 0;
    fprintf(out, "\n%-16s %-32s %9s %10s %9s %8s %7s\n", "section", "kernel", "launches", "ms/step",
            "GFLOP/s", "GB/s", "share");
    for (size_t i = 0; i < count; i++) {
        seconds += row[i].seconds;
        flops += row[i].flops;
    }
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "%-16s %-32s %9.1f %10.4f %9.1f %8.1f %5.1f %%\n", row[i].section, row[i].kernel,
                (double)row[i].launches / steps, 1e3 * row[i].seconds / steps,
                rate(row[i].flops, row[i].seconds), rate(row[i].bytes, row[i].seconds),
                seconds > 0 ? 100 * row[i].seconds / seconds : 0);
    }
    fprintf(out, "%-16s %-32s %9s %10.4f %9.1f\n", "all", "", "", 1e3 * seconds / steps,
            rate(flops, seconds));
}

void locl_profile_print(FILE *out, const locl_run *run, uint64_t steps)
{
    struct rusage usage;
    size_t capacity = 0;
    double flops = 0;
    if (!run->pipeline || steps == 0) {
        return;
    }
    for (size_t s = 0; s < locl_pipeline_stages(run->pipeline); s++) {
        const locl_profile_row *rows;
        capacity += locl_pipeline_profile(run->pipeline, s, &rows);
        flops += locl_pipeline_stage_info(run->pipeline, s).flops;
    }
    locl_profile_row *row = calloc(capacity + 1, sizeof *row);
    if (row) {
        size_t count = merge(run->pipeline, row, capacity);
        qsort(row, count, sizeof *row, slower_first);
        print_rows(out, row, count, (double)steps);
        free(row);
    }
    fprintf(out, "\n%.3f GFLOP per step, counted by hand\n", flops / 1e9);
    for (size_t i = 0; i < run->devices->count; i++) {
        const locl_device *device = run->devices->device[i];
        size_t state = 0;
        for (size_t s = 0; s < locl_pipeline_stages(run->pipeline); s++) {
            locl_stage_info info = locl_pipeline_stage_info(run->pipeline, s);
            state += info.device == i ? info.state_bytes : 0;
        }
        fprintf(out, "device %zu, %s (%s): workspace %.1f MiB, stages' own %.1f MiB\n", i, device->name,
                device->selector, (double)locl_pipeline_workspace_bytes(run->pipeline, i) / 1048576,
                (double)state / 1048576);
    }
    if (getrusage(RUSAGE_SELF, &usage) == 0) {
        fprintf(out, "resident memory at most %.1f MiB\n", (double)usage.ru_maxrss / 1024);
    }
}
