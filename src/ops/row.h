/* How row kernels (cl/row.clh) are cut for a device. Included by the operations. */
#ifndef LOCL_OPS_ROW_H
#define LOCL_OPS_ROW_H

#include "device/launch.h"

typedef struct locl_row_cut {
    unsigned chunk; /* CHUNK: neighbouring values that a work-item takes at once; divides the row */
    unsigned items; /* ITEMS: work-items that share a row */
    size_t groups;  /* work-groups; each takes a contiguous range of rows */
} locl_row_cut;

/* Cuts `rows` rows of n values. `unit` divides n, and a chunk does not cross a multiple of it. It is n itself
 * where the kernel does not care. */
locl_row_cut locl_row_cut_for(const locl_caps *caps, size_t rows, size_t n, size_t unit);

/* Sets the macros that a row kernel is built with. */
void locl_row_macros(locl_launch *l, const locl_row_cut *cut);
/* Ends a row kernel's launch: sets its macros and runs it as it was cut. */
void locl_row_run(locl_launch *l, const locl_row_cut *cut);

#endif
