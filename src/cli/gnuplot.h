/* Pictures by gnuplot, run as a child process: a script goes in, an SVG or PNG file comes out. Used by
 * `locl plot`, and by verbs with --plot. */
#ifndef LOCL_CLI_GNUPLOT_H
#define LOCL_CLI_GNUPLOT_H

#include <locl/locl.h>

#include <stdio.h>

/* Checks, before long work, that gnuplot is there and `path`, the value of `option`, ends in .svg or .png.
 * LOCL_E_USAGE, LOCL_E_FAILED. */
locl_status locl_gnuplot_check(const char *option, const char *path, locl_error *err);
/* Writes a script that draws `what`, and sets no terminal and no output. Its variable `mark` is the size of a usual
 * point. Text in it is quoted: locl_gnuplot_quote(). */
typedef void (*locl_gnuplot_writer)(FILE *script, const void *what);
/* Draws into the file `path`, by its ending, in a picture of so many points. */
locl_status locl_gnuplot_draw(const char *path, unsigned width, unsigned height, locl_gnuplot_writer writer,
                              const void *what, locl_error *err);
/* Returns a colour, "#0072b2": the first eight differ, then they come again. */
const char *locl_gnuplot_colour(size_t index);
/* Writes 'text' as gnuplot reads it, with unprintable bytes as ?. */
void locl_gnuplot_quote(FILE *script, const char *text);

#endif
