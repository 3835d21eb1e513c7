#include "sched/cost.h"

#include "ops/half.h"

static double block_flops(const locl_block_shape *s)
{
    double p = (double)s->patches, in = (double)s->in, h = (double)s->hidden, d = (double)s->width;
    double mixed = s->kernel ? (double)(s->kernel * s->kernel) : p; /* values that a token layer sums */
    double token = s->token ? 2 * p * mixed * in : 0, channel = 2 * p * in * h,
           group = 2 * p * h * d / (double)s->groups;
    bool constant_input = !s->token; /* its channel layer needs no tangent product */
    return 2 * token + (constant_input ? 2 : 3) * channel + 3 * group;
}

static double block_values(const locl_model *model, const locl_block_shape *s)
{
    double p = (double)s->patches, token = s->kernel ? (double)(s->kernel * s->kernel * s->in) : p * p;
    return (s->token ? token : 0) + (double)s->in * (double)s->hidden +
           (double)s->hidden * (double)s->width / (double)s->groups +
           (double)s->width * (double)model->outputs;
}

double locl_cost_flops(const locl_model *model, size_t first, size_t last)
{
    double flops = 0;
    for (size_t k = first; k < last; k++) {
        flops += block_flops(&model->block[k]);
    }
    return flops;
}

double locl_cost_values(const locl_model *model, size_t first, size_t last)
{
    double values = 0;
    for (size_t k = first; k < last; k++) {
        values += block_values(model, &model->block[k]);
    }
    return values;
}

double locl_cost_batch_bytes(const locl_block_shape *s, size_t batch, locl_precision precision)
{
    size_t value = precision == LOCL_PRECISION_FP16_STORAGE ? LOCL_HALF_BYTES : sizeof(float);
    return (double)batch * (double)(s->patches * s->in * value + sizeof(int32_t));
}

double locl_cost_speed(const locl_caps *caps)
{
    const unsigned usual_mhz = 1000; /* of devices that do not tell */
    double lanes = caps->lanes ? caps->lanes : 1;
    return lanes * (double)caps->units * (caps->clock_mhz ? caps->clock_mhz : usual_mhz);
}
