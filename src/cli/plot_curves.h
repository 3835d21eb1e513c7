/* The picture of `locl plot RUN...`. */
#ifndef LOCL_CLI_PLOT_CURVES_H
#define LOCL_CLI_PLOT_CURVES_H

#include "cli/curves.h"

/* Draws into a file, .svg or .png. Of one run loss and error, each of the classifier and all blocks; of several runs
 * the same for each head on its own. */
locl_status locl_plot_curves(const char *path, const locl_curves *curves, locl_error *err);

#endif
