#include "yaml/yaml.h"

#include "base/utf8.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

typedef struct reader {
    yaml_parser_t parser;
    locl_yaml *yaml;
    const char *text; /* the whole input, [size] */
    size_t size;
    bool lines;
    unsigned depth;
    char path[256]; /* of what is being read, for people: "rule.feedback", cut */
    size_t end;     /* end of the last value, in characters */
    locl_problems *problems;
    locl_error *err;
} reader;

/* Stops reading: LOCL_E_CONFIG in this file means that `problems` has the reason. */
static locl_status stop(reader *in, const locl_position *at, const char *what)
{
    locl_problems_add(in->problems, at, "", "%s", what);
    return LOCL_E_CONFIG;
}

static locl_position position(const reader *in, const yaml_mark_t *mark)
{
    return (locl_position){.source = in->yaml->source,
                           .line = in->lines ? mark->line + 1 : 0,
                           .column = in->lines ? mark->column + 1 : 0};
}

/* Returns the position of a byte. libyaml gives errors of its decoder as a byte offset only. */
static locl_position position_of_byte(const reader *in, size_t offset)
{
    yaml_mark_t mark = {0};
    for (size_t i = 0; i < offset && i < in->size; i++) {
        mark.column++;
        if (in->text[i] == '\n') {
            mark.line++;
            mark.column = 0;
        }
    }
    return position(in, &mark);
}

static locl_status fail_syntax(reader *in)
{
    const yaml_parser_t *p = &in->parser;
    const char *problem = p->problem ? p->problem : "unreadable";
    if (p->error == YAML_MEMORY_ERROR) {
        return locl_fail_memory(in->err, in->size);
    }
    locl_position at = position(in, &p->problem_mark);
    if (p->error == YAML_READER_ERROR) {
        at = position_of_byte(in, p->problem_offset);
        locl_problems_add(in->problems, &at, "", "not a text file: %s (byte %zu)", problem,
                          p->problem_offset + 1);
    } else if (p->context && in->lines) {
        locl_problems_add(in->problems, &at, "", "not valid YAML: %s (%s that starts at line %zu)", problem,
                          p->context, p->context_mark.line + 1);
    } else {
        locl_problems_add(in->problems, &at, "", "not valid YAML: %s", problem);
    }
    return LOCL_E_CONFIG;
}

static locl_status next_event(reader *in, yaml_event_t *event)
{
    if (!yaml_parser_parse(&in->parser, event)) {
        return fail_syntax(in);
    }
    if (event->type == YAML_SCALAR_EVENT || event->type == YAML_SEQUENCE_END_EVENT ||
        event->type == YAML_MAPPING_END_EVENT) {
        in->end = event->end_mark.index;
    }
    return LOCL_OK;
}

locl_yaml_node *locl_yaml_make(locl_yaml *yaml, locl_yaml_kind kind, const locl_position *at)
{
    locl_yaml_node *node = yaml->made_count < LOCL_YAML_NODES ? calloc(1, sizeof *node) : NULL;
    if (node) {
        node->kind = kind;
        node->at = *at;
        node->made_before = yaml->made;
        yaml->made = node;
        yaml->made_count++;
    }
    return node;
}

void locl_yaml_append(locl_yaml_node *parent, locl_yaml_node *child, char *key, const locl_position *key_at)
{
    child->key = key;
    if (key_at) {
        child->key_at = *key_at;
    }
    if (parent->last) {
        parent->last->next = child;
    } else {
        parent->first = child;
    }
    parent->last = child;
    parent->count++;
}

locl_yaml_node *locl_yaml_child(const locl_yaml_node *map, const char *key)
{
    for (locl_yaml_node *child = map->kind == LOCL_YAML_MAP ? map->first : NULL; child; child = child->next) {
        if (strcmp(child->key, key) == 0) {
            return child;
        }
    }
    return NULL;
}

/* Returns the text of a scalar, malloc'd. A local tag is part of it: devices are excluded as `!0:1`, which
 * YAML takes for a tag without a value. */
