/* What a block computes (SPEC 1): its layers forward, for the primal and M tangents, keeping what the way
 * back needs, and one layer's way back. Rules are written with these. Records into a command buffer. */
#ifndef LOCL_MODEL_BLOCK_H
#define LOCL_MODEL_BLOCK_H

#include "model/linear.h"
#include "ops/activation.h"
#include "ops/batchnorm.h"

typedef struct locl_layer_tensors {
    const locl_tensor *weight, *bias;
    locl_running running; /* the statistics that batch norm uses; zeroed: the batch's own */
} locl_layer_tensors;

/* One layer as it ran. */
typedef struct locl_layer_tape {
    locl_linear linear;
    const locl_tensor *pre;     /* [B,P,in] what the linear layer saw */
    const locl_tensor *pre_r;   /* [rows] r of the LN before it; NULL without one */
    size_t pre_rows, pre_n;     /* rows and values per row of that LN */
    locl_activation activation; /* z, bias, post, stats; z is the output of `norm` where that is not layer */
    /* norm of the linear layer's output; LOCL_NORM_LAYER (or none) is the activation's part */
    locl_norm norm;
    const locl_tensor *norm_r; /* r of another norm: batch [P,width], sample [B] */
    locl_perturbation u;       /* what its output was perturbed with */
} locl_layer_tape;

typedef struct locl_block_tape {
    size_t batch, tangents; /* B, M */
    bool halves; /* pre, z, post, out and tangents are stored as halves; x and dx are what they are */
    const locl_model *model;
    const locl_block_shape *shape;
    locl_layer first;          /* LOCL_LAYER_TOKEN, or LOCL_LAYER_CHANNEL for block 0 */
    const locl_tensor *x, *dx; /* [B,P,in], [M,B,P,in] or NULL: the input is constant */
    locl_layer_tape layer[LOCL_LAYERS];
    const locl_tensor *out, *dout; /* [B,P,D], [M,B,P,D] or NULL when nothing is perturbed */
    const locl_tensor *dchannel;   /* [M,B,P,H] of the channel layer, where the motion keeps it, else NULL */
    /* what the next block or the classifier reads, [B,P',D], [M,B,P',D]: out pooled, or out itself */
    const locl_tensor *next, *dnext;
} locl_block_tape;

/* Whether the kernels that a block takes have variants for halves. */
bool locl_block_takes_halves(const locl_model *model, const locl_block_shape *shape);
/* Sets the inputs and takes the tensors that outlive the forward pass, `out` among them where it is NULL. */
void locl_block_begin(locl_command_buffer *cmd, const locl_model *model, const locl_block_shape *shape,
                      size_t batch, size_t tangents, bool halves, const locl_tensor *x, const locl_tensor *dx,
                      const locl_tensor *out, locl_block_tape *tape);
/* What moves in a block beside its input. */
typedef struct locl_block_motion {
    locl_motion kind;
    bool keeps_channel; /* the tangents of the channel layer's output, in a block of constant input */
    union {
        const locl_perturbation *activity; /* [LOCL_LAYERS] of each layer's output, which may have none */
        const locl_layer_tensors *weight;  /* [LOCL_LAYERS] tangents of weights and biases; M is 1 */
        struct {
            const locl_perturbation *u; /* [LOCL_LAYERS] */
            float epsilon;
        } shift;
    };
} locl_block_motion;

/* Records the layers. Draws and tangents that are kept stay in the workspace with the tape. Takes scratch and
 * gives it back. */
void locl_block_forward(locl_command_buffer *cmd, locl_block_tape *tape,
                        const locl_layer_tensors params[LOCL_LAYERS], const locl_block_motion *motion);
/* Whether a block passes its tangents on, beside what it computed. */
typedef enum locl_block_pass { LOCL_PASS_PRIMAL = false, LOCL_PASS_TANGENTS = true } locl_block_pass;

/* Records tape->next and, with LOCL_PASS_TANGENTS, tape->dnext. Where `next` is NULL and tape->next is not
 * tape->out, it is taken. */
void locl_block_pool(locl_command_buffer *cmd, locl_block_tape *tape, locl_block_pass pass,
                     const locl_tensor *next);
/* Records the way back from t, the cotangent of tape->next, to that of tape->out. Returns t itself where
 * nothing is pooled, else `out` [B,P,D], which it writes. */
const locl_tensor *locl_block_pool_backward(locl_command_buffer *cmd, const locl_block_tape *tape,
                                            const locl_tensor *t, const locl_tensor *out);
/* Records x [B,P,in] += the residual's part of the block's way back from t, the cotangent of its output. */
void locl_block_residual_backward(locl_command_buffer *cmd, const locl_block_tape *tape, const locl_tensor *t,
                                  const locl_tensor *x);
/* Whether a way back goes through the norm behind a linear layer (norm_grad). */
typedef enum locl_norm_way { LOCL_PAST_NORM = false, LOCL_THROUGH_NORM = true } locl_norm_way;

/* Records q = cotangent of a layer's linear output z from t, the cotangent of its post. q may be t. */
void locl_block_layer_vjp(locl_command_buffer *cmd, const locl_layer_tape *layer, locl_norm_way way,
                          const locl_tensor *t, const locl_tensor *q);
/* Records q as locl_block_layer_vjp() does, from an activity-perturbed estimate of t. Takes e->u from the
 * layer. */
void locl_block_layer_estimate(locl_command_buffer *cmd, const locl_layer_tape *layer, locl_norm_way way,
                               locl_estimate e, const locl_tensor *q);
/* Records dout [M,B,P,D] = tangents of the block's output when nothing but the output of `layer` is
 * perturbed, on the tape of a block that ran. Takes scratch and gives it back. */
void locl_block_tangents(locl_command_buffer *cmd, const locl_block_tape *tape, locl_layer layer,
                         const locl_layer_tensors params[LOCL_LAYERS], const locl_perturbation *u,
                         size_t tangents, const locl_tensor *dout);
/* Records t [B,P,in] = cotangent of the input of layer `layer` before its LN, from q, the cotangent of z. q
 * may not be t. For the first layer t is that of the block's input, without the residual's part. */
void locl_block_layer_backward(locl_command_buffer *cmd, const locl_block_tape *tape, locl_layer layer,
                               const locl_tensor *weight, const locl_tensor *q, const locl_tensor *t);

#endif
