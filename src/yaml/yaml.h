/* A YAML document as a tree of untyped nodes, each with its position. The schema knows the types: tags are
 * not interpreted (`0:1` and `!0:1` are text). Aliases are refused, and size, depth and number of nodes are
 * limited, so that no file can cost much. Used by the schema and those who read files of their own. */
#ifndef LOCL_YAML_YAML_H
#define LOCL_YAML_YAML_H

#include "yaml/problems.h"

enum { LOCL_YAML_BYTES = 1 << 20, LOCL_YAML_DEPTH = 16, LOCL_YAML_NODES = 10000 };

typedef enum locl_yaml_kind { LOCL_YAML_SCALAR, LOCL_YAML_LIST, LOCL_YAML_MAP } locl_yaml_kind;

typedef struct locl_yaml_node {
    locl_yaml_kind kind;
    locl_position at;
    char *text;  /* of a scalar, in UTF-8 */
    bool quoted; /* written as 'x' or "x" */
    char *key;   /* of a child of a map */
    locl_position key_at;
    size_t count; /* children */
    struct locl_yaml_node *first, *last, *next;
    struct locl_yaml_node *made_before; /* the node made before it, for freeing all nodes of a document */
} locl_yaml_node;

/* A document. Starts with {0}. Owns its nodes and the name that their positions point to. */
typedef struct locl_yaml {
    char *source;
    locl_yaml_node *root;
    locl_yaml_node *made;
    size_t made_count;
} locl_yaml;

/* Parses a text. `set` is the key whose value it is, as with --set: positions then have no lines, and nothing
 * may follow the value. NULL: a file. Faults of the text go to `problems`, and the root is NULL if it cannot be
 * read. `source` is copied. Returns LOCL_OK, or LOCL_E_MEMORY. */
locl_status locl_yaml_parse(locl_yaml *yaml, const char *source, const char *set, const char *text,
                            size_t size, locl_problems *problems, locl_error *err);
/* Makes a document of the text [size] as it is, as one scalar. */
locl_status locl_yaml_take(locl_yaml *yaml, const char *source, const char *text, size_t size,
                           locl_problems *problems, locl_error *err);
void locl_yaml_free(locl_yaml *yaml);

/* Makes a node of `yaml`; NULL when out of memory or at the limit of nodes. */
locl_yaml_node *locl_yaml_make(locl_yaml *yaml, locl_yaml_kind kind, const locl_position *at);
/* Appends `child` to `parent`, which takes over `key` (malloc'd, NULL in a list). */
void locl_yaml_append(locl_yaml_node *parent, locl_yaml_node *child, char *key, const locl_position *key_at);
/* Returns the child of a map; NULL if there is none, or `map` is no map. */
locl_yaml_node *locl_yaml_child(const locl_yaml_node *map, const char *key);
/* Describes a node for a person: 'abc' (cut), nothing, a list of 3, a mapping. */
void locl_yaml_describe(const locl_yaml_node *node, char *buffer, size_t size);

#endif
