/* A stage: a range of blocks with its rule, its optimiser and its memory on one device. Its training and evaluation
 * step are recorded once and replayed. A training step is two recordings, the gradient and the update. A batch may be
 * computed in slices (micro-batches). Both recordings are then of a slice, the gradient's ends with adding to the
 * batch's, and the update follows the last slice. Of a stage that several devices share each has one of these, of its
 * rows of each slice. The first of them, the owner, has the optimiser and adds the others' gradients to its own. A
 * stage knows nothing of other stages. Under a greedy rule it is one block. Used by the pipeline and by in_turn.h. */
#ifndef LOCL_SCHED_STAGE_H
#define LOCL_SCHED_STAGE_H

#include "base/arrays.h"
#include "ops/metrics.h"
#include "optim/optim.h"
#include "rules/rule.h"
#include "sched/stored.h"

/* Step t's metrics go to buffer t % LOCL_METRIC_SLOTS, so that they can be read while later steps run.
 * pipeline_parts.h says who owns a slot when. */
enum { LOCL_METRIC_SLOTS = 4 };

/* What a stage has recordings of: evaluation and training of a batch, and what comes before the first training
 * step of parameters that are new. A readout is an evaluation after which the classifier alone learns. */
typedef enum locl_step_kind {
    LOCL_STEP_EVALUATE,
    LOCL_STEP_TRAIN,
    LOCL_STEP_BEGIN,
    LOCL_STEP_READ_OUT,
    LOCL_STEP_KINDS
} locl_step_kind;

enum {
    LOCL_STEP_BUFFERS = 2,
    LOCL_STAGE_RECORDINGS = 5
}; /* recordings that a step, and a stage, has at most */

typedef struct locl_stage_options {
    const locl_model *model;
    const locl_rule_options *rule;
    const locl_optim_options *optim; /* NULL: no update */
    bool train;                      /* has a training step */
    locl_gemm_choices products;      /* who computes them; its list outlives the opening */
    uint64_t seed;
    size_t batch; /* B */
    size_t slice; /* images that are computed at once; divides B; 0: all of them */
    /* Of each slice the rows (images) that this device computes, where several share the stage. rows 0: all. */
    size_t first_row, rows;
    size_t others;      /* devices whose gradients this one's update adds to its own; it owns the stage */
    size_t alignment;   /* bytes, of parameters, the same on all devices of the stage; 0: this device's */
    size_t first, last; /* blocks first..last-1 */
    bool classifier;
    bool half_input, half_output; /* activations come, or go, as halves (ops/half.h) */
    /* Activations and tangents are stored as halves (rules/rule.h). They then go as halves, too, if at all. */
    bool halves;
    /* Keeps running statistics and evaluates with them. Else evaluates with each batch's own. */
    bool running;
    const locl_tensor *(*given)[LOCL_LAYERS]; /* draws, see locl_part; NULL in training, as is the next */
    const locl_tensor *const *given_weights;
} locl_stage_options;

typedef struct locl_stage {
    locl_stage_options options;
    locl_device *device;
    locl_params params;
    locl_arena *state;         /* parameters, optimiser state, metrics: all that outlives a step */
    locl_tensor *range;        /* [params.floats] the parameters as one */
    const locl_tensor **value; /* [params.count] views of range */
    /* With a training step, [params.trained_floats] all as one, and [params.count] views of them. They are in
     * the workspace, which has to stay as it is from the gradient's recording to the update's. With slices
     * those are a slice's, and the batch's are with the state, where other stages leave them alone. */
    locl_tensor *gradients;
    const locl_tensor **slice_gradient;          /* views of what the rule writes */
    const locl_tensor **gradient;                /* views of the batch's, complete after the last slice */
    locl_tensor **received;                      /* [others] their gradients, [params.trained_floats] each */
    locl_tensor *optim_state[LOCL_OPTIM_STATES]; /* [params.floats] each */
    size_t optim_states;
    locl_optim *optim;
    locl_tensor *metrics[LOCL_METRIC_SLOTS]; /* [records] locl_step_metrics */
    locl_part part, evaluation;              /* as recorded */
    locl_command_buffer *gradient_commands;  /* from input to gradients; NULL without a training step */
    locl_command_buffer *update_commands;    /* from there to the parameters; NULL without optim */
    locl_command_buffer *evaluation_commands;
    locl_command_buffer
        *readout_commands; /* from an evaluation to the classifier; NULL where that learns with the blocks */
    locl_command_buffer *begin_commands; /* from parameters to their mirrors; NULL where there are none */
} locl_stage;

/* Says which blocks each stage has: first[i]..last[i]-1. It is one block each under a rule where nothing
 * crosses the blocks' boundaries, else all in one. Returns the number of stages. The arrays have room for the
 * model's blocks. */
size_t locl_stage_cut(const locl_model *model, const locl_rule_options *rule, size_t *first, size_t *last);

/* Writes the options of each stage: `like` with its blocks. `out` [the model's blocks]. */
size_t locl_stage_cut_options(const locl_stage_options *like, locl_stage_options *out);

/* Writes how much device memory a stage keeps between its steps, alignment aside: parameters with what stands beside
 * them, the optimiser's states, the batch's gradients where slices add up to them. */
locl_status locl_stage_kept_bytes(const locl_stage_options *options, double *bytes, locl_error *err);

