/* What a rule works on: a contiguous range of blocks that run as one (under a greedy rule one block), with
 * the device memory of their parameters and gradients. sched/stage.c fills it. A rule records one step of it
 * into a command buffer and leaves in `tap` where others may look. */
#ifndef LOCL_RULES_PART_H
#define LOCL_RULES_PART_H

#include "model/block.h"
#include "model/params.h"
#include "model/readout.h"
#include "rules/options.h"

typedef struct locl_part {
    const locl_model *model;
    const locl_rule_options *options;
    uint64_t seed;
    size_t batch;       /* B, or 2 B under contrast: the views one after another */
    size_t first, last; /* blocks first..last-1 */
    bool classifier;    /* reads the last block's output */
    bool halves; /* stores activations and tangents as halves (locl_rule_stores_halves()), `output` too */

    const locl_params *params;
    const locl_tensor *const *value;    /* [params->count] */
    const locl_tensor *const *gradient; /* [params->count] */

    const locl_tensor *input;   /* [B,P,in] of block `first` */
    const locl_tensor *labels;  /* int32 [B] */
    const locl_tensor *metrics; /* locl_step_metrics: one for each block of the part, then the classifier's */
    const locl_tensor *output;  /* [B,P',D] what leaves block `last - 1`; NULL: scratch is taken */

    /* draws [M,B,P,width] given instead of drawn; NULL, or [blocks of the model][LOCL_LAYERS] */
    const locl_tensor *(*given)[LOCL_LAYERS];

    /* the same for weight rules; NULL, or [M][params->trained], where those of heads and classifier are
     * NULL */
    const locl_tensor *const *given_weights;

    struct {
        const locl_tensor *logits[LOCL_MODEL_MAX_BLOCKS]; /* [B,K] of each head */
        const locl_tensor *classifier_logits;             /* [B,K] */
        const locl_tensor *jvp[LOCL_MODEL_MAX_BLOCKS];    /* [M,B,P,G] directional derivatives, or NULL */
        /* [M,B,P,G,K] of the channel layer's own tangents, or NULL. Beside it jvp is NULL where no other
         * layer is perturbed. */
        const locl_tensor *channel_jvp[LOCL_MODEL_MAX_BLOCKS];
        const locl_tensor *classifier_jvp; /* [M,B] of the classifier's loss, or NULL */
        /* weight rules' [M,jvp_stride], or NULL. The first G of each row count, of the classifier's loss only
         * the first. */
        const locl_tensor *weight_jvp[LOCL_MODEL_MAX_BLOCKS], *classifier_weight_jvp;
        size_t jvp_stride;
    } tap;
} locl_part;

/* Return a parameter's tensor in `value` or `gradient`. */
const locl_tensor *locl_part_value(const locl_part *part, size_t block, locl_owner owner,
                                   locl_param_part which);
const locl_tensor *locl_part_gradient(const locl_part *part, size_t block, locl_owner owner,
                                      locl_param_part which);
/* Returns what sends an error back through a weight: the weight itself or, under a rule with feedback, its
 * feedback. */
const locl_tensor *locl_part_back(const locl_part *part, size_t block, locl_owner owner);
/* Returns the mirror of a layer's weight, NULL where it has none. */
const locl_tensor *locl_part_mirror(const locl_part *part, size_t block, locl_owner owner);
/* Writes weights and biases of a block's layers. Batch norm uses the batch's own statistics. */
void locl_part_layers(const locl_part *part, size_t block, locl_layer_tensors out[LOCL_LAYERS]);
/* Returns the draws of a layer's output: those that the rule's options say, or the given ones. */
locl_perturbation locl_part_perturbation(const locl_part *part, size_t block, locl_layer layer);

/* Allocate a tape or a readout for each block of the part, which live as long as the recording. NULL once
 * memory ran out, an error that sticks to the command buffer. */
locl_block_tape *locl_part_tapes(locl_command_buffer *cmd, const locl_part *part);
locl_readout *locl_part_readouts(locl_command_buffer *cmd, const locl_part *part);

/* Names the launches that follow "block <k>". */
void locl_part_section(locl_command_buffer *cmd, size_t block);
/* Records the block's primal alone, from x to tape->next, which is part->output for the last block. This
 * function and the next two move running statistics, if there are any. */
void locl_part_forward(locl_command_buffer *cmd, const locl_part *part, size_t block, const locl_tensor *x,
                       locl_block_tape *tape);
/* Records the block with all its layers perturbed as the options say, but those that `still` names (NULL:
 * none). With dx NULL its input is constant. Where a guess of its gradient is asked for (`feedback`), the
 * tangent of the channel layer stays with the tape. */
void locl_part_forward_dual(locl_command_buffer *cmd, const locl_part *part, size_t block,
                            const locl_tensor *x, const locl_tensor *dx, const bool still[LOCL_LAYERS],
                            locl_block_tape *tape);
/* Records the block with tangents du of its weights and biases, M = 1. Its primal is the same in every pass
 * and moves running statistics in pass 0 alone. */
void locl_part_forward_weights(locl_command_buffer *cmd, const locl_part *part, size_t block, size_t pass,
                               const locl_tensor *x, const locl_tensor *dx,
                               const locl_layer_tensors du[LOCL_LAYERS], locl_block_tape *tape);
/* Whether a readout gets its own gradient or only measures. */
typedef enum locl_head_use { LOCL_LOOKS_ON, LOCL_TRAINED } locl_head_use;

/* Records a block's head on its output: forward and, if trained, its own gradient. */
locl_readout locl_part_head(locl_command_buffer *cmd, locl_part *part, size_t block, const locl_tensor *out,
                            locl_head_use use);
/* Records the classifier on the last block's output, where the part has it. Contrast does not train it in a step. */
locl_readout locl_part_classifier(locl_command_buffer *cmd, locl_part *part, const locl_tensor *out,
                                  locl_head_use use);

/* What trains blocks by the network's loss: the classifier's or, under contrast, the last block's head's. */
typedef struct locl_goal {
    locl_readout readout;  /* a head's groups are read as one */
    locl_owner owner;      /* whose weight that is */
    const locl_tensor *dx; /* [M,B,P,D] tangents of what it pools, where there are any */
} locl_goal;

/* Returns the goal of a part that ran up to `last`, its last block. */
locl_goal locl_part_goal(const locl_part *part, const locl_block_tape *last, const locl_readout *head,
                         const locl_readout *classifier);

/* Records evaluation: the primal alone, with heads and, returned, the classifier. Contrast has no losses of heads
 * then. */
locl_readout locl_part_evaluate(locl_command_buffer *cmd, locl_part *part);
/* Records a step of the classifier alone, after an evaluation that gave `classifier`, of as many batches at once as a
 * training batch has views: plain SGD at SPEC 7's rate. */
void locl_part_read_out(locl_command_buffer *cmd, const locl_part *part, const locl_readout *classifier);

#endif
