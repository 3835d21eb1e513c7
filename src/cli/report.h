/* What `locl train` says at the end of a run: the final table, where the time went. */
#ifndef LOCL_CLI_REPORT_H
#define LOCL_CLI_REPORT_H

#include "locl/locl.h"

#include <jansson.h>
#include <stdio.h>

/* For people. */
void locl_report_print(FILE *out, const locl_run_summary *summary);
/* {"kind": "end", ...}, see docs/command.md; NULL when memory runs out. */
json_t *locl_report_json(const locl_run_summary *summary);

/* Kernels of all stages by time, of a run opened with `profile`; steps counted since it was opened. Also the
 * work of a step and the memory of this process. */
void locl_profile_print(FILE *out, const locl_run *run, uint64_t steps);

#endif
