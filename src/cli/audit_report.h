/* What `locl audit` says: a table, JSON, a picture. */
#ifndef LOCL_CLI_AUDIT_REPORT_H
#define LOCL_CLI_AUDIT_REPORT_H

#include "locl/locl.h"

#include <jansson.h>
#include <stdio.h>

/* A bias is told from chance at so many standard errors. */
#define LOCL_AUDIT_SURE 5.0

/* No more than rounding in float32 from the exact gradient. */
bool locl_audit_is_exact(const locl_audit_layer *layer);
/* All layers as one, of which an estimator has the numbers last. */
const locl_audit_layer *locl_audit_all(const locl_audit_estimator *estimator);
/* Whether there is a bias that is neither chance nor rounding. */
bool locl_audit_is_biased(const locl_audit_estimator *estimator, const locl_audit_layer *layer);
/* Variance of the mean of as many draws as cost what one step of lg-bp does, in operations or in time;
 * negative where that says nothing: no draws, or an exact gradient of 0. */
double locl_audit_at_equal_flops(const locl_audit_estimator *estimator);
double locl_audit_at_equal_time(const locl_audit_estimator *estimator);

/* `network`: its preset or "network". */
void locl_audit_print(FILE *out, const locl_audit *audit, const char *network);
json_t *locl_audit_json(const locl_audit *audit, const char *network); /* NULL when memory runs out */
/* Draws into a file, see cli/gnuplot.h. */
locl_status locl_audit_plot(const char *path, const locl_audit *audit, const char *network, locl_error *err);

#endif
