/* The suite's energy: what a training step of the headline takes, where the system tells. */
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

/* Trains for a second and returns the joules of a step. */
static locl_status sample(const locl_suite_row *row, locl_energy *energy, double *joules, double *watts,
                          locl_error *err)
{
    size_t steps = (size_t)ceil(sample_seconds / row->runner.estimate);
    double seconds, before = locl_energy_joules(energy);
    LOCL_TRY(row->runner.sample(row->runner.user, steps, &seconds, err));
    double taken = locl_energy_joules(energy) - before;
    *joules = taken / (double)steps;
    *watts = taken / seconds;
    return taken > 0 ? LOCL_OK
                     : locl_fail(err, LOCL_E_FAILED, "%s does not advance", locl_energy_source(energy));
}

static locl_status measure(locl_suite *suite, const locl_suite_row *trained, locl_energy *energy,
                           locl_error *err)
{
    size_t samples = suite->job->setup->quick ? QUICK_SAMPLES : SAMPLES;
    double joules[SAMPLES], watts = 0;
    for (size_t i = 0; i < samples; i++) {
        LOCL_TRY(sample(trained, energy, &joules[i], &watts, err));
    }
    locl_suite_row row = {.kind = "energy", .unit = "J", .sense = LOCL_REPORT_TIME, .scale = 1};
    snprintf(row.name, sizeof row.name, "%s", trained->name);
    snprintf(row.work, sizeof row.work, "%s", trained->work);
    locl_suite_row *added = locl_suite_put(suite, &row, joules, samples);
    locl_spread s;
    LOCL_TRY(locl_steady_spread(joules, samples, &s, err));
    locl_suite_text(suite, added, "source", locl_energy_source(energy));
    locl_suite_number(suite, added, "joules_per_step", s.median);
    locl_suite_number(suite, added, "images_per_joule", trained->images / s.median);
    locl_suite_number(suite, added, "watts", watts);
    return LOCL_OK;
}

void locl_suite_energy(locl_suite *suite)
{
    const char *name = locl_suite_standard(suite->job->setup)->name;
    const locl_suite_row *trained = find_trained(suite, name);
    char why[512] = "";
    locl_error err = {0};
    if (!trained) {
        locl_suite_miss(suite, "energy", name, LOCL_BENCH_SKIPPED, "it was not trained");
        return;
    }
    locl_energy *energy = locl_energy_open(suite->job->device, "/sys", why, sizeof why);
    if (!energy) {
        locl_suite_miss(suite, "energy", name, LOCL_BENCH_UNSUPPORTED, "%s", why);
        return;
    }
    locl_bench_tell(suite->job, "energy");
    if (measure(suite, trained, energy, &err) != LOCL_OK) {
        locl_suite_fail(suite, "energy", name, &err);
    }
    locl_energy_close(energy);
}
