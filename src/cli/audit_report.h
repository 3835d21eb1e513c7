/* What `locl audit` prints: a table, or a picture. Its JSON is the library's. */
#ifndef LOCL_CLI_AUDIT_REPORT_H
#define LOCL_CLI_AUDIT_REPORT_H

#include <locl/locl.h>

#include <stdio.h>

/* Returns the numbers of all layers as one, which are an estimator's last. */
const locl_audit_layer *locl_audit_all(const locl_audit_estimator *estimator);

void locl_audit_print(FILE *out, const locl_audit *audit);
/* Draws a picture into a file, see cli/gnuplot.h. */
locl_status locl_audit_plot(const char *path, const locl_audit *audit, locl_error *err);

#endif
