#include "device/sets.h"

#include "base/text.h"
#include "device/selector.h"

#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 16 }; /* sets within sets */

/* Specs with sets being replaced. */
typedef struct expansion {
    const locl_device_file *file; /* of the configuration, or NULL */
    locl_device_file *own;        /* of the user; read when it is first needed */
    bool own_read;
    locl_device_spec *list; /* [count] */
    size_t count;
    const char *open[DEEPEST]; /* [depth] names of the sets that are being read */
    size_t depth;
} expansion;

static const locl_device_set *find_in(const locl_device_file *file, const char *name)
{
    for (size_t i = 0; file && i < file->sets; i++) {
        if (!strcmp(file->set[i].name, name)) {
            return &file->set[i];
        }
    }
    return NULL;
}

static size_t sets_of(const locl_device_file *file)
{
    return file ? file->sets : 0;
}

static locl_status fail_no_set(const expansion *e, const char *name, locl_error *err)
{
    const locl_device_file *files[] = {e->file, e->own};
    const char **names = calloc(sets_of(e->file) + sets_of(e->own) + 1, sizeof *names);
    size_t count = 0;
    for (size_t f = 0; names && f < 2; f++) {
        for (size_t i = 0; i < sets_of(files[f]); i++) {
            names[count++] = files[f]->set[i].name;
        }
    }
    const char *near = names ? locl_text_nearest(name, names) : NULL;
    const char *where = e->file ? e->file->path : e->own ? e->own->path : NULL;
    locl_fail(err, LOCL_E_CONFIG, "no set of devices is called \"%s\"%s%s", name, where ? " in " : "",
              where ? where : ": there is no file of devices");
    if (near) {
        locl_remedy(err, "did you mean set:%s?", near);
    } else {
        locl_remedy(
            err, "write it into ~/.config/locl/devices.yaml: `sets: {%s: [gpu]}`; see docs/devices.md", name);
    }
    free(names);
    return LOCL_E_CONFIG;
}

static locl_status fail_circle(const expansion *e, const char *name, locl_error *err)
{
    locl_text text = {0};
    for (size_t i = 0; i < e->depth; i++) {
        locl_text_add(&text, "%s -> ", e->open[i]);
    }
    locl_fail(err, LOCL_E_CONFIG, "the set of devices \"%s\" names itself: %s%s",
              e->depth ? e->open[0] : name, text.data ? text.data : "", name);
    locl_text_free(&text);
    return locl_remedy(err, "take set:%s out of one of them", name);
}

static locl_status find_set(expansion *e, const char *name, const locl_device_set **out, locl_error *err)
{
    *out = find_in(e->file, name);
    if (!*out && !e->own_read) {
        LOCL_TRY(locl_device_file_read_own(&e->own, err));
        e->own_read = true;
    }
    *out = *out ? *out : find_in(e->own, name);
    return *out ? LOCL_OK : fail_no_set(e, name, err);
}

static locl_status add(expansion *e, const locl_device_spec *spec, locl_error *err)
{
    locl_device_spec *more = realloc(e->list, (e->count + 1) * sizeof *more);
    if (!more) {
        return locl_fail_memory(err, (e->count + 1) * sizeof *more);
    }
    e->list = more;
    e->list[e->count++] = *spec;
    return LOCL_OK;
}

/* Reads the name of the set that an entry is; "" where it is none. */
static void name_of(const locl_device_spec *spec, char name[LOCL_SELECTOR])
{
    locl_selector sel;
    locl_error ignored;
    name[0] = '\0';
    if (spec->text[0] && locl_selector_read(spec->text, &sel, &ignored) == LOCL_OK &&
        sel.kind == LOCL_SELECT_SET) {
        memcpy(name, sel.text, LOCL_SELECTOR);
    }
}

bool locl_device_specs_name_sets(const locl_device_spec *specs, size_t count)
{
    bool some = false;
    for (size_t i = 0; i < count; i++) {
        char name[LOCL_SELECTOR];
        name_of(&specs[i], name);
        some = some || name[0];
    }
    return some;
}

static locl_status add_all(expansion *e, const locl_device_spec *specs, size_t count, locl_error *err);

static locl_status add_set(expansion *e, const char *name, locl_error *err)
{
    const locl_device_set *set;
    for (size_t i = 0; i < e->depth; i++) {
        if (!strcmp(e->open[i], name)) {
            return fail_circle(e, name, err);
        }
    }
    if (e->depth == DEEPEST) {
        return locl_fail(err, LOCL_E_CONFIG, "sets of devices name each other more than %d deep", DEEPEST);
    }
    LOCL_TRY(find_set(e, name, &set, err));
    e->open[e->depth++] = set->name;
    LOCL_TRY(add_all(e, set->specs, set->count, err));
    e->depth--;
    return LOCL_OK;
}

static locl_status add_all(expansion *e, const locl_device_spec *specs, size_t count, locl_error *err)
{
    for (size_t i = 0; i < count; i++) {
        char name[LOCL_SELECTOR];
        name_of(&specs[i], name);
        LOCL_TRY(name[0] ? add_set(e, name, err) : add(e, &specs[i], err));
    }
    return LOCL_OK;
}

locl_status locl_sets_expand(const locl_device_file *file, locl_device_spec **specs, size_t *count,
                             locl_error *err)
{
    expansion e = {.file = file};
    locl_status status = add_all(&e, *specs, *count, err);
    if (status == LOCL_OK) {
        free(*specs);
        *specs = e.list;
        *count = e.count;
        e.list = NULL;
    }
    free(e.list);
    locl_device_file_free(e.own);
    return status;
}
