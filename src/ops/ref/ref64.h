/* The references in double, for finite differences in tests. Names, meanings and shapes are those of the
 * *_ref functions of the operations' headers. */
#ifndef LOCL_OPS_REF_REF64_H
#define LOCL_OPS_REF_REF64_H

#include "ops/batchnorm.h"
#include "ops/depthwise.h"
#include "ops/head.h"
#include "ops/layer.h"
#include "ops/metrics.h"
#include "ops/pool.h"

void locl_layernorm_dual_ref64(const double *x, const double *dx, double *y, double *dy, double *r,
                               size_t rows, size_t n, size_t tangents);
void locl_layernorm_vjp_ref64(const double *y, const double *r, const double *t, double *q, size_t rows,
                              size_t n);

void locl_batchnorm_dual_ref64(const double *x, const double *dx, double *y, double *dy, double *r,
                               locl_statistics statistics, double *mean, double *variance, size_t batch,
                               size_t n, size_t tangents);
void locl_batchnorm_vjp_ref64(const double *y, const double *r, const double *t, double *q, size_t batch,
                              size_t n);

void locl_activation_dual_ref64(const locl_layer_shape *shape, const double *z, const double *bias,
                                const double *dz, const double *x, const double *dx, const double *u,
                                size_t tangents, double *post, double *dpost, double *stats);
void locl_activation_vjp_ref64(const locl_layer_shape *shape, const double *z, const double *bias,
                               const double *post, const double *t, double *q);
void locl_activation_estimate_ref64(const locl_layer_shape *shape, const double *z, const double *bias,
                                    const double *post, const double *guess, const double *dl, size_t lp,
                                    size_t lg, const double *u, size_t tangents, double *q);

void locl_head_pool_ref64(const locl_head *h, const double *x, double *xbar);
void locl_head_jvp_ref64(const locl_head *h, const double *x, const double *dx, const double *f,
                         size_t tangents, double *dl);
void locl_head_vjp_ref64(const locl_head *h, const double *x, const double *f, double *t);

void locl_loss_softmax_ref64(double *logits, const double *bias, const int32_t *labels, double *error,
                             locl_step_metrics *record, size_t batch, size_t classes, size_t valid);
void locl_loss_gather_ref64(const double *dl, double *out, size_t images, size_t patches, size_t groups,
                            size_t lp, size_t lg);

void locl_contrast_unit_ref64(double *z, const double *bias, double *u, double *norms, size_t rows, size_t n);
void locl_contrast_softmax_ref64(double *q, double *losses, uint32_t *wrong, size_t rows);
void locl_contrast_error_ref64(const double *u, const double *norms, double *r, size_t rows, size_t n);

void locl_depthwise_forward_ref64(const locl_depthwise *c, const double *weight, const double *x,
                                  locl_write write, double *z);
void locl_depthwise_backward_ref64(const locl_depthwise *c, const double *weight, const double *q, double *t);
void locl_depthwise_gradient_ref64(const locl_depthwise *c, const double *x, const double *q,
                                   double *weight_gradient);

void locl_pooling_dual_ref64(const locl_pooling *p, const double *x, const double *dx, size_t tangents,
                             double *y, double *dy);
void locl_pooling_vjp_ref64(const locl_pooling *p, const double *x, const double *q, double *t);

void locl_sum_columns_ref64(const double *x, double *out, size_t rows, size_t n, double scale);
void locl_sum_rows_ref64(const double *x, double *out, size_t rows, size_t n);

#endif
