/* Keeps program binaries in files, one per key. A file counts only when its magic, sizes, checksum and whole
 * key agree. Any other file counts as absent and is replaced. Included by program.c, and by the doctor. */
#ifndef LOCL_DEVICE_PROGRAM_DISK_H
#define LOCL_DEVICE_PROGRAM_DISK_H

#include "base/text.h"

/* Reads the binary stored for `key`; *binary is malloc'd. False when there is none that counts. */
bool locl_program_disk_read(const locl_text *key, unsigned char **binary, size_t *size);
/* Stores the binary. A cache that cannot be written is a log event, no error. */
void locl_program_disk_write(const locl_text *key, const unsigned char *binary, size_t size);

/* Returns whether a file of the cache is whole: some program's entry. False too where it cannot be read. */
bool locl_program_disk_sound(const char *path);

#endif
