/* The layers of all blocks as ranges of one vector on the host: a layer's weight, then its bias. Heads and
 * the classifier are left out, as their gradient is exact under every rule. Used by the files of locl
 * audit. */
#ifndef LOCL_STUDY_AUDIT_LAYERS_H
#define LOCL_STUDY_AUDIT_LAYERS_H

#include "model/params.h"

typedef struct locl_audit_range {
    char name[40]; /* "blocks.2.channel" */
    size_t block;
    locl_layer layer;
    size_t offset, weights, count; /* the first `weights` of `count` values are the weight's */
} locl_audit_range;

typedef struct locl_audit_layers {
    locl_audit_range *range; /* [count], owned */
    size_t count, values;
} locl_audit_layers;

locl_status locl_audit_layers_of(const locl_model *model, locl_audit_layers *out, locl_error *err);
void locl_audit_layers_free(locl_audit_layers *layers); /* zeroed is fine */
/* Returns where a parameter's values go, SIZE_MAX for those of heads and classifier, and for feedback. */
size_t locl_audit_layers_offset(const locl_audit_layers *layers, const locl_param *param);

#endif
