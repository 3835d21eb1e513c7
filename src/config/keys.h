/* The table of all keys, the only place where YAML names meet fields. Used by src/config to read, to write
 * and for the reference page. */
#ifndef LOCL_CONFIG_KEYS_H
#define LOCL_CONFIG_KEYS_H

#include "config/config.h"
#include "yaml/schema.h"

/* Keys of locl_config; ends with path NULL. */
extern const locl_key locl_keys[];

/* A section of the reference page: keys that start with `name` and a dot. */
typedef struct locl_key_section {
    const char *name, *help;
} locl_key_section;
extern const locl_key_section locl_key_sections[]; /* ends with name NULL */

#endif
