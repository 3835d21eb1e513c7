#include "device/device_file.h"

#include "base/file.h"
#include "device/condition.h"
#include "device/entry_keys.h"
#include "device/selector.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const engines[] = {"auto", "native", "clblast", NULL};

#define TEXT(member, text)                                                                                   \
    .path = #member, .type = LOCL_KEY_TEXT, .offset = offsetof(locl_device_setting, member), .help = (text), \
    .size = sizeof(((locl_device_setting *)0)->member)
static const locl_key setting_keys[] = {
    {TEXT(engine, "engine of products"), .choices = engines},
    {TEXT(headroom, "memory that is left free")},
    {.path = "share",
     .type = LOCL_KEY_UNSIGNED,
     .offset = offsetof(locl_device_setting, share),
     .help = "of a batch's images",
     .low = 1,
     .high = 1000000},
    {.path = "large_buffers",
     .type = LOCL_KEY_BOOL,
     .offset = offsetof(locl_device_setting, large_buffers),
     .help = "buffers over the driver's limit"},
    {TEXT(build, "options of every build")},
    {0},
};
#undef TEXT

void locl_device_file_free(locl_device_file *file)
{
    if (!file) {
        return;
    }
    for (size_t i = 0; i < file->sets; i++) {
        free(file->set[i].name);
        free(file->set[i].specs);
    }
    free(file->set);
    free(file->setting);
    free(file->path);
    free(file);
}

/* A file while it is read. */
typedef struct reading {
    locl_device_file *file;
    locl_problems problems;
    locl_givens givens;
} reading;

static locl_schema_reader reader_of(reading *r)
{
    return (locl_schema_reader){.problems = &r->problems, .givens = &r->givens};
}

/* Whether a section of the file is a mapping; anything else is a problem. */
static bool is_map(reading *r, const locl_yaml_node *node, const char *key, const char *like)
{
    char found[128];
    if (node->kind == LOCL_YAML_MAP) {
        return true;
    }
    locl_yaml_describe(node, found, sizeof found);
    locl_problems_add_value(&r->problems, &node->at, key, found, like);
    return false;
}

/* Makes the table of keys of this file's sets: each holds a list of devices. NULL when out of memory. */
static locl_key *keys_of_sets(locl_device_file *file)
{
    locl_key *keys = calloc(file->sets + 1, sizeof *keys);
    for (size_t i = 0; keys && i < file->sets; i++) {
        size_t at = i * sizeof *file->set;
        keys[i] = (locl_key){.path = file->set[i].name,
                             .help = "",
                             .type = LOCL_KEY_RECORDS,
                             .offset = at + offsetof(locl_device_set, specs),
                             .least = 1,
                             .capacity = LOCL_ENTRIES,
                             .counted = true,
                             .count_offset = at + offsetof(locl_device_set, count),
                             .record = &locl_device_record};
    }
    return keys;
}

enum { LONGEST_NAME = 48 }; /* of a set */

/* Takes the names of the sets, of which only good ones get further. */
static locl_status name_sets(reading *r, const locl_yaml_node *map)
{
    r->file->set = calloc(map->count + 1, sizeof *r->file->set);
    if (!r->file->set) {
        return LOCL_E_MEMORY;
    }
    for (const locl_yaml_node *child = map->first; child; child = child->next) {
        if (!locl_selector_is_set_name(child->key) || strlen(child->key) > LONGEST_NAME) {
            locl_problems_add(&r->problems, &child->key_at, "sets",
                              "\"%.40s\" is no name of a set, should be at most %d letters, digits, - and _",
                              child->key, LONGEST_NAME);
        }
        char *name = strdup(child->key);
        if (!name) {
            return LOCL_E_MEMORY;
        }
        r->file->set[r->file->sets++].name = name;
    }
    return LOCL_OK;
}

