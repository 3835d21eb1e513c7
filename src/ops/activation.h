/* What follows a linear layer: bias, LN, perturbation, residual and ReLU, for the primal and M tangents at
 * once, and the way back to the layer's output z (SPEC 1 and 3). Records into a command buffer. References
 * are in activation_ref.c. */
#ifndef LOCL_OPS_ACTIVATION_H
#define LOCL_OPS_ACTIVATION_H

#include "ops/layer.h"
#include "ops/noise.h"

typedef struct locl_activation {
    locl_layer_shape shape;
    const locl_tensor *z;     /* [B,P,width] the product without its bias */
    const locl_tensor *bias;  /* [P] with patch_bias; else [width], group [G,D/G]; NULL: none, or z has it */
    const locl_tensor *post;  /* [B,P,width] after ReLU */
    const locl_tensor *stats; /* [rows,2] mean and r of the LN; may be NULL when nothing goes back */
} locl_activation;

/* What moves in a layer, or a block, beside the primal. */
typedef enum locl_motion {
    LOCL_MOTION_NONE,             /* the primal alone */
    LOCL_MOTION_ACTIVITY_TANGENT, /* M tangents, of perturbed activities */
    LOCL_MOTION_WEIGHT_TANGENT,   /* one tangent, of perturbed weights and biases */
    LOCL_MOTION_SHIFT             /* the primal itself, by epsilon u: node perturbation's copy */
} locl_motion;

/* The motion of one layer. Tangents are [M,B,P,width]. With dz NULL z has no tangent, with dx NULL the
 * residual has none. */
typedef struct locl_activation_motion {
    locl_motion kind;
    union {
        struct {          /* dpost = J dz + u + dx where post > 0 */
            size_t count; /* M */
            const locl_tensor *dz, *dx, *dpost;
            locl_perturbation u;
            const locl_tensor *kept; /* receives the draws too, or NULL */
        } activity;
        struct { /* dpost = J (dz + dbias) + dx where post > 0; M = 1 */
            const locl_tensor *dz, *dx, *dpost;
            const locl_tensor *dbias; /* of the bias's shape; NULL where z has its bias */
        } weight;
        struct {
            locl_perturbation u;
            float epsilon;
        } shift;
    };
} locl_activation_motion;

/* Records post = ReLU(LN(z + b) + x) and what moves with it. With x NULL there is no residual. */
void locl_activation_dual(locl_command_buffer *cmd, const locl_activation *a, const locl_tensor *x,
                          const locl_activation_motion *motion);

/* Records dpost = tangents from dz and u alone, where post and stats are there already. dpost may be dz. */
void locl_activation_tangents(locl_command_buffer *cmd, const locl_activation *a, const locl_tensor *dz,
                              const locl_perturbation *u, size_t tangents, const locl_tensor *dpost);

/* Records q [B,P,width] = cotangent of z from t, the cotangent of post. q may be t. Goes through the LN
 * unless `shape.norm` is false (norm_grad: false passes a shape without norm). */
void locl_activation_vjp(locl_command_buffer *cmd, const locl_activation *a, const locl_tensor *t,
                         const locl_tensor *q);

/* The activity-perturbed estimate of t: t = guess + sum over m of dL[m] u[m] / (M B). */
typedef struct locl_estimate {
    const locl_tensor *dl; /* [M/side,B,lp,lg,side], see ops/loss.h locl_loss_gather() */
    size_t lp, lg;         /* P or 1, G or 1 */
    size_t tangents, side; /* M; how many of them are side by side: 1, or HADAMARD's rows */
    locl_perturbation u;
    const locl_tensor *guess; /* [B,P,width], may be where the result goes; NULL: none */
} locl_estimate;
void locl_activation_estimate(locl_command_buffer *cmd, const locl_activation *a, const locl_estimate *e,
                              const locl_tensor *q);

/* References. Arrays are as above, in host memory. `u` is [M,B,P,width] or NULL. */
void locl_activation_dual_ref(const locl_layer_shape *shape, const float *z, const float *bias,
                              const float *dz, const float *x, const float *dx, const float *u,
                              size_t tangents, float *post, float *dpost, float *stats);
void locl_activation_vjp_ref(const locl_layer_shape *shape, const float *z, const float *bias,
                             const float *post, const float *t, float *q);
void locl_activation_estimate_ref(const locl_layer_shape *shape, const float *z, const float *bias,
                                  const float *post, const float *guess, const float *dl, size_t lp,
                                  size_t lg, const float *u, size_t tangents, float *q);

#endif
