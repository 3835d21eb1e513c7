/* Fills in error records as the library does it, for programs that report errors of their own the same way.
 * The place that knows what failed calls locl_fail(). It also calls locl_remedy() where there is something to
 * do about it. The callers above pass the status up.
 *
 *     static locl_status check(const char *path, locl_error *err)
 *     {
 *         if (!path) {
 *             locl_fail(err, LOCL_E_USAGE, "no file is given");
 *             return locl_remedy(err, "give one: --out FILE");
 *         }
 *         return LOCL_OK;
 *     }
 */
#ifndef LOCL_ERROR_H
#define LOCL_ERROR_H

#include "locl/export.h"
#include "locl/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define LOCL_TRY(call)                                                                                       \
    do {                                                                                                     \
        locl_status locl_try_status = (call);                                                                \
        if (locl_try_status != LOCL_OK) {                                                                    \
            return locl_try_status;                                                                          \
        }                                                                                                    \
    } while (0)

/* Does what LOCL_TRY does in functions that have something to undo: sets `status` and jumps to the label
 * `fail`. */
#define LOCL_TRY_GOTO(status, call)                                                                          \
    do {                                                                                                     \
        (status) = (call);                                                                                   \
        if ((status) != LOCL_OK) {                                                                           \
            goto fail;                                                                                       \
        }                                                                                                    \
    } while (0)

/* Fills a record with a status and a message, clears the rest and returns `status`. `err` may be NULL. */
LOCL_API locl_status locl_fail(locl_error *err, locl_status status, const char *format, ...)
    LOCL_PRINTF(3, 4);
/* Adds what to do about the error and returns the status of the record, for `return locl_remedy(err, ...)`.
 * `err` is a record that locl_fail() has filled. With NULL the status is unknown, and LOCL_E_FAILED is
 * returned. */
LOCL_API locl_status locl_remedy(locl_error *err, const char *format, ...) LOCL_PRINTF(2, 3);

#ifdef __cplusplus
}
#endif
#endif
