/* A list of findings that grows. Used by src/doctor and src/study/verify.c.
 *
 *     locl_findings f = {0};
 *     locl_findings_add(&f, LOCL_FINDING_WARNING, "loader", "start it again without it", "%s is preloaded", path);
 *     ... locl_findings_json(&f) ...
 *     locl_findings_free(&f); */
#ifndef LOCL_BASE_FINDINGS_H
#define LOCL_BASE_FINDINGS_H

#include "base/error.h"
#include "locl/finding.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* It starts as {0}. `failed` is set when memory ran out, and sticks: check it once at the end. */
typedef struct locl_findings {
    locl_finding *row; /* [count]; texts are the list's */
    size_t count, capacity;
    bool failed;
} locl_findings;

/* Adds a row. The texts are copied, what is invisible in them as base/utf8.h shows it; `format` gives the detail.
 * `remedy` is "" where the status is OK alone. */
void locl_findings_add(locl_findings *f, locl_finding_status status, const char *name, const char *remedy,
                       const char *format, ...) LOCL_PRINTF(5, 6);
void locl_findings_free(locl_findings *f);
/* Makes {"name", "status", "detail", "remedy"}; the caller's. NULL when out of memory. */
json_t *locl_finding_json(const locl_finding *row);
/* Reads a status by its name. Returns LOCL_FINDING_COUNT for another text. */
locl_finding_status locl_finding_status_find(const char *name);

#endif
