/* How row kernels (cl/row.clh) are cut for a device: policy only, no OpenCL. Included by the operations. */
#ifndef LOCL_OPS_ROW_H
#define LOCL_OPS_ROW_H

#include "device/device.h"

typedef struct locl_row_cut {
    unsigned chunk; /* CHUNK: neighbouring values that a work-item takes at once; divides the row */
    unsigned items; /* ITEMS: work-items that share a row */
    size_t groups;  /* work-groups; each takes a contiguous range of rows */
} locl_row_cut;

/* Rows of n values; `unit` divides n, and a chunk does not cross a multiple of it (n itself where the kernel
 * does not care). */
locl_row_cut locl_row_cut_for(const locl_caps *caps, size_t rows, size_t n, size_t unit);

/* Options of a row kernel's build; takes chunk and items. */
#define LOCL_ROW_OPTIONS "-D CHUNK=%u -D ITEMS=%u"

#endif
