/* Starts the program again to examine a driver, and listens: messages come as lines of JSON through a pipe, what the
 * driver prints is kept apart. A child that says nothing for too long is killed, with what it started. Used by
 * drivers.c. */
#ifndef LOCL_DOCTOR_CHILD_H
#define LOCL_DOCTOR_CHILD_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>

/* The argument by which locl_doctor_is_child() knows a child; after it the number of the pipe and what to do. */
#define LOCL_CHILD_ARGUMENT "--doctor-child"

typedef struct locl_child_setup {
    const char *program;
    const char *task[4]; /* "icd", "together", ...: what examine.c knows; ends with NULL */
    const char
        *vendors; /* the folder with the only ICD file that it shall see; NULL: as this process sees them */
    double deadline; /* seconds without a message */
    /* Told what it says of how far it is ({"part", "of"}); may be NULL. */
    void (*heard)(void *user, size_t done, size_t total);
    void *user;
} locl_child_setup;

/* How it ended. */
typedef enum locl_child_end {
    LOCL_CHILD_DONE,    /* it said so, and exited with 0 */
    LOCL_CHILD_EXITED,  /* without having said so: the driver ended it */
    LOCL_CHILD_CRASHED, /* by a signal */
    LOCL_CHILD_HUNG,    /* and was killed */
    LOCL_CHILD_ABSENT   /* it could not be started */
} locl_child_end;

typedef struct locl_child_result {
    locl_child_end end;
    int code;          /* exit code, signal, or errno of what could not be started */
    bool done;         /* it had said all before it ended as it did */
    char doing[256];   /* what it was doing last: "loading libpocl.so.2" */
    char printed[256]; /* the first of what it printed, on one line; "" where nothing */
    json_t *messages;  /* array, the caller's: see locl_child_result_free() */
} locl_child_result;

/* Runs a child to its end. Whatever becomes of it is in *out. Thread-safe. */
void locl_child_run(const locl_child_setup *setup, locl_child_result *out);
void locl_child_result_free(locl_child_result *result);
/* Writes how a child ended that did not end as it should: "crashed (SIGSEGV) while loading libx.so". */
void locl_child_describe(const locl_child_result *result, double deadline, char *text, size_t size);

#endif
