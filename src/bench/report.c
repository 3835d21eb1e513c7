#include "bench/report.h"

#include "base/text.h"

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
    *out = report;
    return LOCL_OK;
}

void locl_bench_free(locl_bench_report *public)
{
    locl_report *report = (locl_report *)public;
    if (!report) {
        return;
    }
    for (size_t i = 0; i < public->rows; i++) {
        for (size_t f = 0; f < report->row[i].fields; f++) {
            free((void *)report->row[i].field[f].text);
        }
        free((void *)report->row[i].field);
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

void locl_report_add_device(locl_report *report, const locl_device *device)
{
    locl_bench_device *grown = realloc(report->device, (report->public.devices + 1) * sizeof *grown);
    if (!grown) {
        report->failed = true;
        return;
    }
    report->public.device = report->device = grown;
    locl_bench_device *d = &grown[report->public.devices++];
    snprintf(d->device, sizeof d->device, "%s", device->selector);
    snprintf(d->stable, sizeof d->stable, "%s", device->stable);
    snprintf(d->name, sizeof d->name, "%s", device->name);
    snprintf(d->platform, sizeof d->platform, "%s", device->platform_version);
    snprintf(d->driver, sizeof d->driver, "%s", device->driver);
}

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

void locl_report_add(locl_report *report, const locl_report_head *head, const locl_spread *seconds,
                     locl_report_sense sense, double scale, const char *name_format, ...)
{
    locl_bench_row *row = grow(report);
    va_list args;
    if (!row) {
        return;
    }
    bool rate = sense == LOCL_REPORT_RATE;
    snprintf(row->device, sizeof row->device, "%s", head->device);
    snprintf(row->kind, sizeof row->kind, "%s", head->kind);
    snprintf(row->unit, sizeof row->unit, "%s", head->unit);
    va_start(args, name_format);
    vsnprintf(row->name, sizeof row->name, name_format, args);
    va_end(args);
    row->median = rate ? scale / seconds->median : scale * seconds->median;
    row->q1 = rate ? scale / seconds->q3 : scale * seconds->q1;
    row->q3 = rate ? scale / seconds->q1 : scale * seconds->q3;
    row->runs = seconds->count;
    row->peak_fraction = head->fraction;
}

static void add_field(locl_report *report, const char *name, char *text, double number)
{
    locl_bench_row *row = last(report);
    locl_bench_field *grown = row ? realloc((void *)row->field, (row->fields + 1) * sizeof *grown) : NULL;
    if (!grown) {
        report->failed = true;
        free(text);
        return;
    }
    grown[row->fields++] = (locl_bench_field){.name = name, .text = text, .number = number};
    row->field = grown;
}

void locl_report_number(locl_report *report, const char *name, double value)
{
    add_field(report, name, NULL, value);
}

void locl_report_text(locl_report *report, const char *name, const char *text)
{
    char *copy = strdup(text);
    if (!copy) {
        report->failed = true;
        return;
    }
    add_field(report, name, copy, NAN);
}

static const locl_bench_field *find(const locl_bench_row *row, const char *name)
{
    for (size_t i = 0; i < row->fields; i++) {
        if (!strcmp(row->field[i].name, name)) {
            return &row->field[i];
        }
    }
    return NULL;
}

double locl_bench_number(const locl_bench_row *row, const char *name)
{
    const locl_bench_field *field = find(row, name);
    return field && !field->text ? field->number : NAN;
}

const char *locl_bench_text(const locl_bench_row *row, const char *name)
{
    const locl_bench_field *field = find(row, name);
    return field ? field->text : NULL;
}
