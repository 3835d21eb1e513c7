/* locl: training neural networks without backpropagation on any OpenCL device. This is the whole interface:
 * a run is a configuration (docs/configuration.md) with its data, devices, network and folder.
 *
 *     #include <locl/locl.h>
 *     int main(void)
 *     {
 *         locl_run_setup setup = {.config = "configs/fashion-mnist.yaml"};
 *         locl_run *run;
 *         locl_error err;
 *         if (locl_run_open(&setup, &run, &err) != LOCL_OK || locl_run_train(run, &err) != LOCL_OK) {
 *             return locl_status_exit_code(err.status);
 *         }
 *         locl_run_close(run);
 *     }
 *
 * docs/example.c is a longer one; docs/library.md says how to link, what is shared by a whole process, what
 * threads need and what a version promises. The library never prints and never exits: it returns a status and
 * fills the caller's error record, which may be NULL in every call. */
#ifndef LOCL_LOCL_H
#define LOCL_LOCL_H

#include "locl/audit.h"
#include "locl/bench.h"
#include "locl/compare.h"
#include "locl/data.h"
#include "locl/devices.h"
#include "locl/doctor.h"
#include "locl/error.h"
#include "locl/finding.h"
#include "locl/history.h"
#include "locl/log.h"
#include "locl/plan.h"
#include "locl/probe.h"
#include "locl/run.h"
#include "locl/simulate.h"
#include "locl/status.h"
#include "locl/support.h"
#include "locl/tensors.h"
#include "locl/traced.h"
#include "locl/tune.h"
#include "locl/verify.h"
#include "locl/version.h"

#endif
