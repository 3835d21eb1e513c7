/* The optimiser step in plain loops, the reference of cl/optim.cl. */
#include "optim/optim.h"

#include <math.h>

/* One value: `w` is the parameter, `g` its gradient, `s` its states. */
typedef struct cell {
    double w, g, s[LOCL_OPTIM_STATES];
} cell;

/* Factors of all values of a segment. */
typedef struct factors {
    double rate, decay, trust, momentum;
    double correct1, correct2; /* adam: 1 - beta^t */
} factors;

static cell optim_sgd_ref(cell c, const factors *f)
{
    c.s[0] = f->momentum * c.s[0] + (c.g + f->decay * c.w);
    c.w -= f->rate * c.s[0];
    return c;
}

static cell optim_lars_ref(cell c, const factors *f)
{
    c.s[0] = f->momentum * c.s[0] + f->rate * (f->trust * (c.g + f->decay * c.w));
    c.w -= c.s[0];
    return c;
}

/* Does the step of adam and adamw: `coupled` is the decay in the gradient, `decoupled` the one beside it. */
static cell adam_step(cell c, const factors *f, double coupled, double decoupled)
{
    double g = c.g + coupled * c.w;
    c.s[0] += (1.0 - LOCL_ADAM_BETA1) * (g - c.s[0]);
    c.s[1] += (1.0 - LOCL_ADAM_BETA2) * (g * g - c.s[1]);
    c.w -=
        f->rate * (c.s[0] / f->correct1 / (sqrt(c.s[1] / f->correct2) + LOCL_ADAM_EPSILON) + decoupled * c.w);
    return c;
}

static cell optim_adam_ref(cell c, const factors *f)
{
    return adam_step(c, f, f->decay, 0.0);
}

static cell optim_adamw_ref(cell c, const factors *f)
{
    return adam_step(c, f, 0.0, f->decay);
}

static double optim_trust_ref(const locl_optim_segment *segment, double decay, const float *w, const float *g)
{
    double ww = 0.0, gg = 0.0;
    for (size_t i = 0; i < segment->count; i++) {
        double with_decay = (double)g[i] + decay * (double)w[i];
        ww += (double)w[i] * (double)w[i];
        gg += with_decay * with_decay;
    }
    return segment->weight && ww > 0.0 && gg > 0.0 ? LOCL_LARS_TRUST * sqrt(ww) / sqrt(gg) : 1.0;
}

int locl_optim_update_ref(const locl_optim_options *options, const locl_optim_segment *segments, size_t count,
                          float *params, const float *grads, float *const *state, unsigned step, float rate)
{
    static cell (*const rules[])(cell, const factors *) = {
        [LOCL_OPTIMIZER_SGD] = optim_sgd_ref,
        [LOCL_OPTIMIZER_ADAM] = optim_adam_ref,
        [LOCL_OPTIMIZER_ADAMW] = optim_adamw_ref,
        [LOCL_OPTIMIZER_LARS] = optim_lars_ref,
    };
    size_t states = locl_optim_states(options);
    int bad = 0;
    for (size_t k = 0; k < count; k++) {
        const locl_optim_segment *segment = &segments[k];
        factors f = {.rate = (double)rate * (double)segment->rate,
                     .decay = segment->weight ? options->weight_decay : 0.0,
                     .momentum = options->momentum,
                     .correct1 = 1.0 - pow(LOCL_ADAM_BETA1, (double)step + 1.0),
                     .correct2 = 1.0 - pow(LOCL_ADAM_BETA2, (double)step + 1.0)};
        f.trust = optim_trust_ref(segment, f.decay, params + segment->offset, grads + segment->offset);
        for (size_t i = segment->offset; i < segment->offset + segment->count; i++) {
            cell c = {.w = (double)params[i], .g = (double)grads[i]};
            for (size_t s = 0; s < states; s++) {
                c.s[s] = (double)state[s][i];
            }
            c = rules[options->kind](c, &f);
            params[i] = (float)c.w;
            bool finite = isfinite(params[i]);
            for (size_t s = 0; s < states; s++) {
                state[s][i] = (float)c.s[s];
                finite = finite && isfinite(state[s][i]);
            }
            if (!finite && !bad) {
                bad = (int)k + 1;
            }
        }
    }
    return bad;
}
