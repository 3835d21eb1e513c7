/* Perturbations of a layer's output as kernels get them (cl/noise.clh): drawn where they are used, or read.
 * Included by the operations that use them. */
#ifndef LOCL_OPS_NOISE_H
#define LOCL_OPS_NOISE_H

#include "base/philox.h"
#include "device/launch.h"
#include "ops/layer.h"

/* Where a layer's perturbation u comes from. The order is that of NOISE_* in cl/draw.clh. */
typedef enum locl_noise_source {
    LOCL_SOURCE_NONE, /* not perturbed */
    LOCL_SOURCE_GAUSSIAN,
    LOCL_SOURCE_RADEMACHER,
    LOCL_SOURCE_GIVEN,   /* read from `given` */
    LOCL_SOURCE_HADAMARD /* of channel layers: rows of a Hadamard matrix times signs read from `given` */
} locl_noise_source;

/* A layer's perturbation u. A zeroed one perturbs nothing. */
typedef struct locl_perturbation {
    locl_noise_source source;
    uint32_t pass; /* number of the first tangent's draw, or of a shifted copy's */
    union {
        struct { /* GAUSSIAN, RADEMACHER */
            uint64_t seed;
            uint32_t tag; /* locl_draw_tag() of pass 0; the pass is added on the device */
            /* number of this tensor's first image in the whole batch, so that parts of a batch draw the same
             * numbers */
            size_t first_image;
            size_t views; /* parts of the tensor, one after another, that get the same draws; 0 is 1 */
        } drawn;
        const locl_tensor *given; /* GIVEN: [M,B,P,width] */
        struct {
            const locl_tensor *signs; /* [M/rows,B,P,width] */
            size_t rows;              /* draw m is row m % rows times the signs m / rows */
        } hadamard;
    };
} locl_perturbation;

/* Returns the channels that share one loss and one row of a Hadamard matrix. A chunk must not cross them. */
size_t locl_noise_unit(const locl_layer_shape *s);
/* Sets macros and arguments that say where u comes from. Of given noise, `draws` draws are read. */
void locl_noise_set(locl_launch *l, const locl_layer_shape *s, const locl_perturbation *u, size_t draws);
/* Returns how many tensors of given noise, or of signs, `draws` draws of u read. */
size_t locl_noise_read(const locl_perturbation *u, size_t draws);
/* Returns the FLOPs of a value of u. */
double locl_noise_flops(const locl_perturbation *u);

#endif
