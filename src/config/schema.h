/* What a key of the configuration may hold, and the functions that follow from such a row alone: reading a
 * node into the field, saying what is allowed, writing the field as YAML. The rows themselves are in keys.c.
 */
#ifndef LOCL_CONFIG_SCHEMA_H
#define LOCL_CONFIG_SCHEMA_H

#include "config/yaml.h"

#include <stdint.h>

typedef enum locl_key_type {
    LOCL_KEY_BOOL,          /* bool */
    LOCL_KEY_UNSIGNED,      /* unsigned */
    LOCL_KEY_WIDE,          /* uint64_t */
    LOCL_KEY_INT,           /* int, -1: not given */
    LOCL_KEY_NUMBER,        /* double, finite */
    LOCL_KEY_CHOICE,        /* an enum that counts as `choices` does */
    LOCL_KEY_TEXT,          /* char[size]; one of `choices` if there are any */
    LOCL_KEY_UNSIGNED_LIST, /* unsigned[capacity] */
    LOCL_KEY_NUMBER_LIST,   /* double[capacity] */
    LOCL_KEY_RECORDS        /* a malloc'd array of structs, each read by rows of its own */
} locl_key_type;

/* How an entry of LOCL_KEY_RECORDS is read: fields of a struct of `size` bytes. */
typedef struct locl_key_record {
    const struct locl_key *keys; /* ends with path NULL */
    size_t size;
    const void *initial;              /* an entry before it is read */
    const struct locl_key *shorthand; /* the field that a plain text fills; NULL: entries are mappings */
} locl_key_record;

typedef struct locl_key {
    const char *path; /* "model.blocks": sections are what stands before the dots */
    const char *help; /* one line */
    locl_key_type type;
    size_t offset;              /* of the field in its struct */
    uint64_t low, high;         /* integers, also in lists; a field of 0 below `low` is not given */
    double from, to;            /* numbers, also in lists */
    bool open_to;               /* `to` itself is not allowed */
    const char *const *choices; /* ends with NULL */
    size_t size;                /* TEXT: with the 0 */
    bool is_path;               /* TEXT: a leading "~/" stands for the home folder */
    size_t least, capacity;     /* lists: how many values */
    bool counted; /* lists: has a count (RECORDS: size_t, else unsigned); else `capacity` are given */
    size_t count_offset;
    const locl_key_record *record;
    const char *fallback; /* the default in words, where it is none of the field's own values */
} locl_key;

/* Where keys were given, for errors that are found later. Owns its strings. */
typedef struct locl_given {
    char *key;
    char *source;
    size_t line, column;
} locl_given;

typedef struct locl_givens {
    locl_given *list;
    size_t count, capacity;
} locl_givens;

/* False, and *at as it was, if the key was not given. *at points into `givens`. */
bool locl_givens_find(const locl_givens *givens, const char *key, locl_position *at);
void locl_givens_free(locl_givens *givens);

typedef struct locl_schema_reader {
    locl_problems *problems;
    locl_givens *givens;
} locl_schema_reader;

/* The key of that full path ("data.batch"); NULL for a section, and where there is none. */
const locl_key *locl_schema_find(const locl_key *keys, const char *path);
/* Reads a mapping into `base`. `outer` is put before keys in messages ("devices[0]." or ""). Fields whose key
 * is missing or wrong keep their value. LOCL_E_MEMORY, else LOCL_OK: what is wrong goes to the problems. */
locl_status locl_schema_read(const locl_key *keys, void *base, const char *outer, const locl_yaml_node *map,
                             locl_schema_reader *reader);
/* "an integer from 1 to 65536" */
void locl_key_allowed(const locl_key *key, locl_text *out);
/* Whether the field holds something (a list that is empty, or a size that is still 0, does not). */
bool locl_key_is_set(const locl_key *key, const void *base);
/* The field as YAML on one line: `128`, `[28, 28, 1]`, `[{name: arc, split: 2}]`. Doubles read back the same.
 */
void locl_key_value(const locl_key *key, const void *base, locl_text *out);
/* Frees the arrays of RECORDS in `base`. */
void locl_schema_release(const locl_key *keys, void *base);

#endif
