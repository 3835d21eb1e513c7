#include "simulate/work.h"

#include "sched/cost.h"

#include <math.h>
#include <stdlib.h>

/* Launches of a block's step, kernel by kernel: 150 for the four of M/8/16 under lg-fg-a. */
static const double block_launches = 37;

locl_status locl_work_create(size_t stages, size_t devices, size_t batch, locl_work *out, locl_error *err)
{
    *out = (locl_work){.stages = stages, .devices = devices, .batch = batch};
    out->cost = calloc(stages * devices, sizeof *out->cost);
    out->link = calloc(devices, sizeof *out->link);
    out->batch_bytes = calloc(stages, sizeof *out->batch_bytes);
    out->values_bytes = calloc(stages, sizeof *out->values_bytes);
    out->bytes = calloc(stages, sizeof *out->bytes);
    out->limits = calloc(devices, sizeof *out->limits);
    out->memory = calloc(devices, sizeof *out->memory);
    return out->cost && out->link && out->batch_bytes && out->values_bytes && out->bytes && out->limits &&
                   out->memory
               ? LOCL_OK
               : locl_fail_memory(err, stages * devices * sizeof *out->cost);
}

void locl_work_release(locl_work *work)
{
    free(work->cost);
    free(work->link);
    free(work->batch_bytes);
    free(work->values_bytes);
    free(work->bytes);
    free(work->limits);
    free(work->memory);
    *work = (locl_work){0};
}

/* Seconds that the update of `values` parameters takes: weight, gradient and momentum, read and written. */
static double update_seconds(const locl_cluster_entry *e, double values)
{
    return 5 * 4 * values / (1e9 * e->gbs) + 1e-6 * e->launch_us;
}

static locl_placement_cost cost_of(const locl_cluster_entry *e, const locl_work *w, size_t stage,
                                   double flops, double blocks)
{
    double launches = 1e-6 * e->launch_us * block_launches * blocks;
    double per_byte = 2 / (1e9 * e->link_gbs), latency = 2e-6 * e->link_us;
    locl_placement_cost c = {.part = launches, .rows = flops / (1e9 * e->gflops)};
    c.update = update_seconds(e, w->values_bytes[stage] / 4);
    c.whole = c.part + c.rows + c.update;
    c.exchange = 2 * latency + 2 * w->values_bytes[stage] * per_byte;
    c.carry = stage == 0 ? 0 : latency + w->batch_bytes[stage] * per_byte;
    return c;
}

static void fill_stage(const locl_model *model, size_t stage, size_t first, size_t last,
                       locl_precision precision, locl_work *w)
{
    double values = locl_cost_values(model, first, last);
    w->batch_bytes[stage] = locl_cost_batch_bytes(&model->block[first], w->batch, precision);
    w->values_bytes[stage] = 4 * values;
    w->bytes[stage] = 3 * 4 * values; /* with momentum and gradient */
    for (size_t d = 0; d < w->devices; d++) {
        /* Two batches each come in, and go on between a device's own stages. */
        w->limits[d] = fmin(w->limits[d], w->memory[d] - 4 * w->batch_bytes[stage]);
    }
}

locl_status locl_work_of(const locl_model *model, const locl_cluster *cluster, size_t batch,
                         locl_work_cut cut, locl_precision precision, locl_work *out, locl_error *err)
{
    size_t stages = cut == LOCL_WORK_WHOLE ? 1 : model->blocks, each = model->blocks / stages;
    LOCL_TRY(locl_work_create(stages, cluster->devices, batch, out, err));
    for (size_t d = 0; d < cluster->devices; d++) {
        out->memory[d] = out->limits[d] = locl_cluster_device(cluster, d)->memory * 0x1p30;
    }
    for (size_t k = 0; k < stages; k++) {
        fill_stage(model, k, k * each, (k + 1) * each, precision, out);
        double flops = (double)batch * locl_cost_flops(model, k * each, (k + 1) * each);
        for (size_t d = 0; d < cluster->devices; d++) {
            out->cost[k * cluster->devices + d] =
                cost_of(locl_cluster_device(cluster, d), out, k, flops, (double)each);
        }
    }
    for (size_t d = 0; d < cluster->devices; d++) {
        const locl_cluster_entry *e = locl_cluster_device(cluster, d);
        out->link[d] = (locl_events_link){
            .latency = 1e-6 * e->link_us, .per_byte = 1 / (1e9 * e->link_gbs), .overlap = e->overlap};
    }
    return LOCL_OK;
}

/* ---- backpropagation beside it ---- */

/* What stages of whole blocks take, forward and back, of a batch. */
typedef struct ramp {
    double longest; /* the slowest device's time of a batch */
    double sum;     /* of all devices' */
    double copies;  /* of a micro-batch's activations through all devices, one way */
    size_t devices; /* that have a stage */
} ramp;

