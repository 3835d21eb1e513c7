/* The file: 8 bytes of header size (little-endian), a JSON header, the bytes of the tensors without gaps.
 * arrays.c has the arrays in memory. */
#include "base/safetensors.h"

#include "base/file.h"

#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "safetensors files are little-endian, and this code copies them as they are"
#endif

static const char checksum_key[] = "locl.xxh3";
enum { PREFIX = 8, HEADER_LIMIT = 4 << 20 };

static void checksum_text(uint64_t sum, char text[17])
{
    snprintf(text, 17, "%016" PRIx64, sum);
}

static int meta_order(const void *a, const void *b)
{
    return strcmp((*(const locl_array_meta *const *)a)->key, (*(const locl_array_meta *const *)b)->key);
}

/* Returns pointers to the metadata, sorted by key; the caller's to free(). */
static const locl_array_meta **sorted_meta(const locl_arrays *set, locl_error *err)
{
    const locl_array_meta **sorted = malloc((set->metas + 1) * sizeof *sorted);
    if (!sorted) {
        locl_fail_memory(err, (set->metas + 1) * sizeof *sorted);
        return NULL;
    }
    for (size_t i = 0; i < set->metas; i++) {
        sorted[i] = &set->meta[i];
    }
    qsort(sorted, set->metas, sizeof *sorted, meta_order);
    return sorted;
}

/* Computes the checksum of the metadata in order, then of the bytes of the arrays in the order of the
 * file. */
static uint64_t checksum_of(const locl_array_meta *const *meta, size_t metas, locl_array *const *array,
                            size_t count)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < metas; i++) {
        sum = XXH3_64bits_withSeed(meta[i]->key, strlen(meta[i]->key), sum);
        sum = XXH3_64bits_withSeed(meta[i]->value, strlen(meta[i]->value), sum);
    }
    for (size_t i = 0; i < count; i++) {
        sum = XXH3_64bits_withSeed(array[i]->data, locl_array_bytes(array[i]), sum);
    }
    return sum;
}

/* ---- writing ---- */

/* Orders wide values first, so that every tensor is aligned to the size of its values. */
static int array_order(const void *a, const void *b)
{
    const locl_array *x = *(const locl_array *const *)a, *y = *(const locl_array *const *)b;
    size_t wide_x = locl_dtype_bytes(x->dtype), wide_y = locl_dtype_bytes(y->dtype);
    return wide_x != wide_y ? (wide_x < wide_y ? 1 : -1) : strcmp(x->name, y->name);
}

/* Puts `value` into the object, which takes it over. False when memory ran out or a string is not UTF-8. */
static bool put(json_t *object, const char *key, json_t *value)
{
    return json_object_set_new(object, key, value) == 0;
}

static json_t *entry_json(const locl_array *array, size_t begin)
{
    json_t *shape = json_array();
    for (size_t d = 0; d < array->rank; d++) {
        json_array_append_new(shape, json_integer((json_int_t)array->dim[d]));
    }
    return json_pack("{s:s, s:o, s:[I, I]}", "dtype", locl_dtype_name(array->dtype), "shape", shape,
                     "data_offsets", (json_int_t)begin, (json_int_t)(begin + locl_array_bytes(array)));
}

/* Returns the text of the header, malloc'd by jansson. NULL when a string is not UTF-8 or memory ran out. */
static char *header_text(const locl_array_meta *const *meta, size_t metas, locl_array *const *array,
                         size_t count)
{
    char sum[17], *text = NULL;
    size_t offset = 0;
    json_t *root = json_object(), *strings = json_object();
    bool ok = root && strings;
    checksum_text(checksum_of(meta, metas, array, count), sum);
    for (size_t i = 0; ok && i < metas; i++) {
        ok = put(strings, meta[i]->key, json_string(meta[i]->value));
    }
    ok =
        ok && put(strings, checksum_key, json_string(sum)) && put(root, "__metadata__", json_incref(strings));
    for (size_t i = 0; ok && i < count; i++) {
        ok = put(root, array[i]->name, entry_json(array[i], offset));
        offset += locl_array_bytes(array[i]);
    }
    if (ok) {
        text = json_dumps(root, JSON_COMPACT);
    }
    json_decref(strings);
    json_decref(root);
    return text;
}

