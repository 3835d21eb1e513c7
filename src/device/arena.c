#include "device/arena.h"

#include "device/call.h"

#include <stdio.h>
#include <stdlib.h>

struct locl_arena {
    char name[48];
    size_t alignment, largest_buffer;
    locl_arena_mark here; /* next free byte; earlier chunks are full */
    size_t *peak;         /* [chunks] highest use of each chunk */
    cl_mem *buffer;       /* [chunks], NULL until bound */
    size_t chunks;
    locl_tensor **tensor; /* [tensors], owned */
    size_t tensors, capacity;
    bool failed, bound;
    locl_tensor spare; /* handed out when bookkeeping memory ran out */
};

locl_status locl_arena_create(const char *name, const locl_caps *caps, locl_arena **out, locl_error *err)
{
    locl_arena *arena = calloc(1, sizeof *arena);
    *out = NULL;
    if (!arena) {
        return locl_fail_memory(err, sizeof *arena);
    }
    snprintf(arena->name, sizeof arena->name, "%s", name);
    arena->alignment = caps->alignment;
    arena->largest_buffer = caps->largest_buffer;
    arena->spare = (locl_tensor){.bytes = SIZE_MAX, .external = -1}; /* large enough for all who get it */
    *out = arena;
    return LOCL_OK;
}

void locl_arena_release(locl_arena *arena)
{
    if (!arena) {
        return;
    }
    for (size_t i = 0; i < arena->tensors; i++) {
        locl_buffer_release(&arena->tensor[i]->mem);
        free(arena->tensor[i]);
    }
    for (size_t i = 0; arena->buffer && i < arena->chunks; i++) {
        locl_buffer_release(&arena->buffer[i]);
    }
    free(arena->tensor);
    free(arena->buffer);
    free(arena->peak);
    free(arena);
}

static bool add_chunk(locl_arena *arena)
{
    size_t *peak = realloc(arena->peak, (arena->chunks + 1) * sizeof *peak);
    if (!peak) {
        return false;
    }
    arena->peak = peak;
    arena->peak[arena->chunks++] = 0;
    return true;
}

/* Sets chunk and offset of a tensor of `bytes`, and moves `here` behind it. */
static bool place(locl_arena *arena, size_t bytes, locl_tensor *tensor)
{
    size_t rounded = (bytes + arena->alignment - 1) / arena->alignment * arena->alignment;
    rounded = rounded ? rounded : arena->alignment;
    if (arena->here.offset && arena->here.offset + rounded > arena->largest_buffer) {
        arena->here = (locl_arena_mark){arena->here.chunk + 1, 0};
    }
    if (arena->here.chunk >= arena->chunks && !add_chunk(arena)) {
        return false;
    }
    tensor->chunk = arena->here.chunk;
    tensor->offset = arena->here.offset;
    arena->here.offset += rounded;
    if (arena->here.offset > arena->peak[tensor->chunk]) {
        arena->peak[tensor->chunk] = arena->here.offset;
    }
    return true;
}

/* Adds a tensor without a place. When memory runs out it notes the failure and returns NULL. */
static locl_tensor *add_tensor(locl_arena *arena, size_t bytes, const char *name)
{
    locl_tensor *tensor = calloc(1, sizeof *tensor);
    if (tensor && arena->tensors == arena->capacity) {
        size_t capacity = arena->capacity ? arena->capacity * 2 : 64;
        locl_tensor **grown = realloc(arena->tensor, capacity * sizeof(*grown));
        if (grown) {
            arena->tensor = grown;
            arena->capacity = capacity;
        }
    }
    if (!tensor || arena->tensors == arena->capacity) {
        free(tensor);
        arena->failed = true;
        return NULL;
    }
    snprintf(tensor->name, sizeof tensor->name, "%s", name);
    tensor->bytes = bytes;
    tensor->external = -1;
    tensor->arena = arena;
    tensor->number = arena->tensors;
    arena->tensor[arena->tensors++] = tensor;
    return tensor;
}

locl_tensor *locl_arena_take(locl_arena *arena, size_t bytes, const char *name)
{
    locl_tensor *tensor = add_tensor(arena, bytes, name);
    if (!tensor || !place(arena, bytes, tensor)) {
        arena->failed = true;
        return &arena->spare;
    }
    return tensor;
}

locl_tensor *locl_arena_view(locl_arena *arena, const locl_tensor *whole, size_t offset, size_t bytes,
                             const char *name)
{
    locl_tensor *tensor = add_tensor(arena, bytes, name);
    if (!tensor) {
        return &arena->spare;
    }
    tensor->chunk = whole->chunk;
    tensor->offset = whole->offset + offset;
    tensor->of = whole->of ? whole->of : whole;
    return tensor;
}

locl_arena_mark locl_arena_here(const locl_arena *arena)
{
    return arena->here;
}

void locl_arena_back(locl_arena *arena, locl_arena_mark mark)
{
    arena->here = mark;
}

size_t locl_arena_bytes(const locl_arena *arena)
{
    size_t bytes = 0;
    for (size_t i = 0; i < arena->chunks; i++) {
        bytes += arena->peak[i];
    }
    return bytes;
}

size_t locl_arena_tensors(const locl_arena *arena)
{
    return arena->tensors;
}

const locl_tensor *locl_arena_tensor(const locl_arena *arena, size_t number)
{
    return arena->tensor[number];
}

const locl_tensor *locl_arena_largest(const locl_arena *arena)
{
    const locl_tensor *largest = NULL;
    for (size_t i = 0; i < arena->tensors; i++) {
        if (!largest || arena->tensor[i]->bytes > largest->bytes) {
            largest = arena->tensor[i];
        }
    }
    return largest;
}

static locl_status check_sizes(const locl_arena *arena, const locl_device *device, locl_error *err)
{
    const locl_tensor *largest = locl_arena_largest(arena);
    if (arena->failed) {
        return locl_fail_memory(err, sizeof(locl_tensor));
    }
    if (largest && largest->bytes > device->caps.largest_buffer) {
        locl_fail(err, LOCL_E_TOO_LARGE,
                  "%s: %s needs a buffer of %.2f GiB, the device allows %.2f (CL_DEVICE_MAX_MEM_ALLOC_SIZE)",
                  device->name, largest->name, (double)largest->bytes / 0x1p30,
                  (double)device->caps.largest_buffer / 0x1p30);
        return locl_remedy(err, "a smaller batch, fewer rule.passes or rule.tangents, or another device");
    }
    return LOCL_OK;
}

locl_status locl_arena_bind(locl_arena *arena, locl_device *device, locl_error *err)
{
    LOCL_TRY(check_sizes(arena, device, err));
    arena->buffer = calloc(arena->chunks ? arena->chunks : 1, sizeof(cl_mem));
    if (!arena->buffer) {
        return locl_fail_memory(err, arena->chunks * sizeof(cl_mem));
    }
    for (size_t i = 0; i < arena->chunks; i++) {
        LOCL_TRY(locl_buffer_create(device, arena->peak[i], arena->name, &arena->buffer[i], err));
    }
    for (size_t i = 0; i < arena->tensors; i++) {
        locl_tensor *tensor = arena->tensor[i];
        size_t bytes = tensor->bytes ? tensor->bytes : 1;
        LOCL_TRY(locl_buffer_part(device, arena->buffer[tensor->chunk], tensor->offset, bytes, tensor->name,
                                  &tensor->mem, err));
    }
    arena->bound = true;
    return LOCL_OK;
}
