/* What follows a linear layer: bias, LN, perturbation, residual, ReLU, for the primal and M tangents at once,
 * and the way back to the layer's output z (SPEC 1 and 3). Records into a command buffer; references in
 * activation_ref.c. */
#ifndef LOCL_OPS_ACTIVATION_H
#define LOCL_OPS_ACTIVATION_H

#include "base/philox.h"
#include "device/command_buffer.h"
#include "ops/layer.h"

/* Where a layer's perturbation u comes from. The order is that of NOISE_* in cl/draw.clh. */
typedef enum locl_noise_source {
    LOCL_SOURCE_NONE, /* not perturbed */
    LOCL_SOURCE_GAUSSIAN,
    LOCL_SOURCE_RADEMACHER,
    LOCL_SOURCE_GIVEN,   /* read from `given` */
    LOCL_SOURCE_HADAMARD /* of channel layers: rows of a Hadamard matrix times signs read from `given` */
} locl_noise_source;

typedef struct locl_perturbation {
    locl_noise_source source;
    uint64_t seed;
    uint32_t tag;             /* locl_draw_tag() of pass 0; pass m is added on the device */
    const locl_tensor *given; /* [M,B,P,width] with LOCL_SOURCE_GIVEN; HADAMARD: [M/rows,B,P,width] */
    size_t rows;              /* HADAMARD: draw m is row m % rows times the signs m / rows */
    float epsilon;            /* 0: a tangent; else the primal itself moves by epsilon u, and there is none */
    uint32_t pass;            /* of u: the first of the tangents', or with epsilon the copy's */
    const locl_tensor *kept;  /* [M,B,P,width]: what is drawn is written here too; or NULL */
    const locl_tensor *bias;  /* a tangent of the bias, of its shape; needs dz and M = 1; or NULL */
} locl_perturbation;

typedef struct locl_activation {
    locl_layer_shape shape;
    const locl_tensor *z;     /* [B,P,width] the product without its bias */
    const locl_tensor *bias;  /* [P] with patch_bias; else [width], group [G,D/G]; NULL: none, or z has it */
    const locl_tensor *post;  /* [B,P,width] after ReLU */
    const locl_tensor *stats; /* [rows,2] mean and r of the LN; may be NULL when nothing goes back */
} locl_activation;

/* post, dpost = ReLU(LN(z + b) + x), its tangents from dz, u and dx. dz NULL: no tangent of z; x, dx NULL: no
 * residual, no tangent of it. dz, dx, dpost [M,B,P,width]. */
void locl_activation_dual(locl_command_buffer *cmd, const locl_activation *a, const locl_tensor *dz,
                          const locl_tensor *x, const locl_tensor *dx, const locl_perturbation *u,
                          size_t tangents, const locl_tensor *dpost);

/* The same for the tangents alone, where post and stats are there already. dpost may be dz. */
void locl_activation_tangents(locl_command_buffer *cmd, const locl_activation *a, const locl_tensor *dz,
                              const locl_perturbation *u, size_t tangents, const locl_tensor *dpost);

/* q = cotangent of z from t, the cotangent of post; [B,P,width]; q may be t. Through the LN unless
 * `shape.norm` is false (norm_grad: false passes a shape without norm). */
void locl_activation_vjp(locl_command_buffer *cmd, const locl_activation *a, const locl_tensor *t,
                         const locl_tensor *q);

/* The activity-perturbed estimate: the same with t = sum over m of dL[m] u[m] / (M B). */
typedef struct locl_estimate {
    const locl_tensor *dl; /* [M/side,B,lp,lg,side], see ops/loss.h locl_loss_gather() */
    size_t lp, lg;         /* P or 1, G or 1 */
    size_t tangents, side; /* M, how many of them are side by side: 1, or HADAMARD's rows */
    locl_perturbation u;
} locl_estimate;
void locl_activation_estimate(locl_command_buffer *cmd, const locl_activation *a, const locl_estimate *e,
                              const locl_tensor *q);

/* References; arrays as above, in host memory. `u` [M,B,P,width] or NULL. */
void locl_activation_dual_ref(const locl_layer_shape *shape, const float *z, const float *bias,
                              const float *dz, const float *x, const float *dx, const float *u,
                              size_t tangents, float *post, float *dpost, float *stats);
void locl_activation_vjp_ref(const locl_layer_shape *shape, const float *z, const float *bias,
                             const float *post, const float *t, float *q);
void locl_activation_estimate_ref(const locl_layer_shape *shape, const float *z, const float *bias,
                                  const float *post, const float *dl, size_t lp, size_t lg, const float *u,
                                  size_t tangents, float *q);

#endif
