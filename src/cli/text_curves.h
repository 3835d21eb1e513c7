/* Curves in a terminal: `locl plot --text`. */
#ifndef LOCL_CLI_TEXT_CURVES_H
#define LOCL_CLI_TEXT_CURVES_H

#include "cli/curves.h"

#include <stdio.h>

/* Prints charts of loss and error, training on the left and tests on the right, as wide as the terminal, or 80 letters
 * where there is none, and a table of where the curves end. */
void locl_text_curves(FILE *out, const locl_curves *curves);

#endif
