#include "run/plan_file.h"

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "gemm/choice_json.h"
#include "gemm/clblast_setting.h"

#include <stdlib.h>
#include <string.h>

enum { LARGEST = 1 << 20 };

static const char *engine_name(locl_engine engine)
{
    return engine == LOCL_ENGINE_NATIVE ? "native" : "clblast";
}

/* Returns the engine that a device's stages use. */
static locl_engine engine_of(const locl_config *config, const locl_device *device)
{
    locl_engine engine = LOCL_ENGINE_AUTO;
    if (!locl_engine_parse(device->engine, &engine) || engine == LOCL_ENGINE_AUTO) {
        engine = config->engine;
    }
    return locl_engine_resolve(engine);
}

/* Returns CLBlast's parameters on a device: a plan of the run's choices has them, "" are its own. */
static const char *setting_of(const locl_plan *plan, size_t device)
{
    const char *setting = plan->products && device < plan->devices ? plan->products[device].setting : NULL;
    return setting ? setting : "";
}

static json_t *device_json(const locl_config *config, const locl_device *d, const locl_pipeline *pipeline,
                           const locl_plan *plan)
{
    locl_gemm_choice *products;
    size_t count;
    locl_error err;
    if (locl_pipeline_products(pipeline, d->index, &products, &count, &err) != LOCL_OK) {
        return NULL;
    }
    json_t *json =
        json_pack("{s:s, s:s, s:o, s:o, s:o, s:s, s:s, s:o}", "selector", d->selector, "stable", d->stable,
                  "name", locl_json_text(d->name), "platform", locl_json_text(d->platform_name), "driver",
                  locl_json_text(d->driver), "engine", engine_name(engine_of(config, d)), "clblast",
                  setting_of(plan, d->index), "products", locl_gemm_choices_to_json(products, count));
    free(products);
    return json;
}

static json_t *devices_json(const locl_config *config, const locl_devices *devices,
                            const locl_pipeline *pipeline, const locl_plan *plan)
{
    json_t *array = json_array();
    for (size_t i = 0; i < devices->count; i++) {
        if (json_array_append_new(array, device_json(config, devices->device[i], pipeline, plan))) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *placement_json(const locl_pipeline *pipeline)
{
    json_t *array = json_array();
    size_t stages = locl_pipeline_stages(pipeline);
    for (size_t i = 0, next; i < stages; i = next) {
        locl_stage_info stage = locl_pipeline_stage_info(pipeline, i), other = stage;
        json_t *blocks = json_array(), *devices = json_array(), *shares = json_array();
        for (size_t k = stage.first; k < stage.last; k++) {
            json_array_append_new(blocks, json_integer((json_int_t)k));
        }
        for (next = i; next < stages && other.number == stage.number; next++) {
            json_array_append_new(devices, json_integer((json_int_t)other.device));
            json_array_append_new(shares, json_integer((json_int_t)other.rows));
            other = next + 1 < stages ? locl_pipeline_stage_info(pipeline, next + 1) : other;
        }
        json_array_append_new(
            array, json_pack("{s:o, s:o, s:o}", "blocks", blocks, "devices", devices, "shares", shares));
    }
    return array;
}

locl_status locl_plan_file_write(const char *path, const locl_config *config, const locl_devices *devices,
                                 const locl_pipeline *pipeline, const locl_plan *plan, const char *given,
                                 json_t *used, locl_error *err)
{
    json_t *json =
        json_pack("{s:o, s:o, s:O*, s:s*}", "devices", devices_json(config, devices, pipeline, plan),
                  "placement", placement_json(pipeline), "used", used, "selectors", given);
    char *text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;
    locl_status status =
        text ? locl_file_write(path, text, strlen(text), err) : locl_fail_memory(err, LARGEST);
    free(text);
    json_decref(json);
    return status;
}

static const char *text_of(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));
    return text ? text : "";
}

static bool is_index(const json_t *json, size_t limit)
{
    return json_is_integer(json) && json_integer_value(json) >= 0 && (size_t)json_integer_value(json) < limit;
}

/* Reads {"devices": [0, 2], "shares": [48, 16]}, shares being rows. Plans of one device have had none. */
static bool parse_devices(const json_t *json, size_t devices, locl_placement_entry *out)
{
    const json_t *on = json_object_get(json, "devices"), *shares = json_object_get(json, "shares");
    size_t count = json_array_size(on), shared = json_array_size(shares);
    if (count < 1 || count > LOCL_MAX_DEVICES || (shared != count && (count != 1 || shared != 0))) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const json_t *share = json_array_get(shares, i);
        for (size_t j = 0; j < i; j++) {
            if (json_equal(json_array_get(on, i), json_array_get(on, j))) {
                return false;
            }
        }
        if (!is_index(json_array_get(on, i), devices) ||
            (shared > 0 && (!is_index(share, LARGEST) || json_integer_value(share) == 0))) {
            return false;
        }
        out->devices[i] = (unsigned)json_integer_value(json_array_get(on, i));
        out->shares[i] = shared > 0 ? (double)json_integer_value(share) : 1;
    }
    out->device_count = out->share_count = (unsigned)count;
    return true;
}

