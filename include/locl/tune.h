/* Products measured in advance: what training would choose, kept on disk for later runs. docs/tune.md says what is
 * measured and where it is kept.
 *
 *     locl_tune_setup setup = {.config = "configs/cifar10.yaml", .seconds = 60};
 *     locl_tuning *tuning;
 *     locl_status status = locl_tune_run(&setup, &tuning, &err);
 *     for (size_t i = 0; i < locl_tuning_products(tuning); i++) { ... }
 *     locl_tuning_free(tuning);
 */
#ifndef LOCL_TUNE_H
#define LOCL_TUNE_H

#include "locl/export.h"
#include "locl/status.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Zero is the default for every field. Strings are only read during the call. */
typedef struct locl_tune_setup {
    const char *config;     /* YAML file; NULL: M/8/16 under lg-fg-a on 32x32x3 images, batch 128 */
    const char *const *set; /* [sets] "key.path=value", put over the file */
    size_t sets;
    const char *devices; /* selectors; NULL: the configuration's */
    double seconds;      /* at most for all products; 0: as long as it takes */
    /* Told before each product; may be NULL. */
    void (*tell)(void *user, size_t done, size_t total);
    void *user;
} locl_tune_setup;

typedef struct locl_tuning locl_tuning;

/* A product of the configuration's step on a device. Texts are the tuning's. */
typedef struct locl_tuned_product {
    const char *device;         /* its selector */
    const char *op;             /* "nn", "tn", "nt", "tt": which operands are transposed */
    size_t m, n, k, batch, sum; /* C [m,n] = sum of `sum` products over k, `batch` times */
    int measured;               /* 0: there was no time for it, it is computed as before */
    size_t candidates;          /* that were measured */
    const char *own, *winner;   /* how it is computed without measuring, and from now on */
    double own_rate, rate;      /* GFLOP/s; 0 where it was not measured */
} locl_tuned_product;

/* Measures all products of the configuration's step on its devices, also those that were measured before, and keeps the
 * result. Opens no data. LOCL_E_CONFIG, LOCL_E_NODEVICE, LOCL_E_TOO_LARGE. *out is the caller's; NULL on error. */
LOCL_API locl_status locl_tune_run(const locl_tune_setup *setup, locl_tuning **out, locl_error *err);
LOCL_API void locl_tuning_free(locl_tuning *tuning); /* NULL is fine */
LOCL_API size_t locl_tuning_products(const locl_tuning *tuning);
LOCL_API void locl_tuning_describe(const locl_tuning *tuning, size_t index, locl_tuned_product *out);
/* Prints one JSON object, as `locl tune --json` prints it; *out is the caller's to free(). LOCL_E_MEMORY. */
LOCL_API locl_status locl_tuning_to_json(const locl_tuning *tuning, char **out, locl_error *err);

#ifdef __cplusplus
}
#endif
#endif
