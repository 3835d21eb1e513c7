#include "sched/passing.h"

locl_status locl_passing_arena(locl_passing *passing, const locl_caps *caps, size_t index, locl_arena **out,
                               locl_error *err)
{
    locl_arena **arena = &passing->arena[index % 2];
    if (!*arena) {
        LOCL_TRY(locl_arena_create("passing", caps, arena, err));
    }
    locl_arena_back(*arena, (locl_arena_mark){0, 0});
    *out = *arena;
    return LOCL_OK;
}

locl_status locl_passing_bind(const locl_passing *passing, locl_device *device, locl_error *err)
{
    for (int i = 0; i < 2; i++) {
        if (passing->arena[i]) {
            LOCL_TRY(locl_arena_bind(passing->arena[i], device, err));
        }
    }
    return LOCL_OK;
}

size_t locl_passing_bytes(const locl_passing *passing)
{
    size_t bytes = 0;
    for (int i = 0; i < 2; i++) {
        bytes += passing->arena[i] ? locl_arena_bytes(passing->arena[i]) : 0;
    }
    return bytes;
}

void locl_passing_add(const locl_passing *passing, locl_memory_need *need)
{
    for (int i = 0; i < 2; i++) {
        if (passing->arena[i]) {
            locl_memory_add(need, passing->arena[i]);
        }
    }
}

void locl_passing_close(locl_passing *passing)
{
    locl_arena_release(passing->arena[0]);
    locl_arena_release(passing->arena[1]);
    *passing = (locl_passing){{NULL, NULL}};
}
