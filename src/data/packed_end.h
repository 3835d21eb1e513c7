/* Finds where compressed data end in a file. The readers of these two formats fail at what follows the data,
 * even at padding, and do not say where. Used by unpack.c. */
#ifndef LOCL_DATA_PACKED_END_H
#define LOCL_DATA_PACKED_END_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

bool locl_is_zstd(FILE *file);
bool locl_is_xz(FILE *file);
/* Returns the end of the last whole frame in the row of frames from the start; 0: there is none. */
int64_t locl_zstd_end(FILE *file);
/* Returns the end of the last whole stream, by its footer; 0: there is none. */
int64_t locl_xz_end(FILE *file);

#endif
