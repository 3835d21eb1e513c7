#include "check/time.h"

#include "base/clock.h"
#include "base/text.h"

#include <stdlib.h>

/* Counts the launches. `names` gets them with a blank before each, and may be NULL. */
static locl_op_counts count_session(const locl_op_session *session, locl_text *names)
{
    locl_op_counts counts = {0};
    locl_launch_info launch;
    for (size_t i = 0; locl_op_session_launch(session, i, &launch); i++) {
        counts.flops += launch.flops;
        counts.bytes += launch.bytes;
        counts.launches++;
        if (names) {
            locl_text_add(names, " %s", launch.name);
        }
    }
    return counts;
}

locl_status locl_op_count(locl_op_case *c, locl_device *device, const locl_op_variant *variant,
                          locl_op_counts *out, char **kernels, locl_error *err)
{
    locl_op_session *session;
    locl_text names = {0};
    LOCL_TRY(locl_op_session_open(c, device, variant, LOCL_OP_BARE, &session, err));
    *out = count_session(session, &names);
    locl_op_session_close(session);
    if (names.failed) {
        locl_text_free(&names);
        return locl_fail_memory(err, names.length);
    }
    *kernels = names.data;
    return LOCL_OK;
}

locl_status locl_op_runner_open(const locl_op *op, const size_t *dim, uint64_t seed, locl_device *device,
                                const locl_op_variant *variant, locl_op_runner *out, locl_error *err)
{
    *out = (locl_op_runner){0};
    LOCL_TRY(locl_op_case_create(op, dim, seed, LOCL_OP_PLAIN, &out->c, err));
    LOCL_TRY(locl_op_session_open(out->c, device, variant, LOCL_OP_BARE, &out->session, err));
    out->count = count_session(out->session, NULL);
    return LOCL_OK;
}

void locl_op_runner_close(locl_op_runner *runner)
{
    locl_op_session_close(runner->session);
    locl_op_case_release(runner->c);
    *runner = (locl_op_runner){0};
}

static locl_status sample(void *user, size_t replays, double *seconds, locl_error *err)
{
    const locl_op_runner *r = user;
    LOCL_TRY(locl_op_session_reset(r->session, err));
    double start = locl_clock_seconds();
    for (size_t i = 0; i < replays; i++) {
        LOCL_TRY(locl_op_session_replay(r->session, err));
    }
    LOCL_TRY(locl_op_session_finish(r->session, err));
    *seconds = locl_clock_seconds() - start;
    return LOCL_OK;
}

locl_race_runner locl_op_runner_enter(locl_op_runner *runner)
{
    return (locl_race_runner){.sample = sample, .user = runner, .least = LOCL_OP_SAMPLE_SECONDS};
}

static locl_op_timing timing_of(const locl_op_variant *variant, const locl_op_runner *runner,
                                locl_race_runner *race)
{
    locl_spread s = locl_race_spread(race);
    return (locl_op_timing){.variant = variant,
                            .best = s.best,
                            .lower = s.q1,
                            .median = s.median,
                            .upper = s.q3,
                            .samples = s.count,
                            .replays = race->replays,
                            .count = runner->count};
}

locl_status locl_op_time(const locl_op *op, const size_t *dim, uint64_t seed, locl_device *device,
                         const locl_op_variant *const *variants, size_t count, size_t samples,
                         locl_op_timing *out, locl_error *err)
{
    const locl_race_options options = {.rounds = samples};
    locl_op_runner *runner = calloc(count, sizeof *runner);
    locl_race_runner *race = calloc(count, sizeof *race);
    locl_status status;
    if (!runner || !race) {
        status = locl_fail_memory(err, count * sizeof *runner);
        goto fail;
    }
    for (size_t v = 0; v < count; v++) {
        LOCL_TRY_GOTO(status, locl_op_runner_open(op, dim, seed, device, variants[v], &runner[v], err));
        race[v] = locl_op_runner_enter(&runner[v]);
    }
    LOCL_TRY_GOTO(status, locl_race_calibrate(race, count, err));
    LOCL_TRY_GOTO(status, locl_race_run(race, count, &options, err));
    for (size_t v = 0; v < count; v++) {
        out[v] = timing_of(variants[v], &runner[v], &race[v]);
    }
fail:
    for (size_t v = 0; v < count && runner && race; v++) {
        locl_op_runner_close(&runner[v]);
    }
    if (race) {
        locl_race_release(race, count);
    }
    free(race);
    free(runner);
    return status;
}
