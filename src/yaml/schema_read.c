#include "yaml/schema.h"

#include "base/number.h"
#include "base/utf8.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES = 128 }; /* more names than any section or choice has */

bool locl_givens_find(const locl_givens *givens, const char *key, locl_position *at)
{
    for (size_t i = 0; i < givens->count; i++) {
        const locl_given *given = &givens->list[i];
        if (strcmp(given->key, key) == 0) {
            *at = (locl_position){.source = given->source, .line = given->line, .column = given->column};
            return true;
        }
    }
    return false;
}

void locl_givens_free(locl_givens *givens)
{
    for (size_t i = 0; i < givens->count; i++) {
        free(givens->list[i].key);
        free(givens->list[i].source);
    }
    free(givens->list);
    *givens = (locl_givens){0};
}

static locl_status remember(locl_givens *givens, const char *key, const locl_position *at)
{
    if (givens->count == givens->capacity) {
        size_t capacity = givens->capacity ? givens->capacity * 2 : 32;
        locl_given *list = realloc(givens->list, capacity * sizeof *list);
        if (!list) {
            return LOCL_E_MEMORY;
        }
        givens->list = list;
        givens->capacity = capacity;
    }
    char *name = strdup(key), *source = strdup(at->source);
    if (!name || !source) {
        free(name);
        free(source);
        return LOCL_E_MEMORY;
    }
    givens->list[givens->count++] =
        (locl_given){.key = name, .source = source, .line = at->line, .column = at->column};
    return LOCL_OK;
}

/* Returns the name that a person may have meant. Words that are far too long are no slips. */
static const char *nearest_of(const char *word, const char *const *names)
{
    return strlen(word) < 48 ? locl_text_nearest(word, names) : NULL;
}

/* One value being read: its key, its name in messages, and where these go. */
typedef struct value_reader {
    const locl_key *key;
    char *base;
    const char *path;
    locl_schema_reader *reader;
} value_reader;

static void reject(const value_reader *in, const locl_yaml_node *node)
{
    char found[128];
    const char *nearest = NULL;
    locl_text allowed = {0};
    if (locl_problems_full(in->reader->problems)) {
        in->reader->problems->total++;
        return;
    }
    locl_yaml_describe(node, found, sizeof found);
    locl_key_allowed(in->key, &allowed);
    if (in->key->choices && node->kind == LOCL_YAML_SCALAR) {
        nearest = nearest_of(node->text, in->key->choices);
    }
    if (nearest) {
        locl_text_add(&allowed, "; did you mean %s?", nearest);
    }
    locl_problems_add_value(in->reader->problems, &node->at, in->path, found,
                            allowed.failed ? "something else" : allowed.data);
    locl_text_free(&allowed);
}

static bool parse_integer(const locl_key *key, const locl_yaml_node *node, uint64_t *out)
{
    if (node->kind != LOCL_YAML_SCALAR || !node->text[0] ||
        node->text[strspn(node->text, "0123456789")] != '\0') {
        return false;
    }
    errno = 0;
    unsigned long long value = strtoull(node->text, NULL, 10);
    *out = value;
    return errno == 0 && value >= key->low && value <= key->high;
}

static bool parse_number(const locl_key *key, const locl_yaml_node *node, double *out)
{
    if (node->kind != LOCL_YAML_SCALAR || !node->text[0] ||
        node->text[strspn(node->text, "0123456789+-.eE")] != '\0') {
        return false; /* rejects also what strtod accepts: hexadecimal, inf, nan, leading blanks */
    }
    char *end;
    double value = locl_number_read(node->text, &end);
    *out = value;
    return *end == '\0' && isfinite(value) && value >= key->from &&
           (value < key->to || (!key->open_to && value <= key->to));
}

/* Returns the index of the choice; -1: it is none. */
static int find_choice(const char *const *choices, const locl_yaml_node *node)
{
    for (int i = 0; node->kind == LOCL_YAML_SCALAR && choices[i]; i++) {
        if (strcmp(choices[i], node->text) == 0) {
            return i;
        }
    }
    return -1;
}

