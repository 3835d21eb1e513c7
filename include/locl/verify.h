/* Holds every kernel of devices against its C reference, as `locl verify` does, and keeps the verdict: a numerical passport,
 * which training heeds. Each device is verified in a process of its own, like drivers by locl/doctor.h.
 *
 *     locl_verify_setup setup = {.program = "/proc/self/exe"}; // whose main() begins with locl_doctor_is_child()
 *     locl_verification *verification;
 *     locl_status status = locl_verify_run(&setup, &verification, &err);
 *     for (size_t i = 0; i < locl_verification_rows(verification); i++) { ... }
 *     locl_verification_free(verification);
 */
#ifndef LOCL_VERIFY_H
#define LOCL_VERIFY_H

#include "locl/export.h"
#include "locl/finding.h"
#include "locl/status.h"

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct locl_verify_setup {
    const char *program; /* as in locl_doctor_setup */
    const char *devices; /* selectors; NULL: LOCL_DEVICES or, without it, every device of every platform */
    const char *only; /* kernels whose names match this shell pattern; NULL: all. LOCL_E_USAGE: none does */
    double deadline;  /* seconds in which a shape has to be done; 0: 120 */
    /* Told before each kernel how many of a device's are done; may be NULL. */
    void (*tell)(void *user, size_t done, size_t total);
    void *user;
} locl_verify_setup;

/* A row: a kernel, a product or an optimiser in one variant, or something else of a device. Texts are the
 * verification's. */
typedef struct locl_verified {
    locl_finding finding; /* its name begins with the device's selector */
    const char *device;   /* its selector */
    const char *kernel;   /* of the table of kernels (docs/kernels.md); "" where the row is not one's */
    const char *variant;  /* "device", "native", "clblast" */
    size_t shapes, runs;  /* that were checked */
    double ulp;           /* worst error, in units in the last place of the terms that a value is made from */
    double relative;      /* worst error over the value, of values that are no small rest of large terms */
    double tolerated;     /* worst error, as a share of what the kernel is allowed */
    bool deterministic;   /* the same bits in every run */
} locl_verified;

typedef struct locl_verification locl_verification;

/* Verifies the devices one after another. Whatever is found is no error: it is a row. *out is the caller's; NULL on
 * error. LOCL_E_NODEVICE, LOCL_E_CONFIG (selectors), LOCL_E_MEMORY. */
LOCL_API locl_status locl_verify_run(const locl_verify_setup *setup, locl_verification **out,
                                     locl_error *err);
LOCL_API void locl_verification_free(locl_verification *verification); /* NULL is fine */
LOCL_API size_t locl_verification_rows(const locl_verification *verification);
LOCL_API void locl_verification_describe(const locl_verification *verification, size_t index,
                                         locl_verified *out);
/* Prints one JSON object, as `locl verify --json` prints it; *out is the caller's to free(). LOCL_E_MEMORY. */
LOCL_API locl_status locl_verification_to_json(const locl_verification *verification, char **out,
                                               locl_error *err);

#ifdef __cplusplus
}
#endif
#endif
