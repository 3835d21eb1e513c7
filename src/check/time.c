#include "check/time.h"

#include "base/clock.h"
#include "base/text.h"

#include <stdlib.h>

static const double sample_seconds = 0.02;

/* One variant that is being timed, with a case of its own. */
typedef struct runner {
    locl_op_case *c;
    locl_op_session *session;
    size_t replays;
    double *seconds; /* [samples], of one replay */
} runner;

static locl_status sample(runner *r, double *seconds, locl_error *err)
{
    LOCL_TRY(locl_op_session_reset(r->session, err));
    double start = locl_clock_seconds();
    for (size_t i = 0; i < r->replays; i++) {
        LOCL_TRY(locl_op_session_replay(r->session, err));
    }
    LOCL_TRY(locl_op_session_finish(r->session, err));
    *seconds = locl_clock_seconds() - start;
    return LOCL_OK;
}

/* Warms up and doubles the replays until a sample is long enough. */
static locl_status calibrate(runner *r, locl_error *err)
{
    double taken = 0;
    r->replays = 1;
    LOCL_TRY(sample(r, &taken, err));
    LOCL_TRY(sample(r, &taken, err));
    while (taken < sample_seconds) {
        r->replays *= 2;
        LOCL_TRY(sample(r, &taken, err));
    }
    return LOCL_OK;
}

locl_status locl_op_count(locl_op_case *c, locl_device *device, const locl_op_variant *variant,
                          locl_op_timing *out, char **kernels, locl_error *err)
{
    locl_op_session *session = NULL;
    const locl_profile_row *rows = NULL;
    locl_text names = {0};
    size_t count = 0;
    locl_status status;
    out->flops = out->bytes = out->launches = 0;
    LOCL_TRY(locl_op_session_open(c, device, variant, LOCL_OP_PROFILED, &session, err));
    LOCL_TRY_GOTO(status, locl_op_session_replay(session, err));
    LOCL_TRY_GOTO(status, locl_op_session_profile(session, &rows, &count, err));
    for (size_t i = 0; i < count; i++) {
        out->flops += rows[i].flops;
        out->bytes += rows[i].bytes;
        out->launches += (double)rows[i].launches;
        locl_text_add(&names, " %s", rows[i].kernel);
    }
    status = names.failed ? locl_fail_memory(err, names.length) : LOCL_OK;
fail:
    locl_op_session_close(session);
    if (kernels && status == LOCL_OK) {
        *kernels = names.data;
    } else {
        locl_text_free(&names);
    }
    return status;
}

static locl_status open_runner(runner *r, const locl_op *op, const size_t *dim, uint64_t seed,
                               locl_device *device, size_t samples, locl_op_timing *out, locl_error *err)
{
    LOCL_TRY(locl_op_case_create(op, dim, seed, LOCL_OP_PLAIN, &r->c, err));
    LOCL_TRY(locl_op_count(r->c, device, out->variant, out, NULL, err));
    LOCL_TRY(locl_op_session_open(r->c, device, out->variant, 0, &r->session, err));
    r->seconds = calloc(samples, sizeof *r->seconds);
    return r->seconds ? calibrate(r, err) : locl_fail_memory(err, samples * sizeof *r->seconds);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void summarise(const runner *r, size_t samples, locl_op_timing *out)
{
    qsort(r->seconds, samples, sizeof *r->seconds, ascending);
    out->best = r->seconds[0];
    out->lower = r->seconds[samples / 4];
    out->median = r->seconds[samples / 2];
    out->upper = r->seconds[3 * samples / 4];
    out->samples = samples;
    out->replays = r->replays;
}

locl_status locl_op_time(const locl_op *op, const size_t *dim, uint64_t seed, locl_device *device,
                         const locl_op_variant *const *variants, size_t count, size_t samples,
                         locl_op_timing *out, locl_error *err)
{
    runner *r = calloc(count, sizeof *r);
    double taken = 0;
    locl_status status = LOCL_OK;
    if (!r) {
        return locl_fail_memory(err, count * sizeof *r);
    }
    for (size_t v = 0; v < count; v++) {
        out[v] = (locl_op_timing){.variant = variants[v]};
        LOCL_TRY_GOTO(status, open_runner(&r[v], op, dim, seed, device, samples, &out[v], err));
    }
    for (size_t s = 0; s < samples; s++) {
        for (size_t v = 0; v < count; v++) {
            LOCL_TRY_GOTO(status, sample(&r[v], &taken, err));
            r[v].seconds[s] = taken / (double)r[v].replays;
        }
    }
    for (size_t v = 0; v < count; v++) {
        summarise(&r[v], samples, &out[v]);
    }
fail:
    for (size_t v = 0; v < count; v++) {
        locl_op_session_close(r[v].session);
        locl_op_case_release(r[v].c);
        free(r[v].seconds);
    }
    free(r);
    return status;
}
