/* Adds to the problems of a device or of the machine. */
#ifndef LOCL_DEVICE_PROBLEM_H
#define LOCL_DEVICE_PROBLEM_H

#include "base/error.h"
#include "locl/devices.h"

/* Adds a problem to a list of LOCL_PROBLEMS at most; what is beyond is left out. */
void locl_problem_add(locl_problem *problem, size_t *count, const char *remedy, const char *format, ...)
    LOCL_PRINTF(4, 5);

#endif
