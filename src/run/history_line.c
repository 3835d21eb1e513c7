#include "run/history_line.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Reads a whole number from 1 on. */
static bool count_of(const json_t *object, const char *name, uint64_t *out)
{
    json_int_t value = json_integer_value(json_object_get(object, name));
    *out = (uint64_t)value;
    return value >= 1;
}

/* Reads a number, or null as NaN. */
static bool number_of(const json_t *object, const char *name, double *out)
{
    const json_t *value = json_object_get(object, name);
    *out = json_is_number(value) ? json_number_value(value) : NAN;
    return json_is_number(value) || json_is_null(value);
}

/* Losses are float32, of which these are more than enough; errors are fractions. */
static bool score_of(const json_t *object, locl_score *out)
{
    return number_of(object, "loss", &out->loss) && number_of(object, "error", &out->error) &&
           !(fabs(out->loss) > 1e100) && !(out->error < 0 || out->error > 1);
}

static bool blocks_of(const json_t *object, locl_parsed_line *out)
{
    const json_t *blocks = json_object_get(object, "blocks");
    out->blocks = json_array_size(blocks);
    bool good = json_is_array(blocks) && out->blocks <= LOCL_MODEL_MAX_BLOCKS;
    for (size_t k = 0; good && k < out->blocks; k++) {
        good = score_of(json_array_get(blocks, k), &out->block[k]);
    }
    return good;
}

static double rate_of(const json_t *object)
{
    double rate = json_number_value(json_object_get(object, "images_per_second"));
    return rate > 0 && isfinite(rate) ? rate : 0;
}

static locl_history_kind parse(const json_t *object, locl_parsed_line *out, char *why, size_t size)
{
    const char *kind = json_string_value(json_object_get(object, "kind"));
    const char *wrong = NULL;
    if (kind && strcmp(kind, "train") && strcmp(kind, "test")) {
        return LOCL_HISTORY_OTHER;
    }
    out->line =
        (locl_history_line){.test = kind && !strcmp(kind, "test"), .images_per_second = rate_of(object)};
    if (!kind) {
        wrong = "kind is missing";
    } else if (!count_of(object, "step", &out->line.step) || !count_of(object, "epoch", &out->line.epoch) ||
               !count_of(object, "images", &out->line.images)) {
        wrong = "step, epoch and images should be whole numbers from 1 on";
    } else if (!score_of(object, &out->line.classifier) || !blocks_of(object, out)) {
        wrong = "loss and error, of the classifier and of each of `blocks`, should be numbers, errors from 0 "
                "to 1, or null";
    }
    if (wrong) {
        snprintf(why, size, "%s", wrong);
    }
    return wrong ? LOCL_HISTORY_DAMAGED : LOCL_HISTORY_MEASURED;
}

locl_history_kind locl_history_parse(const char *text, size_t length, locl_parsed_line *out, char *why,
                                     size_t size)
{
    json_error_t wrong;
    json_t *object = json_loadb(text, length, 0, &wrong);
    if (!object) {
        snprintf(why, size, "no JSON: %s", wrong.text);
        return LOCL_HISTORY_DAMAGED;
    }
    locl_history_kind kind = parse(object, out, why, size);
    json_decref(object);
    return kind;
}
