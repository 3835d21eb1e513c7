/* What a run would take of its devices, before it takes any of it: which stage goes where, in what memory, and
 * what would fit. No data are read, and nothing is allocated on a device.
 *
 *     locl_plan_setup setup = {.config = "configs/cifar10.yaml"};
 *     locl_run_plan *plan;
 *     locl_plan_summary summary;
 *     if (locl_run_plan_open(&setup, &plan, &err) == LOCL_OK) {
 *         locl_run_plan_summarise(plan, &summary);
 *         printf("micro-batches of up to %zu fit\n", summary.largest_microbatch);
 *     }
 *     locl_run_plan_close(plan);
 */
#ifndef LOCL_PLAN_H
#define LOCL_PLAN_H

#include "locl/export.h"
#include "locl/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Zero is the default for every field but the configuration. Strings are only read while it is opened. */
typedef struct locl_plan_setup {
    const char *config;     /* YAML file; model.image and model.classes have to follow from it */
    const char *const *set; /* [sets] "key.path=value", put over the file */
    size_t sets;
    const char *devices; /* selectors, separated by commas; NULL: the configuration's */
    uint64_t memory;     /* bytes that each device may use; 0: all that it has */
} locl_plan_setup;

typedef struct locl_run_plan locl_run_plan;

/* Places and records a configuration's stages. *out is the caller's until locl_run_plan_close(); NULL on error.
 * Several devices are measured where that was not done before, which takes seconds. What needs more memory than there
 * is, is no error. LOCL_E_USAGE; LOCL_E_CONFIG; LOCL_E_NODEVICE;
 * LOCL_E_MEMORY. */
LOCL_API locl_status locl_run_plan_open(const locl_plan_setup *setup, locl_run_plan **out, locl_error *err);
LOCL_API void locl_run_plan_close(locl_run_plan *plan); /* NULL is fine */

/* All strings below are the plan's, until it is closed. */
typedef struct locl_plan_summary {
    const char *network; /* its preset, or "network" */
    const char *rule;    /* "lg-fg-a, exact_last" */
    const char *way; /* whether several devices work as a pipeline or data-parallel, and why; "" for one */
    size_t blocks, stages, devices; /* a stage that devices share counts once for each */
    size_t batch, microbatch;  /* images of a step; of them computed at once: the batch, if it is not cut */
    uint64_t parameters;       /* trainable values */
    bool fits;                 /* every device has what its stages need */
    size_t largest_microbatch; /* the largest divisor of the batch that fits; 0: not even one image does */
    uint64_t host_bytes;       /* batches on the host: the loader's, and those between contexts */
    double step_seconds;       /* of several devices, predicted by what was measured; else 0 */
} locl_plan_summary;

LOCL_API void locl_run_plan_summarise(const locl_run_plan *plan, locl_plan_summary *out);

/* Blocks that are trained together on one device, all images of them or `rows`. Bytes on that device, but for
 * host_bytes. */
typedef struct locl_plan_stage {
    size_t number;          /* several devices that share a stage have an entry each, of the same number */
    size_t first_row, rows; /* images of a batch, or micro-batch, that are the device's */
    size_t first, last;     /* blocks first..last-1 */
    bool classifier;        /* has the classifier too */
    size_t device;          /* index, below locl_plan_summary.devices */
    uint64_t parameter_bytes, optimizer_bytes;
    uint64_t gradient_bytes; /* of the batch's sum, where micro-batches or devices add up to it */
    /* batches, or micro-batches, that come from the loader or another device, and that go to one; those between
     * stages in a row are the device's */
    uint64_t input_bytes, output_bytes;
    uint64_t other_bytes;  /* tables, metrics, alignment */
    uint64_t own_bytes;    /* all of these: what outlives its step */
    const char *input;     /* what brings batches: "loader", "queue", "context", "host" or "in place" */
    uint64_t in_use_bytes; /* of the workspace, at once at most, by its tensors' lifetimes */
    size_t in_use_launch;  /* when that is first so */
    double flops;          /* of a step, counted by hand */
    double busy_seconds;   /* of a step, that the device works on it, predicted; 0: not known */
    size_t launches;       /* of a step */
    size_t recorded;       /* of a micro-batch and the update: what tensors' lifetimes count in */
    size_t tensors;        /* of the workspace, that it uses */
} locl_plan_stage;

typedef struct locl_plan_device {
    const char *selector, *stable, *name; /* `stable` names it for good */
    uint64_t workspace_bytes;             /* that its stages share, one after another */
    uint64_t passing_bytes;               /* what its stages in a row pass from one to the next */
    uint64_t stage_bytes;                 /* of its stages' own */
    uint64_t bytes;                       /* all of these */
    uint64_t memory;                      /* what it has, or may use */
    uint64_t largest_buffer;              /* bytes of one allocation at most */
    uint64_t sent_bytes, received_bytes;  /* to and from other devices, in a step */
    double busy_seconds;                  /* of a step, predicted; 0: not known */
} locl_plan_device;

/* A tensor of the workspace, in use from launch `first` to launch `last` of a step. */
typedef struct locl_plan_tensor {
    const char *name;
    uint64_t bytes;
    size_t first, last;
} locl_plan_tensor;

typedef struct locl_plan_launch {
    const char *section, *kernel; /* "block 2", "gemm_native" */
    double flops, bytes;          /* operations; read and written: counted by hand */
} locl_plan_launch;

/* Describe one of those that there are: `stage` and `device` below those of the summary, `tensor` and `launch`
 * below `tensors` and `recorded` of the stage. */
LOCL_API void locl_run_plan_describe_stage(const locl_run_plan *plan, size_t stage, locl_plan_stage *out);
LOCL_API void locl_run_plan_describe_device(const locl_run_plan *plan, size_t device, locl_plan_device *out);
LOCL_API void locl_run_plan_describe_tensor(const locl_run_plan *plan, size_t stage, size_t tensor,
                                            locl_plan_tensor *out);
LOCL_API void locl_run_plan_describe_launch(const locl_run_plan *plan, size_t stage, size_t launch,
                                            locl_plan_launch *out);
/* Writes one JSON object, as `locl plan --json` prints it. *out is the caller's to free(). LOCL_E_MEMORY. */
LOCL_API locl_status locl_run_plan_to_json(const locl_run_plan *plan, char **out, locl_error *err);

#ifdef __cplusplus
}
#endif
#endif
