/* Which devices a run used from which step, in plan.json: [{"step": 0, "devices": ["0:0", "1:0"]}, {"step": 40,
 * "devices": ["1:0"], "lost": [{"selector": "0:0", "name", "step", "cause"}]}]. */
#ifndef LOCL_RUN_USED_H
#define LOCL_RUN_USED_H

#include "base/error.h"
#include "device/device.h"

#include <jansson.h>

/* Reads what a plan's file says of the steps up to `step`. Returns an array, empty where there is none, NULL when
 * memory runs out. */
json_t *locl_used_read(const char *plan, uint64_t step);
/* Adds the devices that are used from `step` on, unless they are those before; `lost` NULL: none was lost. *used is an
 * array, made where it is NULL. */
locl_status locl_used_add(json_t **used, uint64_t step, const locl_devices *devices, json_t *lost,
                          locl_error *err);

#endif
