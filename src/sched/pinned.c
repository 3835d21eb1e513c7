#include "sched/pinned.h"

#include "device/in_place.h"

#include <stdlib.h>

locl_status locl_pinned_create(size_t bytes, void **out, locl_error *err)
{
    size_t lines = bytes ? (bytes + LOCL_CACHE_LINE - 1) / LOCL_CACHE_LINE : 1;
    return posix_memalign(out, LOCL_PAGE, lines * LOCL_CACHE_LINE)
               ? locl_fail_memory(err, lines * LOCL_CACHE_LINE)
               : LOCL_OK;
}
