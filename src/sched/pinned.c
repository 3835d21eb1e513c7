#include "sched/pinned.h"

#include <stdlib.h>

locl_status locl_pinned_create(size_t bytes, void **out, locl_error *err)
{
    const size_t page = 4096, unit = 64;
    size_t rounded = (bytes + unit - 1) / unit * unit;
    return posix_memalign(out, page, rounded ? rounded : unit) ? locl_fail_memory(err, rounded) : LOCL_OK;
}
