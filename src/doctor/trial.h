/* Tries one device for real: kernels, transfers and what else locl and its users ask of a device, each a row. Runs in a
 * child of the doctor (examine.c). */
#ifndef LOCL_DOCTOR_TRIAL_H
#define LOCL_DOCTOR_TRIAL_H

#include <CL/cl.h>

/* Says a row for each trial ({"row": ...}), in order; before each one what it does. */
void locl_trial_run(cl_platform_id platform, cl_device_id id);

#endif
