#include "config/config.h"

#include "base/file.h"
#include "config/resolve.h"
#include "config/keys.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The text that a configuration is read from. */
typedef struct document {
    const char *name; /* in messages */
    bool unnamed;     /* a pipe or standard input, so there is no name for the folder of a run */
    const char *text; /* [size] */
    size_t size;
} document;

static locl_config *make_default(const document *file)
{
    locl_config *config = calloc(1, sizeof *config);
    locl_device_spec *devices = malloc(sizeof *devices);
    locl_config_origin *origin = calloc(1, sizeof *origin);
    char *name = strdup(file->name);
    if (!config || !devices || !origin || !name) {
        free(config);
        free(devices);
        free(origin);
        free(name);
        return NULL;
    }
    *devices = (locl_device_spec){.text = "auto", .index = -1, .part = -1};
    origin->source = name;
    origin->unnamed = file->unnamed;
    *config = (locl_config){
        .model = locl_model_options_default(),
        .rule = locl_rule_options_default(),
        .data = locl_data_options_default(),
        .optimizer = locl_optim_options_default(),
        .train = {.epochs = 10, .save_steps = 200},
        .tune = LOCL_TUNE_QUICK,
        .devices = devices,
        .device_count = 1,
        .origin = origin,
    };
    return config;
}

void locl_config_free(locl_config *config)
{
    if (config) {
        locl_schema_release(locl_keys, config);
        locl_givens_free(&config->origin->givens);
        free(config->origin->source);
        free(config->origin);
        free(config);
    }
}

/* The documents of a configuration: that of the file, then one for each --set. Nodes of the latter are linked
 * into the tree of the former. */
typedef struct documents {
    locl_yaml *list; /* [count] */
    size_t count;
} documents;

static void documents_free(documents *all)
{
    for (size_t i = 0; i < all->count; i++) {
        locl_yaml_free(&all->list[i]);
    }
    free(all->list);
}

/* Turns `augment: cifar` into `augment: {preset: cifar}`, of which it is short for. */
static locl_status spell_out(locl_yaml *yaml, locl_yaml_node *root)
{
    locl_yaml_node *section = root ? locl_yaml_child(root, "augment") : NULL;
    if (!section || section->kind != LOCL_YAML_SCALAR) {
        return LOCL_OK;
    }
    locl_yaml_node *preset = locl_yaml_make(yaml, LOCL_YAML_SCALAR, &section->at);
    char *key = strdup("preset");
    if (!preset || !key) {
        free(key);
        return LOCL_E_MEMORY;
    }
    preset->text = section->text;
    preset->quoted = section->quoted;
    section->text = NULL;
    section->kind = LOCL_YAML_MAP;
    locl_yaml_append(section, preset, key, &section->at);
    return LOCL_OK;
}

/* Returns the map called `name` in another one, made if it is missing; NULL when out of memory. */
static locl_yaml_node *child_map(locl_yaml *set, locl_yaml_node *map, const char *name)
{
    const locl_position at = {.source = set->source};
    locl_yaml_node *child = locl_yaml_child(map, name);
    if (!child) {
        char *key = strdup(name);
        child = key ? locl_yaml_make(set, LOCL_YAML_MAP, &at) : NULL;
        if (!child) {
            free(key);
            return NULL;
        }
        locl_yaml_append(map, child, key, &at);
    }
    return child;
}

/* Returns the map that holds the last name of `path`, with missing maps made; *last becomes that name. NULL if
 * something else is in the way, or with *status set if there is no memory. The value of a key gives way to a map, which
 * reading reports as it does where the key is missing. */
static locl_yaml_node *descend(locl_yaml *set, locl_yaml_node *map, char *path, char **last,
                               locl_status *status)
{
    const locl_position at = {.source = set->source};
    *last = path;
    for (char *dot = strchr(path, '.'); dot && map->kind == LOCL_YAML_MAP; dot = strchr(*last, '.')) {
        *dot = '\0';
        map = child_map(set, map, *last);
        if (!map) {
            *status = LOCL_E_MEMORY;
            return NULL;
        }
        if (map->kind != LOCL_YAML_MAP && locl_schema_find(locl_keys, path)) {
            map->kind = LOCL_YAML_MAP;
            map->at = map->key_at = at;
            map->first = map->last = NULL;
            map->count = 0;
        }
        *dot = '.';
        *last = dot + 1;
    }
    return map->kind == LOCL_YAML_MAP ? map : NULL;
}

