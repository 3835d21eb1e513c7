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

void locl_optim_options_check(const locl_optim_options *options, unsigned epochs, locl_option_sink *sink)
{
    static const char *const needed[] = {"optimizer", "train", NULL};
    if (options->warmup_epochs > epochs && !locl_option_wrong(sink, needed)) {
        locl_option_report(sink, "optimizer.warmup_epochs", "found %g, should be at most train.epochs, %u",
                           options->warmup_epochs, epochs);
    }
}
