#include "bench/statistics.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { EXACT = 40 /* samples on either side up to which ranks are counted out */ };

static const double level = 0.05;

/* ---- distribution of U ---- */

/* Returns the chances of U = 0 .. n m under equality, [n m + 1], malloc'd: the ways to choose the ranks of n of n + m
 * values whose sum is so much above the least, over all ways. NULL: no memory. */
static double *chances_of_u(size_t n, size_t m)
{
    size_t most = n * m;
    double *ways = calloc(most + 1, sizeof *ways);
    if (!ways) {
        return NULL;
    }
    /* The product over i = 1 .. n of (1 - q^(m + i)) / (1 - q^i), whose coefficients these are; each factor is scaled
     * so that the sum stays 1. */
    ways[0] = 1;
    for (size_t i = 1; i <= n; i++) {
        for (size_t u = most + 1; u-- > m + i;) {
            ways[u] -= ways[u - (m + i)];
        }
        for (size_t u = i; u <= most; u++) {
            ways[u] += ways[u - i];
        }
    }
    double sum = 0;
    for (size_t u = 0; u <= most; u++) {
        sum += ways[u];
    }
    for (size_t u = 0; u <= most; u++) {
        ways[u] /= sum;
    }
    return ways;
}

/* The normal distribution's share below z. */
static double below(double z)
{
    return 0.5 * erfc(-z / sqrt(2));
}

/* What U is like under equality: exact, or nearly normal. */
typedef struct null_u {
    double *chance; /* [n m + 1]; NULL: normal */
    double mean, deviation;
    size_t most;
} null_u;

static locl_status open_null(size_t n, size_t m, null_u *out, locl_error *err)
{
    *out = (null_u){.mean = 0.5 * (double)(n * m),
                    .deviation = sqrt((double)(n * m) * (double)(n + m + 1) / 12),
                    .most = n * m};
    if (n <= EXACT && m <= EXACT) {
        out->chance = chances_of_u(n, m);
        return out->chance ? LOCL_OK : locl_fail_memory(err, (n * m + 1) * sizeof(double));
    }
    return LOCL_OK;
}

/* Returns the chance of U <= u. */
static double chance_up_to(const null_u *null, double u)
{
    double sum = 0;
    if (!null->chance) {
        return below((u + 0.5 - null->mean) / null->deviation);
    }
    for (size_t i = 0; i <= null->most && (double)i <= u; i++) {
        sum += null->chance[i];
    }
    return sum;
}

/* ---- the comparison ---- */

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Counts the pairs in which y is above x; equal ones count half. Both ascend. */
static double count_u(const double *x, size_t n, const double *y, size_t m)
{
    double u = 0;
    for (size_t j = 0, below = 0, upto = 0; j < m; j++) {
        for (; below < n && x[below] < y[j]; below++) {
        }
        for (; upto < n && x[upto] <= y[j]; upto++) {
        }
        u += 0.5 * (double)(below + upto);
    }
    return u;
}

/* Counts the quotients y / x up to a limit. Both ascend, so for a larger y fewer large x are enough. */
static size_t count_quotients(const double *x, size_t n, const double *y, size_t m, double limit)
{
    size_t count = 0;
    for (size_t j = 0, first = 0; j < m; j++) {
        for (; first < n && y[j] / x[first] > limit; first++) {
        }
        count += n - first;
    }
    return count;
}

/* Returns quotient number k of all y / x, in ascending order from 1, without making all of them: halves the range of
 * floats, which are ordered as their bits are, until one is left. Both ascend. */
static double find_quotient(const double *x, size_t n, const double *y, size_t m, size_t k)
{
    uint64_t low = 0, high = 0x7FF0000000000000u; /* 0 and infinity */
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        double limit;
        memcpy(&limit, &middle, sizeof limit);
        if (count_quotients(x, n, y, m, limit) >= k) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    double found;
    memcpy(&found, &low, sizeof found);
    return found;
}

/* Returns how many quotients may be left out at each end so that 95 % remain. */
static size_t left_out(const null_u *null)
{
    size_t low = 0, high = null->most / 2;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (chance_up_to(null, (double)middle) <= level / 2) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Both ascend. */
static void estimate(const double *x, size_t n, const double *y, size_t m, const null_u *null,
                     locl_ratio *out)
{
    size_t count = n * m, k = left_out(null);
    double u = count_u(x, n, y, m), far = u < null->mean ? u : (double)count - u;
    /* with an even number the geometric mean of the two in the middle, so that x / y is the inverse of y / x */
    out->ratio = sqrt(find_quotient(x, n, y, m, (count + 1) / 2) * find_quotient(x, n, y, m, count / 2 + 1));
    out->low = k > 0 ? find_quotient(x, n, y, m, k) : 0;
    out->high = k > 0 ? find_quotient(x, n, y, m, count - k + 1) : INFINITY;
    out->p = fmin(1, 2 * chance_up_to(null, far));
}

locl_status locl_ratio_of(const double *x, size_t n, const double *y, size_t m, locl_ratio *out,
                          locl_error *err)
{
    null_u null = {0};
    double *sorted = malloc((n + m) * sizeof *sorted);
    locl_status status =
        sorted ? open_null(n, m, &null, err) : locl_fail_memory(err, (n + m) * sizeof *sorted);
    if (status == LOCL_OK) {
        memcpy(sorted, x, n * sizeof *sorted);
        memcpy(sorted + n, y, m * sizeof *sorted);
        qsort(sorted, n, sizeof *sorted, ascending);
        qsort(sorted + n, m, sizeof *sorted, ascending);
        estimate(sorted, n, sorted + n, m, &null, out);
    }
    free(null.chance);
    free(sorted);
    return status;
}

/* ---- many at once ---- */

static int by_value(const void *a, const void *b)
{
    return ascending(*(double *const *)a, *(double *const *)b);
}

locl_status locl_holm(double *p, size_t count, locl_error *err)
{
    double **order = calloc(count + 1, sizeof(*order)), before = 0;
    if (!order) {
        return locl_fail_memory(err, count * sizeof(*order));
    }
    for (size_t i = 0; i < count; i++) {
        order[i] = &p[i];
    }
    qsort(order, count, sizeof(*order), by_value);
    for (size_t i = 0; i < count; i++) {
        double corrected = fmin(1, *order[i] * (double)(count - i));
        before = corrected > before ? corrected : before;
        *order[i] = before;
    }
    free(order);
    return LOCL_OK;
}
