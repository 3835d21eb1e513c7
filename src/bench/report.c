#include "bench/report.h"

#include "base/text.h"
#include "locl/version.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

locl_status locl_report_open(locl_bench_kind kind, const char *config, locl_report **out, locl_error *err)
{
    locl_report *report = calloc(1, sizeof *report);
    char *name = strdup(config);
    *out = NULL;
    if (!report || !name) {
        free(report);
        free(name);
        return locl_fail_memory(err, sizeof *report);
    }
    report->config = name;
    report->public = (locl_bench_report){.kind = kind, .config = name};
    snprintf(report->public.version, sizeof report->public.version, "%s", locl_version());
    *out = report;
    return LOCL_OK;
}

static void free_fields(const locl_bench_field *field, size_t count)
{
    locl_fields fields = {(locl_bench_field *)field, count};
    locl_fields_free(&fields);
}

void locl_bench_free(locl_bench_report *public)
{
    locl_report *report = (locl_report *)public;
    if (!report) {
        return;
    }
    for (size_t i = 0; i < public->rows; i++) {
        free_fields(report->row[i].field, report->row[i].fields);
        free((void *)report->row[i].reason);
        free((void *)report->row[i].sample);
    }
    for (size_t i = 0; i < public->devices; i++) {
        free_fields(report->device[i].field, report->device[i].fields);
    }
    for (int i = 0; i < LOCL_BENCH_GROUPS; i++) {
        free_fields(public->group[i].field, public->group[i].fields);
    }
    free(report->row);
    free(report->device);
    free(report->config);
    free(report);
}

locl_status locl_report_status(const locl_report *report, locl_error *err)
{
    return report->failed ? locl_fail_memory(err, report->public.rows * sizeof *report->row) : LOCL_OK;
}

/* ---- devices ---- */

locl_bench_device *locl_report_put_device(locl_report *report, const locl_bench_device *device)
{
    locl_bench_device *grown = realloc(report->device, (report->public.devices + 1) * sizeof *grown);
    if (!grown) {
        report->failed = true;
        return NULL;
    }
    report->public.device = report->device = grown;
    locl_bench_device *d = &grown[report->public.devices++];
    *d = *device;
    d->field = NULL;
    d->fields = 0;
    return d;
}

void locl_report_add_device(locl_report *report, const locl_device *device)
{
    locl_bench_device d = {.fields = 0};
    snprintf(d.device, sizeof d.device, "%s", device->selector);
    snprintf(d.name, sizeof d.name, "%s", device->name);
    snprintf(d.platform, sizeof d.platform, "%s", device->platform_version);
    snprintf(d.driver, sizeof d.driver, "%s", device->driver);
    snprintf(d.id, sizeof d.id, "%s", device->stable);
    locl_report_put_device(report, &d);
}

/* ---- rows ---- */

/* Returns the last row, NULL once memory ran out. */
static locl_bench_row *last(locl_report *report)
{
    return report->failed || report->public.rows == 0 ? NULL : &report->row[report->public.rows - 1];
}

static locl_bench_row *grow(locl_report *report)
{
    locl_bench_row *grown = realloc(report->row, (report->public.rows + 1) * sizeof *grown);
    if (!grown || report->failed) {
        report->row = grown ? grown : report->row;
        report->failed = true;
        return NULL;
    }
    report->public.row = report->row = grown;
    locl_bench_row *row = &grown[report->public.rows++];
    *row = (locl_bench_row){.runs = 0};
    return row;
}

static void set_head(locl_bench_row *row, const locl_report_head *head)
{
    snprintf(row->device, sizeof row->device, "%s", head->device);
    snprintf(row->kind, sizeof row->kind, "%s", head->kind);
    snprintf(row->unit, sizeof row->unit, "%s", head->unit);
    row->peak_fraction = head->fraction;
}

void locl_report_add(locl_report *report, const locl_report_head *head, const locl_spread *seconds,
                     locl_report_sense sense, double scale, const char *name_format, ...)
{
    locl_bench_row *row = grow(report);
    va_list args;
    if (!row) {
        return;
    }
    bool rate = sense == LOCL_REPORT_RATE;
    set_head(row, head);
    va_start(args, name_format);
    vsnprintf(row->name, sizeof row->name, name_format, args);
    va_end(args);
    row->median = rate ? scale / seconds->median : scale * seconds->median;
    row->q1 = rate ? scale / seconds->q3 : scale * seconds->q1;
    row->q3 = rate ? scale / seconds->q1 : scale * seconds->q3;
    row->runs = seconds->count;
}

void locl_report_put(locl_report *report, const locl_bench_row *given)
{
    locl_bench_row *row = grow(report);
    if (row) {
        *row = *given;
        row->field = NULL;
        row->reason = NULL;
        row->sample = NULL;
        row->fields = row->samples = 0;
    }
}

void locl_report_fail(locl_report *report, const locl_report_head *head, locl_bench_outcome outcome,
                      const char *reason, const char *name)
{
    locl_bench_row *row = grow(report);
    if (row) {
        set_head(row, head);
        snprintf(row->name, sizeof row->name, "%s", name);
        row->median = row->q1 = row->q3 = NAN;
        row->peak_fraction = 0;
        row->outcome = outcome;
        locl_report_reason(report, reason);
    }
}