/* Checks the entries of a set, each by itself. */
static void check_set(reading *r, const locl_device_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        char key[128];
        locl_position at = {.source = r->file->path};
        locl_error err = {0};
        snprintf(key, sizeof key, "sets.%.60s[%zu]", set->name, i);
        locl_givens_find(&r->givens, key, &at);
        if (locl_device_spec_check(&set->specs[i], &err) != LOCL_OK) {
            locl_problems_add(&r->problems, &at, key, "%s%s%s", err.message,
                              err.remedy[0] ? "; should be " : "", err.remedy);
        }
    }
}

static locl_status read_sets(reading *r, const locl_yaml_node *map)
{
    if (!is_map(r, map, "sets", "a mapping of names to devices (lab: [gpu, \"!nvidia\"])")) {
        return LOCL_OK;
    }
    LOCL_TRY(name_sets(r, map));
    if (r->problems.total) {
        return LOCL_OK;
    }
    locl_key *keys = keys_of_sets(r->file);
    locl_schema_reader reader = reader_of(r);
    locl_status status = keys ? locl_schema_read(keys, r->file->set, "sets.", map, &reader) : LOCL_E_MEMORY;
    free(keys);
    for (size_t i = 0; status == LOCL_OK && !r->problems.total && i < r->file->sets; i++) {
        check_set(r, &r->file->set[i]);
    }
    return status;
}

/* Returns what is wrong with options of builds; NULL: nothing. Results must not depend on what a compiler is
 * allowed. */
static const char *flaw_of_build(const char *options)
{
    static const char *const refused[] = {"fast-relaxed-math", "unsafe-math", "finite-math", "mad-enable",
                                          "no-signed-zeros",   "denorms",     "-cl-std"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        if (strstr(options, refused[i])) {
            return refused[i];
        }
    }
    return NULL;
}

static void check_setting(reading *r, const locl_device_setting *setting, const locl_yaml_node *node)
{
    double bytes;
    const char *flaw = flaw_of_build(setting->build);
    locl_selector sel;
    locl_error err = {0};
    char key[LOCL_SELECTOR + 32];
    snprintf(key, sizeof key, "settings.%s", setting->device);
    if (locl_selector_read(setting->device, &sel, &err) != LOCL_OK) {
        locl_problems_add(&r->problems, &node->key_at, "settings", "%s; should be %s", err.message,
                          err.remedy);
    } else if (!locl_selector_is_stable(&sel) || sel.excludes || sel.split) {
        locl_problems_add(
            &r->problems, &node->key_at, key,
            "names no device for good, should be pci:..., uuid:... or name:... as `locl devices` "
            "prints it");
    }
    if (setting->headroom[0] && !locl_size_read(setting->headroom, &bytes)) {
        locl_problems_add(&r->problems, &node->at, key, "headroom \"%s\" should be a size such as 512 MiB",
                          setting->headroom);
    }
    if (flaw) {
        locl_problems_add(&r->problems, &node->at, key,
                          "build has %s, should have no option that changes results or the language", flaw);
    }
}

static locl_status read_settings(reading *r, const locl_yaml_node *map)
{
    if (!is_map(r, map, "settings", "a mapping of devices to their settings")) {
        return LOCL_OK;
    }
    r->file->setting = calloc(map->count + 1, sizeof *r->file->setting);
    if (!r->file->setting) {
        return LOCL_E_MEMORY;
    }
    for (const locl_yaml_node *child = map->first; child; child = child->next) {
        locl_device_setting *setting = &r->file->setting[r->file->settings++];
        char outer[LOCL_SELECTOR + 32];
        locl_schema_reader reader = reader_of(r);
        snprintf(setting->device, sizeof setting->device, "%s", child->key);
        snprintf(outer, sizeof outer, "settings.%s.", setting->device);
        if (is_map(r, child, setting->device,
                   "a mapping of engine, headroom, share, large_buffers and build")) {
            LOCL_TRY(locl_schema_read(setting_keys, setting, outer, child, &reader));
            check_setting(r, setting, child);
        }
    }
    return LOCL_OK;
}

