/* Filling in error records. Included everywhere; the lowest layer that knows what failed calls locl_fail(),
 * upper layers only add where (locl_error_where) and pass the status up (LOCL_TRY). `err` may be NULL. */
#ifndef LOCL_BASE_ERROR_H
#define LOCL_BASE_ERROR_H

#include "locl/status.h"

#define LOCL_TRY(call)                                                                                       \
    do {                                                                                                     \
        locl_status locl_try_status = (call);                                                                \
        if (locl_try_status != LOCL_OK) {                                                                    \
            return locl_try_status;                                                                          \
        }                                                                                                    \
    } while (0)

/* The same for functions that have something to undo: sets `status` and jumps to the label `fail`. */
#define LOCL_TRY_GOTO(status, call)                                                                          \
    do {                                                                                                     \
        (status) = (call);                                                                                   \
        if ((status) != LOCL_OK) {                                                                           \
            goto fail;                                                                                       \
        }                                                                                                    \
    } while (0)

#if defined(__GNUC__)
#define LOCL_PRINTF(string, first) __attribute__((format(printf, string, first)))
#else
#define LOCL_PRINTF(string, first)
#endif

/* Starts a record (clears where and remedy) and returns `status`. */
locl_status locl_fail(locl_error *err, locl_status status, const char *format, ...) LOCL_PRINTF(3, 4);
/* Says what to do about it; returns the record's status, so `return locl_remedy(err, ...)` reads well. */
locl_status locl_remedy(locl_error *err, const char *format, ...) LOCL_PRINTF(2, 3);
/* Says which key of the configuration is the cause, so that whoever knows where it was given can add that. */
void locl_error_key(locl_error *err, const char *key);
/* Puts "<text>: " before the record's `where`. */
void locl_error_where(locl_error *err, const char *format, ...) LOCL_PRINTF(2, 3);
/* Says on which device, at which stage and in which step, where the record does not know that yet: the lowest
 * layer that knows is right. -1: not known here either. */
void locl_error_at(locl_error *err, int device, int stage, int64_t step);
/* "out of memory" with the size; for a failed malloc of `bytes`. */
locl_status locl_fail_memory(locl_error *err, unsigned long long bytes);
/* An errno of a file operation: "cannot <verb> <path>: <strerror>". LOCL_E_IO unless status is given. */
locl_status locl_fail_errno(locl_error *err, locl_status status, const char *verb, const char *path);

#endif
