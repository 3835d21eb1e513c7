/* Puts the devices of named sets in place of `set:NAME`. */
#ifndef LOCL_DEVICE_SETS_H
#define LOCL_DEVICE_SETS_H

#include "device/device_file.h"

/* Whether one of the entries is a set. */
bool locl_device_specs_name_sets(const locl_device_spec *specs, size_t count);
/* Replaces sets in *specs [*count], malloc'd, by what `file`, or the user's own file, says of them, in their place.
 * `file` may be NULL. The user's file is only read where a set is named. LOCL_E_CONFIG: a set is not there, or names
 * itself, straight or by others. */
locl_status locl_sets_expand(const locl_device_file *file, locl_device_spec **specs, size_t *count,
                             locl_error *err);

#endif