/* Puts the value of `set` into the tree at `path`. */
static locl_status put_value(locl_yaml *set, locl_yaml_node *root, char *path)
{
    char *last;
    locl_status status = LOCL_OK;
    locl_yaml_node *map = descend(set, root, path, &last, &status);
    if (!map) {
        return status; /* what is in the way is no mapping, which reading reports */
    }
    locl_yaml_node *child = locl_yaml_child(map, last);
    if (!child) {
        char *key = strdup(last);
        if (!key) {
            return LOCL_E_MEMORY;
        }
        locl_yaml_append(map, set->root, key, &set->root->at);
        return LOCL_OK;
    }
    char *text = child->text; /* nodes own their texts: they are swapped, so each has one owner */
    child->kind = set->root->kind;
    child->at = child->key_at = set->root->at;
    child->quoted = set->root->quoted;
    child->count = set->root->count;
    child->first = set->root->first;
    child->last = set->root->last;
    child->text = set->root->text;
    set->root->text = text;
    return LOCL_OK;
}

/* Whether the value is taken as it is. */
static bool is_text(const char *key_path, const char *value)
{
    const locl_key *key = locl_schema_find(locl_keys, key_path);
    return key && key->type == LOCL_KEY_TEXT && !(key->many && value[0] == '[');
}

/* Reads the value of `set`. A shell has removed its own quotes, so a text is taken as given (a folder may be
 * called "run #2") unless it begins with a quote. For other keys a list or a mapping is YAML, and anything
 * else is one word. */
static locl_status read_set_value(locl_yaml *set, const char *source, const char *key, const char *value,
                                  locl_problems *problems, locl_error *err)
{
    static const char blanks[] = " \t\r\n";
    size_t length = strlen(value);
    if (value[0] == '"' || value[0] == '\'') {
        return locl_yaml_parse(set, source, key, value, length, problems, err);
    }
    if (is_text(key, value)) {
        return locl_yaml_take(set, source, value, length, problems, err);
    }
    size_t start = strspn(value, blanks);
    if (value[start] == '[' || value[start] == '{') {
        return locl_yaml_parse(set, source, key, value, length, problems, err);
    }
    while (length > start && strchr(blanks, value[length - 1])) {
        length--;
    }
    return locl_yaml_take(set, source, value + start, length - start, problems, err);
}

/* Applies an assignment such as "data.batch=64" to the tree. */
static locl_status apply_set(locl_yaml *set, locl_yaml_node *root, const char *assignment,
                             locl_problems *problems, locl_error *err)
{
    locl_text source = {0};
    const char *equals = strchr(assignment, '=');
    locl_text_add(&source, "--set %s", assignment);
    if (source.failed) {
        return locl_fail_memory(err, strlen(assignment));
    }
    const locl_position at = {.source = source.data};
    locl_status status = LOCL_OK;
    char *path = equals ? strndup(assignment, (size_t)(equals - assignment)) : NULL;
    if (equals && !path) {
        status = LOCL_E_MEMORY;
    } else if (!equals || equals == assignment) {
        locl_problems_add(problems, &at, "", "should be key.path=value");
    } else if (strlen(equals + 1) > LOCL_YAML_BYTES) {
        locl_problems_add(problems, &at, "", "should be at most 1 MiB");
    } else if (!equals[1]) {
        locl_problems_add(problems, &at, "", "has no value");
    } else {
        status = read_set_value(set, source.data, path, equals + 1, problems, err);
    }
    locl_text_free(&source);
    if (status == LOCL_OK && set->root) {
        status = put_value(set, root, path);
        status = status == LOCL_OK ? spell_out(set, root) : status;
    }
    free(path);
    return status == LOCL_OK ? LOCL_OK : locl_fail_memory(err, strlen(assignment));
}

/* Reads the tree of the file and applies all sets. NULL in *root if the file holds no mapping. */
static locl_status read_documents(documents *all, const document *file, const char *const *sets,
                                  locl_yaml_node **root, locl_problems *problems, locl_error *err)
{
    *root = NULL;
    if (file->size > LOCL_YAML_BYTES) {
        const locl_position at = {.source = file->name};
        locl_problems_add(problems, &at, "", "has %zu bytes, should have at most 1 MiB", file->size);
        return LOCL_OK;
    }
    LOCL_TRY(locl_yaml_parse(&all->list[0], file->name, NULL, file->text, file->size, problems, err));
    locl_yaml_node *top = all->list[0].root;
    if (top && top->kind != LOCL_YAML_MAP) {
        char found[128];
        locl_yaml_describe(top, found, sizeof found);
        locl_problems_add_value(problems, &top->at, "", found,
                                "a mapping (model: ..., rule: ..., data: ...)");
    } else {
        *root = top;
    }
    if (spell_out(&all->list[0], *root) != LOCL_OK) {
        return locl_fail_memory(err, file->size);
    }
    for (size_t i = 1; i < all->count && *root; i++) {
        LOCL_TRY(apply_set(&all->list[i], *root, sets[i - 1], problems, err));
    }
    return LOCL_OK;
}

