/* Contiguous ranges of stages, in the order of the devices: least time of the slowest device, by dynamic
 * programming over (devices used, stages placed). Ties go to the fewer trainable values on one device, then
 * to the earlier cut. A device may stay empty only when there are fewer stages than devices. */
#include "sched/placement.h"

#include <stdlib.h>

typedef struct chain_cell {
    double time, values; /* of the slowest device so far, of the fullest */
    size_t cut;          /* stages on the devices before the last one */
} chain_cell;

static bool better(chain_cell a, chain_cell b)
{
    double slack = 1e-9 * b.time;
    return a.time < b.time - slack || (a.time <= b.time + slack && a.values < b.values);
}

static double sum(const double *values, size_t from, size_t to)
{
    double total = 0;
    for (size_t i = from; i < to; i++) {
        total += values[i];
    }
    return total;
}

/* The best way to put the first `stages` on devices 0..d, the last range on device d. */
static chain_cell best_cell(const locl_placement_problem *p, const chain_cell *before, size_t d,
                            size_t stages)
{
    chain_cell best = {.time = -1};
    for (size_t cut = d; cut < stages; cut++) {
        double time = sum(p->cost, cut, stages) / p->speed[d], values = sum(p->values, cut, stages);
        chain_cell cell = {time > before[cut].time ? time : before[cut].time,
                           values > before[cut].values ? values : before[cut].values, cut};
        if (best.time < 0 || better(cell, best)) {
            best = cell;
        }
    }
    return best;
}

static locl_status chain_place(const locl_placement_problem *p, size_t *device, locl_error *err)
{
    size_t devices = p->devices < p->stages ? p->devices : p->stages, width = p->stages + 1;
    chain_cell *cell = calloc((devices + 1) * width, sizeof *cell); /* [devices used][stages placed] */
    if (!cell) {
        return locl_fail_memory(err, (devices + 1) * width * sizeof *cell);
    }
    for (size_t stages = 1; stages <= p->stages && devices; stages++) {
        double time = sum(p->cost, 0, stages) / p->speed[0];
        cell[width + stages] = (chain_cell){time, sum(p->values, 0, stages), 0};
    }
    for (size_t used = 2; used <= devices; used++) {
        for (size_t stages = used; stages <= p->stages; stages++) {
            cell[used * width + stages] = best_cell(p, cell + (used - 1) * width, used - 1, stages);
        }
    }
    for (size_t used = devices, stages = p->stages; used > 0; used--) {
        size_t cut = cell[used * width + stages].cut;
        for (size_t s = cut; s < stages; s++) {
            device[s] = used - 1;
        }
        stages = cut;
    }
    free(cell);
    return LOCL_OK;
}

const locl_policy locl_policy_chain = {
    .name = "chain",
    .summary = "contiguous blocks per device; least time of the slowest device",
    .place = chain_place,
};
