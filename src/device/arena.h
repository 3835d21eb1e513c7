/* Device memory that is planned before it exists: tensors are taken from an arena in the order of their use,
 * given back like a stack, and only locl_arena_bind() allocates, in as few buffers as the device's cap
 * allows. So the memory a run needs is known before it starts, and no step allocates. A workspace arena is
 * shared by all stages of a device (they take turns), a state arena belongs to one stage.
 *
 *     [ x | dx | taken next ->        free        ]
 *
 * is one chunk; a new one starts where caps.largest_buffer ends. */
#ifndef LOCL_DEVICE_ARENA_H
#define LOCL_DEVICE_ARENA_H

#include "device/device.h"

typedef struct locl_arena locl_arena;

/* A range of device memory: a sub-buffer once its arena is bound. Owned by its arena (or, for externals, its
 * command buffer). The shape is known to those who use it. */
typedef struct locl_tensor {
    char name[48]; /* for messages and --profile */
    size_t bytes;
    cl_mem mem;   /* NULL until bound; always NULL for externals */
    int external; /* -1, or the locl_external that is bound anew in each replay (command_buffer.h) */
    size_t chunk, offset;
    const locl_arena *arena;      /* NULL for externals */
    const struct locl_tensor *of; /* the tensor that it is a view of; NULL: it was taken */
    size_t number;                /* in the arena */
} locl_tensor;

locl_status locl_arena_create(const char *name, const locl_caps *caps, locl_arena **out, locl_error *err);
void locl_arena_release(locl_arena *arena); /* with its memory; NULL is fine */

/* Never fails at once: when memory for the bookkeeping runs out it returns a tensor that must not be used,
 * and locl_arena_bind() says so. `bytes` may be 0. */
locl_tensor *locl_arena_take(locl_arena *arena, size_t bytes, const char *name);

/* A part of a tensor of the same arena, `offset` bytes in (a multiple of caps.alignment): the same memory
 * under another name. */
locl_tensor *locl_arena_view(locl_arena *arena, const locl_tensor *whole, size_t offset, size_t bytes,
                             const char *name);

/* What was taken after a mark is given back by going back to it; later takes reuse the memory. */
typedef struct locl_arena_mark {
    size_t chunk, offset;
} locl_arena_mark;
locl_arena_mark locl_arena_here(const locl_arena *arena);
void locl_arena_back(locl_arena *arena, locl_arena_mark mark);

size_t locl_arena_bytes(const locl_arena *arena); /* highest use so far, all chunks */
/* Tensors and views so far, number 0..count-1 in the order of their taking. */
size_t locl_arena_tensors(const locl_arena *arena);
const locl_tensor *locl_arena_tensor(const locl_arena *arena, size_t number);
/* The largest single tensor and its name: what a too large batch is blamed on. */
const locl_tensor *locl_arena_largest(const locl_arena *arena);
/* Checks against the device's largest buffer (LOCL_E_TOO_LARGE names the tensor) and allocates. */
locl_status locl_arena_bind(locl_arena *arena, locl_device *device, locl_error *err);
#endif
