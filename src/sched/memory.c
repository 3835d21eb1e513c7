#include "sched/memory.h"

void locl_memory_add(locl_memory_need *need, const locl_arena *arena)
{
    const locl_tensor *largest = locl_arena_largest(arena);
    need->bytes += locl_arena_bytes(arena);
    if (largest && largest->bytes > need->largest.bytes) {
        need->largest = *largest;
    }
}

size_t locl_memory_shared(const locl_devices *devices, const locl_memory_need *need, size_t device)
{
    size_t bytes = 0;
    for (size_t d = 0; d < devices->count; d++) {
        bytes += devices->device[d]->context == devices->device[device]->context ? need[d].bytes : 0;
    }
    return bytes;
}

uint64_t locl_memory_limit(const locl_devices *devices, uint64_t limit, size_t device)
{
    uint64_t has = devices->device[device]->caps.memory;
    return limit && limit < has ? limit : has;
}

locl_memory_lack locl_memory_lacks(const locl_devices *devices, uint64_t limit, const locl_memory_need *need,
                                   size_t device)
{
    if (need[device].bytes == 0) {
        return LOCL_LACK_NONE;
    }
    if (need[device].largest.bytes > devices->device[device]->caps.largest_buffer) {
        return LOCL_LACK_BUFFER;
    }
    return locl_memory_shared(devices, need, device) > locl_memory_limit(devices, limit, device)
               ? LOCL_LACK_MEMORY
               : LOCL_LACK_NONE;
}

bool locl_memory_fits(const locl_devices *devices, uint64_t limit, const locl_memory_need *need)
{
    for (size_t d = 0; d < devices->count; d++) {
        if (locl_memory_lacks(devices, limit, need, d) != LOCL_LACK_NONE) {
            return false;
        }
    }
    return true;
}
