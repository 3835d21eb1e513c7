/* Ctrl-C (SIGINT) and SIGTERM while a run works: the first one asks it to end, a second one ends the process.
 * Used by `locl train` and `locl audit`. */
#ifndef LOCL_CLI_INTERRUPT_H
#define LOCL_CLI_INTERRUPT_H

#include "locl/locl.h"

/* From here to locl_cli_end_interrupts() signals stop this run. */
void locl_cli_begin_interrupts(locl_run *run);
void locl_cli_end_interrupts(void);

#endif
