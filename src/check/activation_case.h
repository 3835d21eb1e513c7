/* What the rows of activation_case.c and activation_back_case.c share. */
#ifndef LOCL_CHECK_ACTIVATION_CASE_H
#define LOCL_CHECK_ACTIVATION_CASE_H

#include "check/case.h"
#include "ops/activation.h"

/* The first dimensions of all. A token layer with more than one group is a convolution (a bias for each
 * channel). */
enum { LAYER, BATCH, PATCHES, GROUPS, WIDTH, NORM };
enum { NO_BIAS = 2 }; /* of NORM: neither LN nor bias; 1: LN */

locl_layer_shape locl_act_shape(const locl_op_case *c);
const char *locl_act_refuses(const size_t *dim);
size_t locl_act_biases(const locl_layer_shape *s); /* values of the bias */
/* Returns the sizes of row i of z + b. */
locl_row_size locl_act_size(const locl_layer_shape *s, const float *z, const float *bias, size_t i);

/* Returns a case's source of noise from its dimensions `noise` and `order`: with K rows of a Hadamard matrix
 * K times LOCL_SOURCE_HADAMARD. */
size_t locl_act_source(const locl_op_case *c, size_t noise, size_t order);
/* Returns the case's perturbation. With rows of a Hadamard matrix tensor `given` + 1 has the signs. */
locl_perturbation locl_act_perturbation(const locl_op_case *c, size_t source, size_t given);
/* Adds the perturbation's tensor [draws, rows, n]. The device reads it where it is given, else it holds what
 * the device should draw. With rows of a Hadamard matrix adds, as the next tensor, the signs that it is made
 * with. */
void locl_act_add_noise(locl_op_case *c, size_t index, size_t source, size_t draws, size_t rows, size_t n);
/* Returns the FLOPs of a drawn value. A pair of Gaussian ones takes 8, see draw_case.c. */
double locl_act_draw_flops(const locl_op_case *c, size_t noise);
/* Fills in what locl_act_add_noise() added, where it is not given. */
void locl_act_draw(locl_op_case *c, size_t index, size_t source, size_t draws);

#endif
