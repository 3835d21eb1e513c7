/* What tells a device and its driver from others, whatever it is called elsewhere: for what is kept on disk about one.
 * Used by src/tune and src/check/passport.c. */
#ifndef LOCL_DEVICE_DEVICE_KEY_H
#define LOCL_DEVICE_DEVICE_KEY_H

#include "device/device.h"

#include <jansson.h>

enum { LOCL_HASH_TEXT = 17 };

/* Makes an object of its name, platform and versions; the caller's. NULL when out of memory. */
json_t *locl_device_key(const locl_device *device);
/* Writes the hash of a text as 16 digits. */
void locl_hash_text(const char *data, size_t size, char out[LOCL_HASH_TEXT]);
/* Hashes an object's text, with sorted keys. Returns false when out of memory. */
bool locl_hash_json(const json_t *json, char out[LOCL_HASH_TEXT]);

#endif
