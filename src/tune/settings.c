#include "tune/settings.h"

#include "base/log.h"
#include "gemm/clblast_setting.h"
#include "gemm/solver.h"
#include "tune/product.h"
#include "tune/race.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROUNDS = 5,
    NATIVE = 0,
    CLBLAST = 1,
    HOPELESS = 2
}; /* candidates' numbers; times its own parameters' */

/* Seconds of each product with some parameters. */
typedef struct pass {
    const char *setting;
    double *ratio; /* [count of the list] over the native engine's; 0: no product of CLBlast */
    double total;  /* seconds of all products, INFINITY where the set cannot be used */
} pass;

typedef struct search {
    const locl_tune_meter *meter;
    locl_tune_list *list;
    double *native; /* [count] seconds, while CLBlast had its own parameters */
} search;

static bool counts(const locl_tune_result *r)
{
    return r->own.solver == &locl_gemm_clblast || r->choice.solver == &locl_gemm_clblast;
}

static locl_gemm_choice native_of(const locl_tune_list *list, const locl_gemm_shape *shape)
{
    const locl_gemm_choices choices = {.engine = LOCL_ENGINE_NATIVE};
    return locl_gemm_choose(&choices, shape, &list->device->caps);
}

static locl_gemm_choice clblast_of(const locl_gemm_shape *shape)
{
    return (locl_gemm_choice){.shape = *shape, .solver = &locl_gemm_clblast};
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Times both in turns; medians. CLBlast that is far behind `usual`, its ratio so far, has one round. */
static locl_status run_rounds(const locl_tune_meter *m, double usual, double *native, double *ratio,
                              locl_error *err)
{
    double seconds[ROUNDS], ratios[ROUNDS];
    size_t rounds = 0;
    while (rounds < ROUNDS && (rounds != 1 || usual <= 0 || ratios[0] < HOPELESS * usual)) {
        double other = 0;
        LOCL_TRY(m->measure(m->user, NATIVE, &seconds[rounds], err));
        LOCL_TRY(m->measure(m->user, CLBLAST, &other, err));
        ratios[rounds] = other / seconds[rounds];
        rounds++;
    }
    qsort(seconds, rounds, sizeof *seconds, ascending);
    qsort(ratios, rounds, sizeof *ratios, ascending);
    *native = seconds[rounds / 2];
    *ratio = ratios[rounds / 2];
    return LOCL_OK;
}

/* Checks and times one product. A ratio of INFINITY: one of both is wrong or fails. */
static locl_status time_product(const search *s, size_t index, double usual, double *native, double *ratio,
                                locl_error *err)
{
    const locl_tune_meter *m = s->meter;
    const locl_gemm_shape *shape = &s->list->result[index].own.shape;
    const locl_gemm_choice both[] = {[NATIVE] = native_of(s->list, shape), [CLBLAST] = clblast_of(shape)};
    locl_trial_verdict verdict = LOCL_TRIAL_RIGHT;
    locl_status status = m->begin(m->user, s->list->device, shape, err);
    for (size_t i = 0; i < 2 && status == LOCL_OK && verdict != LOCL_TRIAL_WRONG; i++) {
        status = locl_tune_enter(m, i, &both[i], &verdict, err);
    }
    *ratio = INFINITY;
    if (status == LOCL_OK && verdict != LOCL_TRIAL_WRONG) {
        status = run_rounds(m, usual, native, ratio, err);
    }
    m->end(m->user);
    return status;
}

/* Times all products with the parameters that CLBlast has now. `own`: with its own ones, NULL while these are timed. */
static locl_status time_all(const search *s, const pass *own, pass *p, locl_error *err)
{
    p->total = 0;
    for (size_t i = 0; i < s->list->count && isfinite(p->total); i++) {
        double native = 0;
        if (!counts(&s->list->result[i])) {
            continue;
        }
        LOCL_TRY(time_product(s, i, own ? own->ratio[i] : 0, &native, &p->ratio[i], err));
        s->native[i] = own ? s->native[i] : native;
        p->total += p->ratio[i] * s->native[i];
    }
    return LOCL_OK;
}

/* Takes a set, where CLBlast and the device do: else its total is INFINITY. */
static locl_status try_set(const search *s, const char *name, const pass *own, pass *p, locl_error *err)
{
    locl_error failed = {0};
    p->setting = name;
    p->total = INFINITY;
    locl_status status = s->meter->use(s->meter->user, s->list->device, name, &failed);
    if (status != LOCL_OK) {
        locl_log(LOCL_LOG_WARNING, "CLBlast's parameters \"%s\": %s: left out", name, failed.message);
        return LOCL_OK;
    }
    double start = s->meter->clock(s->meter->user);
    LOCL_TRY(time_all(s, own, p, err));
    locl_log(LOCL_LOG_INFO, "CLBlast's parameters \"%s\": %.2f times as fast as its own, measured in %.1f s",
             name, own->total / p->total, s->meter->clock(s->meter->user) - start);
    return LOCL_OK;
}

/* Fills in what CLBlast takes for each product, and chooses it where it is now clearly faster. */
static void tell_results(const search *s, const pass *own, const pass *best, size_t tried)
{
    for (size_t i = 0; i < s->list->count; i++) {
        locl_tune_result *r = &s->list->result[i];
        double seconds = best->ratio[i] * s->native[i];
        if (!counts(r)) {
            continue;
        }
        bool unmeasured = r->source == LOCL_TUNE_UNMEASURED;
        if (r->own.solver == &locl_gemm_clblast) {
            r->own_seconds = r->alike_seconds = own->ratio[i] * s->native[i];
        }
        if (unmeasured || r->choice.solver == &locl_gemm_clblast || seconds < LOCL_TUNE_MARGIN * r->seconds) {
            r->choice = clblast_of(&r->own.shape);
            r->seconds = seconds;
        }
        r->candidates += tried + unmeasured;
        r->source = LOCL_TUNE_MEASURED;
    }
}

/* Tries the sets for which there is time; *best, which begins as CLBlast's own parameters, becomes the fastest. `next`
 * is room for one. Returns how many were tried in *tried. */
static locl_status try_sets(const search *s, double end, const pass *own, pass *best, pass *next,
                            size_t *tried, locl_error *err)
{
    for (size_t i = 0; i < LOCL_CLBLAST_SETTINGS && s->meter->clock(s->meter->user) < end; i++) {
        if (!locl_clblast_setting_suits(i, &s->list->device->caps)) {
            continue;
        }
        LOCL_TRY(try_set(s, locl_clblast_setting_name(i), own, next, err));
        (*tried)++;
        if (next->total < (best->setting[0] ? 1.0 : LOCL_TUNE_MARGIN) * best->total) {
            pass beaten = *best;
            *best = *next;
            *next = beaten;
        }
    }
    return LOCL_OK;
}

/* Measures all; `ratios` [3 x count] is theirs. */
static locl_status run_search(const search *s, double end, double *ratios, bool *measured, locl_error *err)
{
    size_t count = s->list->count, tried = 0;
    pass own = {.setting = "", .ratio = ratios}, next = {.ratio = ratios + 2 * count};
    LOCL_TRY(time_all(s, NULL, &own, err));
    pass best = {.setting = "", .ratio = ratios + count, .total = own.total};
    memcpy(best.ratio, own.ratio, count * sizeof *ratios);
    if (isfinite(own.total)) {
        LOCL_TRY(try_sets(s, end, &own, &best, &next, &tried, err));
    }
    if (tried) {
        *measured = true;
        s->list->setting = best.setting;
        tell_results(s, &own, &best, tried);
    }
    return best.setting[0] ? s->meter->use(s->meter->user, s->list->device, best.setting, err) : LOCL_OK;
}

locl_status locl_tune_settings(const locl_tune_meter *meter, locl_tune_list *list, double end, bool *measured,
                               locl_error *err)
{
    size_t count = list->count, products = 0;
    *measured = false;
    for (size_t i = 0; i < count; i++) {
        products += counts(&list->result[i]);
    }
    if (!products || meter->clock(meter->user) >= end) {
        return LOCL_OK;
    }
    double *room = calloc(4 * count, sizeof *room);
    if (!room) {
        return locl_fail_memory(err, 4 * count * sizeof *room);
    }
    const search s = {.meter = meter, .list = list, .native = room};
    locl_status status = run_search(&s, end, room + count, measured, err);
    free(room);
    return status;
}
