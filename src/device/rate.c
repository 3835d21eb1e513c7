#include "device/rate.h"

#include "base/file.h"
#include "base/json.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { LARGEST = 1 << 16 };
static const char format[] = "locl rate 1";

/* Makes what tells the device from others, whatever it is called elsewhere. NULL when out of memory. */
static json_t *make_key(const char *name, const char *platform, const char *driver, const char *version,
                        cl_uint units)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:I}", "name", locl_json_text(name), "platform",
                     locl_json_text(platform), "driver", locl_json_text(driver), "version",
                     locl_json_text(version), "units", (json_int_t)units);
}

static bool name_file(const json_t *key, char path[PATH_MAX])
{
    char folder[PATH_MAX];
    char *text = key ? json_dumps(key, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    bool named = false;
    if (text && locl_file_cache_folder("rates", folder, sizeof folder)) {
        unsigned long long hash = XXH3_64bits(text, strlen(text));
        int length = snprintf(path, PATH_MAX, "%s/%016llx.json", folder, hash);
        named = length > 0 && length < PATH_MAX;
    }
    free(text);
    return named;
}

/* Reads the rate of a file; 0: there is none, or it is another device's. */
static double read_file(const char *path, const json_t *key)
{
    char *text = NULL;
    size_t size = 0;
    locl_error ignored;
    if (!locl_file_exists(path) ||
        locl_file_read(path, LARGEST, LOCL_E_IO, &text, &size, &ignored) != LOCL_OK) {
        return 0;
    }
    json_t *json = json_loadb(text, size, 0, NULL);
    const char *as = json_string_value(json_object_get(json, "format"));
    double rate = json_number_value(json_object_get(json, "flops_per_second"));
    bool good = as && !strcmp(as, format) && json_equal(json_object_get(json, "device"), key) &&
                isfinite(rate) && rate > 0;
    free(text);
    json_decref(json);
    return good ? rate : 0;
}

double locl_rate_read(const locl_device_info *info)
{
    char path[PATH_MAX];
    json_t *key = make_key(info->name, info->platform, info->driver, info->version, info->caps.units);
    double rate = name_file(key, path) ? read_file(path, key) : 0;
    json_decref(key);
    return rate;
}

void locl_rate_note(const locl_device *d, double rate)
{
    char path[PATH_MAX];
    char *text = NULL;
    locl_error ignored;
    json_t *key = make_key(d->name, d->platform_name, d->driver, d->version, d->caps.units);
    if (rate > 0 && isfinite(rate) && name_file(key, path) && rate > read_file(path, key)) {
        json_t *json =
            json_pack("{s:s, s:O, s:f}", "format", format, "device", key, "flops_per_second", rate);
        text = json ? json_dumps(json, JSON_INDENT(1) | JSON_REAL_PRECISION(6)) : NULL;
        json_decref(json);
    }
    if (text) {
        locl_file_write(path, text, strlen(text), &ignored);
    }
    free(text);
    json_decref(key);
}
