/* locl_bench_read(): what locl_bench_to_json() wrote, by whoever. Nothing in it is believed: types, ranges and lengths
 * are checked, and characters that a terminal would obey are taken out. */
#include "bench/report.h"

#include "base/file.h"
#include "base/json.h"
#include "base/utf8.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_BYTES = 1 << 26, MOST_DEVICES = 256, MOST_ROWS = 10000, MOST_SAMPLES = 1000, MOST_KEYS = 200 };

/* Numbers beyond these, either way, are nothing that was measured, and their quotients might be infinite. */
static const double least = 1e-100, largest = 1e100;
static const char out_of_range[] = "is out of range, which is 1e-100 to 1e100";

typedef struct reader {
    const char *path;
    locl_report *out;
    char at[64]; /* what is being read: "results[3]" */
} reader;

static locl_status fail(const reader *r, const char *key, const char *what, locl_error *err)
{
    return locl_fail(err, LOCL_E_DATA, "%s: %s%s%s: %s", r->path, r->at, r->at[0] && key[0] ? "." : "", key,
                     what);
}

/* Replaces control characters by '?', those of C1 (U+0080 to U+009F) too. */
static void disarm(char *text)
{
    for (unsigned char *c = (unsigned char *)text; *c; c++) {
        if (*c < 0x20 || *c == 0x7F) {
            *c = '?';
        } else if (c[0] == 0xC2 && c[1] >= 0x80 && c[1] < 0xA0) {
            c[0] = c[1] = '?';
        }
    }
}

/* Reads a text that has to be there and fit. */
static locl_status read_text(const reader *r, const json_t *json, const char *key, char *out, size_t size,
                             locl_error *err)
{
    const char *text = json_string_value(json_object_get(json, key));
    if (!text) {
        return fail(r, key, "should be a text", err);
    }
    if (strlen(text) >= size) {
        return fail(r, key, "is longer than any that locl writes", err);
    }
    memcpy(out, text, strlen(text) + 1);
    disarm(out);
    return LOCL_OK;
}

static bool is_in_range(const json_t *number)
{
    double size = fabs(json_number_value(number));
    return size <= 0 || (size >= least && size <= largest);
}

/* Reads a number; null, which stands for none, is NAN. */
static locl_status read_number(const reader *r, const json_t *json, const char *key, double *out,
                               locl_error *err)
{
    const json_t *value = json_object_get(json, key);
    *out = json_is_number(value) ? json_number_value(value) : NAN;
    return !json_is_number(value) && !json_is_null(value) ? fail(r, key, "should be a number or null", err)
           : !is_in_range(value)                          ? fail(r, key, out_of_range, err)
                                                          : LOCL_OK;
}

/* ---- fields ---- */

static bool is_one_of(const char *const *names, const char *name)
{
    while (*names && strcmp(*names, name) != 0) {
        names++;
    }
    return *names != NULL;
}

typedef void (*take_number)(locl_report *report, const char *name, double value);
typedef void (*take_text)(locl_report *report, const char *name, const char *text);

/* Takes what an object has beside `known` names; what is neither text nor number is of a later locl, and left out. */
static locl_status read_fields(const reader *r, json_t *json, const char *const *known, take_number number,
                               take_text text, locl_error *err)
{
    const char *name;
    json_t *value;
    if (json_object_size(json) > MOST_KEYS) {
        return fail(r, "", "has more keys than any that locl writes", err);
    }
    json_object_foreach(json, name, value)
    {
        if (strlen(name) > 63 || strpbrk(name, "\x01\x1b\x7f\n\r\t")) {
            return fail(r, "", "has a key that locl does not write", err);
        }
        if (!is_in_range(value)) {
            return fail(r, name, out_of_range, err);
        }
        char *copy = json_is_string(value) ? strdup(json_string_value(value)) : NULL;
        if (copy && !is_one_of(known, name)) {
            disarm(copy);
            text(r->out, name, copy);
        } else if ((json_is_number(value) || json_is_null(value)) && !is_one_of(known, name)) {
            number(r->out, name, json_is_null(value) ? NAN : json_number_value(value));
        }
        free(copy);
    }
    return LOCL_OK;
}

