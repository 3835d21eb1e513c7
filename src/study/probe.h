/* One step of a rule on given tensors (SPEC 11), by which locl is checked against other implementations. It
 * plans and runs the very stages that training runs, without the update. locl/probe.h is its public face. */
#ifndef LOCL_STUDY_PROBE_H
#define LOCL_STUDY_PROBE_H

#include "base/arrays.h"
#include "device/device.h"
#include "config/config.h"

/* Runs a probe. `config` was loaded for LOCL_CONFIG_PROBE. `in` and `out` are as SPEC 11 names them. `out`
 * starts as {0} and is the caller's to free. LOCL_E_CHECKPOINT names tensors that are missing, misshaped,
 * unknown or not finite, and labels out of range. */
locl_status locl_probe(const locl_config *config, locl_device *device, const locl_arrays *in,
                       locl_arrays *out, locl_error *err);

#endif
