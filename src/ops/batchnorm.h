/* Batch normalisation of each of n columns over the B images, without affine part, with its M tangents and
 * the way back. Records into a command buffer. References are in batchnorm_ref.c. */
#ifndef LOCL_OPS_BATCHNORM_H
#define LOCL_OPS_BATCHNORM_H

#include "device/command_buffer.h"

/* Mean and variance that x is normalised with. The order is that of STATISTICS_* in cl/batchnorm.cl. */
typedef enum locl_statistics {
    LOCL_STATISTICS_OWN,     /* the batch's */
    LOCL_STATISTICS_TRACKED, /* the batch's, and the running ones become 0.9 old + 0.1 batch */
    LOCL_STATISTICS_RUNNING  /* the running ones: no image looks at another */
} locl_statistics;

/* Running mean and (biased) variance [n]; NULL with LOCL_STATISTICS_OWN. */
typedef struct locl_running {
    locl_statistics statistics;
    const locl_tensor *mean, *variance;
} locl_running;

/* Records y [B,n] and dy [M,B,n], x normalised and its tangents, and r [n] = 1/sqrt(var + 1e-5). dy may be
 * dx, but y may not be x. Tangents need the batch's own statistics. */
void locl_batchnorm_dual(locl_command_buffer *cmd, const locl_tensor *x, const locl_tensor *dx,
                         const locl_tensor *y, const locl_tensor *dy, const locl_tensor *r,
                         const locl_running *running, size_t batch, size_t n, size_t tangents);
/* Records q [copies,B,n] = J t of t [copies,B,n]. J is symmetric, so t may be cotangents of y, which give
 * those of x, or tangents of x. q may be t. */
void locl_batchnorm_vjp(locl_command_buffer *cmd, const locl_tensor *y, const locl_tensor *r,
                        const locl_tensor *t, const locl_tensor *q, size_t batch, size_t n, size_t copies);

void locl_batchnorm_dual_ref(const float *x, const float *dx, float *y, float *dy, float *r,
                             locl_statistics statistics, float *mean, float *variance, size_t batch, size_t n,
                             size_t tangents);
void locl_batchnorm_vjp_ref(const float *y, const float *r, const float *t, float *q, size_t batch, size_t n);

#endif
