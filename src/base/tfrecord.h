/* Records as TensorFlow frames them, in files that TensorBoard reads: little-endian length (8 bytes), its checksum (4),
 * the record, its checksum (4). Used for event files. */
#ifndef LOCL_BASE_TFRECORD_H
#define LOCL_BASE_TFRECORD_H

#include "base/text.h"

#include <stdint.h>

/* Returns the masked CRC-32C of bytes, with which records are checked. */
uint32_t locl_tfrecord_checksum(const void *bytes, size_t count);
/* Adds a record of `count` bytes. */
void locl_tfrecord_add(locl_text *out, const void *bytes, size_t count);
/* Finds the record that begins at `data` [size]. Returns the bytes that it takes with its frame; 0 where there is none
 * that is whole and undamaged. */
size_t locl_tfrecord_find(const char *data, size_t size, const char **record, size_t *count);

#endif