/* ---- rows ---- */

static locl_status read_outcome(const reader *r, const json_t *json, locl_bench_outcome *out, locl_error *err)
{
    const char *text = json_string_value(json_object_get(json, "status"));
    for (int i = 0; i < LOCL_BENCH_OUTCOMES && text; i++) {
        if (!strcmp(text, locl_bench_outcome_text((locl_bench_outcome)i))) {
            *out = (locl_bench_outcome)i;
            return LOCL_OK;
        }
    }
    return fail(r, "status", "should be ok, unsupported, skipped or error", err);
}

static locl_status read_samples(const reader *r, const json_t *json, locl_error *err)
{
    const json_t *list = json_object_get(json, "samples");
    size_t count = json_array_size(list);
    if (!list) {
        return LOCL_OK;
    }
    if (!json_is_array(list) || count > MOST_SAMPLES) {
        return fail(r, "samples", "should be a list of numbers", err);
    }
    double *value = calloc(count + 1, sizeof *value);
    if (!value) {
        return locl_fail_memory(err, count * sizeof *value);
    }
    locl_status status = LOCL_OK;
    for (size_t i = 0; i < count && status == LOCL_OK; i++) {
        value[i] = json_number_value(json_array_get(list, i));
        if (!json_is_number(json_array_get(list, i)) || !(value[i] > 0)) {
            status = fail(r, "samples", "should be numbers above 0", err);
        } else if (!is_in_range(json_array_get(list, i))) {
            status = fail(r, "samples", out_of_range, err);
        }
    }
    if (status == LOCL_OK) {
        locl_report_samples(r->out, value, count);
    }
    free(value);
    return status;
}

static locl_status read_reason(const reader *r, const json_t *json, locl_error *err)
{
    char reason[1024];
    if (json_object_get(json, "reason")) {
        LOCL_TRY(read_text(r, json, "reason", reason, sizeof reason, err));
        locl_report_reason(r->out, reason);
    }
    return LOCL_OK;
}

static locl_status check_figures(const reader *r, const locl_bench_row *row, locl_error *err)
{
    bool figures = row->q1 <= row->median && row->median <= row->q3 && row->runs > 0;
    return figures || row->outcome != LOCL_BENCH_DONE
               ? LOCL_OK
               : fail(r, "median", "should lie between q1 and q3, of at least one run", err);
}

static locl_status read_row(const reader *r, json_t *json, locl_error *err)
{
    static const char *const known[] = {"device", "kind",          "name",   "unit",   "median",  "q1", "q3",
                                        "runs",   "peak_fraction", "status", "reason", "samples", NULL};
    locl_bench_row row = {.runs = 0};
    double runs;
    LOCL_TRY(read_text(r, json, "device", row.device, sizeof row.device, err));
    LOCL_TRY(read_text(r, json, "kind", row.kind, sizeof row.kind, err));
    LOCL_TRY(read_text(r, json, "name", row.name, sizeof row.name, err));
    LOCL_TRY(read_text(r, json, "unit", row.unit, sizeof row.unit, err));
    LOCL_TRY(read_number(r, json, "median", &row.median, err));
    LOCL_TRY(read_number(r, json, "q1", &row.q1, err));
    LOCL_TRY(read_number(r, json, "q3", &row.q3, err));
    LOCL_TRY(read_number(r, json, "peak_fraction", &row.peak_fraction, err));
    LOCL_TRY(read_number(r, json, "runs", &runs, err));
    LOCL_TRY(read_outcome(r, json, &row.outcome, err));
    if (!(runs >= 0 && runs < 1e15)) {
        return fail(r, "runs", "should be a number of samples", err);
    }
    row.runs = (uint64_t)runs;
    LOCL_TRY(check_figures(r, &row, err));
    locl_report_put(r->out, &row);
    LOCL_TRY(read_reason(r, json, err));
    LOCL_TRY(read_samples(r, json, err));
    return read_fields(r, json, known, locl_report_number, locl_report_text, err);
}

