#include "device/select.h"

#include "device/rank.h"
#include "device/select_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rows of the inventory: those that match and are not excluded, those excluded, and why. */
typedef struct row_set {
    bool *in, *excluded; /* [inventory->count] */
    size_t count;
    locl_device_reason *reason; /* [inventory->count], or NULL */
} row_set;

/* Says why a row is as it is. What was said of a row that is taken stays. */
LOCL_PRINTF(3, 4)
static void say(row_set *rows, size_t i, const char *format, ...)
{
    va_list args;
    if (rows->reason && !rows->reason[i].taken) {
        va_start(args, format);
        vsnprintf(rows->reason[i].text, sizeof rows->reason[i].text, format, args);
        va_end(args);
    }
}

static void drop(row_set *rows, size_t i)
{
    rows->count -= rows->in[i];
    rows->in[i] = false;
}

/* Returns the best row of those that are the same hardware as row i. */
static const locl_device_info *best_view(const locl_inventory *inventory, const row_set *rows, size_t i)
{
    const locl_device_info *info = &inventory->info[i];
    const locl_device_info *root = info->twin ? info->twin : info, *best = info;
    for (size_t j = 0; j < inventory->count; j++) {
        const locl_device_info *other = &inventory->info[j];
        bool same = rows->in[j] && (other->twin ? other->twin : other) == root;
        if (same && locl_device_better(other, best)) {
            best = other;
        }
    }
    return best;
}

/* Drops rows so that hardware under several platforms counts once, on the platform of its best row. */
static void count_hardware_once(const locl_inventory *inventory, row_set *rows)
{
    for (size_t i = 0; i < inventory->count; i++) {
        const locl_device_info *best = rows->in[i] ? best_view(inventory, rows, i) : NULL;
        if (best && best->platform_index != inventory->info[i].platform_index) {
            say(rows, i, "the same hardware as %s, which is better", best->selector);
            drop(rows, i);
        }
    }
}

static void keep_best(const locl_inventory *inventory, row_set *rows)
{
    const locl_device_info *best = locl_rank_best(inventory, rows->in);
    for (size_t i = 0; best && i < inventory->count; i++) {
        if (&inventory->info[i] != best && rows->in[i]) {
            say(rows, i, "auto takes one, and %s is better: %s", best->selector,
                locl_rank_why(best, &inventory->info[i], inventory, rows->in));
        }
    }
    for (size_t i = 0; i < inventory->count; i++) {
        if (&inventory->info[i] != best) {
            drop(rows, i);
        }
    }
}

/* Keeps those with numbers from `first` to `last` of those that are in. */
static void keep_numbers(const locl_inventory *inventory, row_set *rows, unsigned first, unsigned last)
{
    unsigned number = 0;
    for (size_t i = 0; i < inventory->count; i++) {
        if (rows->in[i]) {
            if (number < first || number > last) {
                say(rows, i, "it is number %u of those that match", number);
                drop(rows, i);
            }
            number++;
        }
    }
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
    snprintf(to->list[to->count].engine, sizeof to->list[0].engine, "%s", engine);
    to->count++;
    return LOCL_OK;
}

/* An entry with its selector, of all devices where it names none. */
typedef struct reading {
    const locl_device_spec *spec;
    locl_selector sel;
    unsigned split;
    int part; /* -1: all */
} reading;

static locl_status read_spec(const locl_device_spec *spec, reading *out, locl_error *err)
{
    const char *text = spec->text[0] ? spec->text : spec->device;
    *out = (reading){.spec = spec, .sel = {.kind = LOCL_SELECT_ALL, .text = "a mapping"}};
    LOCL_TRY(locl_device_spec_check(spec, err));
    if (text[0]) {
        LOCL_TRY(locl_selector_read(text, &out->sel, err));
    }
    if (out->sel.kind == LOCL_SELECT_SET) {
        locl_fail(err, LOCL_E_CONFIG, "device selector \"%s\": sets are not known here", spec->text);
        return locl_remedy(err, "name the devices themselves");
    }
    out->split = out->sel.split ? out->sel.split : (unsigned)spec->split;
    out->part = out->sel.split ? (int)out->sel.part : spec->part;
    return LOCL_OK;
}

/* Whether a row matches an entry, numbers aside. */
static bool matches(const reading *r, const locl_device_info *info, size_t i, row_set *rows)
{
    char why[200] = "";
    if (!locl_selector_matches(&r->sel, info)) {
        say(rows, i, "%s does not name it", r->spec->text[0] ? r->spec->text : r->spec->device);
        return false;
    }
    if (!r->spec->text[0] && !locl_spec_matches(r->spec, info, why, sizeof why)) {
        say(rows, i, "%s", why);
        return false;
    }
    if (r->sel.kind == LOCL_SELECT_ALL && !r->spec->text[0]) {
        say(rows, i, "it has all that the mapping asks for");
    } else {
        locl_selector_why(&r->sel, info, why, sizeof why);
        say(rows, i, "%s", why);
    }
    return true;
}

