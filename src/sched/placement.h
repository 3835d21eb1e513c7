/* Which stage runs on which device, or which part of it on which devices. Pure: it makes no OpenCL call, so
 * it can be checked on paper. */
#ifndef LOCL_SCHED_PLACEMENT_H
#define LOCL_SCHED_PLACEMENT_H

#include "base/error.h"
#include "sched/options.h"

#include <stdbool.h>
#include <stddef.h>

/* What the steps of a stage take on a device, of whole batches, in seconds. */
typedef struct locl_placement_cost {
    double whole; /* a step, as on one device alone; the others work meanwhile */
    /* Of one of several devices that share the stage: what its gradient takes whatever its share, and what it takes
     * beside that for a whole batch. part: INFINITY where the stage cannot be shared. */
    double part, rows;
    double update;   /* what the owner does once, beside its gradient */
    double exchange; /* of a gradient one way and parameters the other */
    double carry;    /* to get the batch from another device */
} locl_placement_cost;

/* What a policy decides on. In arrays of stages by devices the devices of a stage are adjacent. */
typedef struct locl_placement_problem {
    size_t stages, devices;
    const double *seconds; /* [stages][devices] of a stage's step on a device, measured or estimated; a factor
                            * that is the same for all of them changes nothing */
    const double *bytes;   /* [stages] of device memory that a stage keeps between steps */
    const double *limits;  /* [devices] bytes that a device has for them */
    const locl_placement_cost *cost; /* [stages][devices] measured; NULL: stages are not shared */
    double least;                    /* share of one image of a batch (or slice): parts are no smaller */
} locl_placement_problem;

/* The share of each batch of a stage that a device works on. It is 1 where a stage is one device's alone. */
typedef struct locl_placement {
    size_t stages, devices;
    double *share; /* [stages][devices], owned; a stage's sum to 1 */
} locl_placement;

/* Creates a placement in which nothing is placed. A zeroed one may be released, too. */
locl_status locl_placement_create(size_t stages, size_t devices, locl_placement *out, locl_error *err);
void locl_placement_release(locl_placement *placement);
/* Gives a stage to one device alone. */
void locl_placement_put(locl_placement *placement, size_t stage, size_t device);
/* Returns whether a stage is one device's alone, which is then *device. */
bool locl_placement_is_whole(const locl_placement *placement, size_t stage, size_t *device);

typedef struct locl_policy {
    const char *name, *summary;
    /* Places every stage into `out`, which was created for the problem. The limits hold where a placement
     * allows that. Else they are ignored, and opening says what lacks. */
    locl_status (*place)(const locl_placement_problem *problem, locl_placement *out, locl_error *err);
} locl_policy;

/* Contiguous ranges of stages, in the order of the devices, with the least time of the slowest device. */
extern const locl_policy locl_policy_chain;
extern const locl_policy
    *const locl_policies[]; /* those that place whole stages by `seconds`; ends with NULL */
/* The same with stages that two neighbours, or more, share by rows where that makes the slowest device faster. Needs
 * `cost`. A network of one stage is shared by all devices that help. */
extern const locl_policy locl_policy_shares;

/* Returns the seconds of a step at which a placement goes on once all devices are busy, by the problem's cost. busy
 * [devices] (NULL: not wanted) is what each device works of them. */
double locl_placement_predict(const locl_placement_problem *problem, const locl_placement *placement,
                              double *busy);

/* Returns the seconds of a step that a device works on its share of a stage. */
double locl_placement_work(const locl_placement_problem *problem, const locl_placement *placement,
                           size_t stage, size_t device);

/* Places stages of blocks first[i]..last[i]-1 as a person's `placement` says. Devices of an entry have equal shares
 * unless it gives them. LOCL_E_CONFIG: what locl_placement_check() reports, a device does not exist, or a stage's
 * blocks are on different devices. */
locl_status locl_placement_given(const locl_placement_entry *entries, size_t count, const size_t *first,
                                 const size_t *last, locl_placement *out, locl_error *err);

#endif
