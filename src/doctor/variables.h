/* Looks at variables that hide devices, or change which there are. Used by doctor.c and tests. */
#ifndef LOCL_DOCTOR_VARIABLES_H
#define LOCL_DOCTOR_VARIABLES_H

#include "base/findings.h"

/* Adds a row for each such variable that is set, or one that says that none is. */
void locl_variables_examine(locl_findings *rows);

#endif
