/* How an entry of `devices:` is read and written as YAML. Used by configurations, by the user's file of devices and
 * where selectors are parsed. */
#ifndef LOCL_DEVICE_ENTRY_KEYS_H
#define LOCL_DEVICE_ENTRY_KEYS_H

#include "yaml/schema.h"

enum { LOCL_ENTRIES = 64 }; /* most entries of a list of devices */

extern const locl_key_record locl_device_record; /* of locl_device_spec */

#endif
