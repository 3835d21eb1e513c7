#include "run/tally.h"

#include "base/json.h"

#include <string.h>

void locl_tally_clear(locl_tally *tally)
{
    memset(tally, 0, sizeof *tally);
}

void locl_tally_add(locl_tally *tally, const locl_step_report *report, uint64_t step)
{
    tally->step = step;
    tally->records = report->records;
    tally->images += report->images;
    for (size_t k = 0; k < report->records; k++) {
        tally->loss[k] += (double)report->record[k].loss * (double)report->images;
        tally->wrong[k] += report->record[k].wrong;
    }
}

locl_result locl_tally_result(locl_tally *tally, const char *split)
{
    locl_result result = {.split = split, .images = tally->images, .step = tally->step};
    if (tally->images > 0) {
        for (size_t k = 0; k < tally->records; k++) {
            tally->score[k].loss = tally->loss[k] / (double)tally->images;
            tally->score[k].error = (double)tally->wrong[k] / (double)tally->images;
        }
        result.blocks = tally->records - 1;
        result.block = tally->score;
        result.classifier = tally->score[result.blocks];
    }
    return result;
}

json_t *locl_tally_json(const locl_tally *tally)
{
    json_t *loss = json_array(), *wrong = json_array();
    for (size_t k = 0; k < tally->records; k++) {
        json_array_append_new(loss, locl_json_number(tally->loss[k]));
        json_array_append_new(wrong, json_integer((json_int_t)tally->wrong[k]));
    }
    return json_pack("{s:I, s:I, s:o, s:o}", "step", (json_int_t)tally->step, "images",
                     (json_int_t)tally->images, "loss", loss, "wrong", wrong);
}

bool locl_tally_parse(locl_tally *tally, const json_t *json, size_t records)
{
    const json_t *loss = json_object_get(json, "loss"), *wrong = json_object_get(json, "wrong");
    const json_t *step = json_object_get(json, "step"), *images = json_object_get(json, "images");
    locl_tally_clear(tally);
    if (!json_is_integer(step) || !json_is_integer(images) || json_integer_value(step) < 0 ||
        json_integer_value(images) < 0 || json_array_size(loss) != json_array_size(wrong)) {
        return false;
    }
    tally->step = (uint64_t)json_integer_value(step);
    tally->images = (uint64_t)json_integer_value(images);
    tally->records = json_array_size(loss);
    if (tally->records != (tally->images > 0 ? records : 0) || records > LOCL_TALLY_RECORDS) {
        return false;
    }
    for (size_t k = 0; k < tally->records; k++) {
        const json_t *l = json_array_get(loss, k), *w = json_array_get(wrong, k);
        if (!json_is_number(l) || !json_is_integer(w) || json_integer_value(w) < 0) {
            return false;
        }
        tally->loss[k] = json_number_value(l);
        tally->wrong[k] = (uint64_t)json_integer_value(w);
    }
    return true;
}

void locl_result_add_json(json_t *object, const locl_result *result)
{
    json_t *blocks = json_array();
    json_object_set_new(object, "loss", locl_json_number(result->classifier.loss));
    json_object_set_new(object, "error", locl_json_number(result->classifier.error));
    for (size_t k = 0; k < result->blocks; k++) {
        json_t *block = json_object();
        json_object_set_new(block, "loss", locl_json_number(result->block[k].loss));
        json_object_set_new(block, "error", locl_json_number(result->block[k].error));
        json_array_append_new(blocks, block);
    }
    json_object_set_new(object, "blocks", blocks);
}