static locl_status scalar_text(reader *in, const yaml_event_t *event, const locl_position *at, char **out)
{
    const char *tag = (const char *)event->data.scalar.tag;
    const char *value = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;
    locl_text text = {0};
    if (memchr(value, '\0', length)) {
        return stop(in, at, "found a NUL character, should be text without it");
    }
    if (tag && tag[0] == '!' && tag[1]) {
        locl_text_add(&text, "%s%s", tag, length ? " " : "");
    }
    locl_text_add_bytes(&text, value, length);
    if (text.failed) {
        locl_text_free(&text);
        return locl_fail_memory(in->err, length);
    }
    *out = text.data;
    return LOCL_OK;
}

/* Adds a key, or the index of a list's element where it is NULL, to the path. */
static void enter(reader *in, const char *key, size_t index)
{
    size_t used = strlen(in->path);
    if (key) {
        snprintf(in->path + used, sizeof in->path - used, "%s%s", used ? "." : "", key);
    } else {
        snprintf(in->path + used, sizeof in->path - used, "[%zu]", index);
    }
}

static locl_status read_node(reader *in, const yaml_event_t *event, locl_yaml_node **out);

static locl_status read_key(reader *in, const yaml_event_t *event, const locl_yaml_node *map, char **key)
{
    locl_position at = position(in, &event->start_mark);
    if (event->type != YAML_SCALAR_EVENT) {
        return stop(in, &at, "found a list, a mapping or an alias as a key, should be a plain word");
    }
    LOCL_TRY(scalar_text(in, event, &at, key));
    const locl_yaml_node *before = locl_yaml_child(map, *key);
    enter(in, *key, 0);
    if (before && in->lines) {
        locl_problems_add(in->problems, &at, in->path,
                          "is given twice, first at line %zu; should be given once", before->key_at.line);
    } else if (before) {
        locl_problems_add(in->problems, &at, in->path, "is given twice, should be given once");
    }
    return LOCL_OK;
}

/* Reads the children of a list or map, up to and with its end event. */
static locl_status read_children(reader *in, locl_yaml_node *parent)
{
    yaml_event_type_t end = parent->kind == LOCL_YAML_MAP ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT;
    locl_status status = LOCL_OK;
    size_t above = strlen(in->path);
    for (bool more = true; more && status == LOCL_OK; in->path[above] = '\0') {
        yaml_event_t event;
        char *key = NULL;
        locl_yaml_node *child = NULL;
        LOCL_TRY(next_event(in, &event));
        locl_position key_at = position(in, &event.start_mark);
        more = event.type != end;
        if (more && parent->kind == LOCL_YAML_MAP) {
            status = read_key(in, &event, parent, &key);
            yaml_event_delete(&event);
            status = status == LOCL_OK ? next_event(in, &event) : status;
            if (status != LOCL_OK) {
                free(key);
                return status;
            }
        }
        if (parent->kind == LOCL_YAML_LIST) {
            enter(in, NULL, parent->count);
        }
        status = more ? read_node(in, &event, &child) : LOCL_OK;
        yaml_event_delete(&event);
        if (child) {
            locl_yaml_append(parent, child, key, &key_at);
        } else {
            free(key);
        }
    }
    return status;
}

static locl_status read_node(reader *in, const yaml_event_t *event, locl_yaml_node **out)
{
    locl_position at = position(in, &event->start_mark);
    locl_yaml_kind kind = event->type == YAML_SCALAR_EVENT           ? LOCL_YAML_SCALAR
                          : event->type == YAML_SEQUENCE_START_EVENT ? LOCL_YAML_LIST
                                                                     : LOCL_YAML_MAP;
    if (event->type == YAML_ALIAS_EVENT) {
        return stop(in, &at, "found an alias (*name), should be the value itself");
    }
    if (in->yaml->made_count == LOCL_YAML_NODES) {
        return stop(in, &at, "found more than 10000 values, which no configuration needs");
    }
    if (in->depth == LOCL_YAML_DEPTH) {
        return stop(in, &at, "found more than 16 levels of nesting, which no configuration needs");
    }
    locl_yaml_node *node = locl_yaml_make(in->yaml, kind, &at);
    if (!node) {
        return locl_fail_memory(in->err, sizeof *node);
    }
    *out = node;
    if (kind == LOCL_YAML_SCALAR) {
        node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
        return scalar_text(in, event, &at, &node->text);
    }
    in->depth++;
    locl_status status = read_children(in, node);
    in->depth--;
    return status;
}

