/* What a step writes about itself: records of four 32-bit words in LOCL_EXT_METRICS, one for each head of the
 * stage and one more for the classifier. ops/loss.h and the optimiser write them, sched reads them back. */
#ifndef LOCL_OPS_METRICS_H
#define LOCL_OPS_METRICS_H

#include <limits.h>
#include <stdint.h>

typedef struct locl_step_metrics {
    float loss;     /* mean cross entropy over the images that count */
    uint32_t wrong; /* images that count whose largest logit is not the label's */
    int32_t bad;    /* record 0: 1 + the lowest index of a segment that became non-finite, else INT_MAX */
    uint32_t valid; /* images that count */
} locl_step_metrics;

#define LOCL_METRICS_FINE INT_MAX

#endif
