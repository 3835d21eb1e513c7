/* The row that stands for a device, and its line. */
#include "locl/bench.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char preferred[] = "M/8/16";

static bool stands(const locl_bench_row *row, const char *device)
{
    return row->outcome == LOCL_BENCH_DONE && !strcmp(row->kind, "train") && !strcmp(row->device, device) &&
           locl_bench_number(row, "images_per_second") > 0;
}

const locl_bench_row *locl_bench_headline(const locl_bench_report *report, const char *device)
{
    const locl_bench_row *best = NULL;
    for (size_t i = 0; i < report->rows; i++) {
        const locl_bench_row *row = &report->row[i];
        if (!stands(row, device)) {
            continue;
        }
        if (!strcmp(row->name, preferred)) {
            return row;
        }
        best = !best || locl_bench_number(row, "flops") > locl_bench_number(best, "flops") ? row : best;
    }
    return best;
}

void locl_bench_headline_text(const locl_bench_report *report, const locl_bench_row *row, char *out,
                              size_t size)
{
    const char *name = "?";
    for (size_t i = 0; i < report->devices; i++) {
        name = !strcmp(report->device[i].device, row->device) ? report->device[i].name : name;
    }
    snprintf(out, size, "locl-bench: images/s %.1f %s device %s of-peak %.3f %s",
             locl_bench_number(row, "images_per_second"), row->name, row->device, row->peak_fraction, name);
}
