/* Contents of a command buffer. Included by build.c, command_buffer.c, launch.c and profile.c alone. */
#ifndef LOCL_DEVICE_COMMAND_PARTS_H
#define LOCL_DEVICE_COMMAND_PARTS_H

#include "device/launch.h"

#include <stddef.h>

/* An argument as it is set: a tensor, a number, or a value of the replay. External tensors are set at each
 * replay. */
typedef struct locl_launch_arg {
    locl_arg_kind kind;
    const locl_tensor *tensor; /* NULL: a null buffer */
    unsigned char value[8];
    uint64_t image; /* LOCL_ARG_FIRST: values of an image, which `value` moves by */
} locl_launch_arg;

typedef struct locl_launch_record {
    char section[32];
    const char *name;          /* of the kernel, or of the library */
    const locl_kernel *kernel; /* NULL: a library call */
    size_t variant;
    const char *options; /* of the build */
    const locl_launch_arg *arg;
    cl_uint args;
    size_t global, local; /* work-items of all groups, of one group */
    double flops, bytes;
    cl_kernel cl;
    locl_command_buffer_call call; /* instead of a kernel */
    const void *call_args;
    const locl_tensor *call_tensor[LOCL_CALL_TENSORS]; /* that it uses; NULL after the last one */
    cl_event event;                                    /* of the last replay, while profiling */
} locl_launch_record;

/* Memory of the recording, freed with it. */
typedef struct locl_host_block {
    struct locl_host_block *next;
    max_align_t memory[];
} locl_host_block;

struct locl_command_buffer {
    locl_device *device;
    locl_arena *workspace;
    locl_launch_record *launch; /* [launches] */
    size_t launches, capacity;
    locl_tensor external[LOCL_EXT_COUNT];
    const locl_kernel *open; /* begun and not yet run; NULL: none */
    char section[32];
    locl_error error;                 /* of recording; sticks */
    locl_command_buffer_watch *watch; /* while it is bound; may be NULL */
    locl_host_block *blocks;
    void *context;
    locl_device_prepare *prepare; /* [prepares] preparations that the device needs */
    size_t prepares;
    bool profiling;
    locl_profile_row *row; /* [rows] */
    size_t rows;
};

/* Adds a launch in the current section; NULL once an error sticks. */
locl_launch_record *locl_launch_record_add(locl_command_buffer *cmd);

#endif
