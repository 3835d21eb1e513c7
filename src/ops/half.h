/* Values stored in half precision (IEEE binary16). Used by sched for activations on their way to another device.
 * Records into a command buffer; reference in half_ref.c. */
#ifndef LOCL_OPS_HALF_H
#define LOCL_OPS_HALF_H

#include "device/command_buffer.h"

enum { LOCL_HALF_BYTES = 2 };

/* Records h [count] = x [count], rounded to the nearest half, ties to even; infinite beyond 65504. */
void locl_half_store(locl_command_buffer *cmd, const locl_tensor *x, const locl_tensor *h, size_t count);
/* Records x [count] = h [count]. */
void locl_half_load(locl_command_buffer *cmd, const locl_tensor *h, const locl_tensor *x, size_t count);

/* Writes to `out` what a value is once it was stored so. */
void locl_half_ref(const float *x, float *out, size_t count);

#endif
