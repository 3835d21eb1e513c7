#include "run/times_file.h"

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "check/passport.h"
#include "config/keys.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST = 1 << 24 };
static const char format[] = "locl stages 1";

/* Adds the values of the keys that a step's time depends on. */
static void add_config(const locl_config *config, json_t *to)
{
    static const char *const starts[] = {"model.",     "task.",           "rule.",
                                         "data.batch", "data.microbatch", "optimizer.name",
                                         "engine",     "precision",       NULL};
    for (const locl_key *key = locl_keys; key->path; key++) {
        bool matters = false;
        for (size_t i = 0; starts[i]; i++) {
            matters = matters || !strncmp(key->path, starts[i], strlen(starts[i]));
        }
        locl_text value = {0};
        if (matters && locl_key_is_set(key, config)) {
            locl_key_value(key, config, &value);
            json_object_set_new(to, key->path, json_string(value.failed ? "" : value.data));
        }
        locl_text_free(&value);
    }
}

static json_t *device_key(const locl_device *d)
{
    return json_pack("{s:s, s:o, s:o, s:o, s:I, s:s}", "selector", d->selector, "name",
                     locl_json_text(d->name), "platform", locl_json_text(d->platform_version), "driver",
                     locl_json_text(d->driver), "units", (json_int_t)d->caps.units, "engine", d->engine);
}

/* Hashes all kernels: new ones make old measurements stale. */
static void add_kernels(json_t *to)
{
    char hash[LOCL_HASH_TEXT] = "";
    locl_error ignored;
    locl_passport_kernels(hash, &ignored);
    json_object_set_new(to, "kernels", json_string(hash));
}

/* Makes what tells this measurement from others. NULL when out of memory. */
static json_t *key_of(const locl_config *config, const locl_devices *devices)
{
    json_t *key = json_object(), *list = json_array();
    for (size_t d = 0; d < devices->count; d++) {
        json_array_append_new(list, device_key(devices->device[d]));
    }
    add_config(config, key);
    add_kernels(key);
    json_object_set_new(key, "devices", list);
    return key;
}

static bool name_file(const json_t *key, char path[PATH_MAX])
{
    char folder[PATH_MAX], hash[LOCL_HASH_TEXT];
    if (!locl_hash_json(key, hash) || !locl_file_cache_folder("stages", folder, sizeof folder)) {
        return false;
    }
    int length = snprintf(path, PATH_MAX, "%s/%s.json", folder, hash);
    return length > 0 && length < PATH_MAX;
}

/* Reads a number that is not negative; null stands for infinity. */
static bool read_number(const json_t *json, const char *name, double *out)
{
    const json_t *value = json_object_get(json, name);
    *out = json_is_null(value) ? INFINITY : json_number_value(value);
    return (json_is_number(value) && *out >= 0) || json_is_null(value);
}

static bool read_cost(const json_t *json, locl_placement_cost *c)
{
    return read_number(json, "whole", &c->whole) && isfinite(c->whole) && c->whole > 0 &&
           read_number(json, "part", &c->part) && read_number(json, "rows", &c->rows) &&
           read_number(json, "update", &c->update) && read_number(json, "exchange", &c->exchange) &&
           read_number(json, "carry", &c->carry);
}

static bool read_link(const json_t *json, locl_link_speed *link)
{
    return read_number(json, "latency", &link->latency) && read_number(json, "per_byte", &link->per_byte);
}

/* Takes what a file holds; *out is zeroed unless all of it is good. */
static bool take(const json_t *json, const json_t *key, size_t devices, locl_stage_times *out)
{
    const json_t *stages = json_object_get(json, "stages"), *links = json_object_get(json, "links");
    const char *as = json_string_value(json_object_get(json, "format"));
    size_t count = json_array_size(stages);
    bool good = as && !strcmp(as, format) && json_equal(json_object_get(json, "key"), key) && count > 0 &&
                count <= LOCL_MODEL_MAX_BLOCKS && json_array_size(links) == devices;
    *out = (locl_stage_times){.stages = count, .devices = devices};
    out->cost = good ? calloc(count * devices, sizeof *out->cost) : NULL;
    out->link = good ? calloc(devices, sizeof *out->link) : NULL;
    good = out->cost && out->link;
    for (size_t d = 0; good && d < devices; d++) {
        good = read_link(json_array_get(links, d), &out->link[d]);
        for (size_t k = 0; good && k < count; k++) {
            good = read_cost(json_array_get(json_array_get(stages, k), d), &out->cost[k * devices + d]);
        }
    }
    if (!good) {
        locl_measure_release(out);
    }
    return good;
}

bool locl_times_read(const locl_config *config, const locl_devices *devices, locl_stage_times *out)
{
    char path[PATH_MAX], *text = NULL;
    size_t size = 0;
    locl_error ignored;
    json_t *key = key_of(config, devices), *json = NULL;
    *out = (locl_stage_times){0};
    if (name_file(key, path) && locl_file_exists(path) &&
        locl_file_read(path, LARGEST, LOCL_E_IO, &text, &size, &ignored) == LOCL_OK) {
        json = json_loadb(text, size, 0, NULL);
    }
    bool found = json && take(json, key, devices->count, out);
    free(text);
    json_decref(json);
    json_decref(key);
    return found;
}

static json_t *cost_json(const locl_placement_cost *c)
{
    json_t *part = isinf(c->part) ? json_null() : json_real(c->part);
    return json_pack("{s:f, s:o, s:f, s:f, s:f, s:f}", "whole", c->whole, "part", part, "rows", c->rows,
                     "update", c->update, "exchange", c->exchange, "carry", c->carry);
}

static json_t *measured_json(json_t *key, const locl_stage_times *m)
{
    json_t *stages = json_array(), *links = json_array();
    for (size_t k = 0; k < m->stages; k++) {
        json_t *row = json_array();
        for (size_t d = 0; d < m->devices; d++) {
            json_array_append_new(row, cost_json(&m->cost[k * m->devices + d]));
        }
        json_array_append_new(stages, row);
    }
    for (size_t d = 0; d < m->devices; d++) {
        json_array_append_new(
            links, json_pack("{s:f, s:f}", "latency", m->link[d].latency, "per_byte", m->link[d].per_byte));
    }
    return json_pack("{s:s, s:O, s:o, s:o}", "format", format, "key", key, "stages", stages, "links", links);
}

void locl_times_write(const locl_config *config, const locl_devices *devices,
                      const locl_stage_times *measured)
{
    char path[PATH_MAX];
    locl_error failed = {0};
    json_t *key = key_of(config, devices), *json = measured_json(key, measured);
    char *text = json ? json_dumps(json, JSON_INDENT(1) | JSON_REAL_PRECISION(6)) : NULL;
    if (text && name_file(key, path) && locl_file_write(path, text, strlen(text), &failed) != LOCL_OK) {
        locl_log(LOCL_LOG_WARNING, "measured stages are not kept: %s", failed.message);
    }
    free(text);
    json_decref(json);
    json_decref(key);
}
