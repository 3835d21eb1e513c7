#include "tune/tune.h"

#include "base/log.h"
#include "gemm/policy.h"
#include "gemm/solver.h"
#include "tune/meter.h"
#include "tune/race.h"
#include "tune/store.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { QUICK_ROUNDS = 5, MOST = LOCL_TUNE_RACE_MOST };

const char *locl_tune_effort_name(locl_tune_effort effort)
{
    static const char *const names[] = {"off", "quick", "full"};
    return names[effort];
}

/* ---- one product ---- */

/* A race, for its callbacks: the candidates of one product. */
typedef struct heat {
    const locl_tune_meter *meter;
    locl_gemm_choice candidate[MOST];
    size_t count;
} heat;

/* Returns whether candidates of a solver take part. On CPUs CLBlast takes seconds to build and loses: only where all is tried. */
static bool takes_part(const locl_gemm_solver *solver, const locl_tune_list *list, locl_tune_effort effort)
{
    if (list->engine != LOCL_ENGINE_AUTO) {
        return solver == (list->engine == LOCL_ENGINE_NATIVE ? &locl_gemm_native : &locl_gemm_clblast);
    }
    return effort == LOCL_TUNE_FULL || !list->device->caps.cpu || solver == &locl_gemm_native;
}

/* Lists what nobody measured first, then the candidates of all solvers that take part. */
static void list_candidates(const locl_tune_list *list, const locl_gemm_choice *own, locl_tune_effort effort,
                            heat *h)
{
    const locl_gemm_shape *shape = &own->shape;
    h->candidate[0] = *own;
    h->count = 1;
    for (size_t i = 0; locl_gemm_solvers[i]; i++) {
        const locl_gemm_solver *solver = locl_gemm_solvers[i];
        locl_gemm_cut cuts[LOCL_GEMM_CUTS] = {{0}};
        size_t count = solver->cuts ? solver->cuts(shape, &list->device->caps, cuts) : 1;
        for (size_t c = 0; c < count && h->count < MOST && takes_part(solver, list, effort); c++) {
            bool same = solver == own->solver && locl_gemm_same_cut(&cuts[c], &own->cut);
            if (!same && solver->applicable(shape, &cuts[c], &list->device->caps)) {
                h->candidate[h->count++] =
                    (locl_gemm_choice){.shape = *shape, .solver = solver, .cut = cuts[c]};
            }
        }
    }
}

static double clock_of(void *user)
{
    const heat *h = user;
    return h->meter->clock(h->meter->user);
}

/* Makes a candidate ready. One that fails, or is wrong, is none. */
static locl_status enter(void *user, size_t index, bool *in, locl_error *err)
{
    const heat *h = user;
    const locl_gemm_choice *c = &h->candidate[index];
    locl_error failed = {0};
    bool right = false;
    locl_status status = h->meter->enter(h->meter->user, index, c, &right, &failed);
    *in = status == LOCL_OK && right;
    if (status == LOCL_E_MEMORY) {
        *err = failed;
        return status;
    }
    if (!*in) {
        locl_log(LOCL_LOG_WARNING, "a product of %zu x %zu x %zu by %s, candidate %zu, %s: left out",
                 c->shape.m, c->shape.n, c->shape.k, c->solver->name, index,
                 status == LOCL_OK ? "is not what it should be" : failed.message);
    }
    return LOCL_OK;
}

static locl_status measure(void *user, size_t index, double *seconds, locl_error *err)
{
    const heat *h = user;
    return h->meter->measure(h->meter->user, index, seconds, err);
}

/* Fills in the result where there was time for enough rounds. */
static locl_status run_heat(heat *h, locl_tune_effort effort, double seconds, locl_tune_result *r,
                            locl_error *err)
{
    locl_tune_race race = {.count = h->count,
                           .rounds = effort == LOCL_TUNE_FULL ? LOCL_TUNE_RACE_ROUNDS : QUICK_ROUNDS,
                           .seconds = seconds,
                           .user = h,
                           .clock = clock_of,
                           .enter = enter,
                           .measure = measure};
    locl_tune_race_result result;
    LOCL_TRY(locl_tune_race_run(&race, &result, err));
    if (result.rounds >= LOCL_TUNE_RACE_LEAST_ROUNDS) {
        r->choice = h->candidate[result.winner];
        r->source = LOCL_TUNE_MEASURED;
        r->candidates = result.entered;
        r->own_seconds = result.seconds[0];
        r->seconds = result.seconds[1];
    }
    return LOCL_OK;
}

static locl_status measure_product(const locl_tune_options *o, const locl_tune_meter *meter,
                                   locl_tune_list *list, size_t index, double seconds, locl_error *err)
{
    heat *h = calloc(1, sizeof *h);
    locl_tune_result *r = &list->result[index];
    if (!h) {
        return locl_fail_memory(err, sizeof *h);
    }
    h->meter = meter;
    list_candidates(list, &r->own, o->effort, h);
    locl_status status = meter->begin(meter->user, list->device, &r->own.shape, err);
    if (status == LOCL_OK) {
        status = run_heat(h, o->effort, seconds, r, err);
    }
    meter->end(meter->user);
    free(h);
    return status;
}

/* ---- all products ---- */

/* A product that is to be measured. */
typedef struct task {
    size_t list, index;
    double flops;
} task;

