/* What an examination found: rows with a status and, where something is wrong, what to do about it. `locl doctor` and
 * `locl verify` give them. */
#ifndef LOCL_FINDING_H
#define LOCL_FINDING_H

#include "locl/export.h"

#ifdef __cplusplus
extern "C" {
#endif

/* status, its name */
#define LOCL_FINDING_TABLE(X)                                                                                \
    X(OK, "ok")                                                                                              \
    X(WARNING, "warning")                                                                                    \
    X(ERROR, "error")                                                                                        \
    X(SKIPPED, "skipped")

typedef enum locl_finding_status {
#define LOCL_FINDING_ENUM(name, text) LOCL_FINDING_##name,
    LOCL_FINDING_TABLE(LOCL_FINDING_ENUM)
#undef LOCL_FINDING_ENUM
        LOCL_FINDING_COUNT
} locl_finding_status;

/* A row. Its texts are its owner's. */
typedef struct locl_finding {
    const char *name; /* what was looked at: "icd pocl.icd", "device 0:0 kernel" */
    locl_finding_status status;
    const char *detail; /* what was found */
    const char *remedy; /* what to do about it; "" only where the status is OK */
} locl_finding;

LOCL_API const char *locl_finding_status_name(locl_finding_status status); /* returns "warning" */

#ifdef __cplusplus
}
#endif
#endif
