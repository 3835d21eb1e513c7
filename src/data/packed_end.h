/* Where compressed data end in a file, for two formats whose readers fail at what follows them, be it only
 * padding, without saying where. Used by unpack.c. */
#ifndef LOCL_DATA_PACKED_END_H
#define LOCL_DATA_PACKED_END_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

bool locl_is_zstd(FILE *file);
bool locl_is_xz(FILE *file);
/* The end of the last whole frame, of those that follow each other from the start; 0: there is none. */
int64_t locl_zstd_end(FILE *file);
/* The end of the last whole stream, by its footer; 0: there is none. */
int64_t locl_xz_end(FILE *file);

#endif
