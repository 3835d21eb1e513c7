/* Folders for a while. Included by start_process.c and train.c. */
#ifndef LOCL_BENCH_FOLDER_H
#define LOCL_BENCH_FOLDER_H

#include "base/error.h"

enum { LOCL_FOLDER_PATH = 256 };

/* Makes an empty folder below TMPDIR or /tmp; its path is "" on error. */
locl_status locl_folder_make(char path[LOCL_FOLDER_PATH], locl_error *err);
/* Removes a folder with all that is in it. "" is fine. */
void locl_folder_remove(char *path);

#endif
