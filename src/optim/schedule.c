#include "optim/schedule.h"

#include <math.h>

static double warmup_cosine(double step, double warmup, double total)
{
    const double pi = 3.14159265358979323846;
    if (step >= total) {
        return 0.0;
    }
    return step < warmup ? step / warmup : 0.5 * (1.0 + cos(pi * (step - warmup) / (total - warmup)));
}

double locl_schedule_rate(const locl_optim_options *options, uint64_t step, uint64_t steps_per_epoch,
                          uint64_t epochs)
{
    double s = (double)step, total = (double)steps_per_epoch * (double)epochs;
    switch (options->schedule) {
    case LOCL_SCHEDULE_CONSTANT:
        break;
    case LOCL_SCHEDULE_LINEAR:
        return s < total ? options->lr * (1.0 - s / total) : 0.0;
    case LOCL_SCHEDULE_WARMUP_COSINE:
        return options->lr * warmup_cosine(s, options->warmup_epochs * (double)steps_per_epoch, total);
    case LOCL_SCHEDULE_STAIRCASE: /* products instead of quotients compare whole numbers exactly */
        return options->lr * (10.0 * s >= 8.0 * total ? 0.01 : 10.0 * s >= 5.0 * total ? 0.1 : 1.0);
    }
    return options->lr;
}
