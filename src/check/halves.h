/* Halves in host memory, to and from floats. Included by the rest of this folder. */
#ifndef LOCL_CHECK_HALVES_H
#define LOCL_CHECK_HALVES_H

#include <stddef.h>
#include <stdint.h>

/* Writes the bits of values that halves have. */
void locl_halves_write(const float *x, size_t count, uint16_t *out);
void locl_halves_read(const uint16_t *halves, size_t count, float *out);

#endif