/* Writes prefix, header and data; these are large, and not copied. */
static locl_status write_parts(const char *path, const char *header, locl_array *const *array, size_t count,
                               locl_error *err)
{
    static const char blanks[8] = "       ";
    size_t length = strlen(header), padded = (length + 7) / 8 * 8, parts = 0;
    uint64_t prefix = padded;
    locl_file_part *part = malloc((count + 3) * sizeof *part);
    if (!part) {
        return locl_fail_memory(err, (count + 3) * sizeof *part);
    }
    part[parts++] = (locl_file_part){&prefix, PREFIX};
    part[parts++] = (locl_file_part){header, length};
    part[parts++] = (locl_file_part){blanks, padded - length};
    for (size_t i = 0; i < count; i++) {
        part[parts++] = (locl_file_part){array[i]->data, locl_array_bytes(array[i])};
    }
    locl_status status = locl_file_write_parts(path, part, parts, err);
    free(part);
    return status;
}

locl_status locl_safetensors_write(const char *path, const locl_arrays *set, locl_error *err)
{
    locl_status status = LOCL_OK;
    char *header = NULL;
    locl_array **array = malloc((set->count + 1) * sizeof *array);
    const locl_array_meta **meta = sorted_meta(set, err);
    if (!array || !meta) {
        status = locl_fail_memory(err, (set->count + 1) * sizeof *array);
        goto fail;
    }
    if (set->count) {
        memcpy(array, set->array, set->count * sizeof *array);
        qsort(array, set->count, sizeof *array, array_order);
    }
    header = header_text(meta, set->metas, array, set->count);
    if (!header) {
        status = locl_fail(err, LOCL_E_FAILED,
                           "%s: the header can't be made: a name or a metadata string is not UTF-8, or "
                           "memory ran out",
                           path);
        goto fail;
    }
    LOCL_TRY_GOTO(status, write_parts(path, header, array, set->count, err));
fail:
    free(header);
    free(meta);
    free(array);
    return status;
}

/* ---- reading ---- */

typedef struct entry {
    const char *name; /* owned by the JSON header */
    locl_dtype dtype;
    size_t rank, dim[LOCL_ARRAY_RANK];
    uint64_t begin, end;
} entry;

static int entry_order(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    if (x->begin != y->begin) {
        return x->begin < y->begin ? -1 : 1;
    }
    if (x->end != y->end) {
        return x->end < y->end ? -1 : 1;
    }
    return strcmp(x->name, y->name);
}

static bool natural(const json_t *value, uint64_t *out)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0) {
        return false;
    }
    *out = (uint64_t)json_integer_value(value);
    return true;
}

static locl_status parse_dtype(const json_t *item, entry *e, locl_error *err)
{
    const char *dtype = json_string_value(json_object_get(item, "dtype"));
    for (int d = 0; dtype && d < LOCL_DTYPE_COUNT; d++) {
        if (!strcmp(dtype, locl_dtype_name((locl_dtype)d))) {
            e->dtype = (locl_dtype)d;
            return LOCL_OK;
        }
    }
    locl_fail(err, LOCL_E_CHECKPOINT, "tensor %s has the dtype %s; F32, I32 and I64 are read", e->name,
              dtype ? dtype : "(none)");
    locl_remedy(err, "convert it to one of them");
    return LOCL_E_CHECKPOINT;
}

/* Reads the shape and computes the bytes that it needs. */
static locl_status parse_shape(const json_t *item, entry *e, uint64_t *bytes, locl_error *err)
{
    const json_t *shape = json_object_get(item, "shape");
    if (!json_is_array(shape) || json_array_size(shape) > LOCL_ARRAY_RANK) {
        return locl_fail(err, LOCL_E_CHECKPOINT,
                         "tensor %s: its shape should be a list of at most %d dimensions", e->name,
                         LOCL_ARRAY_RANK);
    }
    e->rank = json_array_size(shape);
    *bytes = locl_dtype_bytes(e->dtype);
    for (size_t d = 0; d < e->rank; d++) {
        uint64_t dim;
        if (!natural(json_array_get(shape, d), &dim) || (dim && *bytes > INT64_MAX / dim)) {
            return locl_fail(err, LOCL_E_CHECKPOINT,
                             "tensor %s: dimension %zu of its shape is no size, or the size overflows",
                             e->name, d);
        }
        e->dim[d] = (size_t)dim;
        *bytes *= dim;
    }
    return LOCL_OK;
}

