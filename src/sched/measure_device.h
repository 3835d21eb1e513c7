/* One device of a measurement: a stage of it that is repeated until all devices have done enough. */
#ifndef LOCL_SCHED_MEASURE_DEVICE_H
#define LOCL_SCHED_MEASURE_DEVICE_H

#include "sched/stage.h"

#include <pthread.h>

/* What the devices of a measurement share. */
typedef struct locl_measure_gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t devices;       /* that take part: fewer where threads for some could not be started */
    size_t ready, enough; /* of them: are warm; have done enough, or failed */
} locl_measure_gate;

typedef struct locl_measure_device {
    locl_measure_gate *gate;
    locl_device *device;
    const locl_stage_options *options; /* NULL: copies of `bytes` instead of steps */
    bool update;                       /* only the update of steps, with the others' gradients */
    size_t bytes;
    uint64_t room;  /* bytes of the device that a stage may take */
    double seconds; /* of a step, or of a copy to the host and back: the median */
    locl_status status;
    locl_error error;
} locl_measure_device;

/* Measures. For threads of their own, one for each device. */
void *locl_measure_on_device(void *device);

#endif
