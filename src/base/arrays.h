/* Named tensors on the host: what checkpoints, `locl probe` and test vectors hold. A set owns its arrays and
 * a few metadata strings. Files of them: safetensors.h.
 *
 *     locl_arrays set = {0};
 *     locl_array *logits = locl_arrays_add(&set, "logits", LOCL_F32, 2, (size_t[]){batch, classes}, err); //
 * [B,K]
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

enum { LOCL_ARRAY_RANK = 4, LOCL_ARRAY_NAME = 96 };

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

/* Starts as {0}. An array's address stays the same until the set is freed. */
typedef struct locl_arrays {
    locl_array **array; /* [count], in the order of adding or of the file's data */
    size_t count, capacity;
    locl_array_meta *meta; /* [metas] */
    size_t metas, meta_capacity;
} locl_arrays;

const char *locl_dtype_name(locl_dtype dtype); /* "F32" */
size_t locl_dtype_bytes(locl_dtype dtype);     /* of one value */

/* A new array of zeros. NULL with *err filled when the name is taken, empty or too long, the rank is above
 * LOCL_ARRAY_RANK (LOCL_E_FAILED), or memory runs out (LOCL_E_MEMORY). */
locl_array *locl_arrays_add(locl_arrays *set, const char *name, locl_dtype dtype, size_t rank,
                            const size_t *dims, locl_error *err);
locl_array *locl_arrays_find(const locl_arrays *set, const char *name); /* NULL when there is none */
void locl_arrays_free(locl_arrays *set);                                /* leaves {0} */

/* Sets or replaces a metadata string; both are copied. */
locl_status locl_arrays_set_meta(locl_arrays *set, const char *key, const char *value, locl_error *err);
const char *locl_arrays_get_meta(const locl_arrays *set, const char *key); /* NULL when there is none */

size_t locl_array_bytes(const locl_array *array);
/* Is the array of that type and shape? If not, `text` gets both: "F32 [8], should be F32 [8,10]". */
bool locl_array_fits(const locl_array *array, locl_dtype dtype, size_t rank, const size_t *dim,
                     locl_text *text);
/* How many of the values are NaN or infinite; 0 for integers. */
size_t locl_array_nonfinite(const locl_array *array);

#endif