static locl_status place_whole(const locl_work *w, locl_placement *out, locl_error *err)
{
    double *seconds = calloc(w->stages * w->devices, sizeof *seconds);
    const locl_placement_problem p = {.stages = w->stages,
                                      .devices = w->devices,
                                      .seconds = seconds,
                                      .bytes = w->bytes,
                                      .limits = w->limits};
    if (!seconds) {
        return locl_fail_memory(err, w->stages * w->devices * sizeof *seconds);
    }
    for (size_t i = 0; i < w->stages * w->devices; i++) {
        seconds[i] = w->cost[i].part + w->cost[i].rows;
    }
    locl_status status = locl_placement_create(w->stages, w->devices, out, err);
    if (status == LOCL_OK) {
        status = locl_policy_chain.place(&p, out, err);
    }
    free(seconds);
    return status;
}

/* Adds up the ramp for batches of `microbatches` parts; launches are paid for each. */
static ramp ramp_of(const locl_work *w, const locl_placement *placement, double microbatches)
{
    ramp r = {0};
    size_t before = SIZE_MAX;
    for (size_t d = 0; d < w->devices; d++) {
        double time = 0;
        for (size_t k = 0; k < w->stages; k++) {
            const locl_placement_cost *c = &w->cost[k * w->devices + d];
            time += placement->share[k * w->devices + d] > 0 ? microbatches * c->part + c->rows : 0;
        }
        r.devices += time > 0 ? 1 : 0;
        r.longest = fmax(r.longest, time);
        r.sum += time;
    }
    for (size_t k = 0; k < w->stages; k++) {
        size_t device = 0;
        locl_placement_is_whole(placement, k, &device);
        if (k > 0 && device != before) {
            const locl_events_link *a = &w->link[before], *b = &w->link[device];
            r.copies +=
                a->latency + b->latency + w->batch_bytes[k] / microbatches * (a->per_byte + b->per_byte);
        }
        before = device;
    }
    return r;
}

/* Values that a block keeps of an image for the way back: input, products and normalised operands of its layers. */
static double kept_values(const locl_model *model, size_t k)
{
    const locl_block_shape *s = &model->block[k];
    double p = (double)s->patches;
    return p * ((s->token ? 3 : 1) * (double)s->in + 2 * (double)s->hidden + 2 * (double)s->width);
}

/* Finds the number of micro-batches with which a schedule is fastest: more of them wait less, and launch more. */
static locl_simulation_schedule schedule_of(const locl_work *w, const locl_placement *placement,
                                            double bubble)
{
    locl_simulation_schedule best = {.step_seconds = INFINITY};
    for (size_t parts = 1; parts <= w->batch; parts *= 2) {
        ramp r = ramp_of(w, placement, (double)parts);
        double seconds =
            r.longest + bubble * (r.sum - r.longest + 2 * r.copies * (double)parts) / (double)parts;
        if (seconds < best.step_seconds) {
            best = (locl_simulation_schedule){
                .devices = r.devices, .microbatches = parts, .step_seconds = seconds};
            best.idle = 1 - r.sum / ((double)r.devices * seconds);
        }
    }
    return best;
}

locl_status locl_work_schedules(const locl_model *model, const locl_cluster *cluster, size_t batch,
                                locl_simulation_schedule out[LOCL_SCHEDULES], locl_error *err)
{
    static const char *const names[LOCL_SCHEDULES] = {"gpipe", "1f1b", "zero-bubble"};
    /* of a forward and two backward thirds, those in which a device waits while the pipeline fills and empties */
    static const double bubble[LOCL_SCHEDULES] = {1, 1, 1.0 / 3};
    locl_work w = {0};
    locl_placement placement = {0};
    locl_status status = locl_work_of(model, cluster, batch, LOCL_WORK_BLOCKS, LOCL_PRECISION_FP32, &w, err);
    status = status == LOCL_OK ? place_whole(&w, &placement, err) : status;
    double kept = 0; /* by the first device, of a batch */
    for (size_t k = 0; k < model->blocks && status == LOCL_OK; k++) {
        kept += placement.share[k * w.devices] > 0 ? 4 * (double)batch * kept_values(model, k) : 0;
    }
    for (int i = 0; i < LOCL_SCHEDULES && status == LOCL_OK; i++) {
        out[i] = schedule_of(&w, &placement, bubble[i]);
        double part = (double)out[i].devices / (double)out[i].microbatches;
        out[i].name = names[i];
        out[i].activation_bytes = i == 0 ? kept : kept * fmin(1, part);
    }
    locl_placement_release(&placement);
    locl_work_release(&w);
    return status;
}