static void read_integer(const value_reader *in, const locl_yaml_node *node, void *value)
{
    uint64_t parsed;
    if (!parse_integer(in->key, node, &parsed)) {
        reject(in, node);
    } else if (in->key->type == LOCL_KEY_WIDE) {
        *(uint64_t *)value = parsed;
    } else if (in->key->type == LOCL_KEY_INT) {
        *(int *)value = (int)parsed;
    } else {
        *(unsigned *)value = (unsigned)parsed;
    }
}

static void read_number(const value_reader *in, const locl_yaml_node *node, double *value)
{
    double parsed;
    if (parse_number(in->key, node, &parsed)) {
        *value = parsed;
    } else {
        reject(in, node);
    }
}

static void read_bool(const value_reader *in, const locl_yaml_node *node, bool *value)
{
    static const char *const words[] = {"false", "true", NULL};
    int index = find_choice(words, node);
    if (index < 0) {
        reject(in, node);
    } else {
        *value = index == 1;
    }
}

static void read_choice(const value_reader *in, const locl_yaml_node *node, void *value)
{
    int index = find_choice(in->key->choices, node);
    if (index < 0) {
        reject(in, node);
    } else {
        memcpy(value, &index, sizeof index);
    }
}

/* Returns how many bytes of a path the home folder replaces: 1 for "~", else 0. *why says what only a shell
 * could resolve, else it is NULL. */
static size_t home_prefix(const char *path, const char **why)
{
    *why = NULL;
    if (path[0] == '~') {
        const char *home = getenv("HOME");
        if (path[1] && path[1] != '/') {
            *why =
                "the home folder of another user; should be written out (or begin with ./ if it is a name)";
        } else if (!home || !home[0] || !locl_utf8_valid(home)) {
            *why = "a home folder, but HOME does not name one in UTF-8; should be written out";
        }
        return 1;
    }
    if (path[0] == '$' && (isalpha((unsigned char)path[1]) || path[1] == '_' || path[1] == '{')) {
        *why = "a variable, which only a shell puts in; should be written out (or begin with ./ if it is a "
               "name)";
    }
    return 0;
}

static void read_path(const value_reader *in, const locl_yaml_node *node, char *value)
{
    const char *why, *path = node->text;
    size_t prefix = home_prefix(path, &why);
    if (why) {
        locl_problems_add(in->reader->problems, &node->at, in->path, "begins with %s", why);
    } else if (snprintf(value, in->key->size, "%s%s", prefix ? getenv("HOME") : "", path + prefix) >=
               (int)in->key->size) {
        reject(in, node);
    }
}

static void read_text(const value_reader *in, const locl_yaml_node *node, char *value)
{
    bool wrong = node->kind != LOCL_YAML_SCALAR || !node->text[0] || strlen(node->text) >= in->key->size;
    if (wrong || (in->key->choices && find_choice(in->key->choices, node) < 0)) {
        reject(in, node);
    } else if (in->key->is_path) {
        read_path(in, node, value);
    } else {
        memcpy(value, node->text, strlen(node->text) + 1);
    }
}

/* Reads a list of texts into the lines of a field. */
static void read_texts(const value_reader *in, const locl_yaml_node *node, char *value)
{
    locl_key one = *in->key;
    value_reader reader = *in;
    reader.key = &one;
    one.many = false;
    if (node->count == 0) {
        reject(in, node);
    }
    for (const locl_yaml_node *item = node->first; item; item = item->next) {
        *value = '\0';
        read_text(&reader, item, value);
        size_t length = strlen(value);
        if (length == 0) {
            return; /* what is wrong was told */
        }
        value += length;
        one.size -= length + 1;
        if (item->next) {
            *value++ = '\n';
        }
    }
}

static void read_list(const value_reader *in, const locl_yaml_node *node)
{
    const locl_key *key = in->key;
    bool single = key->unbracketed && node->kind == LOCL_YAML_SCALAR;
    size_t count = single ? 1 : node->count, i = 0;
    if ((!single && node->kind != LOCL_YAML_LIST) || count < key->least || count > key->capacity) {
        reject(in, node);
        return;
    }
    for (const locl_yaml_node *item = single ? node : node->first; i < count; item = item->next, i++) {
        if (key->type == LOCL_KEY_UNSIGNED_LIST) {
            read_integer(in, item, (unsigned *)(void *)(in->base + key->offset) + i);
        } else {
            read_number(in, item, (double *)(void *)(in->base + key->offset) + i);
        }
    }
    if (key->counted) {
        *(unsigned *)(void *)(in->base + key->count_offset) = (unsigned)count;
    }
}

