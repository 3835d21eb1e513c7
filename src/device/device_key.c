#include "device/device_key.h"

#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

json_t *locl_device_key(const locl_device *d)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "name", locl_json_text(d->name), "platform",
                     locl_json_text(d->platform_name), "platform_version",
                     locl_json_text(d->platform_version), "version", locl_json_text(d->version), "driver",
                     locl_json_text(d->driver));
}

void locl_hash_text(const char *data, size_t size, char out[LOCL_HASH_TEXT])
{
    snprintf(out, LOCL_HASH_TEXT, "%016llx", (unsigned long long)XXH3_64bits(data, size));
}

bool locl_hash_json(const json_t *json, char out[LOCL_HASH_TEXT])
{
    char *text = json ? json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    if (text) {
        locl_hash_text(text, strlen(text), out);
    }
    free(text);
    return text != NULL;
}
