#include "tune/race.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct runners {
    bool in[LOCL_TUNE_RACE_MOST], alike[LOCL_TUNE_RACE_MOST];
    double seconds[LOCL_TUNE_RACE_MOST][LOCL_TUNE_RACE_ROUNDS];
    double best[LOCL_TUNE_RACE_MOST];
} runners;

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(const double *values, size_t count)
{
    double sorted[LOCL_TUNE_RACE_ROUNDS];
    memcpy(sorted, values, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, ascending);
    return sorted[count / 2];
}

/* Returns candidate i's time over candidate 0's, the median over rounds. */
static double ratio(const runners *r, size_t i, size_t rounds)
{
    double ratios[LOCL_TUNE_RACE_ROUNDS];
    for (size_t s = 0; s < rounds; s++) {
        ratios[s] = r->seconds[i][s] / r->seconds[0][s];
    }
    return median(ratios, rounds);
}

/* Lets candidates enter; *end is when the race's time is over. */
static locl_status enter_all(const locl_tune_race *race, runners *r, size_t *entered, double *end,
                             locl_error *err)
{
    double half = 0;
    for (size_t i = 0; i < race->count && (i == 0 || race->clock(race->user) < half); i++) {
        locl_tune_entry as = LOCL_TUNE_LEFT_OUT;
        LOCL_TRY(race->enter(race->user, i, &as, err));
        r->in[i] = as != LOCL_TUNE_LEFT_OUT;
        r->alike[i] = as == LOCL_TUNE_ALIKE;
        *entered += r->in[i];
        if (i == 0) {
            half = race->clock(race->user) + 0.5 * race->seconds;
            *end = race->clock(race->user) + race->seconds;
        }
    }
    return LOCL_OK;
}

static locl_status run_round(const locl_tune_race *race, runners *r, size_t round, locl_error *err)
{
    for (size_t i = 0; i < race->count; i++) {
        if (r->in[i]) {
            LOCL_TRY(race->measure(race->user, i, &r->seconds[i][round], err));
            r->best[i] = fmin(round ? r->best[i] : INFINITY, r->seconds[i][round]);
        }
    }
    return LOCL_OK;
}

/* Drops those whose best is far from the best of their group; candidate 0 is what the others are held against. */
static size_t drop_slow(const locl_tune_race *race, runners *r, size_t round)
{
    const double factor = round == 0 ? 1.5 : round == 1 ? 1.25 : 1.12;
    double best = INFINITY, alike = INFINITY;
    size_t left = 0;
    for (size_t i = 0; i < race->count; i++) {
        best = r->in[i] ? fmin(best, r->best[i]) : best;
        alike = r->in[i] && r->alike[i] ? fmin(alike, r->best[i]) : alike;
    }
    for (size_t i = 0; i < race->count; i++) {
        r->in[i] = r->in[i] && (i == 0 || r->best[i] <= factor * (r->alike[i] ? alike : best));
        left += r->in[i];
    }
    return left;
}

static void judge(const locl_tune_race *race, const runners *r, locl_tune_race_result *out)
{
    double least = LOCL_TUNE_MARGIN, least_alike = LOCL_TUNE_MARGIN;
    for (size_t i = 1; i < race->count && out->rounds >= LOCL_TUNE_RACE_LEAST_ROUNDS; i++) {
        double mine = r->in[i] ? ratio(r, i, out->rounds) : INFINITY;
        if (mine < least) {
            least = mine;
            out->winner = i;
        }
        if (mine < least_alike && r->alike[i]) {
            least_alike = mine;
            out->alike = i;
        }
    }
    if (out->rounds) {
        out->own_seconds = median(r->seconds[0], out->rounds);
        out->seconds = median(r->seconds[out->winner], out->rounds);
        out->alike_seconds = median(r->seconds[out->alike], out->rounds);
    }
}

locl_status locl_tune_race_run(const locl_tune_race *race, locl_tune_race_result *out, locl_error *err)
{
    runners *r = calloc(1, sizeof *r);
    double end = 0;
    locl_status status;
    *out = (locl_tune_race_result){0};
    if (!r) {
        return locl_fail_memory(err, sizeof *r);
    }
    LOCL_TRY_GOTO(status, enter_all(race, r, &out->entered, &end, err));
    bool in_time = true, race_on = out->entered > 1;
    for (; out->rounds < race->rounds && race_on && r->in[0] && in_time; out->rounds++) {
        LOCL_TRY_GOTO(status, run_round(race, r, out->rounds, err));
        /* with one left, too, a result is worth as many rounds as any */
        race_on = drop_slow(race, r, out->rounds) > 1 || out->rounds + 1 < LOCL_TUNE_RACE_LEAST_ROUNDS;
        in_time = out->rounds + 1 < LOCL_TUNE_RACE_LEAST_ROUNDS || race->clock(race->user) < end;
    }
    judge(race, r, out);
fail:
    free(r);
    return status;
}