static locl_status read_root(reading *r, const locl_yaml_node *root)
{
    if (!is_map(r, root, "", "a mapping (sets: ..., settings: ...)")) {
        return LOCL_OK;
    }
    for (const locl_yaml_node *child = root->first; child; child = child->next) {
        if (!strcmp(child->key, "sets")) {
            LOCL_TRY(read_sets(r, child));
        } else if (!strcmp(child->key, "settings")) {
            LOCL_TRY(read_settings(r, child));
        } else {
            locl_problems_add(&r->problems, &child->key_at, child->key,
                              "is an unknown key, should be sets or settings");
        }
    }
    return LOCL_OK;
}

/* Whether a text has nothing but blanks and comments. */
static bool is_blank(const locl_text *text)
{
    const char *at = text->data ? text->data : "";
    at += strspn(at, " \t\r\n");
    while (*at == '#') {
        at += strcspn(at, "\n");
        at += strspn(at, " \t\r\n");
    }
    return !*at;
}

static locl_status read_text(reading *r, const locl_text *text, locl_error *err)
{
    locl_yaml yaml = {0};
    if (is_blank(text)) {
        return LOCL_OK;
    }
    locl_status status =
        locl_yaml_parse(&yaml, r->file->path, NULL, text->data, text->length, &r->problems, err);
    if (status == LOCL_OK && yaml.root) {
        status = read_root(r, yaml.root);
        status = status == LOCL_OK ? LOCL_OK : locl_fail_memory(err, text->length);
    }
    if (status == LOCL_OK) {
        status = locl_problems_report(&r->problems, err);
    }
    locl_yaml_free(&yaml);
    return status;
}

locl_status locl_device_file_read(const char *path, locl_device_file **out, locl_error *err)
{
    locl_text text = {0};
    reading r = {.file = calloc(1, sizeof *r.file)};
    locl_status status;
    *out = NULL;
    if (!r.file || !(r.file->path = strdup(path))) {
        status = locl_fail_memory(err, sizeof *r.file);
        goto fail;
    }
    LOCL_TRY_GOTO(status, locl_file_read_stream(path, LOCL_YAML_BYTES, LOCL_E_CONFIG, &text, err));
    LOCL_TRY_GOTO(status, read_text(&r, &text, err));
    *out = r.file;
    r.file = NULL;
fail:
    locl_device_file_free(r.file);
    locl_problems_free(&r.problems);
    locl_givens_free(&r.givens);
    locl_text_free(&text);
    return status;
}

/* Finds the place of the user's file; false: there is none. */
static bool find_own(char *path, size_t size)
{
    const char *named = getenv("LOCL_DEVICE_FILE"), *config = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    int length;
    if (named) {
        return named[0] && (size_t)snprintf(path, size, "%s", named) < size;
    }
    if (config && config[0] == '/') {
        length = snprintf(path, size, "%s/locl/devices.yaml", config);
    } else if (home && home[0] == '/') {
        length = snprintf(path, size, "%s/.config/locl/devices.yaml", home);
    } else {
        return false;
    }
    return length > 0 && (size_t)length < size && locl_file_exists(path);
}

locl_status locl_device_file_read_own(locl_device_file **out, locl_error *err)
{
    char path[PATH_MAX];
    *out = NULL;
    return find_own(path, sizeof path) ? locl_device_file_read(path, out, err) : LOCL_OK;
}

const locl_device_setting *locl_device_file_find(const locl_device_file *file, const locl_device_info *info)
{
    const locl_device_setting *found = NULL;
    for (size_t i = 0; file && i < file->settings; i++) {
        locl_selector sel;
        locl_error ignored;
        bool good = locl_selector_read(file->setting[i].device, &sel, &ignored) == LOCL_OK;
        found = good && locl_selector_matches(&sel, info) ? &file->setting[i] : found;
    }
    return found;
}
