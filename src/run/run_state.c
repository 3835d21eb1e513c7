#include "run/run_state.h"

#include "base/json.h"

#include <stdlib.h>

#define KEY "locl.run"

locl_status locl_run_state_save(const locl_run_state *state, locl_arrays *set, locl_error *err)
{
    json_t *json =
        json_pack("{s:I, s:I, s:o, s:o, s:o, s:o, s:I}", "step", (json_int_t)state->step, "train_images",
                  (json_int_t)state->train_images, "window", locl_tally_json(&state->window), "epoch",
                  locl_tally_json(&state->epoch), "test", locl_tally_json(&state->test), "best_error",
                  locl_json_number(state->best_error), "best_step", (json_int_t)state->best_step);
    char *text = json ? json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(17)) : NULL;
    locl_status status = text ? locl_arrays_set_meta(set, KEY, text, err) : locl_fail_memory(err, 0);
    free(text);
    json_decref(json);
    return status;
}

/* Reads a count that is not negative. Returns false if there is none. */
static bool count_of(const json_t *json, const char *name, uint64_t *out)
{
    const json_t *value = json_object_get(json, name);
    *out = (uint64_t)json_integer_value(value);
    return json_is_integer(value) && json_integer_value(value) >= 0;
}

locl_status locl_run_state_load(locl_run_state *state, size_t blocks, const locl_arrays *set, locl_error *err)
{
    const char *text = locl_arrays_get_meta(set, KEY);
    json_t *json = text ? json_loads(text, 0, NULL) : NULL;
    const json_t *best = json_object_get(json, "best_error");
    bool good = json_is_number(best) && count_of(json, "step", &state->step) &&
                count_of(json, "train_images", &state->train_images) &&
                count_of(json, "best_step", &state->best_step) &&
                locl_tally_parse(&state->window, json_object_get(json, "window"), blocks + 1) &&
                locl_tally_parse(&state->epoch, json_object_get(json, "epoch"), blocks + 1) &&
                locl_tally_parse(&state->test, json_object_get(json, "test"), blocks + 1);
    state->best_error = json_number_value(best);
    json_decref(json);
    if (!good) {
        locl_fail(err, LOCL_E_CHECKPOINT,
                  text ? "the position in the run (metadata %s) is not that of a run "
                         "with %zu blocks"
                       : "no position in a run (metadata %s) for %zu blocks",
                  KEY, blocks);
        return locl_remedy(err, "`locl eval CHECKPOINT CONFIG` needs the parameters alone; to train, start "
                                "afresh in another folder");
    }
    return LOCL_OK;
}
