#include "study/audit_judge.h"

#include <math.h>

/* An error below this, as a share of |e|^2, is rounding: float32 has seven digits, and a gradient is a sum of
 * many terms. */
#define ROUNDING 1e-8

static bool is_exact(const locl_audit_layer *layer)
{
    return layer->norm > 0 && layer->error.value < ROUNDING;
}

/* Returns whether a layer's estimate is biased. An estimator that draws nothing has no chance in its
 * numbers. */
static bool is_biased(const locl_audit_estimator *estimator, const locl_audit_layer *layer)
{
    bool sure = layer->bias_square.value > LOCL_AUDIT_SURE * layer->bias_square.error ||
                fabs(layer->along.value - 1) > LOCL_AUDIT_SURE * layer->along.error;
    return layer->norm > 0 && !is_exact(layer) && (sure || estimator->draws == 0);
}

static double at_equal_cost(const locl_audit_estimator *estimator, const locl_audit_layer *all, double ratio)
{
    return estimator->draws > 0 && all->norm > 0 && ratio > 0 ? all->variance.value * ratio : -1;
}

void locl_audit_judge(locl_audit_estimator *estimator, locl_audit_layer *layer)
{
    for (size_t i = 0; i < estimator->layers; i++) {
        layer[i].exact = is_exact(&layer[i]);
        layer[i].biased = is_biased(estimator, &layer[i]);
    }
    const locl_audit_layer *all = &layer[estimator->layers - 1];
    estimator->variance_at_equal_flops = at_equal_cost(estimator, all, estimator->flops_ratio);
    estimator->variance_at_equal_seconds = at_equal_cost(estimator, all, estimator->seconds_ratio);
}
