#include "device/select.h"

#include "base/text.h"
#include "device/caps.h"
#include "device/selector.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const engines[] = {"auto", "native", "clblast", NULL};
static const char *const words[] = {"auto", "all", "gpu", "cpu", "accelerator", NULL};

static bool mapping_matches(const locl_device_spec *spec, const locl_device_info *info)
{
    return locl_text_contains(info->platform, spec->platform) &&
           locl_text_contains(info->vendor, spec->vendor) && locl_text_contains(info->name, spec->name) &&
           (!spec->type[0] || !strcmp(locl_device_type_name(info->caps.type), spec->type));
}

/* Rows of the inventory: those that match and are not excluded, and those excluded. */
typedef struct row_set {
    bool *in, *excluded; /* [inventory->count] */
    size_t count;
} row_set;

static void drop(row_set *rows, size_t i)
{
    rows->count -= rows->in[i];
    rows->in[i] = false;
}

/* Drops rows so that hardware under several platforms counts once, on the platform of its best row. */
static void count_hardware_once(const locl_inventory *inventory, row_set *rows)
{
    for (size_t i = 0; i < inventory->count; i++) {
        const locl_device_info *info = &inventory->info[i];
        const locl_device_info *root = info->twin ? info->twin : info, *best = info;
        for (size_t j = 0; rows->in[i] && j < inventory->count; j++) {
            const locl_device_info *other = &inventory->info[j];
            bool same = rows->in[j] && (other->twin ? other->twin : other) == root;
            if (same && locl_device_better(other, best)) {
                best = other;
            }
        }
        if (best->platform_index != info->platform_index) {
            drop(rows, i);
        }
    }
}

static void keep_best(const locl_inventory *inventory, row_set *rows)
{
    const locl_device_info *best = NULL;
    for (size_t i = 0; i < inventory->count; i++) {
        const locl_device_info *info = &inventory->info[i];
        if (rows->in[i] && (!best || locl_device_better(info, best))) {
            best = info;
        }
    }
    for (size_t i = 0; i < inventory->count; i++) {
        if (&inventory->info[i] != best) {
            drop(rows, i);
        }
    }
}

static void keep_nth(const locl_inventory *inventory, row_set *rows, int n)
{
    for (size_t i = 0; i < inventory->count; i++) {
        if (rows->in[i] && n-- != 0) {
            drop(rows, i);
        }
    }
}

static void describe_spec(const locl_device_spec *spec, char *out, size_t size)
{
    locl_text text = {0};
    const struct {
        const char *name, *value;
    } fields[] = {
        {"platform", spec->platform}, {"vendor", spec->vendor}, {"name", spec->name}, {"type", spec->type}};
    if (spec->text[0]) {
        locl_text_add(&text, "\"%s\"", spec->text);
    } else {
        for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
            if (fields[i].value[0]) {
                locl_text_add(&text, "%s%s: %s", text.length ? ", " : "{", fields[i].name, fields[i].value);
            }
        }
        if (spec->index >= 0) {
            locl_text_add(&text, "%sindex: %d", text.length ? ", " : "{", spec->index);
        }
        locl_text_add(&text, "%s}", text.length ? "" : "{");
    }
    snprintf(out, size, "%s", text.data ? text.data : "");
    locl_text_free(&text);
}

static void to_lower(char *text)
{
    for (; *text; text++) {
        *text = (char)tolower((unsigned char)*text);
    }
}

/* Finds the nearest thing to `word` that would have matched: a keyword, a selector, or a word of some name.
 * The inventory is not empty. */
