#include "tune/store.h"

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "device/device_key.h"
#include "device/matrix.h"
#include "device/rate.h"
#include "device/source.h"
#include "gemm/choice_json.h"
#include "gemm/clblast_setting.h"
#include "gemm/solver.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { LARGEST = 1 << 24 };
static const char format[] = "locl tune 2";

typedef struct entry {
    locl_tune_record record;
    bool fresh; /* put since the file was read */
} entry;

struct locl_tune_store {
    const locl_device *device;
    char path[PATH_MAX];          /* "" where there is no place */
    char kernels[LOCL_HASH_TEXT]; /* hash of the kernels' sources */
    entry *entry;                 /* [count] */
    size_t count, capacity;
    const char *setting; /* of CLBlast; NULL: none was measured */
    bool fresh_setting;  /* put since the file was read */
};

/* Makes what tells the device from others of other speed; caller's. NULL when out of memory. */
static json_t *device_key(const locl_device *d)
{
    json_t *key = locl_device_key(d);
    if (key) {
        json_object_set_new(key, "units", json_integer((json_int_t)d->caps.units));
        json_object_set_new(key, "cpu", json_boolean(d->caps.cpu));
        if (d->caps.takes_matrix) {
            json_object_set_new(key, "matrix", json_string(locl_matrix_name(d->caps.matrix)));
        }
    }
    return key;
}

/* Hashes the sources that products are built from: new kernels make old records stale. */
static locl_status hash_kernels(char out[LOCL_HASH_TEXT], locl_error *err)
{
    static const char *const files[] = {"gemm_native.cl", "gemm_packed.cl", "gemm_local.cl", "gemm_tiles.cl",
                                        "gemm_parts.cl"};
    locl_text text = {0};
    locl_status status = LOCL_OK;
    for (size_t i = 0; i < sizeof files / sizeof files[0] && status == LOCL_OK; i++) {
        status = locl_source_expand(files[i], &text, err);
    }
    if (status == LOCL_OK) {
        locl_hash_text(text.data, text.length, out);
    }
    locl_text_free(&text);
    return status;
}

static void name_file(locl_tune_store *s)
{
    char folder[PATH_MAX], hash[LOCL_HASH_TEXT];
    json_t *key = device_key(s->device);
    if (locl_hash_json(key, hash) && locl_file_cache_folder("tune", folder, sizeof folder)) {
        int length = snprintf(s->path, sizeof s->path, "%s/%s.json", folder, hash);
        if (length < 0 || (size_t)length >= sizeof s->path) {
            s->path[0] = '\0';
        }
    }
    json_decref(key);
}

static entry *find(const locl_tune_store *s, const locl_gemm_shape *shape, locl_engine engine,
                   locl_tune_bits bits)
{
    for (size_t i = 0; i < s->count; i++) {
        const locl_tune_record *r = &s->entry[i].record;
        if (r->engine == engine && r->bits == bits && locl_gemm_same_shape(&r->choice.shape, shape)) {
            return &s->entry[i];
        }
    }
    return NULL;
}

static locl_status put(locl_tune_store *s, const locl_tune_record *record, bool fresh, locl_error *err)
{
    entry *to = find(s, &record->choice.shape, record->engine, record->bits);
    if (!to && s->count == s->capacity) {
        size_t capacity = s->capacity ? 2 * s->capacity : 32;
        entry *more = realloc(s->entry, capacity * sizeof *more);
        if (!more) {
            return locl_fail_memory(err, capacity * sizeof *more);
        }
        s->entry = more;
        s->capacity = capacity;
    }
    to = to ? to : &s->entry[s->count++];
    *to = (entry){.record = *record, .fresh = fresh};
    return LOCL_OK;
}

/* ---- one record as JSON ---- */

static const char *engine_name(locl_engine engine)
{
    static const char *const names[] = {"auto", "native", "clblast"};
    return names[engine];
}

static const char *bits_name(locl_tune_bits bits)
{
    return bits == LOCL_TUNE_SAME_BITS ? "same" : "any";
}

static json_t *record_to_json(const locl_tune_store *s, const locl_tune_record *r)
{
    return json_pack("{s:o, s:s, s:s, s:s, s:I, s:f, s:f, s:s}", "choice",
                     locl_gemm_choice_to_json(&r->choice), "engine", engine_name(r->engine), "bits",
                     bits_name(r->bits), "effort", locl_tune_effort_name(r->effort), "candidates",
                     (json_int_t)r->candidates, "own_seconds", r->own_seconds, "seconds", r->seconds,
                     "kernels", s->kernels);
}