/* Records both steps. No memory is allocated on the device. `workspace` is the device's, and its takes are
 * given back. */
locl_status locl_stage_open(const locl_stage_options *options, locl_device *device, locl_arena *workspace,
                            locl_stage *out, locl_error *err);
void locl_stage_close(locl_stage *stage); /* zeroed is fine */

/* Allocates the stage's own memory, builds its kernels, uploads tables and initial parameters and begins with
 * them, after the workspace was bound. Waits. */
locl_status locl_stage_bind(locl_stage *stage, locl_queue *queue, locl_error *err);
/* Sets what is learned beside the parameters (mirrors) as it is before the first step, from the parameters as
 * they are. Waits. */
locl_status locl_stage_begin(locl_stage *stage, locl_queue *queue, locl_error *err);

/* Adds the products of its recordings that are not yet in the list [*count], which is realloc'd. */
locl_status locl_stage_list_products(const locl_stage *stage, locl_gemm_choice **list, size_t *count,
                                     locl_error *err);

/* Returns the engine of products on a device: the one that its selector names, else `engine`. */
locl_engine locl_stage_engine(locl_engine engine, const locl_device *device);

/* Return the slices of a batch, the images of each, and those of them that are this device's. A batch that is
 * not cut is one slice. */
size_t locl_stage_slices(const locl_stage_options *options);
size_t locl_stage_slice(const locl_stage_options *options);
size_t locl_stage_rows(const locl_stage_options *options);
/* Returns whether the batch's gradients are more than those of one recording. */
bool locl_stage_adds_up(const locl_stage_options *options);

/* Writes all recordings of a stage and returns how many there are. */
size_t locl_stage_recordings(const locl_stage *stage, locl_command_buffer *out[LOCL_STAGE_RECORDINGS]);
/* Writes the recordings of a step, in their order, and returns how many there are. */
size_t locl_stage_commands(const locl_stage *stage, locl_step_kind kind,
                           locl_command_buffer *out[LOCL_STEP_BUFFERS]);
/* Enqueues a step's recordings one after another, for the images from bindings->first_image of the batch on. The
 * update follows the last slice alone, and not where it needs other devices' gradients. */
locl_status locl_stage_enqueue(const locl_stage *stage, locl_queue *queue, locl_step_kind kind,
                               const locl_bindings *bindings, locl_error *err);
/* Enqueues the update alone, once the others' gradients are in `received`. */
locl_status locl_stage_enqueue_update(const locl_stage *stage, locl_queue *queue,
                                      const locl_bindings *bindings, locl_error *err);
double locl_stage_flops(const locl_stage *stage, locl_step_kind kind);    /* of a batch, counted by hand */
size_t locl_stage_launches(const locl_stage *stage, locl_step_kind kind); /* of a batch */
/* Enqueues slice `slice` of a training step on given buffers, for those who run stages one at a time. With b
 * images in a slice these are x [b,P,in], labels int32 [b], out [b,P,D], as floats or halves. `step` numbers the draws.
 * The slice's metrics go to slot 0. */
locl_status locl_stage_step(locl_stage *stage, locl_queue *queue, const locl_tensor *x,
                            const locl_tensor *labels, const locl_tensor *out, uint64_t step, size_t slice,
                            locl_error *err);
/* Enqueues the evaluation of a slice in the same way. */
locl_status locl_stage_evaluate(const locl_stage *stage, locl_queue *queue, const locl_tensor *x,
                                const locl_tensor *labels, const locl_tensor *out, locl_error *err);

size_t locl_stage_input_values(const locl_stage *stage);  /* of its rows of a slice: b P in, floats */
size_t locl_stage_output_values(const locl_stage *stage); /* of the same: b P' D, floats */
size_t locl_stage_input_bytes(const locl_stage *stage);   /* of these, as they come in and go out */
size_t locl_stage_output_bytes(const locl_stage *stage);
size_t locl_stage_records(const locl_stage *stage);

/* Copy named tensors from and to the device, and wait. See pipeline.h. */
locl_status locl_stage_save(locl_stage *stage, locl_queue *queue, locl_stored what, locl_arrays *out,
                            locl_error *err);
locl_status locl_stage_load(locl_stage *stage, locl_queue *queue, locl_stored what, const locl_arrays *in,
                            locl_error *err);
/* Says how many values locl_stage_save() copies. */
size_t locl_stage_stored_floats(const locl_stage *stage, locl_stored what);
/* Enqueues the copy of LOCL_STORED_ALL to `host`, of so many values, and does not wait. */
locl_status locl_stage_copy(const locl_stage *stage, locl_queue *queue, float *host, locl_error *err);
/* Names such a copy's values, or the parameters alone. LOCL_E_NUMERIC, with the device: some are not finite. */
locl_status locl_stage_name(const locl_stage *stage, locl_stored what, const float *host, locl_arrays *out,
                            locl_error *err);
/* Read and write one float tensor of `count` values of this stage's device. They wait, at most for its deadline: after
 * LOCL_E_DEADLINE the device may yet use the host's memory: locl_host_release(). */
locl_status locl_stage_read(locl_queue *queue, const locl_tensor *tensor, size_t count, float *out,
                            locl_error *err);
locl_status locl_stage_write(locl_queue *queue, const locl_tensor *tensor, size_t count, const float *host,
                             locl_error *err);

#endif
