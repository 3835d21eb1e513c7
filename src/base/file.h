/* Writes files whole or not at all, and reads them with a limit. Used by caches, checkpoints and run
 * folders. */
#ifndef LOCL_BASE_FILE_H
#define LOCL_BASE_FILE_H

#include "base/error.h"
#include "base/text.h"
#include "locl/support.h" /* locl_file_write() */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stat;

/* Reads a whole regular file of at most `limit` bytes. *data is malloc'd and ends with a 0 that *size does
 * not count. A missing file or a larger one is an error with `status` (LOCL_E_DATA, LOCL_E_CHECKPOINT,
 * LOCL_E_CONFIG, ...). */
locl_status locl_file_read(const char *path, size_t limit, locl_status status, char **data, size_t *size,
                           locl_error *err);
/* Reads a file, a pipe or, for "-", standard input to its end. `out` is the caller's to free, on error too. A
 * missing file, a folder or more than `limit` bytes is an error with `status`. */
locl_status locl_file_read_stream(const char *path, size_t limit, locl_status status, locl_text *out,
                                  locl_error *err);
/* Reads `size` bytes from `offset` on. Returns how many it got: fewer where the file ends, with errno 0, or where
 * reading failed, with errno. */
size_t locl_file_read_at(int fd, uint64_t offset, void *bytes, size_t size);
/* Part of a file that is written. */
typedef struct locl_file_part {
    const void *data; /* [size] bytes */
    size_t size;
} locl_file_part;
/* Writes parts one after another, as locl_file_write() writes one, so that what is large need not be copied
 * together. */
locl_status locl_file_write_parts(const char *path, const locl_file_part *part, size_t parts,
                                  locl_error *err);
/* Checks, before long work, that locl_file_write() could write that file: makes one beside it and takes it away.
 * LOCL_E_IO. */
locl_status locl_file_check_writable(const char *path, locl_error *err);
/* Removes the files "<name>.<random>.new" that a process killed in locl_file_write() left in the folder. Only
 * for a folder that no other process writes to. */
void locl_file_remove_leftovers(const char *folder);
/* Makes sure that what was renamed in the folder of `path` is on the disk. */
void locl_file_sync_folder(const char *path);
/* Creates a folder and those that hold it, as mkdir -p does. */
locl_status locl_file_make_folders(const char *path, locl_error *err);
/* Returns the time of the last change of a file, in ns. */
int64_t locl_file_changed(const struct stat *info);
bool locl_file_exists(const char *path);
bool locl_file_is_folder(const char *path);
/* Finds the folder $XDG_CACHE_HOME/locl/v1/<name> or $HOME/.cache/locl/v1/<name> and creates it if missing.
 * False when it cannot be written; the caller then goes on without a cache. */
bool locl_file_cache_folder(const char *name, char *path, size_t size);

#endif
