#include "check/passport.h"

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "device/kernel_sources.h"
#include "device/source.h"
#include "locl/version.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST = 1 << 24 };
static const char format[] = "locl passport 1";

locl_status locl_passport_kernels(char out[LOCL_HASH_TEXT], locl_error *err)
{
    locl_text text = {0};
    locl_status status = LOCL_OK;
    for (const locl_kernel_source *source = locl_kernel_sources; source->name && status == LOCL_OK;
         source++) {
        if (!strstr(source->name, ".clh")) { /* those come with the files that include them */
            status = locl_source_expand(source->name, &text, err);
        }
    }
    if (status == LOCL_OK) {
        locl_hash_text(text.data, text.length, out);
    }
    locl_text_free(&text);
    return status;
}

json_t *locl_passport_key(const locl_device *device)
{
    json_t *key = locl_device_key(device);
    char whole[sizeof device->stable];
    snprintf(whole, sizeof whole, "%s", device->stable);
    for (int cut = strchr(device->selector, '/') ? 2 : 0; cut > 0; cut--) { /* "/0/2" of a part */
        whole[strrchr(whole, '/') ? (size_t)(strrchr(whole, '/') - whole) : strlen(whole)] = '\0';
    }
    json_object_set_new(key, "address", locl_json_text(whole));
    return key;
}

static bool passport_path(const json_t *key, char *path, size_t size)
{
    char folder[PATH_MAX], hash[LOCL_HASH_TEXT];
    if (!locl_hash_json(key, hash) || !locl_file_cache_folder("passports", folder, sizeof folder)) {
        return false;
    }
    int length = snprintf(path, size, "%s/%s.json", folder, hash);
    return length > 0 && (size_t)length < size;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

/* Returns the first row that is an error, or NULL. */
static const json_t *first_error(const json_t *rows)
{
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        if (!strcmp(text_of(row, "status"), "error")) {
            return row;
        }
    }
    return NULL;
}

locl_status locl_passport_write(const json_t *key, const char *kernels, const json_t *rows, char *path,
                                size_t size, locl_error *err)
{
    char *text = NULL;
    if (!passport_path(key, path, size)) {
        locl_fail(err, LOCL_E_IO, "there is no folder for passports that can be written");
        return locl_remedy(err, "set XDG_CACHE_HOME to one");
    }
    json_t *passport =
        json_pack("{s:s, s:s, s:O, s:s, s:b, s:O}", "format", format, "locl", locl_version(), "device", key,
                  "kernels", kernels, "passed", first_error(rows) == NULL, "rows", rows);
    LOCL_TRY(locl_json_print(passport, JSON_INDENT(1), &text, err));
    locl_status status = locl_file_write(path, text, strlen(text), err);
    free(text);
    return status;
}

/* Reads the device's passport, the caller's; NULL where there is none that counts. */
static json_t *read_passport(const json_t *key, const char *path)
{
    char *text = NULL, kernels[LOCL_HASH_TEXT] = "";
    size_t size = 0;
    locl_error unread = {0};
    if (!locl_file_exists(path) || locl_passport_kernels(kernels, &unread) != LOCL_OK ||
        locl_file_read(path, LARGEST, LOCL_E_IO, &text, &size, &unread) != LOCL_OK) {
        return NULL;
    }
    json_t *passport = json_loadb(text, size, 0, NULL);
    bool damaged = strcmp(text_of(passport, "format"), format) != 0 ||
                   !json_equal(json_object_get(passport, "device"), key) ||
                   !json_is_boolean(json_object_get(passport, "passed"));
    free(text);
    if (damaged) {
        locl_log(LOCL_LOG_WARNING, "%s is no passport of this device: left out", path);
    }
    if (damaged || strcmp(text_of(passport, "kernels"), kernels) != 0) {
        json_decref(passport);
        return NULL;
    }
    return passport;
}

locl_status locl_passport_heed(const locl_device *device, locl_error *err)
{
    char path[PATH_MAX];
    json_t *key = locl_passport_key(device);
    json_t *passport = passport_path(key, path, sizeof path) ? read_passport(key, path) : NULL;
    locl_status status = LOCL_OK;
    if (passport && !json_is_true(json_object_get(passport, "passed"))) {
        const json_t *row = first_error(json_object_get(passport, "rows"));
        status = locl_fail(err, LOCL_E_FAILED,
                           "device %s (%s) computes wrongly, as `locl verify` found: %s: %.1000s",
                           device->selector, device->name, text_of(row, "name"), text_of(row, "detail"));
        locl_remedy(err,
                    "train on another device, update this one's driver and run `locl verify --device %s` "
                    "again, or train "
                    "on it nevertheless with --set run.failed_passport=train",
                    device->selector);
    }
    json_decref(passport);
    json_decref(key);
    return status;
}
