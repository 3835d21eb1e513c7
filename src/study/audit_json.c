/* An audit as JSON: docs/audit.md. */
#include "base/json.h"
#include "locl/audit.h"

/* Sets a number, or null where it is not known. */
static void set_number(json_t *object, const char *name, bool known, double value)
{
    json_object_set_new(object, name, known ? locl_json_number(value) : json_null());
}

static void set_measured(json_t *object, const char *name, bool known, locl_measured m)
{
    json_t *pair = known ? json_array() : json_null();
    if (known) {
        json_array_append_new(pair, locl_json_number(m.value));
        json_array_append_new(pair, locl_json_number(m.error));
    }
    json_object_set_new(object, name, pair);
}

static json_t *layer_json(const locl_audit_layer *l)
{
    bool known = l->norm > 0;
    json_t *json = json_pack("{s:s, s:I}", "layer", l->name, "values", (json_int_t)l->values);
    if (!json) {
        return NULL;
    }
    json_object_set_new(json, "norm", locl_json_number(l->norm));
    set_measured(json, "bias_square", known, l->bias_square);
    json_object_set_new(json, "biased", known ? json_boolean(l->biased) : json_null());
    set_measured(json, "along", known, l->along);
    set_measured(json, "variance", known, l->variance);
    set_measured(json, "error", known, l->error);
    set_number(json, "cosine", known, l->cosine);
    set_number(json, "cosine_deviation", known, l->cosine_deviation);
    set_number(json, "mean_cosine", known, l->mean_cosine);
    set_number(json, "snr", known && l->variance.value > 0, 1 / l->variance.value);
    return json;
}

static json_t *time_json(locl_audit_time time)
{
    return json_pack("{s:f, s:f, s:f}", "median", 1e3 * time.median, "low", 1e3 * time.low, "high",
                     1e3 * time.high);
}

static json_t *estimator_json(const locl_audit_estimator *e)
{
    double flops = e->variance_at_equal_flops, time = e->variance_at_equal_seconds;
    json_t *layers = json_array();
    json_t *json = json_pack("{s:s, s:s, s:s, s:I, s:b, s:f, s:f, s:o, s:f}", "estimator", e->label, "rule",
                             e->rule, "exact", e->exact, "draws", (json_int_t)e->draws, "own_groups",
                             e->own_groups, "gflop", e->flops / 1e9, "gflop_ratio", e->flops_ratio, "ms",
                             time_json(e->seconds), "ms_ratio", e->seconds_ratio);
    set_number(json, "variance_at_equal_gflop", flops >= 0, flops);
    set_number(json, "variance_at_equal_ms", time >= 0, time);
    for (size_t i = 0; i < e->layers; i++) {
        json_array_append_new(layers, layer_json(&e->layer[i]));
    }
    json_object_set_new(json, "layers", layers);
    return json;
}

static json_t *audit_json(const locl_audit *audit)
{
    json_t *list = json_array();
    for (size_t i = 0; i < audit->estimators; i++) {
        json_array_append_new(list, estimator_json(&audit->estimator[i]));
    }
    return json_pack("{s:s, s:I, s:I, s:I, s:I, s:o, s:f, s:o, s:o}", "network", audit->network, "blocks",
                     (json_int_t)audit->blocks, "parameters", (json_int_t)audit->parameters, "step",
                     (json_int_t)audit->step, "batch", (json_int_t)audit->batch, "device",
                     locl_json_text(audit->device), "lg_bp_gflop", audit->flops / 1e9, "lg_bp_ms",
                     time_json(audit->seconds), "estimators", list);
}

locl_status locl_audit_to_json(const locl_audit *audit, char **out, locl_error *err)
{
    LOCL_OWN_ERROR(err);
    return locl_json_print(audit_json(audit), LOCL_JSON_RESULT, out, err);
}
