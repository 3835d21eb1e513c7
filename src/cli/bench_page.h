/* Results of benchmarks as pages. Used by bench.c. */
#ifndef LOCL_CLI_BENCH_PAGE_H
#define LOCL_CLI_BENCH_PAGE_H

#include <locl/locl.h>

#include <stdio.h>

/* Writes the results of a report as a page with pictures. LOCL_E_IO, LOCL_E_MEMORY. */
locl_status locl_bench_page(const char *path, const locl_bench_report *report, locl_error *err);
/* Writes a page that ranks the devices of several reports by their headlines. */
locl_status locl_bench_collect_page(const char *path, const locl_compare_input *input, size_t inputs,
                                    locl_error *err);

/* Draw, as SVG: what a device's rows reach, beside what its peaks allow; */
void locl_bench_draw_roofline(FILE *out, const locl_bench_report *report, const char *device);

/* and bars, one below another. */
typedef struct locl_bench_bar {
    const char *label, *unit, *colour;
    double value, low, high; /* whiskers; NAN: none */
} locl_bench_bar;
void locl_bench_draw_bars(FILE *out, const locl_bench_bar *bar, size_t bars);

#endif
