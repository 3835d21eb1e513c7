#include "check/race.h"

#include "base/clock.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_ROUNDS = 3, MOST_REPLAYS = 1 << 20 };

locl_status locl_race_calibrate(locl_race_runner *runner, size_t count, locl_error *err)
{
    for (locl_race_runner *r = runner; r < runner + count; r++) {
        double taken = 0;
        r->replays = r->fewest ? r->fewest : 1;
        LOCL_TRY(r->sample(r->user, r->replays, &taken, err));
        LOCL_TRY(r->sample(r->user, r->replays, &taken, err));
        while (taken < r->least && r->replays < MOST_REPLAYS) {
            r->replays *= 2;
            LOCL_TRY(r->sample(r->user, r->replays, &taken, err));
        }
    }
    return LOCL_OK;
}

locl_status locl_race_add_sample(locl_race_sample sample, void *user, size_t replays, double **seconds,
                                 size_t *samples, locl_error *err)
{
    double taken = 0;
    double *grown = realloc(*seconds, (*samples + 1) * sizeof *grown);
    if (!grown) {
        return locl_fail_memory(err, (*samples + 1) * sizeof *grown);
    }
    *seconds = grown;
    LOCL_TRY(sample(user, replays, &taken, err));
    grown[(*samples)++] = taken / (double)replays;
    return LOCL_OK;
}

static locl_status add_sample(locl_race_runner *r, locl_error *err)
{
    return locl_race_add_sample(r->sample, r->user, r->replays, &r->seconds, &r->samples, err);
}

locl_status locl_race_run(locl_race_runner *runner, size_t count, const locl_race_options *options,
                          locl_error *err)
{
    double start = locl_clock_seconds();
    for (size_t round = 0; round < options->rounds; round++) {
        bool late = options->seconds > 0 && locl_clock_seconds() - start > options->seconds;
        if (late && round >= LEAST_ROUNDS) {
            break;
        }
        for (size_t i = 0; i < count; i++) {
            if (!runner[i].most || runner[i].samples < runner[i].most) {
                LOCL_TRY(add_sample(&runner[i], err));
            }
            if (options->tell) {
                options->tell(options->user, round * count + i + 1, options->rounds * count);
            }
        }
    }
    return LOCL_OK;
}

void locl_race_release(locl_race_runner *runner, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(runner[i].seconds);
        runner[i].seconds = NULL;
        runner[i].samples = 0;
    }
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

locl_spread locl_spread_of(double *values, size_t count)
{
    qsort(values, count, sizeof *values, ascending);
    return (locl_spread){.best = values[0],
                         .q1 = values[count / 4],
                         .median = values[count / 2],
                         .q3 = values[3 * count / 4],
                         .count = count};
}

locl_spread locl_race_spread(locl_race_runner *runner)
{
    double *copy = malloc(runner->samples * sizeof *copy);
    if (!copy) {
        return locl_spread_of(runner->seconds, runner->samples);
    }
    memcpy(copy, runner->seconds, runner->samples * sizeof *copy);
    locl_spread spread = locl_spread_of(copy, runner->samples);
    free(copy);
    return spread;
}
