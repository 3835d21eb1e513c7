#include "base/arrays.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    size_t bytes;
} dtypes[] = {
#define ROW(name, bytes) {#name, bytes},
    LOCL_DTYPE_TABLE(ROW)
#undef ROW
};

const char *locl_dtype_name(locl_dtype dtype)
{
    return (unsigned)dtype < LOCL_DTYPE_COUNT ? dtypes[dtype].name : "unknown";
}

size_t locl_dtype_bytes(locl_dtype dtype)
{
    return (unsigned)dtype < LOCL_DTYPE_COUNT ? dtypes[dtype].bytes : 0;
}

size_t locl_array_bytes(const locl_array *array)
{
    return array->count * locl_dtype_bytes(array->dtype);
}

/* Adds "F32 [8,10]". */
static void add_shape(locl_text *text, locl_dtype dtype, size_t rank, const size_t *dim)
{
    locl_text_add(text, "%s [", locl_dtype_name(dtype));
    for (size_t d = 0; d < rank; d++) {
        locl_text_add(text, "%s%zu", d ? "," : "", dim[d]);
    }
    locl_text_add(text, "]");
}

bool locl_array_fits(const locl_array *array, locl_dtype dtype, size_t rank, const size_t *dim,
                     locl_text *text)
{
    bool fits = array->dtype == dtype && array->rank == rank;
    for (size_t d = 0; d < rank && fits; d++) {
        fits = array->dim[d] == dim[d];
    }
    if (!fits) {
        add_shape(text, array->dtype, array->rank, array->dim);
        locl_text_add(text, ", should be ");
        add_shape(text, dtype, rank, dim);
    }
    return fits;
}

/* Makes room for one more item of `size` bytes. NULL when memory ran out; `items` then stays valid. */
static void *grow(void *items, size_t count, size_t *capacity, size_t size, locl_error *err)
{
    if (count < *capacity) {
        return items;
    }
    size_t larger = *capacity ? *capacity * 2 : 16;
    void *grown = realloc(items, larger * size);
    if (!grown) {
        locl_fail_memory(err, larger * size);
        return NULL;
    }
    *capacity = larger;
    return grown;
}

/* Counts the values. An error when their number or bytes overflow. */
static locl_status count_of(const char *name, locl_dtype dtype, size_t rank, const size_t *dims,
                            size_t *count, locl_error *err)
{
    size_t product = 1;
    for (size_t d = 0; d < rank; d++) {
        if (dims[d] && product > SIZE_MAX / dims[d]) {
            return locl_fail(err, LOCL_E_FAILED, "tensor %s: the product of its dimensions overflows", name);
        }
        product *= dims[d];
    }
    if (product > SIZE_MAX / locl_dtype_bytes(dtype)) {
        return locl_fail(err, LOCL_E_FAILED, "tensor %s: %zu values overflow", name, product);
    }
    *count = product;
    return LOCL_OK;
}

static locl_status check_new(const locl_arrays *set, const char *name, locl_dtype dtype, size_t rank,
                             locl_error *err)
{
    if (!name[0] || strlen(name) >= LOCL_ARRAY_NAME || !strcmp(name, "__metadata__")) {
        return locl_fail(err, LOCL_E_FAILED,
                         "'%s' can't name a tensor: from 1 to %d bytes other than __metadata__ are allowed",
                         name, LOCL_ARRAY_NAME - 1);
    }
    if ((unsigned)dtype >= LOCL_DTYPE_COUNT) {
        return locl_fail(err, LOCL_E_FAILED, "tensor %s: unknown dtype %d", name, (int)dtype);
    }
    if (rank > LOCL_ARRAY_RANK) {
        return locl_fail(err, LOCL_E_FAILED, "tensor %s has %zu dimensions, at most %d are allowed", name,
                         rank, LOCL_ARRAY_RANK);
    }
    if (locl_arrays_find(set, name)) {
        return locl_fail(err, LOCL_E_FAILED, "there is a tensor %s already", name);
    }
    return LOCL_OK;
}

