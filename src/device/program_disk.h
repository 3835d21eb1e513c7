/* Program binaries kept in files, one per key. A file is believed only when its magic, sizes, checksum and
 * whole key agree; anything else counts as absent and is replaced. Included by program.c only. */
#ifndef LOCL_DEVICE_PROGRAM_DISK_H
#define LOCL_DEVICE_PROGRAM_DISK_H

#include "base/text.h"

/* The binary stored for `key`; *binary is malloc'd. False when there is none (or none to be believed). */
bool locl_program_disk_read(const locl_text *key, unsigned char **binary, size_t *size);
/* Stores it; a cache that cannot be written is a log event, no error. */
void locl_program_disk_write(const locl_text *key, const unsigned char *binary, size_t size);

#endif
