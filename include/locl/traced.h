/* A timeline that a run wrote (locl_run_setup.trace), read back: rows, and what was done in each of them when. What
 * `locl plot --timeline` draws. docs/trace.md has the file's format.
 *
 *     locl_traced *traced;
 *     if (locl_traced_read("trace.json", &traced, &err) == LOCL_OK) {
 *         ... traced->row[traced->event[0].row].name ...
 *         locl_traced_free(traced);
 *     }
 */
#ifndef LOCL_TRACED_H
#define LOCL_TRACED_H

#include "locl/export.h"
#include "locl/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum locl_traced_kind {
    LOCL_TRACED_KERNEL,
    LOCL_TRACED_COPY,
    LOCL_TRACED_HOST /* what a thread of the host did, or waited for */
} locl_traced_kind;

/* A queue of a device, or a thread of the host. */
typedef struct locl_traced_row {
    const char *owner; /* "device 0: its name (0:1)", or "host" */
    const char *name;  /* "compute", "worker of device 0" */
    bool device;       /* false: the host's */
} locl_traced_row;

typedef struct locl_traced_event {
    locl_traced_kind kind;
    const char *name;
    size_t row;
    uint64_t step;     /* counted from 1 */
    int stage;         /* of kernels and copies; else -1 */
    bool host_timed;   /* a kernel or copy whose device gave no usable times */
    double start, end; /* microseconds, from the first thing in the file */
} locl_traced_event;

typedef struct locl_traced {
    const locl_traced_row *row; /* [rows], the host's first */
    size_t rows;
    const locl_traced_event *event; /* [events], each row's in their order */
    size_t events;
    uint64_t first, last; /* steps of the devices that the file has; 0: none */
    void *own;            /* the reader's */
} locl_traced;

/* Reads a file. *out is the caller's until locl_traced_free(); NULL on error. LOCL_E_DATA: it cannot be read, is
 * damaged, or was written by something else; says where. */
LOCL_API locl_status locl_traced_read(const char *path, locl_traced **out, locl_error *err);
LOCL_API void locl_traced_free(locl_traced *traced); /* accepts NULL */

#ifdef __cplusplus
}
#endif
#endif
