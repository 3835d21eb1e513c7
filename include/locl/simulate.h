/* A configuration's training on devices that need not be here: a table of them is placed and run as the real ones would
 * be, without hardware. docs/scaling.md says what is in the table, and how far to trust it.
 *
 *     locl_simulate_setup setup = {.config = "configs/cifar10.yaml", .cluster = "cluster.yaml"};
 *     locl_simulation *simulation;
 *     locl_simulation_summary s;
 *     if (locl_simulate(&setup, &simulation, &err) == LOCL_OK) {
 *         locl_simulation_summarise(simulation, &s);
 *         printf("%.0f images/s\n", (double)s.batch / s.step_seconds);
 *     }
 *     locl_simulation_free(simulation);
 */
#ifndef LOCL_SIMULATE_H
#define LOCL_SIMULATE_H

#include "locl/export.h"
#include "locl/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Zero is the default for every other field. Strings are only read during the call. */
typedef struct locl_simulate_setup {
    const char *config;     /* YAML file; model.image and model.classes have to follow from it */
    const char *const *set; /* [sets] "key.path=value", put over the file */
    size_t sets;
    const char *
        cluster; /* YAML table of devices; NULL: the configuration's own, which are measured, and trained on */
} locl_simulate_setup;

typedef struct locl_simulation locl_simulation;

/* LOCL_E_CONFIG: the configuration or the table; LOCL_E_TOO_LARGE: a stage, named, has more than a device's memory;
 * LOCL_E_NODEVICE without a table. *out is the caller's; NULL on error. */
LOCL_API locl_status locl_simulate(const locl_simulate_setup *setup, locl_simulation **out, locl_error *err);
LOCL_API void locl_simulation_free(locl_simulation *simulation); /* NULL is fine */

/* Texts are the simulation's. */
typedef struct locl_simulation_summary {
    const char *network, *rule;
    bool greedy; /* blocks are a pipeline; else all are one stage, data-parallel */
    size_t blocks, devices, batch;
    double step_seconds;      /* by the order of events */
    double predicted_seconds; /* by what placement minimises */
    double alone_seconds;     /* all on the fastest device */
    double measured_seconds;  /* without a table: trained here; else 0 */
    size_t schedules;         /* of backpropagation beside it; 0 without a table */
} locl_simulation_summary;

typedef struct locl_simulation_device {
    const char *name;
    size_t first, last;                /* blocks that it works on: first..last-1; equal: none */
    double first_share, last_share;    /* of the batch, of the first and of the last of them */
    double busy_seconds;               /* of a step */
    double sent_bytes, received_bytes; /* of a step */
    double bytes, memory;              /* that its stages take, at least; what it has */
} locl_simulation_device;

/* Backpropagation over a pipeline of the same devices, whole blocks on each. */
typedef struct locl_simulation_schedule {
    const char *name; /* "gpipe", "1f1b", "zero-bubble" */
    size_t devices, microbatches;
    double step_seconds;
    double idle;             /* share of the devices' time */
    double activation_bytes; /* that the first device keeps for the way back */
} locl_simulation_schedule;

LOCL_API void locl_simulation_summarise(const locl_simulation *simulation, locl_simulation_summary *out);
LOCL_API void locl_simulation_describe_device(const locl_simulation *simulation, size_t device,
                                              locl_simulation_device *out);
LOCL_API void locl_simulation_describe_schedule(const locl_simulation *simulation, size_t index,
                                                locl_simulation_schedule *out);
/* Writes one JSON object, as `locl simulate --json` prints it. *out is the caller's to free(). LOCL_E_MEMORY. */
LOCL_API locl_status locl_simulation_to_json(const locl_simulation *simulation, char **out, locl_error *err);

#ifdef __cplusplus
}
#endif
#endif
