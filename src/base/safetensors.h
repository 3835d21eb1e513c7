/* Reads and writes safetensors files: checkpoints, `locl probe`, test vectors.
 *
 *     locl_arrays set = {0};
 *     LOCL_TRY_GOTO(status, locl_safetensors_read("in.safetensors", &set, err));
 *     const locl_array *images = locl_arrays_find(&set, "images");       // NULL when there is none
 *     ...
 *     locl_arrays_free(&set); */
#ifndef LOCL_BASE_SAFETENSORS_H
#define LOCL_BASE_SAFETENSORS_H

#include "base/arrays.h"

/* Writes the set, whole or not at all (base/file.h). Equal sets give equal bytes, whatever the order of
 * adding: arrays are sorted by size of value, then name. Adds the metadata key "locl.xxh3", a checksum of
 * metadata and data. LOCL_E_IO; LOCL_E_FAILED when a name or a string is not UTF-8. */
locl_status locl_safetensors_write(const char *path, const locl_arrays *set, locl_error *err);

/* Reads a file of any writer into an empty set ({0}), which stays empty on error. A checksum is checked when
 * there is one, and left out of the metadata. LOCL_E_CHECKPOINT, with file and tensor named: missing,
 * truncated or malformed, or a dtype or rank that base/arrays.h does not have. */
locl_status locl_safetensors_read(const char *path, locl_arrays *set, locl_error *err);

#endif
