#include "sched/rows.h"

/* Returns the index of the largest remainder, which a further row lessens. */
static size_t neediest(const double *share, size_t count, double scale, const size_t *out)
{
    size_t best = count;
    double most = 0;
    for (size_t i = 0; i < count; i++) {
        double lacks = share[i] * scale - (double)out[i];
        if (share[i] > 0 && (best == count || lacks > most)) {
            best = i;
            most = lacks;
        }
    }
    return best;
}

/* Returns the index of the one that has most beyond its share, of those with more than one row. */
static size_t richest(const double *share, size_t count, double scale, const size_t *out)
{
    size_t best = count;
    double most = 0;
    for (size_t i = 0; i < count; i++) {
        double spare = (double)out[i] - share[i] * scale;
        if (out[i] > 1 && (best == count || spare >= most)) {
            best = i;
            most = spare;
        }
    }
    return best;
}

void locl_rows_deal(const double *share, size_t count, size_t rows, size_t *out)
{
    double sum = 0;
    size_t dealt = 0;
    for (size_t i = 0; i < count; i++) {
        sum += share[i];
    }
    double scale = (double)rows / sum;
    for (size_t i = 0; i < count; i++) {
        size_t whole = (size_t)(share[i] * scale);
        out[i] = whole == 0 && share[i] > 0 ? 1 : whole;
        dealt += out[i];
    }
    for (; dealt < rows; dealt++) {
        out[neediest(share, count, scale, out)]++;
    }
    for (; dealt > rows; dealt--) {
        out[richest(share, count, scale, out)]--;
    }
}