static const char *text_of(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));
    return text ? text : "";
}

static bool is_seconds(const json_t *json, const char *key, double *out)
{
    const json_t *value = json_object_get(json, key);
    *out = json_number_value(value);
    return json_is_number(value) && *out > 0;
}

static bool record_from_json(const json_t *json, const locl_caps *caps, locl_tune_record *r)
{
    const char *effort = text_of(json, "effort"), *bits = text_of(json, "bits");
    json_int_t candidates = json_integer_value(json_object_get(json, "candidates"));
    *r = (locl_tune_record){.candidates = (size_t)candidates};
    r->effort = !strcmp(effort, "full")    ? LOCL_TUNE_FULL
                : !strcmp(effort, "quick") ? LOCL_TUNE_QUICK
                                           : LOCL_TUNE_OFF;
    r->bits = !strcmp(bits, bits_name(LOCL_TUNE_ANY_BITS)) ? LOCL_TUNE_ANY_BITS : LOCL_TUNE_SAME_BITS;
    return !strcmp(bits, bits_name(r->bits)) && r->effort != LOCL_TUNE_OFF && candidates > 0 &&
           locl_engine_parse(text_of(json, "engine"), &r->engine) &&
           is_seconds(json, "seconds", &r->seconds) && is_seconds(json, "own_seconds", &r->own_seconds) &&
           locl_gemm_choice_from_json(json_object_get(json, "choice"), &r->choice) &&
           r->choice.solver->applicable(&r->choice.shape, &r->choice.cut, caps);
}

/* ---- the file ---- */

/* Takes what the file has and the store lacks, or was quicker about. */
static locl_status take_records(locl_tune_store *s, const json_t *records, locl_error *err)
{
    size_t wrong = 0;
    for (size_t i = 0; i < json_array_size(records); i++) {
        locl_tune_record record;
        const json_t *json = json_array_get(records, i);
        if (strcmp(text_of(json, "kernels"), s->kernels) != 0) {
            wrong += !json_string_value(json_object_get(json, "kernels"));
            continue;
        }
        if (!record_from_json(json, &s->device->caps, &record)) {
            wrong++;
            continue;
        }
        const entry *own = find(s, &record.choice.shape, record.engine, record.bits);
        if (!own || !own->fresh || own->record.effort < record.effort) {
            LOCL_TRY(put(s, &record, false, err));
        }
    }
    if (wrong) {
        locl_log(LOCL_LOG_WARNING, "%s: %zu record%s no product that this device computes: left out", s->path,
                 wrong, wrong == 1 ? " is" : "s are");
    }
    return LOCL_OK;
}

/* Takes CLBlast's parameters, where the file has any. */
static void take_setting(locl_tune_store *s, const json_t *setting)
{
    const char *text = json_string_value(setting), *name = text ? locl_clblast_setting_named(text) : NULL;
    if (setting && !name) {
        locl_log(LOCL_LOG_WARNING, "%s: it has parameters of CLBlast that are none: left out", s->path);
    }
    s->setting = s->fresh_setting ? s->setting : name;
}

/* Returns why a file is no store of any device, or NULL. */
static const char *file_flaw(const json_t *json)
{
    return !json_is_object(json)                              ? "it is no JSON object"
           : strcmp(text_of(json, "format"), format) != 0     ? "its format is another one"
           : !json_is_array(json_object_get(json, "records")) ? "it has no records"
                                                              : NULL;
}

/* Returns why the file is not to be believed, or NULL. */
static const char *flaw_of(const locl_tune_store *s, const json_t *json)
{
    json_t *key = device_key(s->device);
    const char *flaw = file_flaw(json);
    flaw = flaw || json_equal(json_object_get(json, "device"), key) ? flaw : "it is another device's";
    json_decref(key);
    return flaw;
}

bool locl_tune_store_sound(const char *path)
{
    char *text = NULL;
    size_t size = 0;
    locl_error unread;
    json_t *json = NULL;
    if (locl_file_read(path, LARGEST, LOCL_E_IO, &text, &size, &unread) == LOCL_OK) {
        json = json_loadb(text, size, 0, NULL);
    }
    bool sound = file_flaw(json) == NULL;
    json_decref(json);
    free(text);
    return sound;
}

