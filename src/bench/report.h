/* A report that is put together row by row. Included by src/bench alone. */
#ifndef LOCL_BENCH_REPORT_H
#define LOCL_BENCH_REPORT_H

#include "base/error.h"
#include "bench/fields.h"
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
/* Adds a device that is filled in but for its fields, and returns it; NULL once memory ran out. */
locl_bench_device *locl_report_put_device(locl_report *report, const locl_bench_device *device);
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
/* Adds a row as it is, but for fields, reason and samples, which stay empty. */
void locl_report_put(locl_report *report, const locl_bench_row *row);
/* Adds a row that has no figures, and says why. */
void locl_report_fail(locl_report *report, const locl_report_head *head, locl_bench_outcome outcome,
                      const char *reason, const char *name);
/* Add to the last row: a field, the samples [count] in the row's unit, a reason. All are copied. */
void locl_report_number(locl_report *report, const char *name, double value);
void locl_report_text(locl_report *report, const char *name, const char *text);
void locl_report_samples(locl_report *report, const double *value, size_t count);
void locl_report_reason(locl_report *report, const char *reason);
/* Adds samples [count] that are seconds, as the figures of the row are made of them. */
void locl_report_seconds(locl_report *report, const double *seconds, size_t count, locl_report_sense sense,
                         double scale);
/* Add a field to a device, unless it has one of the name. */
void locl_report_device_number(locl_report *report, const char *selector, const char *name, double value);
void locl_report_device_text(locl_report *report, const char *selector, const char *name, const char *text);
/* Add a field to a group. */
void locl_report_group_number(locl_report *report, locl_bench_group_kind group, const char *name,
                              double value);
void locl_report_group_text(locl_report *report, locl_bench_group_kind group, const char *name,
                            const char *text);
/* Adds the devices that `from` has and `to` has not, the fields of those that both have, and all rows. */
void locl_report_merge(locl_report *to, const locl_bench_report *from);

#endif