void locl_report_reason(locl_report *report, const char *reason)
{
    locl_bench_row *row = last(report);
    char *copy = strdup(reason);
    if (row && copy) {
        free((void *)row->reason);
        row->reason = copy;
    } else {
        report->failed = true;
        free(copy);
    }
}

void locl_report_samples(locl_report *report, const double *value, size_t count)
{
    locl_bench_row *row = last(report);
    double *copy = calloc(count + 1, sizeof *copy);
    if (row && copy) {
        memcpy(copy, value, count * sizeof *copy);
        free((void *)row->sample);
        row->sample = copy;
        row->samples = count;
    } else {
        report->failed = true;
        free(copy);
    }
}

void locl_report_seconds(locl_report *report, const double *seconds, size_t count, locl_report_sense sense,
                         double scale)
{
    double *value = calloc(count + 1, sizeof *value);
    if (!value) {
        report->failed = true;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        value[i] = sense == LOCL_REPORT_RATE ? scale / seconds[i] : scale * seconds[i];
    }
    locl_report_samples(report, value, count);
    free(value);
}

/* ---- fields ---- */

/* Adds a field to a list that a row, a device or a group has. */
static void add_field(locl_report *report, const locl_bench_field **field, size_t *count, const char *name,
                      const char *text, double number)
{
    locl_fields fields = {(locl_bench_field *)*field, *count};
    bool added = text ? locl_fields_text(&fields, name, text) : locl_fields_number(&fields, name, number);
    report->failed = report->failed || !added;
    *field = fields.field;
    *count = fields.count;
}

static void add_to_row(locl_report *report, const char *name, const char *text, double number)
{
    locl_bench_row *row = last(report);
    if (row) {
        add_field(report, &row->field, &row->fields, name, text, number);
    }
}

void locl_report_number(locl_report *report, const char *name, double value)
{
    add_to_row(report, name, NULL, value);
}

void locl_report_text(locl_report *report, const char *name, const char *text)
{
    add_to_row(report, name, text, NAN);
}

static void add_to_device(locl_report *report, locl_bench_device *d, const char *name, const char *text,
                          double number)
{
    if (d && !locl_fields_find(d->field, d->fields, name)) {
        add_field(report, &d->field, &d->fields, name, text, number);
    }
}

static locl_bench_device *find_device(locl_report *report, const char *selector)
{
    for (size_t i = 0; i < report->public.devices; i++) {
        if (!strcmp(report->device[i].device, selector)) {
            return &report->device[i];
        }
    }
    return NULL;
}

void locl_report_device_number(locl_report *report, const char *selector, const char *name, double value)
{
    add_to_device(report, find_device(report, selector), name, NULL, value);
}

void locl_report_device_text(locl_report *report, const char *selector, const char *name, const char *text)
{
    add_to_device(report, find_device(report, selector), name, text, NAN);
}

static void add_to_group(locl_report *report, locl_bench_group_kind group, const char *name, const char *text,
                         double number)
{
    locl_bench_group *g = &report->public.group[group];
    add_field(report, &g->field, &g->fields, name, text, number);
}

void locl_report_group_number(locl_report *report, locl_bench_group_kind group, const char *name,
                              double value)
{
    add_to_group(report, group, name, NULL, value);
}

void locl_report_group_text(locl_report *report, locl_bench_group_kind group, const char *name,
                            const char *text)
{
    add_to_group(report, group, name, text, NAN);
}

/* ---- reports of several processes ---- */

static void merge_device(locl_report *to, const locl_bench_device *from)
{
    locl_bench_device *d = find_device(to, from->device);
    d = d ? d : locl_report_put_device(to, from);
    for (size_t f = 0; f < from->fields && d; f++) {
        add_to_device(to, d, from->field[f].name, from->field[f].text, from->field[f].number);
    }
}

void locl_report_merge(locl_report *to, const locl_bench_report *from)
{
    for (size_t i = 0; i < from->devices; i++) {
        merge_device(to, &from->device[i]);
    }
    for (size_t i = 0; i < from->rows && !to->failed; i++) {
        const locl_bench_row *row = &from->row[i];
        locl_report_put(to, row);
        for (size_t f = 0; f < row->fields; f++) {
            add_to_row(to, row->field[f].name, row->field[f].text, row->field[f].number);
        }
        if (row->reason) {
            locl_report_reason(to, row->reason);
        }
        if (row->samples) {
            locl_report_samples(to, row->sample, row->samples);
        }
    }
}

/* ---- reading ---- */

static double number_of(const locl_bench_field *field)
{
    return field && !field->text ? field->number : NAN;
}

double locl_bench_number(const locl_bench_row *row, const char *name)
{
    return number_of(locl_fields_find(row->field, row->fields, name));
}

const char *locl_bench_text(const locl_bench_row *row, const char *name)
{
    const locl_bench_field *field = locl_fields_find(row->field, row->fields, name);
    return field ? field->text : NULL;
}

double locl_bench_device_number(const locl_bench_device *device, const char *name)
{
    return number_of(locl_fields_find(device->field, device->fields, name));
}

const char *locl_bench_device_text(const locl_bench_device *device, const char *name)
{
    const locl_bench_field *field = locl_fields_find(device->field, device->fields, name);
    return field ? field->text : NULL;
}

const char *locl_bench_group_text(const locl_bench_report *report, locl_bench_group_kind group,
                                  const char *name)
{
    const locl_bench_group *g = &report->group[group];
    const locl_bench_field *field = locl_fields_find(g->field, g->fields, name);
    return field ? field->text : NULL;
}
