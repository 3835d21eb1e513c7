/* The picture of `locl plot --timeline`. */
#ifndef LOCL_CLI_PLOT_TIMELINE_H
#define LOCL_CLI_PLOT_TIMELINE_H

#include <locl/locl.h>

/* Draws steps first..last of a timeline into a file, .svg or .png: a row for each queue and thread, in which kernels
 * and copies have the colour of their stage. `name`: of the timeline, for the title. LOCL_E_USAGE: it has none of
 * those steps. LOCL_E_DATA: it has none at all. */
locl_status locl_plot_timeline(const char *path, const locl_traced *traced, const char *name, uint64_t first,
                               uint64_t last, locl_error *err);

#endif
