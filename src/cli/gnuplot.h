/* Pictures by gnuplot, run as a child process: a script goes in, an SVG or PNG file comes out. Used by
 * `locl plot`, and by verbs with --plot. */
#ifndef LOCL_CLI_GNUPLOT_H
#define LOCL_CLI_GNUPLOT_H

#include <locl/locl.h>

#include <stdio.h>

/* Okabe and Ito's colours and two more, which colour-blind people tell apart, for stages by their number. */
enum { LOCL_GNUPLOT_COLOURS = 8 };
extern const char *const locl_gnuplot_colour[LOCL_GNUPLOT_COLOURS];

/* Checks, before long work, that gnuplot is there and `path`, the value of `option`, ends in .svg or .png. LOCL_E_USAGE,
 * LOCL_E_FAILED. */
locl_status locl_gnuplot_check(const char *option, const char *path, locl_error *err);
/* Draws into the file `path`, by its ending, in a picture of so many points. The script draws, and sets no
 * terminal and no output. Its variable `mark` is the size of a usual point. The caller quotes text in it:
 * locl_gnuplot_quote(). */
locl_status locl_gnuplot_draw(const char *path, unsigned width, unsigned height, const char *script,
                              locl_error *err);
/* Writes 'text' as gnuplot reads it, with unprintable bytes as ?. */
void locl_gnuplot_quote(FILE *script, const char *text);

#endif
