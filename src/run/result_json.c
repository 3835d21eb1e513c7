/* A run's results as JSON, for programs. The lines of metrics.jsonl are metrics.c's. */
#include "base/json.h"
#include "run/run.h"
#include "run/tally.h"

locl_status locl_result_to_json(const locl_result *result, char **out, locl_error *err)
{
    LOCL_OWN_ERROR(err);
    json_t *json = json_pack("{s:s, s:I, s:I}", "split", result->split, "images", (json_int_t)result->images,
                             "step", (json_int_t)result->step);
    if (json) {
        locl_result_add_json(json, result);
    }
    return locl_json_print(json, LOCL_JSON_RESULT, out, err);
}

static json_t *scores_json(const locl_result *result)
{
    json_t *json = json_pack("{s:I}", "images", (json_int_t)result->images);
    if (json) {
        locl_result_add_json(json, result);
    }
    return json;
}

static json_t *summary_json(const locl_run_summary *s)
{
    json_t *json = json_pack("{s:s, s:o, s:I, s:I, s:I, s:f, s:f, s:f}", "kind", "end", "run",
                             locl_json_text(s->folder), "step", (json_int_t)s->step, "steps",
                             (json_int_t)s->steps, "parameters", (json_int_t)s->parameters, "seconds",
                             s->seconds, "images_per_second", s->images_per_second, "idle", s->idle);
    if (!json) {
        return NULL;
    }
    if (s->train.images > 0) {
        json_object_set_new(json, "train", scores_json(&s->train));
    }
    if (s->test.images > 0) {
        json_object_set_new(json, "test", scores_json(&s->test));
    }
    if (s->best_step > 0) {
        json_object_set_new(json, "best",
                            json_pack("{s:I, s:o}", "step", (json_int_t)s->best_step, "error",
                                      locl_json_number(s->best_error)));
    }
    return json;
}

locl_status locl_run_summary_to_json(const locl_run_summary *summary, char **out, locl_error *err)
{
    LOCL_OWN_ERROR(err);
    return locl_json_print(summary_json(summary), LOCL_JSON_RESULT, out, err);
}
