/* What `locl train` prints at the end of a run: the final table, and where the time went. */
#ifndef LOCL_CLI_REPORT_H
#define LOCL_CLI_REPORT_H

#include <locl/locl.h>

#include <stdio.h>

void locl_report_print(FILE *out, const locl_run_summary *summary);

/* Prints kernels of all stages by time, of a run opened with `profile`, the work of a step, and the memory of
 * its devices and of this process. Prints nothing where no step was done. LOCL_E_MEMORY. */
locl_status locl_report_print_profile(FILE *out, const locl_run *run, const locl_run_summary *summary,
                                      locl_error *err);

#endif
