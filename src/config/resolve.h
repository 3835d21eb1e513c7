/* What no single key can tell: values that have to fit together. Used by config.c once all keys are read. */
#ifndef LOCL_CONFIG_RESOLVE_H
#define LOCL_CONFIG_RESOLVE_H

#include "config/config.h"
#include "config/schema.h"

/* What locl_config keeps beside the values. */
typedef struct locl_config_origin {
    char *source; /* the file's name */
    bool unnamed; /* it came through a pipe */
    locl_givens givens;
} locl_config_origin;

/* Where `key`, or else what it is part of, or else the file stands; false unless it is the key itself. */
bool locl_config_position(const locl_config *config, const char *key, locl_position *at);

/* Fills what follows from other keys (sizes of a preset, the run's folder), then checks. Keys that already
 * have a problem are not checked again. Options without effect are log events. */
void locl_config_resolve(locl_config *config, locl_config_purpose purpose, locl_problems *problems);
/* What depends on model.image and model.classes; they may be 0 (not known yet). */
void locl_config_check_image(const locl_config *config, locl_config_purpose purpose, locl_problems *problems);
/* Placement against the number of devices. */
void locl_config_check_placement(const locl_config *config, size_t device_count, locl_problems *problems);

#endif
