/* Filling in error records: what locl/error.h has for every program, and what the library needs beyond it.
 * Included everywhere; the lowest layer that knows what failed calls locl_fail(), upper layers only add where
 * (locl_error_where) and pass the status up (LOCL_TRY). Public calls own a record where their caller gave
 * none, so that nothing below them loses its status with it: see LOCL_OWN_ERROR. */
#ifndef LOCL_BASE_ERROR_H
#define LOCL_BASE_ERROR_H

#include "locl/error.h"

/* First in a public call: `err` is a record from here on, the caller's or one of the call's own. */
#define LOCL_OWN_ERROR(err)                                                                                  \
    locl_error locl_own_error;                                                                               \
    (err) = (err) ? (err) : &locl_own_error

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
