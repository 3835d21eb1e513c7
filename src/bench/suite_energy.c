/* The suite's energy and clock: what a training step of the headline takes, and at what clock, where the system
 * tells. */
#include "bench/clocks.h"
#include "bench/energy.h"
#include "bench/suite.h"
#include "bench/suite_network.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLES = 9, QUICK_SAMPLES = 1 };

static const double sample_seconds = 1; /* counters advance every millisecond, or ten times a second */

static const locl_suite_row *find_trained(const locl_suite *suite, const char *name)
{
    for (size_t i = 0; i < suite->rows; i++) {
        const locl_suite_row *row = suite->row[i];
        if (!strcmp(row->kind, "train") && !strcmp(row->name, name) && row->runner.samples > 0 &&
            !row->runner.failed) {
            return row;
        }
    }
    return NULL;
}

/* What there is to be looked at while the device trains. */
typedef struct watch {
    locl_energy *energy; /* either may be NULL */
    locl_clocks *clocks;
    double joules[SAMPLES], mhz[SAMPLES], watts;
    char held_back[256]; /* in any sample; "": nothing */
} watch;

static locl_status look_at_energy(watch *w, size_t sample, double before, size_t steps, double seconds,
                                  locl_error *err)
{
    double taken = locl_energy_joules(w->energy) - before;
    w->joules[sample] = taken / (double)steps;
    w->watts = taken / seconds;
    return taken > 0 ? LOCL_OK
                     : locl_fail(err, LOCL_E_FAILED, "%s does not advance", locl_energy_source(w->energy));
}

static locl_status look_at_clock(watch *w, size_t sample, locl_error *err)
{
    locl_clocks_seen seen;
    locl_clocks_look(w->clocks, &seen);
    w->mhz[sample] = seen.mhz;
    if (seen.held_back[0]) {
        snprintf(w->held_back, sizeof w->held_back, "%s", seen.held_back);
    }
    return seen.mhz > 0
               ? LOCL_OK
               : locl_fail(err, LOCL_E_FAILED, "%s tells no clock any more", locl_clocks_source(w->clocks));
}

/* Trains for a second, and looks. */
static locl_status sample(watch *w, const locl_suite_row *row, size_t index, locl_error *err)
{
    size_t steps = (size_t)ceil(sample_seconds / row->runner.estimate);
    locl_clocks_seen idle;
    double seconds, before = 0;
    if (w->clocks) {
        locl_clocks_look(w->clocks, &idle); /* what was before does not count */
    }
    if (w->energy) {
        before = locl_energy_joules(w->energy);
    }
    LOCL_TRY(row->runner.sample(row->runner.user, steps, &seconds, err));
    if (w->clocks) {
        LOCL_TRY(look_at_clock(w, index, err));
    }
    return w->energy ? look_at_energy(w, index, before, steps, seconds, err) : LOCL_OK;
}

static locl_suite_row start_row(const locl_suite_row *trained, const char *kind, const char *unit)
{
    locl_suite_row row = {.kind = kind, .unit = unit, .sense = LOCL_REPORT_TIME, .scale = 1};
    snprintf(row.name, sizeof row.name, "%s", trained->name);
    snprintf(row.work, sizeof row.work, "%s", trained->work);
    return row;
}

static locl_status add_energy(locl_suite *suite, const watch *w, const locl_suite_row *trained,
                              size_t samples, locl_error *err)
{
    locl_spread s;
    const locl_suite_row row = start_row(trained, "energy", "J");
    locl_suite_row *added = locl_suite_put(suite, &row, w->joules, samples);
    LOCL_TRY(locl_steady_spread(w->joules, samples, &s, err));
    locl_suite_text(suite, added, "source", locl_energy_source(w->energy));
    locl_suite_number(suite, added, "joules_per_step", s.median);
    locl_suite_number(suite, added, "images_per_joule", trained->images / s.median);
    locl_suite_number(suite, added, "watts", w->watts);
    return LOCL_OK;
}

static void add_clock(locl_suite *suite, const watch *w, const locl_suite_row *trained, size_t samples)
{
    const locl_suite_row row = start_row(trained, "clock", "MHz");
    locl_suite_row *added = locl_suite_put(suite, &row, w->mhz, samples);
    locl_suite_text(suite, added, "source", locl_clocks_source(w->clocks));
    locl_suite_text(suite, added, "held_back",
                    w->held_back[0]                        ? w->held_back
                    : locl_clocks_tells_reasons(w->clocks) ? "nothing"
                                                           : "not told");
}

static locl_status measure(locl_suite *suite, const locl_suite_row *trained, watch *w, locl_error *err)
{
    size_t samples = suite->job->setup->quick ? QUICK_SAMPLES : SAMPLES;
    for (size_t i = 0; i < samples; i++) {
        LOCL_TRY(sample(w, trained, i, err));
    }
    if (w->clocks) {
        add_clock(suite, w, trained, samples);
    }
    return w->energy ? add_energy(suite, w, trained, samples, err) : LOCL_OK;
}

void locl_suite_energy(locl_suite *suite)
{
    const char *name = locl_suite_standard(suite->job->setup)->name;
    const locl_suite_row *trained = find_trained(suite, name);
    char why[512] = "";
    locl_error err = {0};
    watch w = {.energy = NULL};
    if (!trained) {
        locl_suite_miss(suite, "energy", name, LOCL_BENCH_SKIPPED, "it was not trained");
        locl_suite_miss(suite, "clock", name, LOCL_BENCH_SKIPPED, "it was not trained");
        return;
    }
    w.energy = locl_energy_open(suite->job->device, "/sys", why, sizeof why);
    if (!w.energy) {
        locl_suite_miss(suite, "energy", name, LOCL_BENCH_UNSUPPORTED, "%s", why);
    }
    w.clocks = locl_clocks_open(suite->job->device, "/sys", "/proc", why, sizeof why);
    if (!w.clocks) {
        locl_suite_miss(suite, "clock", name, LOCL_BENCH_UNSUPPORTED, "%s", why);
    }
    locl_bench_tell(suite->job, "energy and clock");
    bool failed = (w.energy || w.clocks) && measure(suite, trained, &w, &err) != LOCL_OK;
    if (failed && w.energy) {
        locl_suite_fail(suite, "energy", name, &err);
    }
    if (failed && w.clocks) {
        locl_suite_fail(suite, "clock", name, &err);
    }
    locl_energy_close(w.energy);
    locl_clocks_close(w.clocks);
}
