/* locl_bench_to_json(): a report for programs. */
#include "bench/report.h"

#include "base/json.h"
#include "bench/bench.h"
#include "locl/version.h"

static json_t *row_json(const locl_bench_row *r)
{
    json_t *json =
        json_pack("{s:s, s:s, s:o, s:s, s:o, s:o, s:o, s:I, s:o}", "device", r->device, "kind", r->kind,
                  "name", locl_json_text(r->name), "unit", r->unit, "median", locl_json_number(r->median),
                  "q1", locl_json_number(r->q1), "q3", locl_json_number(r->q3), "runs", (json_int_t)r->runs,
                  "peak_fraction", locl_json_number(r->peak_fraction));
    for (size_t i = 0; i < r->fields && json; i++) {
        const locl_bench_field *f = &r->field[i];
        json_object_set_new(json, f->name, f->text ? locl_json_text(f->text) : locl_json_number(f->number));
    }
    return json;
}

static json_t *device_json(const locl_bench_device *d)
{
    return json_pack("{s:s, s:s, s:o, s:o, s:o}", "device", d->device, "stable", d->stable, "name",
                     locl_json_text(d->name), "platform", locl_json_text(d->platform), "driver",
                     locl_json_text(d->driver));
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
    json_t *json = json_pack("{s:s, s:s, s:o, s:o, s:o}", "bench", locl_bench_kind_name(report->kind),
                             "version", locl_version(), "config", locl_json_text(report->config), "devices",
                             devices, "results", results);
    if (json && report->identical != LOCL_BENCH_NOT_COMPARED) {
        json_object_set_new(json, "identical", json_boolean(report->identical == LOCL_BENCH_IDENTICAL));
    }
    return locl_json_print(json, LOCL_JSON_RESULT, out, err);
}
