/* Runs a row of the table on a device. Included by tests. */
#ifndef LOCL_CHECK_RUN_H
#define LOCL_CHECK_RUN_H

#include "check/table.h"

/* Runs the operation of the case once, as its device's caps cut it, and fills in `got`. Outputs start as NaN.
 * `guarded`: each tensor has guard values on both sides, NaNs too, so that reading them shows; else a buffer
 * of exactly its size, for simulators that watch the bounds. Waits. */
locl_status locl_op_case_run(locl_op_case *c, locl_device *device, bool guarded, locl_error *err);

#endif