static locl_status read_record(const value_reader *in, const locl_yaml_node *item, size_t index, char *entry)
{
    const locl_key_record *record = in->key->record;
    char outer[64];
    snprintf(outer, sizeof outer, "%s[%zu]", in->path, index);
    LOCL_TRY(remember(in->reader->givens, outer, &item->at));
    if (item->kind == LOCL_YAML_MAP && item->count > 0) {
        snprintf(outer, sizeof outer, "%s[%zu].", in->path, index);
        return locl_schema_read(record->keys, entry, outer, item, in->reader);
    }
    if (item->kind == LOCL_YAML_SCALAR && record->shorthand) {
        value_reader text = {.key = record->shorthand, .base = entry, .path = in->path, .reader = in->reader};
        read_text(&text, item, entry + record->shorthand->offset);
    } else {
        reject(in, item);
    }
    return LOCL_OK;
}

/* Makes a list of records empty, whatever was read into it before. */
static void clear_records(const value_reader *in)
{
    void **array = (void **)(void *)(in->base + in->key->offset);
    free(*array);
    *array = NULL;
    *(size_t *)(void *)(in->base + in->key->count_offset) = 0;
}

static locl_status read_records(const value_reader *in, const locl_yaml_node *node)
{
    const locl_key *key = in->key;
    bool single = node->kind != LOCL_YAML_LIST;
    if (key->empty && node->kind == LOCL_YAML_SCALAR && !strcmp(node->text, key->empty)) {
        clear_records(in);
        return LOCL_OK;
    }
    size_t count = single ? 1 : node->count, index = 0;
    if ((single && !key->record->shorthand) || count < key->least || count > key->capacity) {
        reject(in, node);
        return LOCL_OK;
    }
    char *entries = calloc(count, key->record->size);
    if (!entries) {
        return LOCL_E_MEMORY;
    }
    void **array = (void **)(void *)(in->base + key->offset);
    clear_records(in);
    *array = entries;
    *(size_t *)(void *)(in->base + key->count_offset) = count;
    for (const locl_yaml_node *item = single ? node : node->first; index < count; item = item->next) {
        char *entry = entries + index * key->record->size;
        memcpy(entry, key->record->initial, key->record->size);
        LOCL_TRY(read_record(in, item, index++, entry));
    }
    return LOCL_OK;
}

static locl_status read_value(const value_reader *in, const locl_yaml_node *node)
{
    void *value = in->base + in->key->offset;
    switch (in->key->type) {
    case LOCL_KEY_BOOL:
        read_bool(in, node, value);
        break;
    case LOCL_KEY_UNSIGNED:
    case LOCL_KEY_WIDE:
    case LOCL_KEY_INT:
        read_integer(in, node, value);
        break;
    case LOCL_KEY_NUMBER:
        read_number(in, node, value);
        break;
    case LOCL_KEY_CHOICE:
        read_choice(in, node, value);
        break;
    case LOCL_KEY_TEXT:
        if (in->key->many && node->kind == LOCL_YAML_LIST) {
            read_texts(in, node, value);
        } else {
            read_text(in, node, value);
        }
        break;
    case LOCL_KEY_UNSIGNED_LIST:
    case LOCL_KEY_NUMBER_LIST:
        read_list(in, node);
        break;
    case LOCL_KEY_RECORDS:
        return read_records(in, node);
    }
    return LOCL_OK;
}

/* Lists the names in a section ("" or "model."), each once, in the order of the table. The strings are
 * malloc'd, and NULL ends them. */
static void section_names(const locl_key *keys, const char *section, char *names[NAMES])
{
    size_t length = strlen(section), count = 0;
    for (const locl_key *key = keys; key->path && count + 1 < NAMES; key++) {
        if (strncmp(key->path, section, length) != 0) {
            continue;
        }
        size_t name = strcspn(key->path + length, ".");
        if (count == 0 || strlen(names[count - 1]) != name ||
            strncmp(names[count - 1], key->path + length, name) != 0) {
            names[count] = strndup(key->path + length, name);
            if (!names[count]) {
                break;
            }
            count++;
        }
    }
    names[count] = NULL;
}

