/* Starts processes of the command, for what has to be measured in one of its own, and ends those that hang. Included by
 * start_process.c and suite_children.c. */
#ifndef LOCL_BENCH_SPAWN_H
#define LOCL_BENCH_SPAWN_H

#include "base/error.h"

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

/* Starts argument[0] with its output and errors in these files, no signal blocked. `argument` and `variable` end with
 * NULL. */
locl_status locl_spawn(const char *const *argument, char *const *variable, int out, int errors, pid_t *child,
                       locl_error *err);

/* What became of a process. */
typedef struct locl_spawned {
    bool silent;    /* it said nothing for too long, and was ended */
    int state;      /* of waitpid() */
    char last[256]; /* the last line of its output; may be "" */
} locl_spawned;

/* Runs a process to its end. It gives a sign of life with each line of output, of which `tell` hears; after `deadline`
 * seconds without one it is ended. */
locl_status locl_spawn_watched(const char *const *argument, int errors, double deadline,
                               void (*tell)(void *user, const char *line), void *user, locl_spawned *out,
                               locl_error *err);
/* Writes why it did not end well: its first line of errors, its signal, or what it was at. False: it did. */
bool locl_spawned_fault(const locl_spawned *spawned, FILE *errors, char *out, size_t size);

#endif
