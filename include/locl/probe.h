/* Runs one step of a rule on given tensors, without the update, to compare locl with other implementations.
 * docs/probe.md has the names and shapes of the tensors.
 *
 *     locl_probe_setup setup = {.config = "small.yaml", .in = "in.safetensors", .out = "out.safetensors"};
 *     locl_probe_result result;
 *     locl_status status = locl_probe_run(&setup, &result, &err);
 */
#ifndef LOCL_PROBE_H
#define LOCL_PROBE_H

#include "locl/export.h"
#include "locl/status.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Input of a probe. Zero is the default of every field except the three files. Strings are only read during
 * the call. */
typedef struct locl_probe_setup {
    const char *config;     /* YAML file */
    const char *in, *out;   /* safetensors files: `in` is read, `out` is written whole or not at all */
    const char *const *set; /* [sets] "key.path=value", which override the file */
    size_t sets;
    const char *devices; /* selectors; NULL: those of the configuration. The first one computes */
} locl_probe_setup;

typedef struct locl_probe_result {
    char device[32]; /* selector of the device that computed */
    char name[128];
    const char *out; /* the `out` of the setup */
    size_t tensors;  /* tensors in the file */
} locl_probe_result;

/* Runs the step and writes its tensors. LOCL_E_CONFIG; LOCL_E_CHECKPOINT: tensors that are missing,
 * misshaped, unknown or not finite, or labels out of range; LOCL_E_NODEVICE; LOCL_E_TOO_LARGE; LOCL_E_IO. */
LOCL_API locl_status locl_probe_run(const locl_probe_setup *setup, locl_probe_result *out, locl_error *err);
/* Writes the result as one JSON object, as `locl probe --json` prints it. *out is the caller's to free().
 * LOCL_E_MEMORY. */
LOCL_API locl_status locl_probe_to_json(const locl_probe_result *result, char **out, locl_error *err);

#ifdef __cplusplus
}
#endif
#endif