/* Returns the full path of a key whose last name is `name`: for `batch`, data.batch. */
static const char *path_ending_in(const locl_key *keys, const char *name)
{
    for (const locl_key *key = keys; key->path; key++) {
        const char *dot = strrchr(key->path, '.');
        if (dot && strcmp(dot + 1, name) == 0) {
            return key->path;
        }
    }
    return NULL;
}

static void reject_unknown(const locl_key *keys, const char *outer, const char *section,
                           const locl_yaml_node *child, locl_problems *problems)
{
    char *names[NAMES];
    char path[192];
    locl_text text = {0};
    if (locl_problems_full(problems)) {
        problems->total++;
        return;
    }
    section_names(keys, section, names);
    const char *near = nearest_of(child->key, (const char *const *)names);
    const char *elsewhere = near ? NULL : path_ending_in(keys, child->key);
    for (size_t i = 0; names[i]; i++) {
        locl_text_add(&text, "%s%s", i ? ", " : "", names[i]);
    }
    if (near) {
        locl_text_add(&text, "; did you mean %s%s%s?", outer, section, near);
    } else if (elsewhere) {
        locl_text_add(&text, "; did you mean %s%s?", outer, elsewhere);
    }
    snprintf(path, sizeof path, "%s%s%s", outer, section, child->key);
    locl_problems_add(problems, &child->key_at, path, "is an unknown key, should be one of %s",
                      text.failed ? "the known ones" : text.data);
    locl_text_free(&text);
    for (size_t i = 0; names[i]; i++) {
        free(names[i]);
    }
}

static const locl_key *find_key(const locl_key *keys, const char *path, bool *is_section)
{
    size_t length = strlen(path);
    *is_section = false;
    for (const locl_key *key = keys; key->path; key++) {
        if (strcmp(key->path, path) == 0) {
            return key;
        }
        *is_section = *is_section || (strncmp(key->path, path, length) == 0 && key->path[length] == '.');
    }
    return NULL;
}

const locl_key *locl_schema_find(const locl_key *keys, const char *path)
{
    bool is_section;
    return find_key(keys, path, &is_section);
}

static locl_status read_section(const locl_key *keys, char *base, const char *outer, const char *section,
                                const locl_yaml_node *map, locl_schema_reader *reader);

static locl_status read_child(const locl_key *keys, char *base, const char *outer, const char *section,
                              const locl_yaml_node *child, locl_schema_reader *reader)
{
    enum { LONGEST = 64 };
    char local[LONGEST], path[2 * LONGEST];
    bool is_section;
    const locl_key *key = NULL;
    if (snprintf(local, sizeof local, "%s%s", section, child->key) < (int)sizeof local && child->key[0] &&
        !strchr(child->key, '.')) {
        key = find_key(keys, local, &is_section);
    } else {
        is_section = false;
    }
    if (!key && !is_section) {
        reject_unknown(keys, outer, section, child, reader->problems);
        return LOCL_OK;
    }
    snprintf(path, sizeof path, "%s%s", outer, local);
    LOCL_TRY(remember(reader->givens, path, &child->at));
    if (key) {
        value_reader in = {.key = key, .base = base, .path = path, .reader = reader};
        return read_value(&in, child);
    }
    if (child->kind == LOCL_YAML_MAP) {
        char inner[LONGEST + 1];
        snprintf(inner, sizeof inner, "%s.", local);
        return read_section(keys, base, outer, inner, child, reader);
    }
    char found[128];
    locl_yaml_describe(child, found, sizeof found);
    locl_problems_add_value(reader->problems, &child->at, path, found, "a mapping of keys to values");
    return LOCL_OK;
}

static locl_status read_section(const locl_key *keys, char *base, const char *outer, const char *section,
                                const locl_yaml_node *map, locl_schema_reader *reader)
{
    for (const locl_yaml_node *child = map->first; child; child = child->next) {
        LOCL_TRY(read_child(keys, base, outer, section, child, reader));
    }
    return LOCL_OK;
}

locl_status locl_schema_read(const locl_key *keys, void *base, const char *outer, const locl_yaml_node *map,
                             locl_schema_reader *reader)
{
    return read_section(keys, base, outer, "", map, reader);
}