static locl_status build(const document *file, const char *const *sets, size_t set_count,
                         locl_config_purpose purpose, locl_config **out, locl_error *err)
{
    locl_problems problems = {0};
    locl_yaml_node *root = NULL;
    documents all = {.list = calloc(set_count + 1, sizeof *all.list), .count = set_count + 1};
    locl_config *config = make_default(file);
    locl_status status;
    if (!all.list || !config) {
        all.count = 0;
        status = locl_fail_memory(err, sizeof *config);
        goto fail;
    }
    LOCL_TRY_GOTO(status, read_documents(&all, file, sets, &root, &problems, err));
    if (root) {
        locl_schema_reader reader = {.problems = &problems, .givens = &config->origin->givens};
        status = locl_schema_read(locl_keys, config, "", root, &reader);
        if (status != LOCL_OK) {
            locl_fail_memory(err, file->size);
            goto fail;
        }
        locl_config_resolve(config, purpose, &problems);
    }
    LOCL_TRY_GOTO(status, locl_problems_report(&problems, err));
    *out = config;
    config = NULL;
fail:
    locl_config_free(config);
    locl_problems_free(&problems);
    documents_free(&all);
    return status;
}

static locl_status parse(const document *file, const char *const *sets, size_t set_count,
                         locl_config_purpose purpose, locl_config **out, locl_error *err)
{
    *out = NULL;
    /* Numbers in messages have a dot, too, whatever language the host program speaks. */
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (plain == (locale_t)0) {
        return locl_fail_memory(err, 0);
    }
    locale_t before = uselocale(plain);
    locl_status status = build(file, sets, set_count, purpose, out, err);
    uselocale(before);
    freelocale(plain);
    return status;
}

locl_status locl_config_parse(const char *name, const char *text, size_t size, const char *const *sets,
                              size_t set_count, locl_config_purpose purpose, locl_config **out,
                              locl_error *err)
{
    const document file = {.name = name, .text = text, .size = size};
    return parse(&file, sets, set_count, purpose, out, err);
}

locl_status locl_config_load(const char *path, const char *const *sets, size_t set_count,
                             locl_config_purpose purpose, locl_config **out, locl_error *err)
{
    locl_text text = {0};
    struct stat info;
    document file = {.name = strcmp(path, "-") == 0 ? "standard input" : path};
    *out = NULL;
    file.unnamed = file.name != path || (stat(path, &info) == 0 && !S_ISREG(info.st_mode));
    locl_status status = locl_file_read_stream(path, LOCL_YAML_BYTES, LOCL_E_CONFIG, &text, err);
    if (status == LOCL_OK) {
        file.text = text.data ? text.data : "";
        file.size = text.length;
        status = parse(&file, sets, set_count, purpose, out, err);
    }
    locl_text_free(&text);
    return status;
}

bool locl_config_where(const locl_config *config, const char *key, char *buffer, size_t size)
{
    locl_position at;
    locl_text text = {0};
    bool given = locl_config_position(config, key, &at);
    locl_position_text(&at, &text);
    snprintf(buffer, size, "%s", text.failed ? at.source : text.data);
    locl_text_free(&text);
    return given;
}

void locl_config_add_cause(const locl_config *config, locl_error *err)
{
    char where[256];
    locl_text value = {0};
    size_t used = strlen(err->message);
    const locl_key *key = err->key[0] ? locl_schema_find(locl_keys, err->key) : NULL;
    if (err->key[0]) {
        locl_config_where(config, err->key, where, sizeof where);
        if (key) {
            locl_text_add(&value, ": ");
            locl_key_value(key, config, &value);
        }
        snprintf(err->message + used, sizeof err->message - used, "\n  %s  %s%s", where, err->key,
                 value.data ? value.data : "");
    }
    locl_text_free(&value);
}

locl_status locl_config_set_shape(locl_config *config, const unsigned image[3], unsigned classes,
                                  locl_error *err)
{
    locl_problems problems = {0};
    if (config->model.image[0] == 0) {
        memcpy(config->model.image, image, sizeof config->model.image);
    }
    if (config->model.classes == 0) {
        config->model.classes = classes;
    }
    locl_config_check_image(config, LOCL_CONFIG_EVALUATE, &problems);
    locl_status status = locl_problems_report(&problems, err);
    locl_problems_free(&problems);
    return status;
}

locl_status locl_config_check_devices(const locl_config *config, size_t device_count, locl_error *err)
{
    locl_problems problems = {0};
    locl_config_check_placement(config, device_count, &problems);
    locl_status status = locl_problems_report(&problems, err);
    locl_problems_free(&problems);
    return status;
}
