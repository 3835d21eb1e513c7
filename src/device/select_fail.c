#include "device/select_parts.h"

#include "device/caps.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const keywords[] = {"auto", "all", "gpu", "cpu", "accelerator", NULL};

static void to_lower(char *text)
{
    for (; *text; text++) {
        *text = (char)tolower((unsigned char)*text);
    }
}

/* Writes the word of `pool`, or the keyword, that is nearest to `word`; "" if none is near, or it is the same. */
static void find_nearest(locl_text *pool, const char *separators, const char *word, char *out, size_t size)
{
    char lower[LOCL_SELECTOR];
    char *rest = NULL;
    size_t count = 0;
    const char **candidates =
        calloc(pool->length + sizeof keywords / sizeof keywords[0] + 1, sizeof *candidates);
    out[0] = '\0';
    if (candidates && !pool->failed && pool->data) {
        snprintf(lower, sizeof lower, "%s", word);
        to_lower(lower);
        to_lower(pool->data);
        for (; keywords[count]; count++) {
            candidates[count] = keywords[count];
        }
        for (char *part = strtok_r(pool->data, separators, &rest); part;
             part = strtok_r(NULL, separators, &rest)) {
            candidates[count++] = part;
        }
        const char *nearest = locl_text_nearest(lower, candidates);
        snprintf(out, size, "%s", nearest && strcmp(nearest, lower) ? nearest : "");
    }
    free(candidates);
}

/* Finds the nearest thing to `word` that would have matched: a keyword, a selector, a word of some name; or for an id
 * another id. */
static void find_meant(const locl_inventory *inventory, bool is_id, const char *word, char *out, size_t size)
{
    locl_text pool = {0};
    for (size_t i = 0; i < inventory->count; i++) {
        const locl_device_info *info = &inventory->info[i];
        if (is_id) {
            locl_text_add(&pool, "pci:%s uuid:%s %s ", info->pci, info->uuid, info->called);
        } else {
            locl_text_add(&pool, "%s %s %s %s %s ", info->selector, info->platform, info->vendor, info->name,
                          info->board);
        }
    }
    find_nearest(&pool, is_id ? " " : " ()-,", word, out, size);
    locl_text_free(&pool);
}

static locl_status fail_empty_inventory(const locl_inventory *inventory, locl_error *err)
{
    locl_text text = {0};
    for (size_t i = 0; i < inventory->problems; i++) {
        locl_text_add(&text, "%s%s", i ? "; " : ": ", inventory->problem[i].text);
    }
    locl_fail(err, LOCL_E_NODEVICE, "there is no OpenCL device%s", text.data ? text.data : "");
    locl_text_free(&text);
    if (inventory->problems > 0) { /* no platform, or one without devices, which is the first problem */
        bool more = inventory->platforms > 0;
        locl_remedy(err, "%s%s%s", inventory->problem[0].remedy, more ? "; or " : "",
                    more ? locl_install_remedy : "");
    } else {
        locl_remedy(err, "%s", locl_install_remedy);
    }
    return LOCL_E_NODEVICE;
}

/* Adds what there is, and for one who looks for an id the ids. */
static void add_rows(const locl_inventory *inventory, bool ids, const bool *excluded, locl_text *text)
{
    for (size_t i = 0; i < inventory->count; i++) {
        const locl_device_info *info = &inventory->info[i];
        locl_text_add(text, "\n  %-6s %-11s %s (%s)%s%s%s", info->selector,
                      locl_device_type_name(info->caps.type), info->name, info->platform, ids ? ", " : "",
                      ids ? info->stable : "", excluded[i] ? ", excluded" : "");
    }
    for (size_t i = 0; i < inventory->problems; i++) {
        locl_text_add(text, "\n  %s", inventory->problem[i].text);
    }
}

static locl_status add_remedy(const locl_inventory *inventory, const locl_device_spec *spec,
                              const locl_selector *sel, size_t found, locl_error *err)
{
    char nearest[LOCL_SELECTOR] = "";
    locl_text text = {0};
    char id[LOCL_SELECTOR + 8];
    const char *word = spec->text[0] ? spec->text : spec->device[0] ? spec->device : spec->name;
    if (locl_selector_is_stable(sel)) { /* as it was read: whole, in small letters */
        snprintf(id, sizeof id, "%s:%s",
                 sel->kind == LOCL_SELECT_PCI    ? "pci"
                 : sel->kind == LOCL_SELECT_UUID ? "uuid"
                                                 : "name",
                 sel->text);
        word = id;
    }
    if (sel->numbered && found) {
        return found == 1 ? locl_remedy(err, "one device matches %s: %s:0", sel->text, sel->text)
                          : locl_remedy(err, "%zu devices match %s: %s:0 to %s:%zu", found, sel->text,
                                        sel->text, sel->text, found - 1);
    }
    locl_inventory_add_variables(&text);
    find_meant(inventory, locl_selector_is_stable(sel), word, nearest, sizeof nearest);
    if (nearest[0]) {
        locl_remedy(err, "did you mean \"%s\"? `locl devices` shows what each device can do", nearest);
    } else {
        locl_remedy(err, "%sname one of these, or `auto`", text.data ? text.data : "");
    }
    locl_text_free(&text);
    return err ? err->status : LOCL_E_NODEVICE;
}

locl_status locl_select_fail(const locl_inventory *inventory, const locl_device_spec *spec,
                             const locl_selector *sel, size_t found, const bool *excluded, locl_error *err)
{
    locl_text wanted = {0}, rows = {0};
    if (!inventory->count) {
        return fail_empty_inventory(inventory, err);
    }
    locl_spec_describe(spec, &wanted);
    add_rows(inventory, locl_selector_is_stable(sel), excluded, &rows);
    locl_fail(err, LOCL_E_NODEVICE, "no device matches %s; there is:%s", wanted.data ? wanted.data : "",
              rows.data ? rows.data : "");
    add_remedy(inventory, spec, sel, found, err);
    locl_text_free(&wanted);
    locl_text_free(&rows);
    return LOCL_E_NODEVICE;
}