/* Sets the rows that match an entry; *found gets how many did before numbers. */
static void find_rows(const locl_inventory *inventory, const reading *r, row_set *rows, size_t *found)
{
    rows->count = 0;
    for (size_t i = 0; i < inventory->count; i++) {
        bool match = matches(r, &inventory->info[i], i, rows);
        if (match && rows->excluded[i]) {
            say(rows, i, "it is excluded");
        }
        rows->in[i] = match && !rows->excluded[i];
        rows->count += rows->in[i];
    }
    count_hardware_once(inventory, rows);
    if (r->sel.kind == LOCL_SELECT_AUTO) {
        keep_best(inventory, rows);
    }
    *found = rows->count;
    if (r->sel.numbered) {
        keep_numbers(inventory, rows, r->sel.first, r->sel.last);
    }
    if (r->spec->index >= 0) {
        keep_numbers(inventory, rows, (unsigned)r->spec->index, (unsigned)r->spec->index);
    }
}

static locl_status choose_rows(const locl_inventory *inventory, const reading *r, row_set *rows,
                               locl_error *err)
{
    size_t found;
    find_rows(inventory, r, rows, &found);
    bool all = !r->sel.numbered || r->sel.last < found; /* nvidia:0-3 of two is a slip */
    return rows->count && all ? LOCL_OK
                              : locl_select_fail(inventory, r->spec, &r->sel, found, rows->excluded, err);
}

static locl_status select_one(const locl_inventory *inventory, const locl_device_spec *spec, row_set *rows,
                              choices *to, locl_error *err)
{
    reading r;
    LOCL_TRY(read_spec(spec, &r, err));
    LOCL_TRY(choose_rows(inventory, &r, rows, err));
    for (size_t i = 0; i < inventory->count; i++) {
        const locl_device_info *info = &inventory->info[i];
        if (!rows->in[i]) {
            continue;
        }
        LOCL_TRY(check_split(info, r.split, err));
        for (unsigned part = 0; part < (r.split ? r.split : 1); part++) {
            if (r.part < 0 || part == (unsigned)r.part) {
                LOCL_TRY(add_choice(to, info, r.split, part, spec->engine, err));
            }
        }
        if (rows->reason) {
            rows->reason[i].taken = true;
        }
    }
    return LOCL_OK;
}

/* Marks what an entry !x excludes. */
static void exclude(const locl_inventory *inventory, const reading *r, row_set *rows)
{
    row_set named = {.in = rows->in, .excluded = calloc(inventory->count + 1, sizeof(bool))};
    size_t found;
    if (r->sel.numbered && named.excluded) {
        find_rows(inventory, r, &named, &found);
    }
    for (size_t i = 0; i < inventory->count; i++) {
        bool match = r->sel.numbered ? named.in[i] : locl_selector_matches(&r->sel, &inventory->info[i]);
        rows->excluded[i] = rows->excluded[i] || match;
        if (match) {
            say(rows, i, "%s excludes it", r->spec->text);
        }
    }
    free(named.excluded);
}

/* Marks what the !x entries exclude; *only is true when there is no other entry. */
static locl_status read_exclusions(const locl_inventory *inventory, const locl_device_spec *specs,
                                   size_t count, row_set *rows, bool *only, locl_error *err)
{
    *only = true;
    for (size_t s = 0; s < count; s++) {
        reading r;
        LOCL_TRY(read_spec(&specs[s], &r, err));
        *only = *only && r.sel.excludes;
        if (r.sel.excludes) {
            exclude(inventory, &r, rows);
        }
    }
    return LOCL_OK;
}

locl_status locl_select_why(const locl_inventory *inventory, const locl_device_spec *specs, size_t spec_count,
                            locl_device_choice **out, size_t *count, locl_device_reason *reason,
                            locl_error *err)
{
    const locl_device_spec all = locl_device_spec_text(spec_count ? "all" : "auto");
    choices chosen = {0};
    row_set rows = {.in = calloc(inventory->count + 1, sizeof(bool)),
                    .excluded = calloc(inventory->count + 1, sizeof(bool)),
                    .reason = reason};
    bool only = true;
    locl_status status = LOCL_OK;
    *out = NULL;
    *count = 0;
    if (!rows.in || !rows.excluded) {
        status = locl_fail_memory(err, inventory->count + 1);
        goto fail;
    }
    LOCL_TRY_GOTO(status, read_exclusions(inventory, specs, spec_count, &rows, &only, err));
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

locl_status locl_select(const locl_inventory *inventory, const locl_device_spec *specs, size_t spec_count,
                        locl_device_choice **out, size_t *count, locl_error *err)
{
    return locl_select_why(inventory, specs, spec_count, out, count, NULL, err);
}
