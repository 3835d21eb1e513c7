/* The folder of a run: config.yaml, plan.json, metrics.jsonl, checkpoints/. One process trains in it at a
 * time: the file `lock` is locked while it does, which the kernel ends with the process. Used by the training
 * loop only; evaluation just reads. */
#ifndef LOCL_RUN_FOLDER_H
#define LOCL_RUN_FOLDER_H

#include "base/error.h"
#include "locl/run.h"

#include <limits.h>
#include <stdbool.h>

typedef struct locl_folder {
    char path[PATH_MAX]; /* "": not open */
    int lock;
} locl_folder;

/* Makes the folder and its checkpoints/, makes sure that both can be written and that nobody else trains in
 * it. For a new run a checkpoint in it is refused. LOCL_E_USAGE, LOCL_E_IO. */
locl_status locl_folder_open(const char *path, locl_run_purpose purpose, locl_folder *out, locl_error *err);
void locl_folder_close(locl_folder *folder); /* zeroed is fine */

/* "<folder>/<name>". LOCL_E_IO: too long. */
locl_status locl_folder_path(const char *folder, const char *name, char out[PATH_MAX], locl_error *err);
/* The run's folder, the one with config.yaml, that `path` is, or lies in at most two levels deep (a
 * checkpoint). False: none, or `path` is a configuration. */
bool locl_folder_around(const char *path, char out[PATH_MAX]);
/* Is there room for checkpoints of `bytes` each? LOCL_E_IO says how much is needed. */
locl_status locl_folder_check_room(const locl_folder *folder, unsigned long long bytes, locl_error *err);

#endif