/* Refuses what follows a value of --set, which is most likely part of what was meant. A file may end in a
 * comment. */
static locl_status refuse_rest(reader *in)
{
    const locl_position at = {.source = in->yaml->source};
    const char *rest = in->text;
    for (size_t i = 0; i < in->end; i++) {
        locl_utf8_next(&rest);
    }
    return rest[strspn(rest, " \t\r\n")]
               ? stop(in, &at, "goes on behind the end of the value, should end there")
               : LOCL_OK;
}

/* Reads stream start, one document, stream end. */
static locl_status read_document(reader *in)
{
    yaml_event_t event;
    locl_status status;
    locl_position start = position(in, &(yaml_mark_t){0});
    LOCL_TRY(next_event(in, &event));
    yaml_event_delete(&event);
    LOCL_TRY(next_event(in, &event));
    bool empty = event.type == YAML_STREAM_END_EVENT;
    yaml_event_delete(&event);
    if (empty) {
        return stop(in, &start, "is empty");
    }
    LOCL_TRY(next_event(in, &event));
    status = read_node(in, &event, &in->yaml->root);
    yaml_event_delete(&event);
    LOCL_TRY(status);
    LOCL_TRY(next_event(in, &event)); /* the document's end */
    yaml_event_delete(&event);
    LOCL_TRY(next_event(in, &event));
    bool more = event.type != YAML_STREAM_END_EVENT;
    locl_position at = position(in, &event.start_mark);
    yaml_event_delete(&event);
    if (more) {
        return stop(in, &at, "found a second document (---), should be one");
    }
    return in->lines ? LOCL_OK : refuse_rest(in);
}

locl_status locl_yaml_parse(locl_yaml *yaml, const char *source, const char *set, const char *text,
                            size_t size, locl_problems *problems, locl_error *err)
{
    reader in = {.yaml = yaml, .text = text, .size = size, .lines = !set, .problems = problems, .err = err};
    enter(&in, set ? set : "", 0);
    yaml->source = strdup(source);
    if (!yaml->source || !yaml_parser_initialize(&in.parser)) {
        return locl_fail_memory(err, sizeof in.parser);
    }
    yaml_parser_set_input_string(&in.parser, (const unsigned char *)text, size);
    locl_status status = read_document(&in);
    yaml_parser_delete(&in.parser);
    if (status == LOCL_E_CONFIG) {
        yaml->root = NULL;
        status = LOCL_OK;
    }
    return status;
}

locl_status locl_yaml_take(locl_yaml *yaml, const char *source, const char *text, size_t size,
                           locl_problems *problems, locl_error *err)
{
    yaml->source = strdup(source);
    const locl_position at = {.source = yaml->source};
    locl_yaml_node *node = yaml->source ? locl_yaml_make(yaml, LOCL_YAML_SCALAR, &at) : NULL;
    if (!node || !(node->text = strndup(text, size))) {
        return locl_fail_memory(err, sizeof *node + size);
    }
    if (locl_utf8_valid(node->text)) {
        yaml->root = node;
    } else {
        locl_problems_add(problems, &at, "", "is no UTF-8 text, as a configuration has to be");
    }
    return LOCL_OK;
}

void locl_yaml_free(locl_yaml *yaml)
{
    for (locl_yaml_node *node = yaml->made; node;) {
        locl_yaml_node *before = node->made_before;
        free(node->text);
        free(node->key);
        free(node);
        node = before;
    }
    free(yaml->source);
    *yaml = (locl_yaml){0};
}

void locl_yaml_describe(const locl_yaml_node *node, char *buffer, size_t size)
{
    enum { SHOWN = 48 };
    if (node->kind == LOCL_YAML_LIST) {
        snprintf(buffer, size, "a list of %zu", node->count);
    } else if (node->kind == LOCL_YAML_MAP) {
        snprintf(buffer, size, "a mapping");
    } else if (!node->text[0] && !node->quoted) {
        snprintf(buffer, size, "nothing");
    } else {
        const char *end = node->text, *next = end;
        while (locl_utf8_next(&next) && next - node->text <= SHOWN) {
            end = next;
        }
        snprintf(buffer, size, "'%.*s%s'", (int)(end - node->text), node->text, *end ? "..." : "");
    }
}
