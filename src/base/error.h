/* Fills in error records: what locl/error.h has for every program, and what the library needs beyond it.
 * Included everywhere. The lowest layer that knows what failed calls locl_fail(). Upper layers only add where
 * (locl_error_where) and pass the status up (LOCL_TRY). Public calls own a record where their caller gave
 * none, so that the layers below can read its status: see LOCL_OWN_ERROR. */
#ifndef LOCL_BASE_ERROR_H
#define LOCL_BASE_ERROR_H

#include "locl/error.h"

/* Begins a public call: from here on `err` is a record, the caller's or one of the call's own. */
#define LOCL_OWN_ERROR(err)                                                                                  \
    locl_error locl_own_error;                                                                               \
    (err) = (err) ? (err) : &locl_own_error

/* Notes which key of the configuration is the cause. A caller that knows where the key was given can add
 * that. */
void locl_error_key(locl_error *err, const char *key);
/* Puts "<text>: " before the record's `where`. */
void locl_error_where(locl_error *err, const char *format, ...) LOCL_PRINTF(2, 3);
/* Notes device, stage and step where the record does not know them yet. The lowest layer that knows one is
 * right. -1: not known here either. */
void locl_error_at(locl_error *err, int device, int stage, int64_t step);
/* Fails with LOCL_E_MEMORY after a failed allocation of `bytes`. */
locl_status locl_fail_memory(locl_error *err, unsigned long long bytes);
/* Fails with `status` and "cannot <verb> <path>: <strerror>", after errno of a file operation. */
locl_status locl_fail_errno(locl_error *err, locl_status status, const char *verb, const char *path);

#endif
