/* A stage: a range of blocks with its rule, its optimiser and its memory on one device; its training and its
 * evaluation step, planned once and replayed. It knows nothing of other stages. Under a greedy rule a stage
 * is one block. Used by the pipeline, by locl probe and by locl audit. */
#ifndef LOCL_SCHED_STAGE_H
#define LOCL_SCHED_STAGE_H

#include "base/arrays.h"
#include "ops/metrics.h"
#include "optim/optim.h"
#include "rules/rule.h"

/* Step t's metrics go to buffer t % LOCL_METRIC_SLOTS, so that they can be read while later steps run. */
enum { LOCL_METRIC_SLOTS = 4 };

typedef struct locl_stage_options {
    const locl_model *model;
    const locl_rule_options *rule;
    const locl_optim_options *optim; /* NULL: no update */
    bool train;                      /* has a training step */
    locl_engine engine;
    uint64_t seed;
    size_t batch;       /* B */
    size_t first, last; /* blocks first..last-1 */
    bool classifier;
    bool
        running; /* keeps running statistics, and evaluates with them; else evaluates with each batch's own */
    const locl_tensor *(*given)[LOCL_LAYERS]; /* draws, see locl_part; NULL in training, as is the next */
    const locl_tensor *const *given_weights;
} locl_stage_options;

typedef struct locl_stage {
    locl_stage_options options;
    locl_device *device;
    locl_params params;
    locl_arena *state;            /* parameters, optimiser state, metrics: all that outlives a step */
    locl_tensor *range;           /* [params.floats] the parameters as one */
    const locl_tensor **value;    /* [params.count] views of range */
    const locl_tensor **gradient; /* [params.count] views in the workspace, with a training step */
    locl_tensor *optim_state[LOCL_OPTIM_STATES]; /* [params.floats] each */
    size_t optim_states;
    locl_optim *optim;
    locl_tensor *metrics[LOCL_METRIC_SLOTS]; /* [records] locl_step_metrics */
    locl_part part, evaluation;              /* as recorded */
    locl_command_buffer *train_commands, *evaluation_commands;
} locl_stage;

/* Which blocks each stage has: first[i]..last[i]-1. One block each under a rule where nothing crosses the
 * blocks' boundaries, else all in one. Returns the number of stages; the arrays have room for the model's
 * blocks. */
size_t locl_stage_cut(const locl_model *model, const locl_rule_options *rule, size_t *first, size_t *last);

/* Plans both steps: no memory is allocated on the device. `workspace` is the device's; its takes are given
 * back. */
locl_status locl_stage_open(const locl_stage_options *options, locl_device *device, locl_arena *workspace,
                            locl_stage *out, locl_error *err);
void locl_stage_close(locl_stage *stage); /* zeroed is fine */

/* After the workspace was bound: allocates the stage's own memory, builds its kernels, uploads tables and
 * initial parameters. Waits. */
locl_status locl_stage_bind(locl_stage *stage, locl_queue *queue, locl_error *err);

/* The engine of products on a device: the one that its selector names, else `engine`. */
locl_engine locl_stage_engine(locl_engine engine, const locl_device *device);

/* Enqueues one training step of a whole batch on given buffers, for those who run stages one at a time: x
 * [B,P,in], labels int32 [B], out [B,P,D]. `step` numbers the draws; the metrics go to slot 0. */
locl_status locl_stage_step(locl_stage *stage, locl_queue *queue, const locl_tensor *x,
                            const locl_tensor *labels, const locl_tensor *out, uint64_t step,
                            locl_error *err);

size_t locl_stage_input_values(const locl_stage *stage);  /* B P in, floats */
size_t locl_stage_output_values(const locl_stage *stage); /* B P' D, floats */
size_t locl_stage_records(const locl_stage *stage);

/* Parameters and optimiser state to and from named tensors; they wait. See pipeline.h. */
locl_status locl_stage_save(locl_stage *stage, locl_queue *queue, bool state, locl_arrays *out,
                            locl_error *err);
locl_status locl_stage_load(locl_stage *stage, locl_queue *queue, bool state, const locl_arrays *in,
                            locl_error *err);
/* Reads or writes one float tensor of `count` values of this stage's device; waits. */
locl_status locl_stage_read(locl_queue *queue, const locl_tensor *tensor, size_t count, float *out,
                            locl_error *err);

#endif
