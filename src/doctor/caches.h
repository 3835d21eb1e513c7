/* Looks at what is kept on disk: locl's own caches, and where PoCL keeps what it compiles. Used by doctor.c and
 * tests. */
#ifndef LOCL_DOCTOR_CACHES_H
#define LOCL_DOCTOR_CACHES_H

#include "doctor/drivers.h"

void locl_caches_examine(const locl_drivers *drivers, locl_findings *rows);

#endif
