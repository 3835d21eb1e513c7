/* Host memory that devices copy from and to without an intermediate copy: aligned to a page, of a size that drivers
 * take as it is. */
#ifndef LOCL_SCHED_PINNED_H
#define LOCL_SCHED_PINNED_H

#include "base/error.h"

#include <stddef.h>

/* Allocates `bytes` at a multiple of 4096, rounded up to a multiple of 64. *out is the caller's to free(). */
locl_status locl_pinned_create(size_t bytes, void **out, locl_error *err);

#endif
