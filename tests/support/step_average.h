/* Forward gradients as estimators: their average over many draws is the exact gradient. Any failure ends the
 * test program. */
#ifndef TESTS_SUPPORT_STEP_AVERAGE_H
#define TESTS_SUPPORT_STEP_AVERAGE_H

#include <stdbool.h>
#include <stddef.h>

typedef struct step_average {
    const char *model, *rule; /* YAML: a model of images [4,4,2] and 2 x 2 patches, and what rule: {} holds */
    /* Whether it should average to lg-bp's gradient. With false it is that of the last block's loss
     * (losses.block false, without stops between blocks), or bp's for rules of the classifier's loss. */
    bool local;
    bool own_groups;   /* leave channel layers out: the exception of SPEC 3 */
    bool weights_only; /* leave biases out: small beside the weights, some would take many more draws */
    unsigned draws;
} step_average;

/* Checks that the mean gradient of every layer, along the exact gradient and along random directions, is
 * right within its standard errors, and that these are small enough that a wrong factor of 2, P, G or B would
 * be seen. */
void step_check_average(const step_average *a);

/* Checks rules that perturb weights, with one derivative for a whole block or network: a draw u gives each
 * weight and bias <gradient, u> u, whose average over standard normal draws is the gradient. */
void step_check_projection(const step_average *a);

/* Checks that three passes with given draws give the mean of three single ones. */
void step_check_passes(const char *model, const char *rule);

#endif
