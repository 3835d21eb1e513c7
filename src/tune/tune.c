#include "tune/tune.h"

#include "tune/meter.h"
#include "tune/product.h"
#include "tune/settings.h"
#include "tune/store.h"
#include "tune/worth.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

const char *locl_tune_effort_name(locl_tune_effort effort)
{
    static const char *const names[] = {"off", "quick", "full"};
    return names[effort];
}

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
    double end; /* of the budget, by the meter's clock */
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

/* Takes a product's record where it will do: false where it has to be measured. That a record for QUICK has the bits of
 * what nobody measured is not left to the file. */
static bool take_stored(const tuning *t, size_t l, locl_tune_result *r)
{
    locl_tune_effort effort = t->options->effort;
    locl_tune_bits bits = effort == LOCL_TUNE_FULL ? LOCL_TUNE_ANY_BITS : LOCL_TUNE_SAME_BITS;
    const locl_tune_record *found = locl_tune_store_find(t->store[l], &r->own.shape, t->list[l].engine, bits);
    if (!found || t->options->what == LOCL_TUNE_ALL || found->effort < effort ||
        (bits == LOCL_TUNE_SAME_BITS && !locl_gemm_same_bits(&found->choice, &r->own))) {
        return false;
    }
    r->choice = found->choice;
    r->source = LOCL_TUNE_STORED;
    r->candidates = found->candidates;
    r->own_seconds = found->own_seconds;
    r->seconds = found->seconds;
    return true;
}

static bool is_worth_it(const tuning *t, size_t l, const locl_gemm_shape *shape)
{
    double steps = t->options->steps;
    return steps <= 0 || locl_tune_is_worth_it(locl_tune_expected(shape, &t->list[l].device->caps, steps));
}

/* Opens a list's store, makes its results, and lists what is to be measured. */
static locl_status prepare_list(tuning *t, size_t l, locl_error *err)
{
    locl_tune_list *list = &t->list[l];
    const locl_tune_options *o = t->options;
    list->result = calloc(list->count + 1, sizeof *list->result);
    if (!list->result) {
        return locl_fail_memory(err, list->count * sizeof *list->result);
    }
    if (o->effort != LOCL_TUNE_OFF) {
        LOCL_TRY(locl_tune_store_open(list->device, &t->store[l], err));
    }
    for (size_t i = 0; i < list->count; i++) {
        locl_tune_result *r = &list->result[i];
        const locl_gemm_shape *shape = &list->product[i].shape;
        r->own = r->choice = r->alike = list->product[i];
        if (t->store[l] && !take_stored(t, l, r) && o->what != LOCL_TUNE_NOTHING &&
            is_worth_it(t, l, shape)) {
            t->task[t->tasks++] = (task){l, i, locl_gemm_flops(shape)};
        }
    }
    if (o->effort == LOCL_TUNE_FULL && o->what != LOCL_TUNE_ALL && list->engine != LOCL_ENGINE_NATIVE) {
        list->setting = locl_tune_store_setting(t->store[l]);
    }
    return LOCL_OK;
}

/* Lists what is to be measured, the largest first. */
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
        LOCL_TRY(prepare_list(t, l, err));
    }
    qsort(t->task, t->tasks, sizeof *t->task, by_flops);
    return LOCL_OK;
}

/* Returns the seconds for all tasks: the options', but no more than the run is worth. 0: as long as it takes. */
static double budget_of(const tuning *t)
{
    double expected = 0;
    for (size_t i = 0; i < t->tasks; i++) {
        const locl_tune_list *list = &t->list[t->task[i].list];
        expected += locl_tune_expected(&list->product[t->task[i].index].shape, &list->device->caps,
                                       t->options->steps);
    }
    return t->options->steps > 0 ? fmin(t->options->seconds, LOCL_TUNE_SHARE * expected)
                                 : t->options->seconds;
}

static locl_status put(locl_tune_store *store, const locl_tune_list *list, const locl_tune_result *r,
                       locl_tune_effort effort, locl_tune_bits bits, locl_error *err)
{
    bool any = bits == LOCL_TUNE_ANY_BITS;
    const locl_tune_record record = {.choice = any ? r->choice : r->alike,
                                     .engine = list->engine,
                                     .bits = bits,
                                     .effort = effort,
                                     .candidates = r->candidates,
                                     .own_seconds = r->own_seconds,
                                     .seconds = any ? r->seconds : r->alike_seconds};
    return locl_tune_store_put(store, &record, err);
}

/* Puts what was measured into the stores. */
static locl_status keep(const tuning *t, locl_error *err)
{
    locl_tune_effort effort = t->options->effort;
    for (size_t l = 0; l < t->lists; l++) {
        const locl_tune_list *list = &t->list[l];
        for (size_t i = 0; i < list->count; i++) {
            const locl_tune_result *r = &list->result[i];
            if (r->source != LOCL_TUNE_MEASURED) {
                continue;
            }
            LOCL_TRY(put(t->store[l], list, r, effort, LOCL_TUNE_SAME_BITS, err));
            if (effort == LOCL_TUNE_FULL) {
                LOCL_TRY(put(t->store[l], list, r, effort, LOCL_TUNE_ANY_BITS, err));
            }
        }
    }
    return LOCL_OK;
}

/* Gives each product the share of the time that is left that its FLOPs are of what is left, and at least a third. */
static double share_of(const tuning *t, size_t index)
{
    double left = t->end - t->meter->clock(t->meter->user), flops = 0;
    if (t->end == DBL_MAX) {
        return DBL_MAX;
    }
    for (size_t i = index; i < t->tasks; i++) {
        flops += t->task[i].flops;
    }
    double share = t->task[index].flops / flops;
    return left * fmax(share, 1.0 / 3);
}

/* Measures with the parameters of CLBlast that the run will use. */
static locl_status measure_products(const tuning *t, locl_error *err)
{
    for (size_t l = 0; l < t->lists && t->tasks; l++) {
        if (t->list[l].setting[0]) {
            LOCL_TRY(t->meter->use(t->meter->user, t->list[l].device, t->list[l].setting, err));
        }
    }
    for (size_t i = 0; i < t->tasks; i++) {
        const task *one = &t->task[i];
        double seconds = share_of(t, i);
        if (t->options->tell) {
            t->options->tell(t->options->user, i, t->tasks);
        }
        if (t->meter->clock(t->meter->user) >= t->end) {
            break;
        }
        LOCL_TRY(
            locl_tune_product(t->meter, &t->list[one->list], one->index, t->options->effort, seconds, err));
    }
    return LOCL_OK;
}

/* Tries the sets of CLBlast's parameters, once all products were measured with its own. */
static locl_status measure_settings(const tuning *t, locl_error *err)
{
    for (size_t l = 0; l < t->lists && t->options->what == LOCL_TUNE_ALL; l++) {
        bool measured = false;
        LOCL_TRY(locl_tune_settings(t->meter, &t->list[l], t->end, &measured, err));
        if (measured) {
            locl_tune_store_put_setting(t->store[l], t->list[l].setting);
        }
    }
    return LOCL_OK;
}

static locl_status measure_all(tuning *t, locl_error *err)
{
    double budget = budget_of(t);
    t->end = budget > 0 ? t->meter->clock(t->meter->user) + budget : DBL_MAX;
    LOCL_TRY(measure_products(t, err));
    LOCL_TRY(measure_settings(t, err));
    return keep(t, err);
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
        list[l].setting = "";
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
