#include "study/audit_tally.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

locl_status locl_audit_tally_open(const locl_audit_layers *layers, const float *exact, locl_audit_tally *out,
                                  locl_error *err)
{
    *out = (locl_audit_tally){.layers = layers, .exact = exact};
    out->sum = calloc(layers->values, sizeof *out->sum);
    out->sums = calloc(layers->count + 1, sizeof *out->sums);
    if (!out->sum || !out->sums) {
        locl_audit_tally_close(out);
        return locl_fail_memory(err, layers->values * sizeof *out->sum);
    }
    for (size_t i = 0; i < layers->count; i++) {
        const locl_audit_range *r = &layers->range[i];
        double square = 0;
        for (size_t j = r->offset; j < r->offset + r->count; j++) {
            square += (double)exact[j] * (double)exact[j];
        }
        out->sums[i].exact = square;
        out->sums[layers->count].exact += square;
    }
    return LOCL_OK;
}

void locl_audit_tally_close(locl_audit_tally *tally)
{
    free(tally->sum);
    free(tally->sums);
    *tally = (locl_audit_tally){0};
}

/* Inner products of one draw. */
typedef struct products {
    double away, along, pair, square; /* <h,h>, <h,e>, <h,H>, <g,g> */
} products;

/* Returns the products of a range and adds this draw to H. */
static products products_of(const float *g, const float *e, double *sum, size_t count)
{
    products p = {0};
    for (size_t i = 0; i < count; i++) {
        double h = (double)g[i] - (double)e[i];
        p.away += h * h;
        p.along += h * (double)e[i];
        p.pair += h * sum[i];
        p.square += (double)g[i] * (double)g[i];
        sum[i] += h;
    }
    return p;
}

/* Adds a draw's products, after those of `n` draws. */
static void add(locl_audit_sums *s, const products *p, double n)
{
    double norms = sqrt(p->square * s->exact), cosine = norms > 0 ? (p->along + s->exact) / norms : 0;
    s->away += p->away;
    s->away_square += p->away * p->away;
    s->along += p->along;
    s->along_square += p->along * p->along;
    s->cosine += cosine;
    s->cosine_square += cosine * cosine;
    if (n > 0) {
        s->pair += p->pair;
        s->pair_n += n * p->pair;
        s->pair_square += p->pair * p->pair;
        s->pair_square_n += p->pair * p->pair / n;
    }
}

locl_status locl_audit_tally_add(locl_audit_tally *tally, const float *gradient, locl_error *err)
{
    const locl_audit_layers *layers = tally->layers;
    products all = {0};
    for (size_t i = 0; i < layers->count; i++) {
        const locl_audit_range *r = &layers->range[i];
        products p =
            products_of(gradient + r->offset, tally->exact + r->offset, tally->sum + r->offset, r->count);
        if (!isfinite(p.away)) {
            locl_fail(err, LOCL_E_NUMERIC, "the gradient of %s is not finite in draw %llu", r->name,
                      (unsigned long long)tally->draws);
            return locl_remedy(err, "the parameters may be spoiled: look at the run's losses");
        }
        add(&tally->sums[i], &p, (double)tally->draws);
        all = (products){all.away + p.away, all.along + p.along, all.pair + p.pair, all.square + p.square};
    }
    add(&tally->sums[layers->count], &all, (double)tally->draws);
    tally->draws++;
    return LOCL_OK;
}

static double positive(double value)
{
    return value > 0 ? value : 0;
}

/* Returns the mean of n values, from their sum and the sum of their squares, and its standard error, both
 * over `unit`. */
static locl_measured mean_of(double sum, double squares, double n, double unit)
{
    double mean = sum / n, variance = n > 1 ? positive(squares - n * mean * mean) / (n - 1) : 0;
    return (locl_measured){mean / unit, sqrt(variance / n) / unit};
}

/* Returns |b|^2 and its standard error, both over `unit`. The error is that of a U-statistic, 4 V / N + 2 T /
 * (N (N - 1)) squared, with V = b' Cov b and T = tr Cov^2. The terms s of a draw after n others scatter by V
 * (n^2 + n) + T n around n |b|^2, so two weighted sums of their squared deviations give V and T. V is noisy
 * where there is no bias, but never above |b|^2 sqrt(T). */
static locl_measured bias_square(const locl_audit_sums *s, double n, double unit)
{
    double pairs = n * (n - 1) / 2, b = s->pair / pairs, weight = pairs * (2 * n - 1) / 3;
    double squares = positive(s->pair_square - 2 * b * s->pair_n + b * b * weight),
           squares_n = positive(s->pair_square_n - 2 * b * s->pair + b * b * pairs);
    double v = 12 * (squares - n * squares_n / 2) / (n * (n - 1) * (n - 2));
    v = positive(fmin(v, positive(b) * sqrt(squares / pairs)));
    double t = positive(squares - v * (weight + pairs)) / pairs;
    return (locl_measured){b / unit, sqrt(4 * v / n + t / pairs) / unit};
}

static void set_drawn(locl_audit_layer *out, const locl_audit_sums *s, double n)
{
    locl_measured cosine = mean_of(s->cosine, s->cosine_square, n, 1);
    out->bias_square = bias_square(s, n, s->exact);
    out->error = mean_of(s->away, s->away_square, n, s->exact);
    out->variance.value = positive(s->away - s->mean / n) / (n - 1) / s->exact;
    out->variance.error = out->error.error;
    out->along = mean_of(s->along, s->along_square, n, s->exact);
    out->cosine = cosine.value;
    out->cosine_deviation = cosine.error * sqrt(n);
}

static void set_result(locl_audit_layer *out, const locl_audit_sums *s, double n, locl_audit_draws draws)
{
    if (!(s->exact > 0)) {
        return;
    }
    double mean_along = s->along / n + s->exact, mean_square = s->mean / n / n + 2 * s->along / n + s->exact;
    if (draws == LOCL_AUDIT_DRAWN) {
        set_drawn(out, s, n);
    } else {
        out->bias_square.value = out->error.value = s->away / n / s->exact;
        out->along.value = s->along / n / s->exact;
        out->cosine = s->cosine / n;
    }
    out->along.value += 1;
    out->mean_cosine = mean_square > 0 ? mean_along / sqrt(mean_square * s->exact) : 0;
}

void locl_audit_tally_result(locl_audit_tally *tally, locl_audit_draws draws, locl_audit_layer *out)
{
    const locl_audit_layers *layers = tally->layers;
    locl_audit_sums *all = &tally->sums[layers->count];
    all->mean = 0;
    for (size_t i = 0; i <= layers->count; i++) {
        const locl_audit_range *r = i < layers->count ? &layers->range[i] : NULL;
        locl_audit_sums *s = &tally->sums[i];
        if (r) {
            s->mean = 0;
            for (size_t j = r->offset; j < r->offset + r->count; j++) {
                s->mean += tally->sum[j] * tally->sum[j];
            }
            all->mean += s->mean;
        }
        out[i] = (locl_audit_layer){.values = r ? r->count : layers->values, .norm = sqrt(s->exact)};
        snprintf(out[i].name, sizeof out[i].name, "%s", r ? r->name : "all layers");
        set_result(&out[i], s, (double)tally->draws, draws);
    }
}
