#include "sched/measure.h"

#include "sched/alike.h"
#include "sched/cost.h"
#include "sched/measure_device.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const size_t small_copy = 64, large_copy = (size_t)4 << 20;

/* How a stage is measured: whole; half of its rows without an update; the update of a shared stage's owner. */
typedef enum variant { WHOLE, HALF, UPDATE, VARIANTS } variant;

typedef struct measurement {
    const locl_pipeline_options *options;
    locl_devices *devices;
    locl_stage_times *out;
    locl_measure_device *device; /* [devices] */
    locl_stage_options *own;     /* [devices] a stage's options there */
    pthread_t *thread;           /* [devices] */
    locl_measure_tell tell;
    void *user;
    size_t done, total;
} measurement;

/* Returns the memory of a device that is left to it where its parts are measured beside it. */
static uint64_t room_of(const locl_devices *devices, size_t device)
{
    size_t sharing = 0;
    for (size_t d = 0; d < devices->count; d++) {
        sharing += devices->device[d]->context == devices->device[device]->context ? 1 : 0;
    }
    return devices->device[device]->caps.memory / sharing;
}

/* Lets those that were started go without the others, whose threads the system refused. */
static void expect(locl_measure_gate *gate, size_t devices)
{
    pthread_mutex_lock(&gate->lock);
    gate->devices = devices;
    pthread_cond_broadcast(&gate->changed);
    pthread_mutex_unlock(&gate->lock);
}

/* Runs what `device` says on all devices at once. */
static locl_status run_all(measurement *m, locl_error *err)
{
    size_t count = m->devices->count, started = 0;
    int refused = 0;
    locl_measure_gate gate = {
        .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER, .devices = count};
    for (size_t d = 0; d < count; d++) {
        m->device[d].gate = &gate;
        m->device[d].device = m->devices->device[d];
        m->device[d].room = room_of(m->devices, d);
    }
    while (started < count && !refused) {
        refused = pthread_create(&m->thread[started], NULL, locl_measure_on_device, &m->device[started]);
        started += refused ? 0 : 1;
    }
    if (refused) {
        expect(&gate, started);
    }
    for (size_t d = 0; d < started; d++) {
        pthread_join(m->thread[d], NULL);
    }
    if (refused) {
        locl_fail(err, LOCL_E_FAILED, "of %zu threads that measure devices %zu could be started: %s", count,
                  started, strerror(refused));
        return locl_remedy(
            err, "allow more threads (ulimit -u, the container's pids), or give placement: by hand");
    }
    for (size_t d = 0; d < count; d++) {
        if (m->device[d].status != LOCL_OK) {
            *err = m->device[d].error;
            locl_error_where(err, "measuring device %zu (%s)", d, m->devices->device[d]->name);
            return m->device[d].status;
        }
    }
    m->done++;
    if (m->tell) {
        m->tell(m->user, m->done, m->total);
    }
    return LOCL_OK;
}

static bool can_share(const locl_stage_options *o)
{
    return !locl_rule_keeps_whole(o->rule, &o->model->options) && locl_stage_slice(o) > 1;
}

/* Writes the options of a stage on a device. */
static void set_options(const measurement *m, const locl_stage_options *like, variant v, size_t device)
{
    locl_stage_options *o = &m->own[device];
    const locl_gemm_choices *known = m->options->products;
    *o = *like;
    o->products = known ? known[device] : (locl_gemm_choices){0};
    o->products.engine = locl_stage_engine(m->options->engine, m->devices->device[device]);
    if (v != WHOLE) {
        o->rows = locl_stage_slice(like) / 2;
        o->others = v == UPDATE ? 1 : 0;
        o->optim = v == UPDATE ? o->optim : NULL;
    }
}

/* Measures a stage on all devices at once; seconds [devices]. */
static locl_status measure_variant(measurement *m, const locl_stage_options *like, variant v, double *seconds,
                                   locl_error *err)
{
    for (size_t d = 0; d < m->devices->count; d++) {
        set_options(m, like, v, d);
        m->device[d] = (locl_measure_device){.options = &m->own[d], .update = v == UPDATE};
    }
    LOCL_TRY(run_all(m, err));
    for (size_t d = 0; d < m->devices->count; d++) {
        seconds[d] = m->device[d].seconds;
    }
    return LOCL_OK;
}

/* Derives what shares of a stage take from whole steps and those of half of the rows. */
static void set_cost(locl_placement_cost *c, double whole, double gradient, double update, double half)
{
    double all = fmax(whole - update, gradient); /* of the whole batch */
    c->whole = whole;
    c->update = update;
    c->rows = fmin((all - gradient) / (1 - half), all);
    c->part = all - c->rows;
}

