/* Checks values that have to fit together, which no single key can tell. Used by config.c and config_rule.c
 * once all keys are read. */
#ifndef LOCL_CONFIG_RESOLVE_H
#define LOCL_CONFIG_RESOLVE_H

#include "config/config.h"
#include "yaml/schema.h"

/* What a locl_config keeps besides the values. */
typedef struct locl_config_origin {
    char *source; /* the file's name */
    bool unnamed; /* the configuration came through a pipe */
    locl_givens givens;
} locl_config_origin;

/* Finds where `key`, else what it is part of, else the file stands. False unless it is the key itself. */
bool locl_config_position(const locl_config *config, const char *key, locl_position *at);

/* Fills what follows from other keys (sizes of a preset, folder of the run), then checks. Keys that already
 * have a problem are not checked again. Options without effect are log events. */
void locl_config_resolve(locl_config *config, locl_config_purpose purpose, locl_problems *problems);
/* Checks what depends on model.image and model.classes, which may be 0 (not known yet). */
void locl_config_check_image(const locl_config *config, locl_config_purpose purpose, locl_problems *problems);
/* Checks placement against the number of devices. */
void locl_config_check_placement(const locl_config *config, size_t device_count, locl_problems *problems);

#endif
