/* Prints what examinations found, and reads how long they may take. Used by doctor.c and verify.c. */
#ifndef LOCL_CLI_FINDINGS_H
#define LOCL_CLI_FINDINGS_H

#include "cli/verb.h"

/* Prints a row: status, name in so many columns and detail, and below it the remedy where it is not ok. */
void locl_cli_put_finding(FILE *out, const locl_finding *row, int name_width);
/* Counts a row that is an error, and names the first in `text`, which starts as "". */
void locl_cli_count_error(const locl_finding *row, size_t *errors, char *text, size_t size);
/* Fails where there were errors: "2 rows are errors, the first: icd x.icd". */
locl_status locl_cli_fail_findings(size_t errors, const char *first, locl_error *err);
/* Reads what --deadline was given; NULL: *seconds stays. LOCL_E_USAGE. */
locl_status locl_cli_read_deadline(const char *given, double *seconds, locl_error *err);

#endif
