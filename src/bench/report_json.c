/* locl_bench_to_json(): a report for programs. report_read.c reads it. */
#include "bench/report.h"

#include "base/json.h"
#include "bench/bench.h"

static void add_fields(json_t *json, const locl_bench_field *field, size_t count)
{
    for (size_t i = 0; i < count && json; i++) {
        json_object_set_new(json, field[i].name,
                            field[i].text ? locl_json_text(field[i].text)
                                          : locl_json_number(field[i].number));
    }
}

static json_t *samples_json(const locl_bench_row *r)
{
    json_t *list = json_array();
    for (size_t i = 0; i < r->samples; i++) {
        json_array_append_new(list, locl_json_number(r->sample[i]));
    }
    return list;
}

static json_t *row_json(const locl_bench_row *r)
{
    json_t *json = json_pack(
        "{s:o, s:s, s:o, s:s, s:o, s:o, s:o, s:I, s:o, s:s}", "device", locl_json_text(r->device), "kind",
        r->kind, "name", locl_json_text(r->name), "unit", r->unit, "median", locl_json_number(r->median),
        "q1", locl_json_number(r->q1), "q3", locl_json_number(r->q3), "runs", (json_int_t)r->runs,
        "peak_fraction", locl_json_number(r->peak_fraction), "status", locl_bench_outcome_text(r->outcome));
    if (json && r->reason) {
        json_object_set_new(json, "reason", locl_json_text(r->reason));
    }
    if (json && r->samples) {
        json_object_set_new(json, "samples", samples_json(r));
    }
    add_fields(json, r->field, r->fields);
    return json;
}

static json_t *device_json(const locl_bench_device *d)
{
    json_t *json = json_pack("{s:o, s:o, s:o, s:o, s:o}", "device", locl_json_text(d->device), "id",
                             locl_json_text(d->id), "name", locl_json_text(d->name), "platform",
                             locl_json_text(d->platform), "driver", locl_json_text(d->driver));
    add_fields(json, d->field, d->fields);
    return json;
}

static json_t *headline_json(const locl_bench_report *report, const locl_bench_row *row)
{
    char line[512];
    locl_bench_headline_text(report, row, line, sizeof line);
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "device", locl_json_text(row->device), "name",
                     locl_json_text(row->name), "images_per_second",
                     locl_json_number(locl_bench_number(row, "images_per_second")), "peak_fraction",
                     locl_json_number(row->peak_fraction), "line", locl_json_text(line));
}

static void add_headlines(json_t *json, const locl_bench_report *report)
{
    json_t *list = json_array();
    for (size_t i = 0; i < report->devices; i++) {
        const locl_bench_row *row = locl_bench_headline(report, report->device[i].device);
        if (row) {
            json_array_append_new(list, headline_json(report, row));
        }
    }
    json_object_set_new(json, "headlines", list);
}

/* Adds the groups that are there. */
static void add_groups(json_t *json, const locl_bench_report *report)
{
#define NAME(id, name) name,
    static const char *const names[] = {LOCL_BENCH_GROUP_TABLE(NAME)};
#undef NAME
    for (int i = 0; i < LOCL_BENCH_GROUPS; i++) {
        const locl_bench_group *g = &report->group[i];
        json_t *group = g->fields ? json_object() : NULL;
        add_fields(group, g->field, g->fields);
        if (group) {
            json_object_set_new(json, names[i], group);
        }
    }
}

locl_status locl_bench_to_json(const locl_bench_report *report, char **out, locl_error *err)
{
    LOCL_OWN_ERROR(err);
    json_t *devices = json_array(), *results = json_array();
    for (size_t i = 0; i < report->devices; i++) {
        json_array_append_new(devices, device_json(&report->device[i]));
    }
    for (size_t i = 0; i < report->rows; i++) {
        json_array_append_new(results, row_json(&report->row[i]));
    }
    json_t *json = json_pack("{s:s, s:i, s:s, s:o}", "bench", locl_bench_kind_text(report->kind), "schema",
                             (int)LOCL_BENCH_SCHEMA, "version", report->version, "config",
                             locl_json_text(report->config));
    if (json) {
        add_groups(json, report);
        json_object_set(json, "devices", devices);
        if (report->kind == LOCL_BENCH_SUITE) {
            add_headlines(json, report);
        }
        json_object_set(json, "results", results);
    }
    json_decref(devices);
    json_decref(results);
    if (json && report->identical != LOCL_BENCH_NOT_COMPARED) {
        json_object_set_new(json, "identical", json_boolean(report->identical == LOCL_BENCH_IDENTICAL));
    }
    return locl_json_print(json, LOCL_JSON_RESULT, out, err);
}
