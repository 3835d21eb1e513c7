/* Named tensors on the host, as checkpoints, `locl probe` and test vectors hold them. A set owns its arrays
 * and a few metadata strings. safetensors.h reads and writes them.
 *
 *     locl_arrays set = {0};
 *     size_t shape[] = {batch, classes}; // [B,K]
 *     locl_array *logits = locl_arrays_add(&set, "logits", LOCL_F32, 2, shape, err);
 *     ...
 *     locl_arrays_free(&set); */
#ifndef LOCL_BASE_ARRAYS_H
#define LOCL_BASE_ARRAYS_H

#include "base/error.h"
#include "base/text.h"

#include <stddef.h>

#define LOCL_DTYPE_TABLE(X)                                                                                  \
    X(F32, 4)                                                                                                \
    X(I32, 4)                                                                                                \
    X(I64, 8)

typedef enum locl_dtype {
#define LOCL_DTYPE_ENUM(name, bytes) LOCL_##name,
    LOCL_DTYPE_TABLE(LOCL_DTYPE_ENUM)
#undef LOCL_DTYPE_ENUM
        LOCL_DTYPE_COUNT
} locl_dtype;

enum { LOCL_ARRAY_RANK = 5, LOCL_ARRAY_NAME = 96 };

typedef struct locl_array {
    char name[LOCL_ARRAY_NAME];
    locl_dtype dtype;
    size_t rank, dim[LOCL_ARRAY_RANK]; /* row-major; dims past the rank are 1 */
    size_t count;                      /* product of the dims, 1 for rank 0 */
    void *data;                        /* [count], owned by the set; never NULL */
} locl_array;

typedef struct locl_array_meta {
    char *key, *value; /* owned by the set */
} locl_array_meta;

/* A set of arrays. It starts as {0}. An array keeps its address until the set is freed. */
typedef struct locl_arrays {
    locl_array **array; /* [count], in the order of adding or, when read, of the file */
    size_t count, capacity;
    locl_array_meta *meta; /* [metas] */
    size_t metas, meta_capacity;
} locl_arrays;

const char *locl_dtype_name(locl_dtype dtype); /* returns "F32" */
size_t locl_dtype_bytes(locl_dtype dtype);     /* returns the bytes of one value */

/* Adds an array of zeros. NULL with *err filled when the name is taken, empty or too long, the dtype is
 * unknown, the rank is above LOCL_ARRAY_RANK or the size overflows (LOCL_E_FAILED), or memory runs out
 * (LOCL_E_MEMORY). */
locl_array *locl_arrays_add(locl_arrays *set, const char *name, locl_dtype dtype, size_t rank,
                            const size_t *dims, locl_error *err);
locl_array *locl_arrays_find(const locl_arrays *set, const char *name); /* returns NULL if there is none */
void locl_arrays_drop(locl_arrays *set, const char *name); /* removes and frees an array, if it is there */
void locl_arrays_free(locl_arrays *set);                   /* frees the content, leaves {0} */

/* Sets or replaces a metadata string. Key and value are copied. */
locl_status locl_arrays_set_meta(locl_arrays *set, const char *key, const char *value, locl_error *err);
const char *locl_arrays_get_meta(const locl_arrays *set, const char *key); /* returns NULL if there is none */

size_t locl_array_bytes(const locl_array *array);
/* Returns whether the array is of that type and shape. If not, adds both to `text`: "F32 [8], should be F32
 * [8,10]". */
bool locl_array_fits(const locl_array *array, locl_dtype dtype, size_t rank, const size_t *dim,
                     locl_text *text);
/* Counts the values that are NaN or infinite; 0 for integers. */
size_t locl_array_nonfinite(const locl_array *array);

#endif