static locl_status parse_entry(const json_t *item, entry *e, uint64_t data_bytes, locl_error *err)
{
    uint64_t bytes = 0;
    if (!e->name[0] || strlen(e->name) >= LOCL_ARRAY_NAME) {
        return locl_fail(err, LOCL_E_CHECKPOINT, "tensor '%s': a name has from 1 to %d bytes", e->name,
                         LOCL_ARRAY_NAME - 1);
    }
    if (!json_is_object(item)) {
        return locl_fail(err, LOCL_E_CHECKPOINT, "tensor %s is described by something else than an object",
                         e->name);
    }
    LOCL_TRY(parse_dtype(item, e, err));
    LOCL_TRY(parse_shape(item, e, &bytes, err));
    const json_t *offsets = json_object_get(item, "data_offsets");
    if (!json_is_array(offsets) || json_array_size(offsets) != 2 ||
        !natural(json_array_get(offsets, 0), &e->begin) || !natural(json_array_get(offsets, 1), &e->end) ||
        e->begin > e->end) {
        return locl_fail(err, LOCL_E_CHECKPOINT, "tensor %s: data_offsets should be [begin, end]", e->name);
    }
    if (e->end > data_bytes) {
        locl_fail(err, LOCL_E_CHECKPOINT,
                  "tensor %s ends at byte %" PRIu64 " of the data, which has %" PRIu64
                  ": the file is truncated or damaged",
                  e->name, e->end, data_bytes);
        return LOCL_E_CHECKPOINT;
    }
    if (e->end - e->begin != bytes) {
        return locl_fail(err, LOCL_E_CHECKPOINT,
                         "tensor %s: its shape needs %" PRIu64 " bytes, data_offsets give %" PRIu64, e->name,
                         bytes, e->end - e->begin);
    }
    return LOCL_OK;
}

/* Reads all tensors of the header, sorted by offset. Checks that they fill the data without gap or
 * overlap. */
static locl_status parse_entries(json_t *root, uint64_t data_bytes, entry **out, size_t *count,
                                 locl_error *err)
{
    const char *name;
    json_t *item;
    size_t used = 0, capacity = json_object_size(root) + 1;
    entry *entries = calloc(capacity, sizeof *entries);
    *out = entries;
    *count = 0;
    if (!entries) {
        return locl_fail_memory(err, capacity * sizeof *entries);
    }
    json_object_foreach(root, name, item)
    {
        if (strcmp(name, "__metadata__")) {
            entries[used].name = name;
            LOCL_TRY(parse_entry(item, &entries[used], data_bytes, err));
            used++;
        }
    }
    qsort(entries, used, sizeof *entries, entry_order);
    uint64_t end = 0;
    for (size_t i = 0; i < used; i++) {
        if (entries[i].begin != end) {
            return locl_fail(err, LOCL_E_CHECKPOINT,
                             "tensor %s begins at byte %" PRIu64 " of the data, where %" PRIu64
                             " is due: tensors lie one after another",
                             entries[i].name, entries[i].begin, end);
        }
        end = entries[i].end;
    }
    if (end != data_bytes) {
        return locl_fail(err, LOCL_E_CHECKPOINT, "the data has %" PRIu64 " bytes, the tensors take %" PRIu64,
                         data_bytes, end);
    }
    *count = used;
    return LOCL_OK;
}

static locl_status read_meta(const json_t *root, locl_arrays *set, locl_error *err)
{
    const char *key;
    json_t *value, *strings = json_object_get(root, "__metadata__");
    if (strings && !json_is_object(strings)) {
        return locl_fail(err, LOCL_E_CHECKPOINT, "__metadata__ should be an object");
    }
    json_object_foreach(strings, key, value)
    {
        if (!json_is_string(value)) {
            return locl_fail(err, LOCL_E_CHECKPOINT, "__metadata__ %s should be a string", key);
        }
        if (strcmp(key, checksum_key)) {
            LOCL_TRY(locl_arrays_set_meta(set, key, json_string_value(value), err));
        }
    }
    return LOCL_OK;
}

