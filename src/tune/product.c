#include "tune/product.h"

#include "base/log.h"
#include "gemm/policy.h"
#include "gemm/solver.h"
#include "tune/race.h"

#include <stdlib.h>

enum { QUICK_ROUNDS = 5, MOST = LOCL_TUNE_RACE_MOST };

/* A race, for its callbacks: the candidates of one product. */
typedef struct heat {
    const locl_tune_meter *meter;
    locl_tune_effort effort;
    locl_gemm_choice candidate[MOST]; /* first what nobody measured */
    size_t count;
} heat;

static bool takes_part(const locl_gemm_solver *solver, locl_engine engine)
{
    return engine == LOCL_ENGINE_AUTO ||
           solver == (engine == LOCL_ENGINE_NATIVE ? &locl_gemm_native : &locl_gemm_clblast);
}

static void add(heat *h, const locl_gemm_choice *choice, const locl_caps *caps)
{
    const locl_gemm_choice *own = &h->candidate[0];
    bool same = choice->solver == own->solver && locl_gemm_same_cut(&choice->cut, &own->cut);
    if (h->count < MOST && !same && (h->effort == LOCL_TUNE_FULL || locl_gemm_same_bits(choice, own)) &&
        choice->solver->applicable(&choice->shape, &choice->cut, caps)) {
        h->candidate[h->count++] = *choice;
    }
}

/* Lists what nobody measured first, then the candidates of all solvers that take part; QUICK: those alike alone. */
static void list_candidates(const locl_tune_list *list, const locl_gemm_choice *own, heat *h)
{
    const locl_caps *caps = &list->device->caps;
    h->candidate[0] = *own;
    h->count = 1;
    for (size_t i = 0; locl_gemm_solvers[i]; i++) {
        const locl_gemm_solver *solver = locl_gemm_solvers[i];
        locl_gemm_cut cuts[LOCL_GEMM_CUTS] = {{0}};
        size_t count = solver->cuts ? solver->cuts(&own->shape, caps, cuts) : 1;
        for (size_t c = 0; c < count && takes_part(solver, list->engine); c++) {
            add(h, &(locl_gemm_choice){.shape = own->shape, .solver = solver, .cut = cuts[c]}, caps);
        }
    }
}

static double clock_of(void *user)
{
    const heat *h = user;
    return h->meter->clock(h->meter->user);
}

locl_status locl_tune_enter(const locl_tune_meter *meter, size_t index, const locl_gemm_choice *c,
                            locl_trial_verdict *verdict, locl_error *err)
{
    locl_error failed = {0};
    *verdict = LOCL_TRIAL_WRONG;
    locl_status status = meter->enter(meter->user, index, c, verdict, &failed);
    if (status == LOCL_E_MEMORY) {
        *err = failed;
        return status;
    }
    *verdict = status == LOCL_OK ? *verdict : LOCL_TRIAL_WRONG;
    if (*verdict == LOCL_TRIAL_WRONG) {
        locl_log(LOCL_LOG_WARNING, "a product of %zu x %zu x %zu by %s, candidate %zu, %s: left out",
                 c->shape.m, c->shape.n, c->shape.k, c->solver->name, index,
                 status == LOCL_OK ? "is not what it should be" : failed.message);
    }
    return LOCL_OK;
}

/* Those that should have the bits of what nobody measured, but were seen not to, count as others. */
static locl_status enter(void *user, size_t index, locl_tune_entry *as, locl_error *err)
{
    const heat *h = user;
    const locl_gemm_choice *c = &h->candidate[index];
    locl_trial_verdict verdict;
    LOCL_TRY(locl_tune_enter(h->meter, index, c, &verdict, err));
    bool alike = locl_gemm_same_bits(c, &h->candidate[0]);
    if (alike && verdict == LOCL_TRIAL_RIGHT) {
        locl_log(
            LOCL_LOG_WARNING,
            "a product of %zu x %zu x %zu by %s, candidate %zu, has other last bits than it should: not for "
            "tune: quick",
            c->shape.m, c->shape.n, c->shape.k, c->solver->name, index);
    }
    alike = alike && verdict == LOCL_TRIAL_SAME_BITS;
    bool in = verdict != LOCL_TRIAL_WRONG && (alike || h->effort == LOCL_TUNE_FULL);
    *as = !in ? LOCL_TUNE_LEFT_OUT : alike ? LOCL_TUNE_ALIKE : LOCL_TUNE_OTHER;
    return LOCL_OK;
}

static locl_status measure(void *user, size_t index, double *seconds, locl_error *err)
{
    const heat *h = user;
    return h->meter->measure(h->meter->user, index, seconds, err);
}

/* Fills in the result where there was time for enough rounds. */
static locl_status run_heat(heat *h, double seconds, locl_tune_result *r, locl_error *err)
{
    locl_tune_race race = {.count = h->count,
                           .rounds = h->effort == LOCL_TUNE_FULL ? LOCL_TUNE_RACE_ROUNDS : QUICK_ROUNDS,
                           .seconds = seconds,
                           .user = h,
                           .clock = clock_of,
                           .enter = enter,
                           .measure = measure};
    locl_tune_race_result result;
    LOCL_TRY(locl_tune_race_run(&race, &result, err));
    if (result.rounds >= LOCL_TUNE_RACE_LEAST_ROUNDS) {
        r->choice = h->candidate[result.winner];
        r->alike = h->candidate[result.alike];
        r->source = LOCL_TUNE_MEASURED;
        r->candidates = result.entered;
        r->own_seconds = result.own_seconds;
        r->seconds = result.seconds;
        r->alike_seconds = result.alike_seconds;
    }
    return LOCL_OK;
}

locl_status locl_tune_product(const locl_tune_meter *meter, locl_tune_list *list, size_t index,
                              locl_tune_effort effort, double seconds, locl_error *err)
{
    heat *h = calloc(1, sizeof *h);
    locl_tune_result *r = &list->result[index];
    locl_status status = LOCL_OK;
    if (!h) {
        return locl_fail_memory(err, sizeof *h);
    }
    h->meter = meter;
    h->effort = effort;
    list_candidates(list, &r->own, h);
    if (h->count > 1) {
        status = meter->begin(meter->user, list->device, &r->own.shape, err);
        status = status == LOCL_OK ? run_heat(h, seconds, r, err) : status;
        meter->end(meter->user);
    }
    free(h);
    return status;
}
