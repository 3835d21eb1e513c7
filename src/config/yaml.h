/* A YAML document as a tree of untyped nodes, each with its position. Types are the schema's business: tags
 * are not interpreted (`0:1` and `!0:1` are text). Aliases are refused, size, depth and number of nodes are
 * limited, so no file can cost much. Used by config.c and the schema. */
#ifndef LOCL_CONFIG_YAML_H
#define LOCL_CONFIG_YAML_H

#include "config/problems.h"

enum { LOCL_YAML_BYTES = 1 << 20, LOCL_YAML_DEPTH = 16, LOCL_YAML_NODES = 10000 };

typedef enum locl_yaml_kind { LOCL_YAML_SCALAR, LOCL_YAML_LIST, LOCL_YAML_MAP } locl_yaml_kind;

typedef struct locl_yaml_node {
    locl_yaml_kind kind;
    locl_position at;
    char *text;  /* of a scalar: UTF-8 */
    bool quoted; /* 'x' or "x" */
    char *key;   /* of a child of a map */
    locl_position key_at;
    size_t count; /* children */
    struct locl_yaml_node *first, *last, *next;
    struct locl_yaml_node *made_before; /* links all nodes of a document: how they are freed */
} locl_yaml_node;

/* Owns its nodes and the name that their positions point to. Start with {0}. */
typedef struct locl_yaml {
    char *source;
    locl_yaml_node *root;
    locl_yaml_node *made;
    size_t made_count;
} locl_yaml;

/* Where a text comes from: positions in a file have lines; a value of --set has none, and ends with itself. */
typedef enum locl_yaml_origin { LOCL_YAML_SET, LOCL_YAML_FILE } locl_yaml_origin;

/* What is wrong with the text goes to `problems`; the root is NULL if nothing can be made of it. `source` is
 * copied. LOCL_E_MEMORY, else LOCL_OK. */
locl_status locl_yaml_parse(locl_yaml *yaml, const char *source, locl_yaml_origin origin, const char *text,
                            size_t size, locl_problems *problems, locl_error *err);
/* The document is this text [size], as it is. */
locl_status locl_yaml_take(locl_yaml *yaml, const char *source, const char *text, size_t size,
                           locl_problems *problems, locl_error *err);
void locl_yaml_free(locl_yaml *yaml);

/* A new node of `yaml`, NULL when out of memory or at the limit of nodes. */
locl_yaml_node *locl_yaml_make(locl_yaml *yaml, locl_yaml_kind kind, const locl_position *at);
/* Takes `key` (malloc'd, NULL in a list). */
void locl_yaml_append(locl_yaml_node *parent, locl_yaml_node *child, char *key, const locl_position *key_at);
/* A map's child, NULL if there is none (or `map` is no map). */
locl_yaml_node *locl_yaml_child(const locl_yaml_node *map, const char *key);
/* What a person sees: 'abc' (cut), nothing, a list of 3, a mapping. */
void locl_yaml_describe(const locl_yaml_node *node, char *buffer, size_t size);

#endif
