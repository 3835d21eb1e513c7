/* What the slices of a batch give one after another, or its parts on several devices, added up to what the batch
 * gives. Used by sched for gradients. Records into a command buffer; reference in slices_ref.c. */
#ifndef LOCL_OPS_SLICES_H
#define LOCL_OPS_SLICES_H

#include "device/command_buffer.h"

/* Records that out [count] becomes the sum of share * t [count] over the slices of a batch. The replay of the first
 * slice, whose bindings have first_image `begin`, replaces what was there. */
void locl_slices_add(locl_command_buffer *cmd, const locl_tensor *t, const locl_tensor *out, size_t count,
                     double share, size_t begin);
/* Records that each replay adds t [count] to out [count]. */
void locl_slices_join(locl_command_buffer *cmd, const locl_tensor *t, const locl_tensor *out, size_t count);

/* `first` is what the replay's first_image is beyond `begin`. */
void locl_slices_add_ref(const float *t, float *out, size_t count, double share, size_t first);

#endif