/* ---- devices and groups ---- */

static const char *last_device(const locl_report *report)
{
    return report->public.devices ? report->device[report->public.devices - 1].device : "";
}

static void number_of_device(locl_report *report, const char *key, double value)
{
    locl_report_device_number(report, last_device(report), key, value);
}

static void text_of_device(locl_report *report, const char *key, const char *text)
{
    locl_report_device_text(report, last_device(report), key, text);
}

static bool is_known(const locl_report *report, const char *selector)
{
    for (size_t i = 0; i < report->public.devices; i++) {
        if (!strcmp(report->device[i].device, selector)) {
            return true;
        }
    }
    return false;
}

static locl_status read_device(const reader *r, json_t *json, locl_error *err)
{
    static const char *const known[] = {"device", "id", "name", "platform", "driver", NULL};
    locl_bench_device d = {.fields = 0};
    LOCL_TRY(read_text(r, json, "device", d.device, sizeof d.device, err));
    LOCL_TRY(read_text(r, json, "id", d.id, sizeof d.id, err));
    LOCL_TRY(read_text(r, json, "name", d.name, sizeof d.name, err));
    LOCL_TRY(read_text(r, json, "platform", d.platform, sizeof d.platform, err));
    LOCL_TRY(read_text(r, json, "driver", d.driver, sizeof d.driver, err));
    if (is_known(r->out, d.device)) {
        return fail(r, "device", "is there twice", err);
    }
    locl_report_put_device(r->out, &d);
    return read_fields(r, json, known, number_of_device, text_of_device, err);
}

