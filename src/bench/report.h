/* A report that is put together row by row. Included by src/bench alone. */
#ifndef LOCL_BENCH_REPORT_H
#define LOCL_BENCH_REPORT_H

#include "base/error.h"
#include "check/race.h"
#include "device/device.h"
#include "locl/bench.h"

typedef struct locl_report {
    locl_bench_report public; /* first: what the caller gets */
    locl_bench_row *row;      /* [public.rows] */
    locl_bench_device *device;
    char *config;
    bool failed; /* memory ran out, which sticks */
} locl_report;

/* Makes an empty report, which locl_bench_free(&out->public) frees. */
locl_status locl_report_open(locl_bench_kind kind, const char *config, locl_report **out, locl_error *err);
void locl_report_add_device(locl_report *report, const locl_device *device);
/* Returns LOCL_E_MEMORY where something could not be added. */
locl_status locl_report_status(const locl_report *report, locl_error *err);

/* What the figures of a row are made from. */
typedef struct locl_report_head {
    const char *device, *kind, *unit;
    double fraction;
} locl_report_head;

/* Figures of a row are `scale` times the seconds of the samples, or `scale` over them. */
typedef enum locl_report_sense { LOCL_REPORT_TIME, LOCL_REPORT_RATE } locl_report_sense;
/* Adds a row. */
void locl_report_add(locl_report *report, const locl_report_head *head, const locl_spread *seconds,
                     locl_report_sense sense, double scale, const char *name_format, ...) LOCL_PRINTF(6, 7);
/* Adds a field to the last row. `name` outlives the report, `text` is copied. */
void locl_report_number(locl_report *report, const char *name, double value);
void locl_report_text(locl_report *report, const char *name, const char *text);

#endif
