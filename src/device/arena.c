#include "device/arena.h"

#include "device/call.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct locl_arena {
    char name[48];
    size_t alignment, largest_buffer;
    bool overlaps; /* else each chunk holds one tensor at a time */
    locl_arena_mark
        here;       /* next free byte, earlier chunks are full; without overlaps the number of live ones */
    size_t *peak;   /* [chunks] highest use of each chunk */
    size_t *live;   /* [chunks], the first here.offset of them: which chunk each live tensor lies in */
    bool *used;     /* [chunks] by a live tensor; without overlaps alone */
    cl_mem *buffer; /* [chunks], NULL until bound */
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
    arena->overlaps = caps->overlaps;
    arena->spare = (locl_tensor){.bytes = SIZE_MAX, .external = -1}; /* large enough for all who get it */
    *out = arena;
    return LOCL_OK;
}

void locl_arena_release(locl_arena *arena)
{
    if (!arena) {
        return;
    }
    for (size_t i = arena->tensors; i-- > 0;) { /* the last first: see nvidia-overlap in quirks.c */
        locl_buffer_release(&arena->tensor[i]->mem);
        free(arena->tensor[i]);
    }
    for (size_t i = 0; arena->buffer && i < arena->chunks; i++) {
        locl_buffer_release(&arena->buffer[i]);
    }
    free(arena->tensor);
    free(arena->buffer);
    free(arena->live);
    free(arena->used);
    free(arena->peak);
    free(arena);
}

/* Makes room for `count` values of `size` bytes; false when out of memory. */
static bool grow(void *array, size_t count, size_t size)
{
    void *old, *grown;
    memcpy(&old, array, sizeof old);
    grown = realloc(old, count * size);
    if (grown) {
        memcpy(array, &grown, sizeof grown);
    }
    return grown != NULL;
}

static bool add_chunk(locl_arena *arena)
{
    size_t count = arena->chunks + 1;
    if (!grow(&arena->peak, count, sizeof *arena->peak) || !grow(&arena->live, count, sizeof *arena->live) ||
        !grow(&arena->used, count, sizeof *arena->used)) {
        return false;
    }
    arena->peak[arena->chunks] = 0;
    arena->used[arena->chunks++] = false;
    return true;
}

/* Returns the chunk that a tensor of `bytes` lies in best: of those that are free the smallest that is large enough,
 * else the largest, which then grows. SIZE_MAX: none is free. */
static size_t best_chunk(const locl_arena *arena, size_t bytes)
{
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < arena->chunks; i++) {
        if (arena->used[i]) {
            continue;
        }
        if (best == SIZE_MAX) {
            best = i;
            continue;
        }
        size_t size = arena->peak[i], had = arena->peak[best];
        bool enough = size >= bytes, better = enough ? size < had : size > had;
        best = (enough == (had >= bytes) ? better : enough) ? i : best;
    }
    return best;
}

/* Sets the chunk of a tensor that shares it with none that is live. */
static bool place_apart(locl_arena *arena, size_t bytes, locl_tensor *tensor)
{
    size_t chunk = best_chunk(arena, bytes);
    if (chunk == SIZE_MAX) {
        chunk = arena->chunks;
        if (!add_chunk(arena)) {
            return false;
        }
    }
    arena->peak[chunk] = bytes > arena->peak[chunk] ? bytes : arena->peak[chunk];
    arena->used[chunk] = true;
    arena->live[arena->here.offset++] = chunk;
    tensor->chunk = chunk;
    tensor->offset = 0;
    return true;
}

/* Sets chunk and offset of a tensor of `bytes`, and moves `here` behind it. */
static bool place(locl_arena *arena, size_t bytes, locl_tensor *tensor)
{
    size_t rounded = (bytes + arena->alignment - 1) / arena->alignment * arena->alignment;
    rounded = rounded ? rounded : arena->alignment;
    if (!arena->overlaps) {
        return place_apart(arena, rounded, tensor);
    }
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

size_t locl_tensor_element(const locl_tensor *tensor)
{
    return tensor && tensor->half ? sizeof(cl_half) : sizeof(cl_float);
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
    while (!arena->overlaps && arena->here.offset > mark.offset) {
        arena->used[arena->live[--arena->here.offset]] = false;
    }
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

/* Gives a tensor its memory: the whole buffer where it shares that with no live one, else a part. */
static locl_status bind_tensor(const locl_arena *arena, locl_device *device, locl_tensor *tensor,
                               locl_error *err)
{
    cl_mem buffer = arena->buffer[tensor->chunk];
    if (!arena->overlaps && !tensor->of) {
        LOCL_TRY(locl_buffer_retain(device, buffer, err));
        tensor->mem = buffer;
        return LOCL_OK;
    }
    return locl_buffer_part(device, buffer, tensor->offset, tensor->bytes ? tensor->bytes : 1, tensor->name,
                            &tensor->mem, err);
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
        LOCL_TRY(bind_tensor(arena, device, arena->tensor[i], err));
    }
    arena->bound = true;
    return LOCL_OK;
}
