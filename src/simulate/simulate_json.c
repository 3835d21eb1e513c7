#include "locl/simulate.h"

#include "base/json.h"

#include <math.h>

static json_t *device_json(const locl_simulation *s, size_t index, double step)
{
    locl_simulation_device d;
    locl_simulation_describe_device(s, index, &d);
    return json_pack("{s:o, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name",
                     locl_json_text(d.name), "first_block", (json_int_t)d.first, "end_block",
                     (json_int_t)d.last, "first_share", locl_json_number(d.first_share), "last_share",
                     locl_json_number(d.last_share), "busy_seconds", locl_json_number(d.busy_seconds), "idle",
                     locl_json_number(fmax(0, 1 - d.busy_seconds / step)), "sent_bytes",
                     locl_json_number(d.sent_bytes), "received_bytes", locl_json_number(d.received_bytes),
                     "bytes", locl_json_number(d.bytes), "memory", locl_json_number(d.memory));
}

static json_t *schedule_json(const locl_simulation *s, size_t index, double batch)
{
    locl_simulation_schedule x;
    locl_simulation_describe_schedule(s, index, &x);
    return json_pack("{s:o, s:I, s:I, s:o, s:o, s:o, s:o}", "name", locl_json_text(x.name), "devices",
                     (json_int_t)x.devices, "microbatches", (json_int_t)x.microbatches, "step_seconds",
                     locl_json_number(x.step_seconds), "rate", locl_json_number(batch / x.step_seconds),
                     "idle", locl_json_number(x.idle), "activation_bytes",
                     locl_json_number(x.activation_bytes));
}

static json_t *numbers(const locl_simulation_summary *t)
{
    double batch = (double)t->batch;
    json_t *json =
        json_pack("{s:o, s:o, s:b, s:I, s:I, s:o, s:o, s:o, s:o, s:o}", "network", locl_json_text(t->network),
                  "rule", locl_json_text(t->rule), "greedy", t->greedy, "blocks", (json_int_t)t->blocks,
                  "batch", (json_int_t)t->batch, "step_seconds", locl_json_number(t->step_seconds), "rate",
                  locl_json_number(batch / t->step_seconds), "predicted_rate",
                  locl_json_number(batch / t->predicted_seconds), "alone_rate",
                  locl_json_number(batch / t->alone_seconds), "speedup",
                  locl_json_number(t->alone_seconds / t->step_seconds));
    if (json && t->measured_seconds > 0) {
        json_object_set_new(json, "measured_rate", locl_json_number(batch / t->measured_seconds));
        json_object_set_new(json, "simulated_over_measured",
                            locl_json_number(t->measured_seconds / t->step_seconds));
    }
    return json;
}

locl_status locl_simulation_to_json(const locl_simulation *s, char **out, locl_error *err)
{
    LOCL_OWN_ERROR(err);
    locl_simulation_summary t;
    json_t *devices = json_array(), *schedules = json_array();
    locl_simulation_summarise(s, &t);
    json_t *json = numbers(&t);
    for (size_t i = 0; i < t.devices; i++) {
        json_array_append_new(devices, device_json(s, i, t.step_seconds));
    }
    for (size_t i = 0; i < t.schedules; i++) {
        json_array_append_new(schedules, schedule_json(s, i, (double)t.batch));
    }
    json_object_set_new(json, "devices", devices);
    json_object_set_new(json, "backpropagation", schedules);
    return locl_json_print(json, JSON_INDENT(2), out, err);
}