typedef struct tuning {
    const locl_tune_options *options;
    const locl_tune_meter *meter;
    locl_tune_list *list;
    size_t lists;
    locl_tune_store **store; /* [lists] */
    task *task;              /* [tasks] the largest first */
    size_t tasks;
} tuning;

static int by_flops(const void *a, const void *b)
{
    const task *x = a, *y = b;
    if (x->flops != y->flops) {
        return x->flops < y->flops ? 1 : -1;
    }
    return x->list != y->list ? (x->list > y->list) - (x->list < y->list)
                              : (x->index > y->index) - (x->index < y->index);
}

/* Takes a product's record where it will do: false where it has to be measured. */
static bool take_stored(const tuning *t, size_t l, locl_tune_result *r)
{
    const locl_tune_record *found = locl_tune_store_find(t->store[l], &r->own.shape, t->list[l].engine);
    if (!found || t->options->again || found->effort < t->options->effort) {
        return false;
    }
    r->choice = found->choice;
    r->source = LOCL_TUNE_STORED;
    r->candidates = found->candidates;
    r->own_seconds = found->own_seconds;
    r->seconds = found->seconds;
    return true;
}

/* Opens the stores, makes the results, and lists what is to be measured. */
static locl_status prepare(tuning *t, locl_error *err)
{
    size_t all = 0;
    for (size_t l = 0; l < t->lists; l++) {
        all += t->list[l].count;
    }
    t->store = calloc(t->lists + 1, sizeof *t->store);
    t->task = calloc(all + 1, sizeof *t->task);
    if (!t->store || !t->task) {
        return locl_fail_memory(err, all * sizeof *t->task);
    }
    for (size_t l = 0; l < t->lists; l++) {
        locl_tune_list *list = &t->list[l];
        list->result = calloc(list->count + 1, sizeof *list->result);
        if (!list->result) {
            return locl_fail_memory(err, list->count * sizeof *list->result);
        }
        if (t->options->effort != LOCL_TUNE_OFF) {
            LOCL_TRY(locl_tune_store_open(list->device, &t->store[l], err));
        }
        for (size_t i = 0; i < list->count; i++) {
            list->result[i].own = list->result[i].choice = list->product[i];
            if (t->store[l] && !take_stored(t, l, &list->result[i])) {
                t->task[t->tasks++] = (task){l, i, locl_gemm_flops(&list->product[i].shape)};
            }
        }
    }
    qsort(t->task, t->tasks, sizeof *t->task, by_flops);
    return LOCL_OK;
}

static locl_status keep(const tuning *t, const task *one, locl_error *err)
{
    const locl_tune_list *list = &t->list[one->list];
    const locl_tune_result *r = &list->result[one->index];
    const locl_tune_record record = {.choice = r->choice,
                                     .engine = list->engine,
                                     .effort = t->options->effort,
                                     .candidates = r->candidates,
                                     .own_seconds = r->own_seconds,
                                     .seconds = r->seconds};
    return r->source == LOCL_TUNE_MEASURED ? locl_tune_store_put(t->store[one->list], &record, err) : LOCL_OK;
}

/* Gives each product the share of the time that is left that its FLOPs are of what is left, and at least a third. */
static double share_of(const tuning *t, size_t index, double end)
{
    double left = end - t->meter->clock(t->meter->user), flops = 0;
    if (t->options->seconds <= 0) {
        return DBL_MAX;
    }
    for (size_t i = index; i < t->tasks; i++) {
        flops += t->task[i].flops;
    }
    double share = t->task[index].flops / flops;
    return left * fmax(share, 1.0 / 3);
}

static locl_status measure_all(const tuning *t, locl_error *err)
{
    double end = t->meter->clock(t->meter->user) + t->options->seconds;
    for (size_t i = 0; i < t->tasks; i++) {
        const task *one = &t->task[i];
        double seconds = share_of(t, i, end);
        if (t->options->tell) {
            t->options->tell(t->options->user, i, t->tasks);
        }
        if (t->options->seconds > 0 && t->meter->clock(t->meter->user) >= end) {
            break;
        }
        LOCL_TRY(measure_product(t->options, t->meter, &t->list[one->list], one->index, seconds, err));
        LOCL_TRY(keep(t, one, err));
    }
    return LOCL_OK;
}

locl_status locl_tune(const locl_tune_options *options, locl_tune_list *list, size_t lists, locl_error *err)
{
    locl_device_meter *devices = calloc(1, sizeof *devices);
    locl_status status;
    if (!devices) {
        return locl_fail_memory(err, sizeof *devices);
    }
    const locl_tune_meter real = locl_device_meter_of(devices);
    tuning t = {
        .options = options, .meter = options->meter ? options->meter : &real, .list = list, .lists = lists};
    for (size_t l = 0; l < lists; l++) {
        list[l].result = NULL;
    }
    LOCL_TRY_GOTO(status, prepare(&t, err));
    LOCL_TRY_GOTO(status, measure_all(&t, err));
    for (size_t l = 0; l < lists && t.tasks; l++) {
        locl_tune_store_save(t.store[l]);
    }
fail:
    for (size_t l = 0; l < lists && t.store; l++) {
        locl_tune_store_close(t.store[l]);
    }
    if (status != LOCL_OK) {
        locl_tune_release(list, lists);
    }
    free(t.store);
    free(t.task);
    free(devices);
    return status;
}

void locl_tune_release(locl_tune_list *list, size_t lists)
{
    for (size_t l = 0; l < lists; l++) {
        free(list[l].result);
        list[l].result = NULL;
    }
}
