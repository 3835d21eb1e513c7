/* What a key of the configuration may hold, as a row of a table, and the functions that need only the row:
 * they read a node into the field, say what is allowed and write the field as YAML. config/keys.c and
 * device/entry_keys.c have rows. */
#ifndef LOCL_YAML_SCHEMA_H
#define LOCL_YAML_SCHEMA_H

#include "yaml/yaml.h"

#include <stdint.h>

typedef enum locl_key_type {
    LOCL_KEY_BOOL,          /* bool */
    LOCL_KEY_UNSIGNED,      /* unsigned */
    LOCL_KEY_WIDE,          /* uint64_t */
    LOCL_KEY_INT,           /* int, -1: not given */
    LOCL_KEY_NUMBER,        /* double, finite */
    LOCL_KEY_CHOICE,        /* an enum whose values are indices of `choices` */
    LOCL_KEY_TEXT,          /* char[size]; one of `choices` if there are any */
    LOCL_KEY_UNSIGNED_LIST, /* unsigned[capacity] */
    LOCL_KEY_NUMBER_LIST,   /* double[capacity] */
    LOCL_KEY_RECORDS        /* a malloc'd array of structs, each read by rows of its own */
} locl_key_type;

/* How an entry of LOCL_KEY_RECORDS is read: as fields of a struct of `size` bytes. */
typedef struct locl_key_record {
    const struct locl_key *keys; /* ends with path NULL */
    size_t size;
    const void *initial;              /* the values of an entry before it is read */
    const struct locl_key *shorthand; /* the field that a plain text fills; NULL: entries are mappings only */
} locl_key_record;

typedef struct locl_key {
    const char *path; /* "model.blocks": the sections stand before the dots */
    const char *help; /* one line */
    locl_key_type type;
    size_t offset;              /* of the field in its struct */
    uint64_t low, high;         /* of integers, also in lists; a field of 0 below `low` is not given */
    double from, to;            /* of numbers, also in lists */
    bool open_to;               /* `to` itself is not allowed */
    const char *const *choices; /* ends with NULL */
    size_t size;                /* TEXT: bytes of the field, with the 0 */
    bool is_path;               /* TEXT: a leading "~/" stands for the home folder */
    bool many;                  /* TEXT: also a list of texts, each on a line of the field */
    size_t least, capacity;     /* lists: least and most values */
    bool counted; /* lists: has a count (RECORDS: size_t, else unsigned); else always `capacity` values */
    size_t count_offset;
    bool unbracketed; /* lists: a single value may stand without brackets, and is written so */
    const locl_key_record *record;
    const char *empty;    /* RECORDS: the text that stands for an empty list, the default; NULL: none */
    const char *fallback; /* the default in words, where no value of the field is the default */
} locl_key;

/* A key and where it was given, for errors that are found later. Owns its strings. */
typedef struct locl_given {
    char *key;
    char *source;
    size_t line, column;
} locl_given;

typedef struct locl_givens {
    locl_given *list;
    size_t count, capacity;
} locl_givens;

/* Finds where `key` was given. *at points into `givens`. False, with *at unchanged, if it was not given. */
bool locl_givens_find(const locl_givens *givens, const char *key, locl_position *at);
void locl_givens_free(locl_givens *givens);

typedef struct locl_schema_reader {
    locl_problems *problems;
    locl_givens *givens;
} locl_schema_reader;

/* Returns the key of that full path ("data.batch"); NULL for a section, and where there is none. */
const locl_key *locl_schema_find(const locl_key *keys, const char *path);
/* Reads a mapping into `base`. `outer` precedes keys in messages ("devices[0]." or ""). Fields whose key is
 * missing or wrong keep their value. Wrong values are problems, and the result is LOCL_OK, or
 * LOCL_E_MEMORY. */
locl_status locl_schema_read(const locl_key *keys, void *base, const char *outer, const locl_yaml_node *map,
                             locl_schema_reader *reader);
/* Adds what the key allows: "an integer from 1 to 65536". */
void locl_key_allowed(const locl_key *key, locl_text *out);
/* Whether the field holds something. An empty list does not, nor a size that is still 0. */
bool locl_key_is_set(const locl_key *key, const void *base);
/* Adds the field as YAML on one line: `128`, `[28, 28, 1]`, `[{name: arc, split: 2}]`. Doubles read back as
 * the same value. */
void locl_key_value(const locl_key *key, const void *base, locl_text *out);
/* Frees the arrays of RECORDS in `base`. */
void locl_schema_release(const locl_key *keys, void *base);

#endif
