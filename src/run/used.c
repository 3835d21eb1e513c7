#include "run/used.h"

json_t *locl_used_read(const char *plan, uint64_t step)
{
    json_t *file = json_load_file(plan, 0, NULL), *used = json_array(), *row;
    size_t i;
    json_array_foreach(json_object_get(file, "used"), i, row)
    {
        const json_t *at = json_object_get(row, "step");
        if (json_is_integer(at) && json_integer_value(at) >= 0 && (uint64_t)json_integer_value(at) <= step) {
            json_array_append(used, row);
        }
    }
    json_decref(file);
    return used;
}

locl_status locl_used_add(json_t **used, uint64_t step, const locl_devices *devices, json_t *lost,
                          locl_error *err)
{
    json_t *selectors = json_array();
    *used = *used ? *used : json_array();
    for (size_t i = 0; i < devices->count; i++) {
        json_array_append_new(selectors, json_string(devices->device[i]->selector));
    }
    const json_t *last = json_array_get(*used, json_array_size(*used) - 1);
    if (!lost && json_equal(selectors, json_object_get(last, "devices"))) {
        json_decref(selectors);
        return LOCL_OK;
    }
    json_t *row = json_pack("{s:I, s:o}", "step", (json_int_t)step, "devices", selectors);
    if (row && lost) {
        json_object_set(row, "lost", lost);
    }
    return json_array_append_new(*used, row) ? locl_fail_memory(err, sizeof *devices) : LOCL_OK;
}
