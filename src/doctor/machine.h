/* Looks at the machine around the drivers: GPUs on the bus and their kernel drivers, device nodes and permissions,
 * containers. Reads files alone. Used by doctor.c and tests. */
#ifndef LOCL_DOCTOR_MACHINE_H
#define LOCL_DOCTOR_MACHINE_H

#include "doctor/drivers.h"

/* Adds rows about the machine whose files begin at `root`: "" for this one. */
void locl_machine_examine(const char *root, const locl_drivers *drivers, locl_findings *rows);

#endif
