/* How row kernels (cl/row.clh) are cut for a device. Included by the operations. */
#ifndef LOCL_OPS_ROW_H
#define LOCL_OPS_ROW_H

#include "device/launch.h"

typedef struct locl_row_cut {
    unsigned chunk; /* CHUNK: neighbouring values that a work-item takes at once; divides the row */
    unsigned items; /* ITEMS: work-items of a team, which share a row */
    unsigned teams; /* TEAMS: of a work-group */
    size_t groups;  /* work-groups; each takes a contiguous range of rows */
} locl_row_cut;

/* Cuts `rows` rows of n values. `unit` divides n, and a chunk does not cross a multiple of it. It is n itself
 * where the kernel does not care. */
locl_row_cut locl_row_cut_for(const locl_caps *caps, size_t rows, size_t n, size_t unit);

/* Cuts rows whose `parts` the teams of a work-group share, as many each. One team: it takes rows by itself. */
locl_row_cut locl_row_cut_shared(const locl_caps *caps, size_t rows, size_t parts, size_t n);

/* Cuts the columns of `slabs` parts of a tensor into strips; the teams of a work-group share the rows of one. */
locl_row_cut locl_row_cut_columns(const locl_caps *caps, size_t slabs, size_t n);

/* Cuts `values` that have no rows; a chunk does not cross a multiple of `unit`. */
locl_row_cut locl_row_cut_flat(const locl_caps *caps, size_t values, size_t unit);

/* Sets the macros that a row kernel is built with. */
void locl_row_macros(locl_launch *l, const locl_row_cut *cut);
/* Ends a row kernel's launch: sets its macros and runs it as it was cut. */
void locl_row_run(locl_launch *l, const locl_row_cut *cut);

#endif
