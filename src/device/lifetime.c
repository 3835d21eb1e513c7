#include "device/lifetime.h"

#include <stdlib.h>

/* Notes that launch `at` uses what `tensor` is, or is a view of. */
static void note(const locl_arena *arena, const locl_tensor *tensor, size_t at, locl_lifetime *all)
{
    const locl_tensor *taken = tensor->of ? tensor->of : tensor;
    if (taken->arena != arena) {
        return;
    }
    locl_lifetime *l = &all[taken->number];
    if (!l->tensor) {
        *l = (locl_lifetime){taken, at, at};
    }
    l->last = at;
}

locl_status locl_lifetimes_of(const locl_arena *arena, locl_command_buffer *const *commands, size_t count,
                              locl_lifetime **out, size_t *lifetimes, locl_error *err)
{
    size_t tensors = locl_arena_tensors(arena), at = 0, kept = 0;
    locl_lifetime *all = calloc(tensors + 1, sizeof *all);
    *out = NULL;
    *lifetimes = 0;
    if (!all) {
        return locl_fail_memory(err, (tensors + 1) * sizeof *all);
    }
    for (size_t c = 0; c < count; c++) {
        for (size_t i = 0; i < locl_command_buffer_launches(commands[c]); i++, at++) {
            const locl_tensor *used;
            for (size_t n = 0; (used = locl_command_buffer_used(commands[c], i, n)); n++) {
                note(arena, used, at, all);
            }
        }
    }
    for (size_t i = 0; i < tensors; i++) {
        if (all[i].tensor) {
            all[kept++] = all[i];
        }
    }
    *out = all;
    *lifetimes = kept;
    return LOCL_OK;
}

size_t locl_lifetimes_peak(const locl_lifetime *list, size_t count, size_t *launch)
{
    size_t peak = 0;
    *launch = 0;
    for (size_t i = 0; i < count; i++) { /* the most is in use where something begins to be */
        size_t bytes = 0;
        for (size_t j = 0; j < count; j++) {
            bool live = list[j].first <= list[i].first && list[i].first <= list[j].last;
            bytes += live ? list[j].tensor->bytes : 0;
        }
        if (bytes > peak || (bytes == peak && list[i].first < *launch)) {
            peak = bytes;
            *launch = list[i].first;
        }
    }
    return peak;
}