static locl_status measure_stage(measurement *m, const locl_stage_options *stage, locl_placement_cost *cost,
                                 locl_error *err)
{
    double seconds[VARIANTS][LOCL_MAX_DEVICES];
    size_t slice = locl_stage_slice(stage);
    double half = (double)(slice / 2) / (double)slice;
    LOCL_TRY(measure_variant(m, stage, WHOLE, seconds[WHOLE], err));
    if (!can_share(stage)) {
        for (size_t d = 0; d < m->devices->count; d++) {
            cost[d] = (locl_placement_cost){.whole = seconds[WHOLE][d], .part = INFINITY};
        }
        return LOCL_OK;
    }
    LOCL_TRY(measure_variant(m, stage, HALF, seconds[HALF], err));
    LOCL_TRY(measure_variant(m, stage, UPDATE, seconds[UPDATE], err));
    for (size_t d = 0; d < m->devices->count; d++) {
        set_cost(&cost[d], seconds[WHOLE][d], seconds[HALF][d], seconds[UPDATE][d], half);
    }
    return LOCL_OK;
}

/* Measures copies, small and large. */
static locl_status measure_links(measurement *m, locl_error *err)
{
    for (int large = 0; large < 2; large++) {
        for (size_t d = 0; d < m->devices->count; d++) {
            m->device[d] = (locl_measure_device){.bytes = large ? large_copy : small_copy};
        }
        LOCL_TRY(run_all(m, err));
        for (size_t d = 0; d < m->devices->count; d++) {
            locl_link_speed *link = &m->out->link[d];
            double seconds = m->device[d].seconds;
            if (large) {
                link->per_byte = fmax(seconds - link->latency, 0) / (double)large_copy;
            } else {
                link->latency = seconds;
            }
        }
    }
    return LOCL_OK;
}

/* Adds what copies cost: a gradient there and parameters back, and a batch of activations. */
static void add_copies(const measurement *m, const locl_stage_options *stage, locl_placement_cost *cost)
{
    const locl_model *model = stage->model;
    double values = locl_cost_values(model, stage->first, stage->last);
    double batch = locl_cost_batch_bytes(&model->block[stage->first], stage->batch, m->options->precision);
    for (size_t d = 0; d < m->devices->count; d++) {
        const locl_link_speed *link = &m->out->link[d];
        cost[d].exchange = link->latency + sizeof(float) * values * link->per_byte;
        cost[d].carry = stage->first ? link->latency + batch * link->per_byte : 0;
    }
}

/* Returns an earlier stage of the same shape, or `index`. */
static size_t same_shape(const locl_stage_options *stage, size_t index)
{
    const locl_block_shape *mine = &stage[index].model->block[stage[index].first];
    for (size_t i = 0; i < index; i++) {
        const locl_block_shape *other = &stage[i].model->block[stage[i].first];
        if (stage[index].last - stage[index].first == 1 && stage[i].last - stage[i].first == 1 &&
            stage[i].classifier == stage[index].classifier && mine->token == other->token &&
            mine->kernel == other->kernel && mine->patches == other->patches && mine->in == other->in &&
            mine->hidden == other->hidden && mine->width == other->width && mine->groups == other->groups &&
            mine->stride == other->stride) {
            return i;
        }
    }
    return index;
}

static locl_status measure_all(measurement *m, const locl_stage_options *stage, locl_error *err)
{
    size_t devices = m->devices->count;
    const size_t links = 2;
    m->total = links;
    for (size_t k = 0; k < m->out->stages; k++) {
        m->total += same_shape(stage, k) < k ? 0 : can_share(&stage[k]) ? VARIANTS : 1;
    }
    LOCL_TRY(measure_links(m, err));
    for (size_t k = 0; k < m->out->stages; k++) {
        locl_placement_cost *cost = m->out->cost + k * devices;
        size_t same = same_shape(stage, k);
        if (same < k) {
            memcpy(cost, m->out->cost + same * devices, devices * sizeof *cost);
        } else {
            LOCL_TRY(measure_stage(m, &stage[k], cost, err));
        }
        add_copies(m, &stage[k], cost);
    }
    locl_pool_alike(m->out->stages, devices, m->out->cost);
    return LOCL_OK;
}

locl_status locl_measure(const locl_pipeline_options *o, locl_devices *devices, locl_measure_tell tell,
                         void *user, locl_stage_times *out, locl_error *err)
{
    size_t blocks = o->model->blocks, count = devices->count;
    locl_stage_options *stage = calloc(blocks, sizeof *stage);
    measurement m = {.options = o, .devices = devices, .out = out, .tell = tell, .user = user};
    locl_status status = LOCL_OK;
    *out = (locl_stage_times){.devices = count};
    m.device = calloc(count, sizeof *m.device);
    m.own = calloc(count, sizeof *m.own);
    m.thread = calloc(count, sizeof *m.thread);
    out->cost = calloc(blocks * count, sizeof *out->cost);
    out->link = calloc(count, sizeof *out->link);
    if (!stage || !m.device || !m.own || !m.thread || !out->cost || !out->link) {
        status = locl_fail_memory(err, blocks * count * sizeof *out->cost);
    } else {
        out->stages = locl_pipeline_cut(o, stage);
        status = measure_all(&m, stage, err);
    }
    free(m.device);
    free(m.own);
    free(m.thread);
    free(stage);
    return status;
}

void locl_measure_release(locl_stage_times *measured)
{
    free(measured->cost);
    free(measured->link);
    *measured = (locl_stage_times){0};
}
