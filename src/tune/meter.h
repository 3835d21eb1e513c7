/* The meter of real devices: trials timed by the wall's clock. Used by tune.c. */
#ifndef LOCL_TUNE_METER_H
#define LOCL_TUNE_METER_H

#include "tune/tune.h"

/* Begins zeroed. */
typedef struct locl_device_meter {
    struct locl_trial *trial;
    struct locl_trial_runner *runner[64]; /* LOCL_TUNE_RACE_MOST */
} locl_device_meter;

locl_tune_meter locl_device_meter_of(locl_device_meter *meter);

#endif
