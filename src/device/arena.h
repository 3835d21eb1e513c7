/* Device memory that is planned before it exists. Tensors are taken from an arena in the order of their use
 * and given back like a stack. Only locl_arena_bind() allocates, in as few buffers as the device's cap
 * allows. So the memory that a run needs is known before it starts, and no step allocates. A workspace arena
 * is shared by all stages of a device, which take turns. A state arena belongs to one stage. This is a chunk:
 *
 *     [ x | dx | taken next ->        free        ]
 *
 * A new one starts where caps.largest_buffer ends. Where the driver is slow at parts of buffers that overlap
 * (caps.overlaps), a chunk is a buffer of its own that holds one tensor at a time, and no tensor but a view is a part:
 *
 *     [ x, later q ] [ dx ] [ free ] */
#ifndef LOCL_DEVICE_ARENA_H
#define LOCL_DEVICE_ARENA_H

#include "device/device.h"

typedef struct locl_arena locl_arena;

/* A range of device memory, a (sub-)buffer once its arena is bound. Owned by its arena or, if external, by its
 * command buffer. Only its users know its shape. */
typedef struct locl_tensor {
    char name[48]; /* for messages and --profile */
    size_t bytes;
    bool half;    /* holds halves (ops/half.h), else floats or integers of 4 bytes */
    cl_mem mem;   /* NULL until bound, and always for externals */
    int external; /* -1, or the locl_external that each replay sets anew (command_buffer.h) */
    size_t chunk, offset;
    const locl_arena *arena;      /* NULL for externals */
    const struct locl_tensor *of; /* the tensor that it is a view of; NULL: it was taken */
    size_t number;                /* in the arena */
} locl_tensor;

locl_status locl_arena_create(const char *name, const locl_caps *caps, locl_arena **out, locl_error *err);
void locl_arena_release(locl_arena *arena); /* frees its memory too; accepts NULL */

/* Takes a tensor of `bytes`, which may be 0. When memory for the bookkeeping runs out, it returns a tensor
 * that must not be used, and locl_arena_bind() reports it. */
locl_tensor *locl_arena_take(locl_arena *arena, size_t bytes, const char *name);

/* Returns the bytes of one of its values; 4 for NULL. */
size_t locl_tensor_element(const locl_tensor *tensor);

/* Names a part of a tensor of the same arena: the same memory, from byte `offset` on, a multiple of
 * caps.alignment. */
locl_tensor *locl_arena_view(locl_arena *arena, const locl_tensor *whole, size_t offset, size_t bytes,
                             const char *name);

/* A position in an arena. Going back to it gives back what was taken since, and later takes reuse that
 * memory. */
typedef struct locl_arena_mark {
    size_t chunk, offset;
} locl_arena_mark;
locl_arena_mark locl_arena_here(const locl_arena *arena);
void locl_arena_back(locl_arena *arena, locl_arena_mark mark);

size_t locl_arena_bytes(const locl_arena *arena);   /* returns the highest use so far, over all chunks */
size_t locl_arena_tensors(const locl_arena *arena); /* returns the number of tensors and views so far */
/* Returns the largest single tensor: a batch that is too large is blamed on it. */
const locl_tensor *locl_arena_largest(const locl_arena *arena);
/* Allocates the memory. LOCL_E_TOO_LARGE names a tensor above the largest buffer of the device. */
locl_status locl_arena_bind(locl_arena *arena, locl_device *device, locl_error *err);
#endif
