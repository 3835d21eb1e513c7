/* What stages take on devices, kept on disk beside the measured products: $XDG_CACHE_HOME/locl/v1/stages/<hash>.json,
 * a file for each network, rule, batch and set of devices. What cannot be read is measured again. */
#ifndef LOCL_RUN_TIMES_FILE_H
#define LOCL_RUN_TIMES_FILE_H

#include "config/config.h"
#include "sched/measure.h"

/* Reads what was measured of a configuration, whose shape is known, on these devices. Returns false where there is
 * nothing; *out is the caller's to release where there is. */
bool locl_times_read(const locl_config *config, const locl_devices *devices, locl_stage_times *out);
/* Keeps it. A place that can't be written is a log event. */
void locl_times_write(const locl_config *config, const locl_devices *devices,
                      const locl_stage_times *measured);

#endif
