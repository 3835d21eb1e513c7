/* Matrix units, for runs that ask for them (`precision: matrix`): looked at on the device before anything is computed
 * by them. */
#ifndef LOCL_TUNE_MATRIX_H
#define LOCL_TUNE_MATRIX_H

#include "device/device.h"

/* Sets caps.takes_matrix of each device that has a matrix unit, once every kind of tile gave products that are right
 * but for the rounding of the unit's format (locl_gemm_tolerance()). One that has none, cannot build a kernel or is
 * wrong goes on with floats, and a log event says why. Waits. LOCL_E_MEMORY alone. */
locl_status locl_matrix_take(locl_devices *devices, locl_error *err);

#endif
