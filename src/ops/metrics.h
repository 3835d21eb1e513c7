/* What a step writes about itself: records of four 32-bit words in LOCL_EXT_METRICS, one for each head of the
 * stage and one more for the classifier. Written by ops/loss.h and the optimiser; read back by sched. */
#ifndef LOCL_OPS_METRICS_H
#define LOCL_OPS_METRICS_H

#include <limits.h>
#include <stdint.h>

typedef struct locl_step_metrics {
    float loss;     /* mean cross entropy over the images that count */
    uint32_t wrong; /* of them, images whose largest logit is not the label's */
    int32_t bad;    /* record 0: 1 + the lowest index of a segment that became non-finite, else INT_MAX */
    uint32_t valid; /* images that count */
} locl_step_metrics;

#define LOCL_METRICS_FINE INT_MAX

#endif
