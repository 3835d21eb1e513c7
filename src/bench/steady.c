#include "bench/steady.h"

#include "base/clock.h"
#include "base/philox.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_REPLAYS = 1 << 20, MOST_WARM_UP = 8 };

static const double warm_apart = 0.05; /* samples in a row that differ by less are steady */
static const double warm_seconds = 3;  /* after which warming up ends */

/* ---- warming up ---- */

static void keep_error(locl_steady_runner *r, const locl_error *err)
{
    r->failed = malloc(sizeof *r->failed);
    if (r->failed) {
        *r->failed = *err;
    }
}

static locl_status calibrate(locl_steady_runner *r, double most, size_t samples, double *taken,
                             locl_error *err)
{
    r->replays = 1;
    LOCL_TRY(r->sample(r->user, 1, taken, err));
    r->first = *taken;
    LOCL_TRY(r->sample(r->user, 1, taken, err));
    while (*taken < r->least && r->replays < MOST_REPLAYS) {
        r->replays *= 2;
        LOCL_TRY(r->sample(r->user, r->replays, taken, err));
    }
    r->too_slow = *taken / (double)r->replays * (double)samples > most;
    return LOCL_OK;
}

/* Takes samples until two in a row agree. */
static locl_status warm_up(locl_steady_runner *r, double before, locl_error *err)
{
    double start = locl_clock_seconds();
    while (!r->warm && r->warm_up < MOST_WARM_UP && locl_clock_seconds() - start < warm_seconds) {
        double taken = 0;
        LOCL_TRY(r->sample(r->user, r->replays, &taken, err));
        r->warm_up++;
        r->warm = fabs(taken - before) <= warm_apart * taken;
        before = taken;
    }
    r->estimate = before / (double)r->replays;
    return LOCL_OK;
}

void locl_steady_prepare(locl_steady_runner *r, double most, size_t samples)
{
    double taken = 0;
    locl_error err = {0};
    locl_status status = calibrate(r, most, samples, &taken, &err);
    if (status == LOCL_OK && !r->too_slow) {
        status = warm_up(r, taken, &err);
    }
    if (status != LOCL_OK) {
        keep_error(r, &err);
    }
}

/* ---- rounds ---- */

static locl_status add_sample(locl_steady_runner *r, locl_error *err)
{
    return locl_race_add_sample(r->sample, r->user, r->replays, &r->seconds, &r->samples, err);
}

static bool is_racing(const locl_steady_runner *r)
{
    return !r->failed && !r->too_slow && (!r->steady || r->control);
}

/* Draws an order of [count], each as likely as any other. */
static void shuffle(locl_steady_runner **order, size_t count, uint64_t seed, size_t round)
{
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    for (size_t i = count; i > 1; i--) {
        const uint32_t counter[4] = {(uint32_t)i, (uint32_t)round, 0, 0};
        locl_philox_block block = locl_philox4x32(counter, key);
        size_t with = (size_t)(((uint64_t)block.word[0] * i) >> 32);
        locl_steady_runner *kept = order[i - 1];
        order[i - 1] = order[with];
        order[with] = kept;
    }
}

static locl_status look(locl_steady_runner *r, const locl_steady_options *o, locl_error *err)
{
    locl_spread s = {.count = 0};
    if (r->failed || r->samples < o->least || r->samples == 0) {
        return LOCL_OK;
    }
    LOCL_TRY(locl_steady_spread(r->seconds, r->samples, &s, err));
    r->steady = s.q3 - s.q1 <= o->spread * s.median;
    return LOCL_OK;
}

/* Runs a round, and counts the rows that need no further one. */
static locl_status run_round(locl_steady_runner **order, size_t count, size_t round,
                             const locl_steady_options *o, size_t *done, locl_error *err)
{
    *done = 0;
    shuffle(order, count, o->seed, round);
    for (size_t i = 0; i < count; i++) {
        locl_error failed = {0};
        if (is_racing(order[i]) && add_sample(order[i], &failed) != LOCL_OK) {
            keep_error(order[i], &failed);
        }
        LOCL_TRY(look(order[i], o, err));
        *done += order[i]->steady || order[i]->failed || order[i]->too_slow;
    }
    return o->tell ? o->tell(o->user, round + 1, *done, err) : LOCL_OK;
}

locl_status locl_steady_run(locl_steady_runner *const *runner, size_t count, const locl_steady_options *o,
                            locl_error *err)
{
    double start = locl_clock_seconds();
    locl_steady_runner **order = calloc(count + 1, sizeof(*order));
    locl_status status = order ? LOCL_OK : locl_fail_memory(err, count * sizeof(*order));
    size_t done = 0;
    if (order) {
        memcpy(order, runner, count * sizeof(*order));
    }
    for (size_t round = 0; round < o->rounds && done < count && status == LOCL_OK; round++) {
        if (round >= o->least && locl_clock_seconds() - start > o->seconds) {
            break;
        }
        status = run_round(order, count, round, o, &done, err);
    }
    free(order);
    return status;
}

void locl_steady_release(locl_steady_runner *r)
{
    free(r->seconds);
    free(r->failed);
    r->seconds = NULL;
    r->failed = NULL;
    r->samples = 0;
}

/* ---- what samples say ---- */

locl_status locl_steady_spread(const double *value, size_t count, locl_spread *out, locl_error *err)
{
    double *sorted = calloc(count, sizeof *sorted);
    if (!sorted) {
        return locl_fail_memory(err, count * sizeof *sorted);
    }
    for (size_t i = 0; i < count; i++) {
        sorted[i] = value[i];
    }
    *out = locl_spread_of(sorted, count);
    free(sorted);
    return LOCL_OK;
}

size_t locl_steady_outliers(const double *value, size_t count, const locl_spread *spread)
{
    const double fence = 1.5 * (spread->q3 - spread->q1);
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        found += value[i] < spread->q1 - fence || value[i] > spread->q3 + fence;
    }
    return found;
}
