#include "optim/options.h"

locl_optim_options locl_optim_options_default(void)
{
    return (locl_optim_options){
        .kind = LOCL_OPTIMIZER_SGD,
        .schedule = LOCL_SCHEDULE_LINEAR,
        .lr = 0.05,
        .momentum = 0.9,
        .weight_decay = 1e-4,
        .classifier_lr = 0.1,
        .head_lr = 1.0,
    };
}
