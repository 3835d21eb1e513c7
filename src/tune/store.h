/* What was measured, kept on disk: $XDG_CACHE_HOME/locl/v1/tune/<hash of the device>.json, readable JSON. A file is
 * read whole, merged under a lock file and replaced by rename; what is damaged, or another device's, is left out with a
 * log event, what other kernels measured without one. Used by tune.c. */
#ifndef LOCL_TUNE_STORE_H
#define LOCL_TUNE_STORE_H

#include "gemm/gemm.h"
#include "tune/options.h"

/* Among which candidates a choice is the fastest. */
typedef enum locl_tune_bits {
    LOCL_TUNE_SAME_BITS, /* those that give the bits of what nobody measured: locl_gemm_same_bits(), and seen to be so */
    LOCL_TUNE_ANY_BITS
} locl_tune_bits;

/* A product that was measured on the store's device. There may be two of a shape and engine, one for each `bits`. */
typedef struct locl_tune_record {
    locl_gemm_choice choice;     /* the fastest */
    locl_engine engine;          /* whose candidates: AUTO: all engines' */
    locl_tune_bits bits;         /* which of them */
    locl_tune_effort effort;     /* QUICK or FULL */
    size_t candidates;           /* that were measured */
    double own_seconds, seconds; /* of one product: as nobody measured, as chosen */
} locl_tune_record;

typedef struct locl_tune_store locl_tune_store;

/* Reads what is known of a device, which outlives the store. A place that can't be read is an empty store.
 * LOCL_E_MEMORY. */
locl_status locl_tune_store_open(const locl_device *device, locl_tune_store **out, locl_error *err);
void locl_tune_store_close(locl_tune_store *store); /* NULL is fine; saves nothing */
/* Finds the record of a shape (alpha and beta do not count), measured for that engine, whose choice applies on the
 * device; NULL if there is none. The store's, until the next put. */
const locl_tune_record *locl_tune_store_find(const locl_tune_store *store, const locl_gemm_shape *shape,
                                             locl_engine engine, locl_tune_bits bits);
/* Adds a record, or takes the place of that of its shape, engine and bits. LOCL_E_MEMORY. */
locl_status locl_tune_store_put(locl_tune_store *store, const locl_tune_record *record, locl_error *err);
/* CLBlast's fastest parameters on the device (gemm/clblast_setting.h): "" for its own, also where nobody measured. */
const char *locl_tune_store_setting(const locl_tune_store *store);
void locl_tune_store_put_setting(locl_tune_store *store, const char *name);
/* Writes what was put, and the largest rate (device/rate.h), merged with what other processes wrote meanwhile: a record
 * of less effort does not take the place of one of more. A place that can't be written is a log event, no error. */
void locl_tune_store_save(locl_tune_store *store);

/* Returns whether a file of the store is one, of any device. For the doctor. */
bool locl_tune_store_sound(const char *path);

#endif
