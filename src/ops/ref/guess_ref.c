#include "ops/guess.h"

void locl_guess_subtract_ref(const locl_guess *g, const float *post, const float *guess, const float *dl,
                             const float *along, float *rest)
{
    const locl_layer_shape *s = &g->shape;
    size_t rows = s->batch * s->patches * g->units, n = s->width / g->units;
    for (size_t i = 0; i < g->tangents * rows; i++) {
        size_t row = i % rows;
        double left = 0;
        for (size_t j = 0; j < g->sums; j++) {
            left += (double)dl[i * g->sums + j];
        }
        for (size_t j = 0; j < n; j++) {
            double moved = post[row * n + j] > 0 ? (double)along[i * n + j] : 0;
            left -= (double)s->batch * (double)guess[row * n + j] * moved;
        }
        rest[i] = (float)left;
    }
}