static void find_nearest(const locl_inventory *inventory, const char *word, char *out, size_t size)
{
    size_t most = sizeof words / sizeof words[0] + inventory->count * 4 * 16;
    const char **candidates = calloc(most, sizeof *candidates);
    char lower[sizeof((locl_device_spec *)0)->text];
    locl_text pool = {0};
    out[0] = '\0';
    snprintf(lower, sizeof lower, "%s", word);
    to_lower(lower);
    for (size_t i = 0; i < inventory->count; i++) {
        const locl_device_info *info = &inventory->info[i];
        locl_text_add(&pool, "%s %s %s %s ", info->selector, info->platform, info->vendor, info->name);
    }
    if (candidates && !pool.failed) {
        size_t count = 0;
        char *rest = NULL;
        to_lower(pool.data);
        for (; words[count]; count++) {
            candidates[count] = words[count];
        }
        for (char *part = strtok_r(pool.data, " ()-,", &rest); part && count + 1 < most;
             part = strtok_r(NULL, " ()-,", &rest)) {
            candidates[count++] = part;
        }
        const char *nearest = locl_text_nearest(lower, candidates);
        snprintf(out, size, "%s", nearest && strcmp(nearest, lower) ? nearest : "");
    }
    free(candidates);
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

static locl_status fail_no_device(const locl_inventory *inventory, const locl_device_spec *spec,
                                  const row_set *rows, locl_error *err)
{
    char wanted[300], nearest[128] = "";
    locl_text text = {0};
    if (!inventory->count) {
        return fail_empty_inventory(inventory, err);
    }
    describe_spec(spec, wanted, sizeof wanted);
    for (size_t i = 0; i < inventory->count; i++) {
        const locl_device_info *info = &inventory->info[i];
        locl_text_add(&text, "\n  %-6s %-11s %s (%s)%s", info->selector,
                      locl_device_type_name(info->caps.type), info->name, info->platform,
                      rows->excluded[i] ? ", excluded" : "");
    }
    for (size_t i = 0; i < inventory->problems; i++) {
        locl_text_add(&text, "\n  %s", inventory->problem[i].text);
    }
    locl_fail(err, LOCL_E_NODEVICE, "no device matches %s; there is:%s", wanted, text.data ? text.data : "");
    locl_text_free(&text);
    locl_inventory_add_variables(&text);
    find_nearest(inventory, spec->text[0] ? spec->text : spec->name, nearest, sizeof nearest);
    if (nearest[0]) {
        locl_remedy(err, "did you mean \"%s\"? `locl devices` shows what each device can do", nearest);
    } else {
        locl_remedy(err, "%sname one of these, or `auto`", text.data ? text.data : "");
    }
    locl_text_free(&text);
    return LOCL_E_NODEVICE;
}

/* Checks the parts of names, which need a letter, as text does. Only `name` may be a number alone, of a model
 * (4090). */
static locl_status check_names(const locl_device_spec *spec, locl_error *err)
{
    enum { MODEL_NUMBER = 3 };
    const struct {
        const char *field, *value;
        bool number;
    } names[] = {
        {"platform", spec->platform, false}, {"vendor", spec->vendor, false}, {"name", spec->name, true}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        bool enough = names[i].number && strlen(names[i].value) >= MODEL_NUMBER;
        if (names[i].value[0] && !enough && !locl_selector_has_letter(names[i].value)) {
            locl_fail(err, LOCL_E_CONFIG,
                      "device %s \"%s\": without a letter it would be found in names by accident",
                      names[i].field, names[i].value);
            return locl_remedy(err, "a part of the %s's text; or \"P:D\", as `locl devices` prints it",
                               names[i].field);
        }
    }
    return LOCL_OK;
}

locl_status locl_device_spec_check(const locl_device_spec *spec, locl_error *err)
{
    locl_selector ignored;
    if (spec->text[0]) {
        LOCL_TRY(locl_selector_read(spec->text, &ignored, err));
    }
    LOCL_TRY(check_names(spec, err));
    if (spec->type[0] && !locl_word_listed(spec->type, locl_device_types)) {
        return locl_fail(err, LOCL_E_CONFIG, "device type \"%s\": should be gpu, cpu or accelerator",
                         spec->type);
    }
    if (spec->index < -1 || spec->split < 0 || spec->part < -1) {
        return locl_fail(err, LOCL_E_CONFIG, "device index, split and part: should not be negative");
    }
    if (spec->part >= 0 && spec->part >= spec->split) {
        return locl_fail(err, LOCL_E_CONFIG, "device part %d: should be from 0 to split - 1, and split is %d",
                         spec->part, spec->split);
    }
    if (spec->engine[0] && !locl_word_listed(spec->engine, engines)) {
        return locl_fail(err, LOCL_E_CONFIG, "device engine \"%s\": should be auto, native or clblast",
                         spec->engine);
    }
    return LOCL_OK;
}

/* Checks that a device can be split. Its compute units must be a multiple of `split`. */
static locl_status check_split(const locl_device_info *info, unsigned split, locl_error *err)
{
    locl_text text = {0};
    unsigned units = info->caps.units;
    if (split <= 1 || (info->caps.can_partition && split <= units && units % split == 0)) {
        return LOCL_OK;
    }
    for (unsigned n = 2, shown = 0; info->caps.can_partition && n <= units && shown < 12; n++) {
        if (units % n == 0) {
            locl_text_add(&text, "%s%u", shown++ ? ", " : "", n);
        }
    }
    locl_fail(err, LOCL_E_NODEVICE, "device %s (%s) of %u compute units cannot be split into %u equal parts",
              info->selector, info->name, units, split);
    if (text.data) {
        locl_remedy(err, "it can be split into %s", text.data);
    } else {
        locl_remedy(err, "it cannot be split at all: its driver has no CL_DEVICE_PARTITION_EQUALLY for it");
    }
    locl_text_free(&text);
    return LOCL_E_NODEVICE;
}

typedef struct choices {
    locl_device_choice *list;
    size_t count;
} choices;

static locl_status add_choice(choices *to, const locl_device_info *info, unsigned split, unsigned part,
                              const char *engine, locl_error *err)
{
    split = split == 1 ? 0 : split;
    for (size_t i = 0; i < to->count; i++) {
        const locl_device_choice *old = &to->list[i];
        if (old->info == info && old->split == split && old->part == part) {
            return LOCL_OK; /* named twice, used once */
        }
    }
    locl_device_choice *more = realloc(to->list, (to->count + 1) * sizeof *more);
    if (!more) {
        return locl_fail_memory(err, (to->count + 1) * sizeof *more);
    }
    to->list = more;
    to->list[to->count] = (locl_device_choice){.info = info, .split = split, .part = part};
    snprintf(to->list[to->count].engine, sizeof to->list[0].engine, "%s", engine[0] ? engine : "auto");
    to->count++;
    return LOCL_OK;
}

static locl_status choose_rows(const locl_inventory *inventory, const locl_device_spec *spec, row_set *rows,
                               unsigned *split, int *part, locl_error *err)
{
    locl_selector sel = {.kind = LOCL_SELECT_ALL};
    if (spec->text[0]) {
        LOCL_TRY(locl_selector_read(spec->text, &sel, err));
    }
    *split = sel.split ? sel.split : (unsigned)spec->split;
    *part = sel.split ? (int)sel.part : spec->part;
    rows->count = 0;
    for (size_t i = 0; i < inventory->count; i++) {
        const locl_device_info *info = &inventory->info[i];
        bool matches = spec->text[0] ? locl_selector_matches(&sel, info) : mapping_matches(spec, info);
        rows->in[i] = matches && !rows->excluded[i];
        rows->count += rows->in[i];
    }
    if (sel.kind == LOCL_SELECT_AUTO) {
        keep_best(inventory, rows);
    }
    count_hardware_once(inventory, rows);
    if (spec->index >= 0) {
        keep_nth(inventory, rows, spec->index);
    }
    return rows->count ? LOCL_OK : fail_no_device(inventory, spec, rows, err);
}

static locl_status select_one(const locl_inventory *inventory, const locl_device_spec *spec, row_set *rows,
                              choices *to, locl_error *err)
{
    unsigned split = 0;
    int only = -1;
    LOCL_TRY(choose_rows(inventory, spec, rows, &split, &only, err));
    for (size_t i = 0; i < inventory->count; i++) {
        const locl_device_info *info = &inventory->info[i];
        if (!rows->in[i]) {
            continue;
        }
        LOCL_TRY(check_split(info, split, err));
        for (unsigned part = 0; part < (split ? split : 1); part++) {
            if (only < 0 || part == (unsigned)only) {
                LOCL_TRY(add_choice(to, info, split, part, spec->engine, err));
            }
        }
    }
    return LOCL_OK;
}

/* Marks what the !x entries exclude; *only is true when there is no other entry. */
static locl_status read_exclusions(const locl_inventory *inventory, const locl_device_spec *specs,
                                   size_t count, bool *excluded, bool *only, locl_error *err)
{
    *only = true;
    for (size_t s = 0; s < count; s++) {
        locl_selector sel = {0};
        LOCL_TRY(locl_device_spec_check(&specs[s], err));
        if (specs[s].text[0]) {
            LOCL_TRY(locl_selector_read(specs[s].text, &sel, err));
        }
        *only = *only && sel.excludes;
        for (size_t i = 0; sel.excludes && i < inventory->count; i++) {
            excluded[i] = excluded[i] || locl_selector_matches(&sel, &inventory->info[i]);
        }
    }
    return LOCL_OK;
}

locl_status locl_select(const locl_inventory *inventory, const locl_device_spec *specs, size_t spec_count,
                        locl_device_choice **out, size_t *count, locl_error *err)
{
    const locl_device_spec all = locl_device_spec_text(spec_count ? "all" : "auto");
    choices chosen = {0};
    row_set rows = {calloc(inventory->count + 1, sizeof(bool)), calloc(inventory->count + 1, sizeof(bool)),
                    0};
    bool only = true;
    locl_status status = LOCL_OK;
    *out = NULL;
    *count = 0;
    if (!rows.in || !rows.excluded) {
        status = locl_fail_memory(err, inventory->count + 1);
        goto fail;
    }
    LOCL_TRY_GOTO(status, read_exclusions(inventory, specs, spec_count, rows.excluded, &only, err));
    if (only) {
        LOCL_TRY_GOTO(status, select_one(inventory, &all, &rows, &chosen, err));
    }
    for (size_t s = 0; s < spec_count; s++) {
        if (specs[s].text[0] != '!') {
            LOCL_TRY_GOTO(status, select_one(inventory, &specs[s], &rows, &chosen, err));
        }
    }
    *out = chosen.list;
    *count = chosen.count;
    chosen.list = NULL;
fail:
    free(chosen.list);
    free(rows.in);
    free(rows.excluded);
    return status;
}
