/* Records a launch: a kernel by its descriptor, arguments and macros by name, with the elements that each
 * buffer must hold.
 *
 *     locl_launch l = locl_launch_begin(cmd, &locl_kernel_layernorm_vjp);
 *     locl_launch_in(&l, "y", y, rows * n);
 *     locl_launch_u32(&l, "rows", rows);
 *     locl_launch_macro(&l, "CHUNK", chunk);
 *     locl_launch_cost(&l, flops, bytes);
 *     locl_launch_run(&l, groups, items); // ends the launch
 *
 * Calls between begin and run may come in any order; on the device arguments have the descriptor's order. An
 * error sticks to the command buffer and names kernel and argument. These are errors:
 * - an argument or macro that is unknown, missing, given twice or of another kind
 * - a buffer that holds less than it must
 * - a buffer where the setting of switches has none, or none where it has one
 * - a number too large for its type
 * - a buffer of halves where floats are taken, or of floats where halves are
 * - a setting of switches that is no variant of the kernel */
#ifndef LOCL_DEVICE_LAUNCH_H
#define LOCL_DEVICE_LAUNCH_H

#include "device/command_buffer.h"
#include "device/kernel.h"

typedef struct locl_launch {
    locl_command_buffer *cmd;
    const locl_kernel *kernel;
    struct locl_launch_arg *arg; /* [arguments of the kernel]; NULL once an error sticks */
    uint32_t setting[LOCL_KERNEL_SWITCHES], geometry[LOCL_KERNEL_GEOMETRIES];
    uint32_t args_given, switches_given, geometry_given; /* bits of what was given */
    double flops, bytes;
} locl_launch;

locl_launch locl_launch_begin(locl_command_buffer *cmd, const locl_kernel *kernel);
/* Give a buffer of at least `count` elements; NULL is allowed where `count` is 0. */
void locl_launch_in(locl_launch *l, const char *name, const locl_tensor *tensor, size_t count);
void locl_launch_out(locl_launch *l, const char *name, const locl_tensor *tensor, size_t count);
void locl_launch_in_out(locl_launch *l, const char *name, const locl_tensor *tensor, size_t count);
void locl_launch_u32(locl_launch *l, const char *name, size_t value);
void locl_launch_i32(locl_launch *l, const char *name, size_t value);
void locl_launch_u64(locl_launch *l, const char *name, uint64_t value);
void locl_launch_f32(locl_launch *l, const char *name, float value);
/* Gives the number of a first value: `value`, and `image` more for each image of the whole batch that comes
 * before the replay's first one. */
void locl_launch_first(locl_launch *l, const char *name, uint64_t value, uint64_t image);
/* Gives a macro that the kernel is built with: a switch, or a number of its geometry. Switches of halves are set from
 * the tensors (locl_kernel_arg.half). */
void locl_launch_macro(locl_launch *l, const char *name, size_t value);
/* Sets the cost of one replay, counted by hand: floating-point operations, bytes read and written. For
 * --profile. */
void locl_launch_cost(locl_launch *l, double flops, double bytes);
/* Checks the launch and ends it: `groups` work-groups of `items` work-items. */
void locl_launch_run(locl_launch *l, size_t groups, size_t items);

#endif