static locl_status read_file(locl_tune_store *s, locl_error *err)
{
    char *text = NULL;
    size_t size = 0;
    locl_error unread = {0};
    if (!s->path[0] || !locl_file_exists(s->path)) {
        return LOCL_OK;
    }
    if (locl_file_read(s->path, LARGEST, LOCL_E_IO, &text, &size, &unread) != LOCL_OK) {
        locl_log(LOCL_LOG_WARNING, "measured products: %s; going on without them", unread.message);
        return LOCL_OK;
    }
    json_t *json = json_loadb(text, size, 0, NULL);
    const char *flaw = flaw_of(s, json);
    locl_status status = LOCL_OK;
    free(text);
    if (flaw) {
        locl_log(LOCL_LOG_WARNING, "measured products: %s is left out: %s", s->path, flaw);
    } else {
        take_setting(s, json_object_get(json, "clblast"));
        status = take_records(s, json_object_get(json, "records"), err);
    }
    json_decref(json);
    return status;
}

static char *print(const locl_tune_store *s)
{
    json_t *records = json_array();
    for (size_t i = 0; i < s->count; i++) {
        json_array_append_new(records, record_to_json(s, &s->entry[i].record));
    }
    json_t *json =
        json_pack("{s:s, s:o, s:o}", "format", format, "device", device_key(s->device), "records", records);
    if (json && s->setting) {
        json_object_set_new(json, "clblast", json_string(s->setting));
    }
    char *text = json ? json_dumps(json, JSON_INDENT(1) | JSON_REAL_PRECISION(6)) : NULL;
    json_decref(json);
    return text;
}

/* Waits for the lock; -1: there is none. */
static int lock_file(const locl_tune_store *s)
{
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s.lock", s->path);
    int lock =
        length > 0 && (size_t)length < sizeof path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666) : -1;
    if (lock >= 0) {
        flock(lock, LOCK_EX);
    }
    return lock;
}

locl_status locl_tune_store_open(const locl_device *device, locl_tune_store **out, locl_error *err)
{
    locl_tune_store *s = calloc(1, sizeof *s);
    locl_status status;
    *out = NULL;
    if (!s) {
        return locl_fail_memory(err, sizeof *s);
    }
    s->device = device;
    LOCL_TRY_GOTO(status, hash_kernels(s->kernels, err));
    name_file(s);
    LOCL_TRY_GOTO(status, read_file(s, err));
    *out = s;
    return LOCL_OK;
fail:
    locl_tune_store_close(s);
    return status;
}

void locl_tune_store_close(locl_tune_store *s)
{
    if (s) {
        free(s->entry);
        free(s);
    }
}

const locl_tune_record *locl_tune_store_find(const locl_tune_store *s, const locl_gemm_shape *shape,
                                             locl_engine engine, locl_tune_bits bits)
{
    const entry *found = find(s, shape, engine, bits);
    return found ? &found->record : NULL;
}

locl_status locl_tune_store_put(locl_tune_store *s, const locl_tune_record *record, locl_error *err)
{
    return put(s, record, true, err);
}

const char *locl_tune_store_setting(const locl_tune_store *s)
{
    return s->setting ? s->setting : "";
}

void locl_tune_store_put_setting(locl_tune_store *s, const char *name)
{
    s->setting = locl_clblast_setting_named(name);
    s->fresh_setting = true;
}

/* Returns the operations a second of the fastest product that is large enough to tell something about the device. */
static double best_rate(const locl_tune_store *s)
{
    const double large = 1e8;
    double best = 0;
    for (size_t i = 0; i < s->count; i++) {
        const locl_tune_record *r = &s->entry[i].record;
        double flops = locl_gemm_flops(&r->choice.shape);
        best = flops >= large && flops / r->seconds > best ? flops / r->seconds : best;
    }
    return best;
}

void locl_tune_store_save(locl_tune_store *s)
{
    locl_error failed = {0};
    if (!s->path[0]) {
        return;
    }
    int lock = lock_file(s);
    locl_status status = read_file(s, &failed);
    char *text = status == LOCL_OK ? print(s) : NULL;
    if (text) {
        status = locl_file_write(s->path, text, strlen(text), &failed);
    }
    if (status != LOCL_OK || !text) {
        locl_log(LOCL_LOG_WARNING, "measured products are not kept: %s",
                 status == LOCL_OK ? "out of memory" : failed.message);
    }
    free(text);
    locl_rate_note(s->device, best_rate(s));
    if (lock >= 0) {
        close(lock);
    }
}
