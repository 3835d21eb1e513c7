/* Which stage runs on which device. Pure: no OpenCL call, so that it can be checked on paper. */
#ifndef LOCL_SCHED_PLACEMENT_H
#define LOCL_SCHED_PLACEMENT_H

#include "base/error.h"
#include "sched/options.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct locl_placement_problem {
    size_t stages, devices;
    const double *cost;   /* [stages] of one step, FLOPs */
    const double *values; /* [stages] trainable values, which break ties */
    const double *speed;  /* [devices] relative */
} locl_placement_problem;

typedef struct locl_policy {
    const char *name, *summary;
    /* device[stage] for every stage; ascending where the policy says contiguous */
    locl_status (*place)(const locl_placement_problem *problem, size_t *device, locl_error *err);
} locl_policy;

/* Contiguous ranges of stages, in the order of the devices; least time of the slowest device. */
extern const locl_policy locl_policy_chain;
extern const locl_policy *const locl_policies[]; /* ends with NULL */

/* The devices that a person's `placement` names for stages of blocks first[i]..last[i]-1. LOCL_E_CONFIG: a
 * block is missing or named twice, a device does not exist, or a stage's blocks are on different devices. */
locl_status locl_placement_given(const locl_placement_entry *entries, size_t count, size_t stages,
                                 const size_t *first, const size_t *last, size_t devices, size_t *device,
                                 locl_error *err);

#endif
