/* A plan as JSON: docs/command.md. */
#include "base/json.h"
#include "locl/plan.h"

static json_t *tensors_json(const locl_run_plan *plan, size_t stage, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        locl_plan_tensor t;
        locl_run_plan_describe_tensor(plan, stage, i, &t);
        json_array_append_new(list,
                              json_pack("{s:s, s:I, s:I, s:I}", "name", t.name, "bytes", (json_int_t)t.bytes,
                                        "first", (json_int_t)t.first, "last", (json_int_t)t.last));
    }
    return list;
}

static json_t *launches_json(const locl_run_plan *plan, size_t stage, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        locl_plan_launch l;
        locl_run_plan_describe_launch(plan, stage, i, &l);
        json_array_append_new(list, json_pack("{s:s, s:s, s:f, s:f}", "section", l.section, "kernel",
                                              l.kernel, "flops", l.flops, "bytes", l.bytes));
    }
    return list;
}

static json_t *stage_json(const locl_run_plan *plan, size_t stage)
{
    locl_plan_stage s;
    json_t *blocks = json_array();
    locl_run_plan_describe_stage(plan, stage, &s);
    for (size_t k = s.first; k < s.last; k++) {
        json_array_append_new(blocks, json_integer((json_int_t)k));
    }
    json_t *bytes =
        json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "parameters", (json_int_t)s.parameter_bytes,
                  "optimizer", (json_int_t)s.optimizer_bytes, "gradients", (json_int_t)s.gradient_bytes,
                  "inputs", (json_int_t)s.input_bytes, "outputs", (json_int_t)s.output_bytes, "other",
                  (json_int_t)s.other_bytes, "own", (json_int_t)s.own_bytes);
    return json_pack("{s:I, s:o, s:b, s:I, s:I, s:I, s:s, s:o, s:I, s:I, s:I, s:f, s:f, s:o, s:o}", "stage",
                     (json_int_t)s.number, "blocks", blocks, "classifier", s.classifier, "first_row",
                     (json_int_t)s.first_row, "rows", (json_int_t)s.rows, "device", (json_int_t)s.device,
                     "input", s.input, "bytes", bytes, "in_use_bytes", (json_int_t)s.in_use_bytes,
                     "in_use_launch", (json_int_t)s.in_use_launch, "launches_per_step",
                     (json_int_t)s.launches, "flops", s.flops, "busy_seconds", s.busy_seconds, "workspace",
                     tensors_json(plan, stage, s.tensors), "launches",
                     launches_json(plan, stage, s.recorded));
}

static json_t *device_json(const locl_run_plan *plan, size_t device)
{
    locl_plan_device d;
    locl_run_plan_describe_device(plan, device, &d);
    return json_pack("{s:s, s:s, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f}", "selector", d.selector,
                     "stable", d.stable, "name", locl_json_text(d.name), "workspace_bytes",
                     (json_int_t)d.workspace_bytes, "passing_bytes", (json_int_t)d.passing_bytes,
                     "stage_bytes", (json_int_t)d.stage_bytes, "bytes", (json_int_t)d.bytes, "memory",
                     (json_int_t)d.memory, "largest_buffer", (json_int_t)d.largest_buffer, "sent_bytes",
                     (json_int_t)d.sent_bytes, "received_bytes", (json_int_t)d.received_bytes, "busy_seconds",
                     d.busy_seconds);
}

locl_status locl_run_plan_to_json(const locl_run_plan *plan, char **out, locl_error *err)
{
    LOCL_OWN_ERROR(err);
    locl_plan_summary s;
    json_t *devices = json_array(), *stages = json_array();
    locl_run_plan_summarise(plan, &s);
    for (size_t d = 0; d < s.devices; d++) {
        json_array_append_new(devices, device_json(plan, d));
    }
    for (size_t i = 0; i < s.stages; i++) {
        json_array_append_new(stages, stage_json(plan, i));
    }
    json_t *json = json_pack("{s:s, s:s, s:s, s:f, s:I, s:I, s:I, s:I, s:b, s:I, s:I, s:o, s:o}", "network",
                             s.network, "rule", s.rule, "way", s.way, "step_seconds", s.step_seconds,
                             "blocks", (json_int_t)s.blocks, "parameters", (json_int_t)s.parameters, "batch",
                             (json_int_t)s.batch, "microbatch", (json_int_t)s.microbatch, "fits", s.fits,
                             "largest_microbatch", (json_int_t)s.largest_microbatch, "host_bytes",
                             (json_int_t)s.host_bytes, "devices", devices, "stages", stages);
    return locl_json_print(json, LOCL_JSON_RESULT, out, err);
}
