/* Builds the programs of recorded command buffers ahead of their binding, side by side, on threads of its own.
 * The caller goes on meanwhile, for example with reading data.
 *
 *     locl_build *build;
 *     LOCL_TRY(locl_build_begin(cmd, count, &build, err));
 *     ... something else ...
 *     locl_build_end(build, NULL);
 *     ... bind the command buffers ...
 *
 * It only saves time: binding builds what is not there yet, and tells its errors. Included by
 * sched/pipeline.c. */
#ifndef LOCL_DEVICE_BUILD_H
#define LOCL_DEVICE_BUILD_H

#include "device/command_buffer.h"

typedef struct locl_build locl_build;

/* Begins to build what the command buffers [count] launch, each program once for each device. They and their
 * devices outlive the build. *out is the caller's until locl_build_end() or locl_build_cancel(). */
locl_status locl_build_begin(locl_command_buffer *const *cmd, size_t count, locl_build **out,
                             locl_error *err);
/* Returns how many kernels are built, each once for all devices. */
size_t locl_build_kernels(const locl_build *build);
/* Waits until all is built or something could not be, and ends the threads. Tells `watch` at first and now and then, on
 * the calling thread, and counts the kernels as done; it may be NULL. NULL is accepted. */
void locl_build_end(locl_build *build, locl_command_buffer_watch *watch);
/* Begins no further program, waits for those under way, and ends the threads. NULL is accepted. */
void locl_build_cancel(locl_build *build);

#endif