/* Reads {"blocks": [0, 1], "devices": [0], "shares": [64]}. */
static bool parse_entry(const json_t *json, size_t devices, locl_placement_entry *out)
{
    const json_t *blocks = json_object_get(json, "blocks");
    size_t count = json_array_size(blocks);
    if (count < 1 || count > LOCL_MODEL_MAX_BLOCKS || !parse_devices(json, devices, out)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const json_t *block = json_array_get(blocks, i);
        if (!is_index(block, LOCL_MODEL_MAX_BLOCKS)) {
            return false;
        }
        out->blocks[i] = (unsigned)json_integer_value(block);
    }
    out->block_count = (unsigned)count;
    return true;
}

void locl_plan_release(locl_plan *plan)
{
    for (size_t i = 0; plan->products && i < plan->devices; i++) {
        free((void *)plan->products[i].known);
    }
    free(plan->products);
    free(plan->placement);
    *plan = (locl_plan){0};
}

static bool parse_device(const json_t *row, locl_gemm_choices *out)
{
    locl_gemm_choice *known;
    bool good = locl_engine_parse(text_of(row, "engine"), &out->engine) &&
                locl_gemm_choices_from_json(json_object_get(row, "products"), &known, &out->count);
    out->known = good ? known : NULL;
    const json_t *setting = json_object_get(row, "clblast"); /* which older plans lack */
    out->setting = locl_clblast_setting_named(text_of(row, "clblast"));
    return good && out->setting && (!setting || json_is_string(setting));
}

/* Reads a plan. Returns false, with the plan zeroed, unless a run on these devices may have written it. */
static bool parse(const json_t *json, size_t devices, locl_plan *out)
{
    const json_t *entries = json_object_get(json, "placement"), *rows = json_object_get(json, "devices");
    size_t count = json_array_size(entries);
    bool good = json_array_size(rows) == devices && count > 0 && count <= LOCL_MODEL_MAX_BLOCKS;
    *out = (locl_plan){.placements = count, .devices = devices};
    out->placement = good ? calloc(count, sizeof *out->placement) : NULL;
    out->products = good ? calloc(devices, sizeof *out->products) : NULL;
    good = good && out->placement && out->products;
    for (size_t i = 0; good && i < devices; i++) {
        good = parse_device(json_array_get(rows, i), &out->products[i]);
    }
    for (size_t i = 0; good && i < count; i++) {
        good = parse_entry(json_array_get(entries, i), devices, &out->placement[i]);
    }
    if (!good) {
        locl_plan_release(out);
    }
    return good;
}

/* Returns whether a text is as it was written. What is no UTF-8 was changed then. */
static bool is_same(const json_t *row, const char *key, const char *text)
{
    json_t *now = locl_json_text(text);
    bool same = json_equal(json_object_get(row, key), now);
    json_decref(now);
    return same;
}

/* Takes the engine of the run's beginning. Logs an event where the device is another one. */
static void apply_device(const json_t *row, locl_device *device)
{
    snprintf(device->engine, sizeof device->engine, "%s", text_of(row, "engine"));
    bool known = json_object_get(row, "stable"); /* plans of earlier versions have selectors alone */
    bool there = known ? is_same(row, "stable", device->stable) : is_same(row, "selector", device->selector);
    bool same = there && is_same(row, "name", device->name) && is_same(row, "driver", device->driver);
    if (!same) {
        locl_log(LOCL_LOG_WARNING,
                 "device %zu was %s (%s, driver %s) when the run was planned, now it is %s (%s, driver %s): "
                 "the result is as good, but not bit for bit that of an uninterrupted run",
                 device->index, text_of(row, "name"), text_of(row, "selector"), text_of(row, "driver"),
                 device->name, device->selector, device->driver);
    }
}

char *locl_plan_file_given(const char *path)
{
    json_t *file = json_load_file(path, 0, NULL);
    const char *text = json_string_value(json_object_get(file, "selectors"));
    char *given = text ? strdup(text) : NULL;
    json_decref(file);
    return given;
}

locl_status locl_plan_file_apply(const char *path, locl_devices *devices, locl_plan *out, locl_error *err)
{
    char *text;
    size_t size;
    locl_error wrong = {0};
    json_t *json = NULL;
    if (locl_file_read(path, LARGEST, LOCL_E_IO, &text, &size, &wrong) == LOCL_OK) {
        json = json_loadb(text, size, 0, NULL);
        free(text);
    } else if (wrong.status == LOCL_E_MEMORY) {
        return locl_fail_memory(err, LARGEST);
    }
    if (!parse(json, devices->count, out)) {
        locl_log(LOCL_LOG_WARNING,
                 "%s %s: the run is planned anew; its result is as good, but may differ in the last bits "
                 "from that of an uninterrupted run",
                 path, wrong.status ? "can't be read" : "does not fit the chosen devices");
        json_decref(json);
        return LOCL_OK;
    }
    for (size_t i = 0; i < devices->count; i++) {
        apply_device(json_array_get(json_object_get(json, "devices"), i), devices->device[i]);
    }
    json_decref(json);
    return LOCL_OK;
}