/* Makes an array that is in no set yet. */
static locl_array *make_array(const char *name, locl_dtype dtype, size_t rank, const size_t *dims,
                              size_t count, locl_error *err)
{
    size_t bytes = count * locl_dtype_bytes(dtype);
    locl_array *array = calloc(1, sizeof *array);
    void *data = calloc(1, bytes ? bytes : 1);
    if (!array || !data) {
        free(array);
        free(data);
        locl_fail_memory(err, bytes);
        return NULL;
    }
    snprintf(array->name, sizeof array->name, "%s", name);
    array->dtype = dtype;
    array->rank = rank;
    array->count = count;
    array->data = data;
    for (size_t d = 0; d < LOCL_ARRAY_RANK; d++) {
        array->dim[d] = d < rank ? dims[d] : 1;
    }
    return array;
}

locl_array *locl_arrays_add(locl_arrays *set, const char *name, locl_dtype dtype, size_t rank,
                            const size_t *dims, locl_error *err)
{
    size_t count = 0;
    if (check_new(set, name, dtype, rank, err) != LOCL_OK ||
        count_of(name, dtype, rank, dims, &count, err) != LOCL_OK) {
        return NULL;
    }
    locl_array **room = grow(set->array, set->count, &set->capacity, sizeof(locl_array *), err);
    if (!room) {
        return NULL;
    }
    set->array = room;
    locl_array *array = make_array(name, dtype, rank, dims, count, err);
    if (array) {
        set->array[set->count++] = array;
    }
    return array;
}

locl_array *locl_arrays_find(const locl_arrays *set, const char *name)
{
    for (size_t i = 0; i < set->count; i++) {
        if (!strcmp(set->array[i]->name, name)) {
            return set->array[i];
        }
    }
    return NULL;
}

void locl_arrays_drop(locl_arrays *set, const char *name)
{
    for (size_t i = 0; i < set->count; i++) {
        if (!strcmp(set->array[i]->name, name)) {
            free(set->array[i]->data);
            free(set->array[i]);
            set->count--;
            memmove(&set->array[i], &set->array[i + 1], (set->count - i) * sizeof *set->array);
            return;
        }
    }
}

void locl_arrays_free(locl_arrays *set)
{
    for (size_t i = 0; i < set->count; i++) {
        free(set->array[i]->data);
        free(set->array[i]);
    }
    for (size_t i = 0; i < set->metas; i++) {
        free(set->meta[i].key);
        free(set->meta[i].value);
    }
    free(set->array);
    free(set->meta);
    *set = (locl_arrays){0};
}

static locl_array_meta *find_meta(const locl_arrays *set, const char *key)
{
    for (size_t i = 0; i < set->metas; i++) {
        if (!strcmp(set->meta[i].key, key)) {
            return &set->meta[i];
        }
    }
    return NULL;
}

locl_status locl_arrays_set_meta(locl_arrays *set, const char *key, const char *value, locl_error *err)
{
    locl_array_meta *meta = find_meta(set, key);
    locl_array_meta *room = grow(set->meta, set->metas, &set->meta_capacity, sizeof *room, err);
    char *copy = strdup(value), *name = meta ? NULL : strdup(key);
    if (room) {
        set->meta = room;
    }
    if (!room || !copy || (!meta && !name)) {
        free(copy);
        free(name);
        return locl_fail_memory(err, strlen(key) + strlen(value) + 2);
    }
    if (name) {
        set->meta[set->metas++] = (locl_array_meta){.key = name, .value = copy};
    } else {
        meta = find_meta(set, key);
        free(meta->value);
        meta->value = copy;
    }
    return LOCL_OK;
}

const char *locl_arrays_get_meta(const locl_arrays *set, const char *key)
{
    const locl_array_meta *meta = find_meta(set, key);
    return meta ? meta->value : NULL;
}

size_t locl_array_nonfinite(const locl_array *array)
{
    size_t bad = 0;
    if (array->dtype == LOCL_F32) {
        const float *value = array->data;
        for (size_t i = 0; i < array->count; i++) {
            bad += isfinite(value[i]) ? 0 : 1;
        }
    }
    return bad;
}
