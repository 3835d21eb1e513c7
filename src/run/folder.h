/* The folder of a run: config.yaml, plan.json, metrics.jsonl, checkpoints/. One process trains in it at a
 * time. It locks the file `lock` while it does, and the kernel ends the lock with the process. Evaluation
 * only reads and takes no lock. */
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

/* Makes the folder and its checkpoints/, and makes sure that both can be written and that nobody else trains
 * in it. For a new run refuses a folder that has a checkpoint. LOCL_E_USAGE, LOCL_E_IO. */
locl_status locl_folder_open(const char *path, locl_run_purpose purpose, locl_folder *out, locl_error *err);
void locl_folder_close(locl_folder *folder); /* zeroed is fine */

/* Writes "<folder>/<name>". LOCL_E_IO: too long. */
locl_status locl_folder_path(const char *folder, const char *name, char out[PATH_MAX], locl_error *err);
/* Finds the run's folder, the one with config.yaml, that `path` is or lies in, at most two levels deep (a
 * checkpoint). Returns false where there is none, or `path` is a configuration. */
bool locl_folder_around(const char *path, char out[PATH_MAX]);
/* Checks that there is room for those checkpoints, of `bytes` each, that the run does not have yet. LOCL_E_IO says how
 * much is needed. */
locl_status locl_folder_check_room(const locl_folder *folder, unsigned long long bytes, locl_error *err);

#endif
