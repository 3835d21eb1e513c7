/* Status codes and the error record. Every call that can fail returns a locl_status. Where it takes a
 * locl_error, which may be NULL, it says there what failed, where, and what to do about it. */
#ifndef LOCL_STATUS_H
#define LOCL_STATUS_H

#include "locl/export.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* name, exit code of the command, message */
#define LOCL_STATUS_TABLE(X)                                                                                 \
    X(OK, 0, "success")                                                                                      \
    X(E_FAILED, 1, "failed")                                                                                 \
    X(E_USAGE, 2, "wrong usage")                                                                             \
    X(E_CONFIG, 2, "wrong configuration")                                                                    \
    X(E_NODEVICE, 3, "no such device")                                                                       \
    X(E_OPENCL, 1, "an OpenCL call failed")                                                                  \
    X(E_TOO_LARGE, 2, "too large for the device")                                                            \
    X(E_MEMORY, 1, "out of memory")                                                                          \
    X(E_DATA, 4, "unreadable data")                                                                          \
    X(E_CHECKPOINT, 4, "unreadable checkpoint")                                                              \
    X(E_IO, 1, "input or output failed")                                                                     \
    X(E_NUMERIC, 1, "not a number in training")                                                              \
    X(E_INTERRUPTED, 5, "interrupted, saved")                                                                \
    X(E_DEADLINE, 1, "a device did not finish in time")                                                      \
    X(E_LOST, 6, "a device was lost, saved")

typedef enum locl_status {
#define LOCL_STATUS_ENUM(name, exit_code, message) LOCL_##name,
    LOCL_STATUS_TABLE(LOCL_STATUS_ENUM)
#undef LOCL_STATUS_ENUM
        LOCL_STATUS_COUNT
} locl_status;

typedef struct locl_error {
    locl_status status;
    char where[512];    /* outermost first: "stage 2 on device 1 (Arc A380): layernorm" */
    char message[4096]; /* what failed, what was found, what is allowed; may have several lines */
    char remedy[1024];  /* what to do about it; may be empty */
    char key[64];       /* key of the configuration whose value is the cause: "data.batch"; may be empty */
    /* Where it happened, for programs; -1 where it is not known or does not apply. */
    int device;   /* index among the opened devices */
    int stage;    /* index in the pipeline */
    int64_t step; /* of training, from 0; in an evaluation, the batch */
} locl_error;

LOCL_API const char *locl_status_name(locl_status status);    /* returns "LOCL_E_DATA" */
LOCL_API const char *locl_status_message(locl_status status); /* returns "unreadable data" */
LOCL_API int locl_status_exit_code(locl_status status);       /* returns 0 to 6, see docs/command.md */

#ifdef __cplusplus
}
#endif
#endif
