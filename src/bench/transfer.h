/* Copies between the host and the device, to be timed. Included by transfer.c and suite_peaks.c. */
#ifndef LOCL_BENCH_TRANSFER_H
#define LOCL_BENCH_TRANSFER_H

#include "device/call.h"

typedef enum locl_transfer_way {
    LOCL_TO_DEVICE,
    LOCL_FROM_DEVICE,
    LOCL_MAPPED, /* written by the host, in place */
    LOCL_TRANSFER_WAYS
} locl_transfer_way;
extern const char *const locl_transfer_names[LOCL_TRANSFER_WAYS];

/* What all copies share. */
typedef struct locl_transfer_ends {
    locl_queue queue;
    cl_mem buffer;
    char *host;
    size_t bytes; /* of both: what was asked for, or the device's largest buffer */
} locl_transfer_ends;

/* The caller closes *out, on error too. */
locl_status locl_transfer_open(locl_device *device, size_t bytes, locl_transfer_ends *out, locl_error *err);
void locl_transfer_close(locl_transfer_ends *ends); /* zeroed is fine */

typedef struct locl_transfer {
    locl_transfer_ends *ends;
    locl_transfer_way way;
    size_t bytes;
} locl_transfer;

/* Samples it; a locl_race_sample. */
locl_status locl_transfer_sample(void *transfer, size_t replays, double *seconds, locl_error *err);

#endif
