/* Lists that grow by one. */
#ifndef LOCL_BASE_LIST_H
#define LOCL_BASE_LIST_H

#include "base/error.h"

#include <stddef.h>

/* Returns a list of `count` elements of `size` bytes each that has room for one more: the same, or a longer one in its
 * place where it is full, at every power of two. `list` is NULL where count is 0. Returns NULL with LOCL_E_MEMORY in
 * *err, and leaves the list as it is, when out of memory. */
void *locl_list_room(void *list, size_t count, size_t size, locl_error *err);

#endif
