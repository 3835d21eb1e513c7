/* Safetensors files: refused with a message, or read, and then what is written of the set reads as the same. */
#include "fuzz/fuzz.h"

#include "base/safetensors.h"

#include <stdlib.h>
#include <string.h>

static void check_same(const locl_arrays *a, const locl_arrays *b)
{
    FUZZ_CHECK(a->count == b->count && a->metas == b->metas);
    for (size_t i = 0; i < a->count; i++) {
        const locl_array *x = a->array[i], *y = locl_arrays_find(b, x->name);
        FUZZ_CHECK(y != NULL && y->dtype == x->dtype && y->rank == x->rank && y->count == x->count);
        FUZZ_CHECK(memcmp(x->dim, y->dim, sizeof x->dim) == 0);
        FUZZ_CHECK(memcmp(x->data, y->data, locl_array_bytes(x)) == 0);
        FUZZ_CHECK(locl_array_nonfinite(x) <= x->count);
    }
    for (size_t i = 0; i < a->metas; i++) {
        const char *value = locl_arrays_get_meta(b, a->meta[i].key);
        FUZZ_CHECK(value != NULL && strcmp(value, a->meta[i].value) == 0);
    }
}

/* Header and tensors are the whole file. */
static void check_all_is_read(const locl_arrays *set, const uint8_t *data, size_t size)
{
    uint64_t bytes;
    memcpy(&bytes, data, sizeof bytes);
    bytes += sizeof bytes;
    for (size_t i = 0; i < set->count; i++) {
        bytes += locl_array_bytes(set->array[i]);
    }
    FUZZ_CHECK(bytes == size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    locl_arrays set = {0}, again = {0};
    locl_error err = {0};
    locl_status status = locl_safetensors_read(fuzz_write("in", data, size), &set, &err);
    if (status != LOCL_OK) {
        fuzz_check_error(status, &err);
        FUZZ_CHECK(status == LOCL_E_CHECKPOINT && !set.array && !set.meta);
        return 0;
    }
    check_all_is_read(&set, data, size);
    const char *out = fuzz_path("out");
    FUZZ_CHECK(locl_safetensors_write(out, &set, &err) == LOCL_OK);
    FUZZ_CHECK(locl_safetensors_read(out, &again, &err) == LOCL_OK);
    check_same(&set, &again);
    locl_arrays_free(&again);
    locl_arrays_free(&set);
    return 0;
}
