/* What selectors take of an inventory, and why: a part of its public interface. */
#include "base/json.h"
#include "device/select.h"
#include "device/sets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add_place(locl_device_match *match, size_t place)
{
    size_t used = strlen(match->places);
    snprintf(match->places + used, sizeof match->places - used, "%s%zu", used ? " " : "", place);
}

/* Fills `match` from what was chosen and the reasons. */
static void fill(const locl_inventory *inventory, const locl_device_choice *choice, size_t count,
                 const locl_device_reason *reason, locl_device_match *match)
{
    for (size_t i = 0; i < inventory->count; i++) {
        match[i] = (locl_device_match){.taken = reason[i].taken};
        snprintf(match[i].why, sizeof match[i].why, "%s", reason[i].text);
    }
    for (size_t c = 0; c < count; c++) {
        add_place(&match[choice[c].info - inventory->info], c);
    }
}

static locl_status choose(const locl_inventory *inventory, const char *selectors, locl_device_choice **choice,
                          size_t *count, locl_device_reason *reason, locl_error *err)
{
    locl_device_spec *specs = NULL;
    size_t given = 0;
    LOCL_TRY(locl_device_specs_parse(selectors, &specs, &given, err));
    locl_status status = locl_sets_expand(NULL, &specs, &given, err);
    if (status == LOCL_OK) {
        status = locl_select_why(inventory, specs, given, choice, count, reason, err);
    }
    free(specs);
    return status;
}

locl_status locl_inventory_match(const locl_inventory *inventory, const char *selectors,
                                 locl_device_match *match, locl_error *err)
{
    LOCL_OWN_ERROR(err);
    locl_device_choice *choice = NULL;
    size_t count = 0;
    locl_device_reason *reason = calloc(inventory->count + 1, sizeof *reason);
    if (!reason) {
        return locl_fail_memory(err, inventory->count * sizeof *reason);
    }
    locl_status status = choose(inventory, selectors, &choice, &count, reason, err);
    if (status == LOCL_OK) {
        fill(inventory, choice, count, reason, match);
    }
    free(choice);
    free(reason);
    return status;
}

static json_t *places_json(const char *places)
{
    json_t *array = json_array();
    char *end = NULL;
    for (const char *at = places; *at; at = end) {
        json_array_append_new(array, json_integer((json_int_t)strtoull(at, &end, 10)));
    }
    return array;
}

locl_status locl_inventory_match_to_json(const locl_inventory *inventory, const char *selectors, char **out,
                                         locl_error *err)
{
    LOCL_OWN_ERROR(err);
    *out = NULL;
    locl_device_match *match = calloc(inventory->count + 1, sizeof *match);
    locl_status status = match ? locl_inventory_match(inventory, selectors, match, err)
                               : locl_fail_memory(err, inventory->count * sizeof *match);
    json_t *devices = json_array();
    for (size_t i = 0; status == LOCL_OK && i < inventory->count; i++) {
        const locl_device_info *info = &inventory->info[i];
        json_array_append_new(
            devices, json_pack("{s:s, s:s, s:o, s:b, s:o, s:o}", "selector", info->selector, "stable",
                               info->stable, "name", locl_json_text(info->name), "taken", (int)match[i].taken,
                               "places", places_json(match[i].places), "why", locl_json_text(match[i].why)));
    }
    free(match);
    if (status != LOCL_OK) {
        json_decref(devices);
        return status;
    }
    return locl_json_print(json_pack("{s:o, s:o}", "match", locl_json_text(selectors), "devices", devices),
                           JSON_INDENT(2), out, err);
}