static locl_status check_sum(const json_t *root, const locl_arrays *set, locl_error *err)
{
    const char *want =
        json_string_value(json_object_get(json_object_get(root, "__metadata__"), checksum_key));
    char found[17];
    if (!want) {
        return LOCL_OK;
    }
    const locl_array_meta **meta = sorted_meta(set, err);
    if (!meta) {
        return LOCL_E_MEMORY;
    }
    checksum_text(checksum_of(meta, set->metas, set->array, set->count), found);
    free(meta);
    if (strcmp(want, found)) {
        locl_fail(err, LOCL_E_CHECKPOINT, "the checksum is %s, the content gives %s: the file is damaged",
                  want, found);
        locl_remedy(err, "where the content was changed on purpose, leave the metadata key %s out",
                    checksum_key);
        return LOCL_E_CHECKPOINT;
    }
    return LOCL_OK;
}

/* Reads the header as JSON, the caller's to json_decref(). Leaves the file at the data. */
static locl_status read_header(FILE *file, uint64_t file_bytes, json_t **root, uint64_t *data_bytes,
                               locl_error *err)
{
    uint64_t header;
    json_error_t wrong;
    if (fread(&header, 1, PREFIX, file) != PREFIX || header < 2 || header > file_bytes - PREFIX ||
        header > HEADER_LIMIT) {
        return locl_fail(err, LOCL_E_CHECKPOINT,
                         "this is no safetensors file, or it is truncated: its %" PRIu64
                         " bytes don't begin with the size of a header within it",
                         file_bytes);
    }
    char *text = malloc((size_t)header);
    if (!text) {
        return locl_fail_memory(err, header);
    }
    if (fread(text, 1, (size_t)header, file) != header) {
        free(text);
        return locl_fail(err, LOCL_E_CHECKPOINT, "the header can't be read");
    }
    *root = json_loadb(text, (size_t)header, JSON_REJECT_DUPLICATES, &wrong);
    free(text);
    if (!json_is_object(*root)) {
        return locl_fail(err, LOCL_E_CHECKPOINT, "the header is no JSON object: %s (byte %d)",
                         *root ? "another type was found" : wrong.text, *root ? 0 : wrong.position);
    }
    *data_bytes = file_bytes - PREFIX - header;
    return LOCL_OK;
}

static locl_status read_all(FILE *file, uint64_t file_bytes, json_t **root, entry **entries, locl_arrays *set,
                            locl_error *err)
{
    uint64_t data_bytes = 0;
    size_t count;
    LOCL_TRY(read_header(file, file_bytes, root, &data_bytes, err));
    LOCL_TRY(parse_entries(*root, data_bytes, entries, &count, err));
    LOCL_TRY(read_meta(*root, set, err));
    for (size_t i = 0; i < count; i++) {
        const entry *e = &(*entries)[i];
        locl_array *array = locl_arrays_add(set, e->name, e->dtype, e->rank, e->dim, err);
        if (!array) {
            return LOCL_E_MEMORY;
        }
        size_t bytes = locl_array_bytes(array);
        if (fread(array->data, 1, bytes, file) != bytes) {
            return locl_fail(err, LOCL_E_CHECKPOINT, "tensor %s can't be read to its end", e->name);
        }
    }
    return check_sum(*root, set, err);
}

locl_status locl_safetensors_read(const char *path, locl_arrays *set, locl_error *err)
{
    struct stat info;
    json_t *root = NULL;
    entry *entries = NULL;
    locl_status status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe is refused, not waited for */
    FILE *file = fd < 0 ? NULL : fdopen(fd, "rb");
    if (!file) {
        locl_fail_errno(err, LOCL_E_CHECKPOINT, "open", path);
        if (fd >= 0) {
            close(fd);
        }
        return LOCL_E_CHECKPOINT;
    }
    if (fstat(fileno(file), &info) || !S_ISREG(info.st_mode)) {
        status = locl_fail(err, LOCL_E_CHECKPOINT, "this is not a regular file");
        goto fail;
    }
    LOCL_TRY_GOTO(status, read_all(file, (uint64_t)info.st_size, &root, &entries, set, err));
fail:
    free(entries);
    json_decref(root);
    fclose(file);
    if (status != LOCL_OK) {
        locl_arrays_free(set);
        locl_error_where(err, "%s", path);
    }
    return status;
}
