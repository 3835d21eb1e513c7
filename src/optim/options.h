/* How gradients become updates (SPEC 6). Plain data, filled by src/config from YAML or by the library's user
 * from the defaults. Fixed are adam's 0.9, 0.999 and 1e-8, the trust ratio 0.001 of lars, and x0.1 at 50 %
 * and 80 % of staircase. */
#ifndef LOCL_OPTIM_OPTIONS_H
#define LOCL_OPTIM_OPTIONS_H

#include "base/option_sink.h"

typedef enum locl_optimizer {
    LOCL_OPTIMIZER_SGD,
    LOCL_OPTIMIZER_ADAM,
    LOCL_OPTIMIZER_ADAMW,
    LOCL_OPTIMIZER_LARS
} locl_optimizer;
typedef enum locl_schedule {
    LOCL_SCHEDULE_CONSTANT,
    LOCL_SCHEDULE_LINEAR, /* falls to 0 at the end of the last epoch */
    LOCL_SCHEDULE_WARMUP_COSINE,
    LOCL_SCHEDULE_STAIRCASE
} locl_schedule;

typedef struct locl_optim_options {
    locl_optimizer kind;
    locl_schedule schedule;
    double lr;            /* learning rate of the blocks where the schedule is at 1.0 */
    double momentum;      /* sgd and lars, no Nesterov */
    double weight_decay;  /* weights only, never biases */
    double warmup_epochs; /* of warmup_cosine: the rate rises linearly from 0; may be a fraction */
    double classifier_lr; /* factor on lr for the classifier */
    double head_lr;       /* factor on lr for the heads */
} locl_optim_options;

/* Returns the defaults: sgd, lr 0.05, momentum 0.9, decay 1e-4, linear, no warm-up, classifier_lr 0.1,
 * head_lr 1. */
locl_optim_options locl_optim_options_default(void);
/* Reports what does not fit a run of `epochs` epochs. */
void locl_optim_options_check(const locl_optim_options *options, unsigned epochs, locl_option_sink *sink);

#endif
