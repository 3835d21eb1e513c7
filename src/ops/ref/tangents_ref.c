#include "ops/hadamard.h"
#include "ops/tangents.h"

#include <stdlib.h>

/* Replaces t by J t of a row of n values, from the normalised y. */
static void through_norm(const float *y, double r, double *t, size_t n)
{
    double mean_t = 0, mean_yt = 0;
    for (size_t j = 0; j < n; j++) {
        mean_t += t[j] / (double)n;
        mean_yt += (double)y[j] * t[j] / (double)n;
    }
    for (size_t j = 0; j < n; j++) {
        t[j] = r * (t[j] - mean_t - (double)y[j] * mean_yt);
    }
}

static double loss_of(const double *t, const float *weight, const float *q, size_t in, size_t out)
{
    double sum = 0;
    for (size_t c = 0; c < in; c++) {
        for (size_t j = 0; j < out; j++) {
            sum += t[c] * (double)weight[c * out + j] * (double)q[j];
        }
    }
    return sum;
}

void locl_tangent_losses_ref(const locl_tangents *t, const float *post, const float *y, const float *r,
                             const float *weight, const float *q, const float *u, size_t passes, size_t rows,
                             size_t side, float scale, float *dl)
{
    size_t all = t->tokens * t->groups, in = t->in;
    double *d = calloc(in, sizeof *d);
    for (size_t i = 0; d && i < passes * rows * all; i++) {
        size_t draw = i / all, at = i % all;
        for (size_t c = 0; c < in; c++) {
            double entry = (double)locl_hadamard(draw % rows, c);
            d[c] = post[at * in + c] > 0 ? entry * (double)u[(draw / rows * all + at) * in + c] : 0;
        }
        if (y) {
            through_norm(y + at * in, (double)r[at], d, in);
        }
        const float *w = weight + at % t->groups * in * t->out;
        double sum = loss_of(d, w, q + at * t->out, in, t->out);
        dl[(draw / side * all + at) * side + draw % side] = (float)((double)scale * sum);
    }
    free(d);
}
