/* locl_compare_to_json(): a comparison for programs. */
#include "locl/compare.h"

#include "base/json.h"

static json_t *speed_json(const locl_compare_speed *s)
{
    return json_pack("{s:o, s:o, s:o}", "ratio", locl_json_number(s->ratio), "low", locl_json_number(s->low),
                     "high", locl_json_number(s->high));
}

static json_t *row_json(const locl_compare_row *r)
{
    return json_pack("{s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:s}", "kind", r->base->kind, "name",
                     locl_json_text(r->base->name), "unit", r->base->unit, "base",
                     locl_json_number(r->base->median), "other", locl_json_number(r->other->median), "speed",
                     speed_json(&r->speed), "p", locl_json_number(r->p), "verdict",
                     locl_compare_verdict_text(r->verdict));
}

static json_t *side_json(const locl_compare_input *input, const locl_bench_device *device)
{
    return json_pack("{s:o, s:o, s:o, s:o}", "file", locl_json_text(input->name), "device",
                     locl_json_text(device->device), "id", locl_json_text(device->id), "name",
                     locl_json_text(device->name));
}

static json_t *mean_json(const locl_compare_mean *m)
{
    return json_pack("{s:o, s:I, s:o}", "kind", m->kind ? json_string(m->kind) : json_null(), "rows",
                     (json_int_t)m->rows, "speed", speed_json(&m->speed));
}

static json_t *pair_json(const locl_compare_pair *p)
{
    json_t *rows = json_array(), *means = json_array();
    for (size_t i = 0; i < p->rows; i++) {
        json_array_append_new(rows, row_json(&p->row[i]));
    }
    for (size_t i = 0; i < p->means; i++) {
        json_array_append_new(means, mean_json(&p->mean[i]));
    }
    return json_pack("{s:o, s:o, s:b, s:f, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "base",
                     side_json(p->base, p->base_device), "other", side_json(p->other, p->other_device),
                     "same_device", p->same_device, "noise", p->noise, "note", locl_json_text(p->note),
                     "faster", (json_int_t)p->faster, "slower", (json_int_t)p->slower, "within_noise",
                     (json_int_t)p->alike, "too_few_samples", (json_int_t)p->few, "only_base",
                     (json_int_t)p->only_base, "only_other", (json_int_t)p->only_other, "means", means,
                     "rows", rows);
}

locl_status locl_compare_to_json(const locl_compare *compare, char **out, locl_error *err)
{
    LOCL_OWN_ERROR(err);
    json_t *pairs = json_array();
    for (size_t i = 0; i < compare->pairs; i++) {
        json_array_append_new(pairs, pair_json(&compare->pair[i]));
    }
    json_t *json = json_pack("{s:i, s:o}", "schema", (int)LOCL_BENCH_SCHEMA, "comparisons", pairs);
    return locl_json_print(json, LOCL_JSON_RESULT, out, err);
}