#define GROUP(id, name)                                                                                      \
    static void number_of_##id(locl_report *report, const char *key, double value)                           \
    {                                                                                                        \
        locl_report_group_number(report, LOCL_BENCH_##id, key, value);                                       \
    }                                                                                                        \
    static void text_of_##id(locl_report *report, const char *key, const char *text)                         \
    {                                                                                                        \
        locl_report_group_text(report, LOCL_BENCH_##id, key, text);                                          \
    }
LOCL_BENCH_GROUP_TABLE(GROUP)
#undef GROUP

static locl_status read_groups(reader *r, const json_t *json, locl_error *err)
{
    static const char *const none[] = {NULL};
    static const struct {
        const char *name;
        take_number number;
        take_text text;
    } groups[] = {
#define GROUP(id, name) {name, number_of_##id, text_of_##id},
        LOCL_BENCH_GROUP_TABLE(GROUP)
#undef GROUP
    };
    for (int i = 0; i < LOCL_BENCH_GROUPS; i++) {
        json_t *group = json_object_get(json, groups[i].name);
        snprintf(r->at, sizeof r->at, "%s", groups[i].name);
        LOCL_TRY(read_fields(r, group, none, groups[i].number, groups[i].text, err));
    }
    return LOCL_OK;
}

static locl_status read_list(reader *r, const json_t *json, const char *key, size_t most,
                             locl_status (*read)(const reader *r, json_t *json, locl_error *err),
                             locl_error *err)
{
    const json_t *list = json_object_get(json, key);
    r->at[0] = '\0';
    if (!json_is_array(list)) {
        return fail(r, key, "should be a list of objects", err);
    }
    if (json_array_size(list) > most) {
        return fail(r, key, "has more than locl ever writes", err);
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        snprintf(r->at, sizeof r->at, "%s[%zu]", key, i);
        if (!json_is_object(json_array_get(list, i))) {
            return fail(r, "", "should be an object", err);
        }
        LOCL_TRY(read(r, json_array_get(list, i), err));
    }
    r->at[0] = '\0';
    return LOCL_OK;
}

/* ---- the object ---- */

/* Returns LOCL_E_DATA unless it is a report of a schema that is known. */
static locl_status check_schema(const reader *r, const json_t *json, locl_error *err)
{
    const json_t *schema = json_object_get(json, "schema");
    if (!json_is_object(json) || !json_is_string(json_object_get(json, "bench"))) {
        locl_fail(err, LOCL_E_DATA, "%s: it has no results of locl bench", r->path);
        return locl_remedy(err, "make some: locl bench --out %s", r->path);
    }
    if (schema && (!json_is_integer(schema) || json_integer_value(schema) < 1)) {
        return fail(r, "schema", "should be an integer above 0", err);
    }
    if (!schema) {
        locl_fail(err, LOCL_E_DATA, "%s: schema is missing: an earlier locl measured it", r->path);
        return locl_remedy(err, "measure again with this one");
    }
    if (json_integer_value(schema) > LOCL_BENCH_SCHEMA) {
        locl_fail(err, LOCL_E_DATA, "%s: schema %lld is of a later locl; this one, %s, knows %d", r->path,
                  (long long)json_integer_value(schema), r->out->public.version, LOCL_BENCH_SCHEMA);
        return locl_remedy(err, "read it with the locl that measured it, or a later one");
    }
    return LOCL_OK;
}

static locl_status read_report(reader *r, const json_t *json, locl_error *err)
{
    locl_bench_report *public = &r->out->public;
    char kind[32], config[1024];
    const json_t *identical = json_object_get(json, "identical");
    LOCL_TRY(check_schema(r, json, err));
    LOCL_TRY(read_text(r, json, "bench", kind, sizeof kind, err));
    if (!locl_bench_kind_named(kind, &public->kind)) {
        return fail(r, "bench", "is a kind that this locl does not know", err);
    }
    LOCL_TRY(read_text(r, json, "version", public->version, sizeof public->version, err));
    LOCL_TRY(read_text(r, json, "config", config, sizeof config, err));
    free(r->out->config);
    public->config = r->out->config = strdup(config);
    r->out->failed = r->out->failed || !r->out->config;
    public->identical = json_is_true(identical)    ? LOCL_BENCH_IDENTICAL
                        : json_is_false(identical) ? LOCL_BENCH_DIFFERENT
                                                   : LOCL_BENCH_NOT_COMPARED;
    LOCL_TRY(read_groups(r, json, err));
    LOCL_TRY(read_list(r, json, "devices", MOST_DEVICES, read_device, err));
    LOCL_TRY(read_list(r, json, "results", MOST_ROWS, read_row, err));
    return locl_report_status(r->out, err);
}

static locl_status parse(const char *path, const char *text, size_t size, json_t **out, locl_error *err)
{
    json_error_t at;
    *out = json_loadb(text, size, JSON_REJECT_DUPLICATES, &at);
    if (*out) {
        return LOCL_OK;
    }
    disarm(at.text);
    return locl_fail(err, LOCL_E_DATA, "%s:%d:%d: it is no JSON: %s", path, at.line, at.column, at.text);
}

locl_status locl_bench_read(const char *path, locl_bench_report **out, locl_error *err)
{
    LOCL_OWN_ERROR(err);
    reader r = {.path = path};
    char *text = NULL;
    json_t *json = NULL;
    size_t size;
    locl_status status;
    *out = NULL;
    LOCL_TRY_GOTO(status, locl_file_read(path, MOST_BYTES, LOCL_E_DATA, &text, &size, err));
    LOCL_TRY_GOTO(status, parse(path, text, size, &json, err));
    LOCL_TRY_GOTO(status, locl_report_open(LOCL_BENCH_SUITE, "", &r.out, err));
    LOCL_TRY_GOTO(status, read_report(&r, json, err));
    *out = &r.out->public;
    r.out = NULL;
fail:
    locl_bench_free(r.out ? &r.out->public : NULL);
    json_decref(json);
    free(text);
    return status;
}
