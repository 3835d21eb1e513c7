#include "base/list.h"

#include <stdlib.h>

void *locl_list_room(void *list, size_t count, size_t size, locl_error *err)
{
    if (count & (count - 1)) {
        return list;
    }
    size_t bytes = (count ? 2 * count : 1) * size;
    void *longer = realloc(list, bytes);
    if (!longer) {
        locl_fail_memory(err, bytes);
    }
    return longer;
}
