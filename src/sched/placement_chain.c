/* Contiguous ranges of stages, in the order of the devices, with the least time of the slowest device. Found
 * by dynamic programming over (devices used, stages placed). Ties go to the fewer bytes on one device, then
 * to the earlier cut. A device may stay empty only when there are fewer stages than devices. */
#include "sched/placement.h"

#include <math.h>
#include <stdlib.h>

typedef struct chain_cell {
    double time, bytes; /* of the slowest device so far (INFINITY: none fits), and of the fullest */
    size_t cut;         /* stages on the devices before the last one */
} chain_cell;

typedef enum limits_mode { LIMITS_HOLD, LIMITS_IGNORED } limits_mode;

static bool better(chain_cell a, chain_cell b)
{
    double slack = 1e-9 * b.time;
    if (isinf(a.time) || isinf(b.time)) {
        return a.time < b.time;
    }
    return a.time < b.time - slack || (a.time <= b.time + slack && a.bytes < b.bytes);
}

/* Returns the cell of stages from..to-1 on device d alone. */
static chain_cell range_cell(const locl_placement_problem *p, size_t d, size_t from, size_t to,
                             limits_mode mode)
{
    chain_cell cell = {0, 0, from};
    for (size_t s = from; s < to; s++) {
        cell.time += p->seconds[s * p->devices + d];
        cell.bytes += p->bytes[s];
    }
    if (mode == LIMITS_HOLD && cell.bytes > p->limits[d]) {
        cell.time = INFINITY;
    }
    return cell;
}

/* Returns the best way to put the first `stages` on devices 0..d, the last range on device d. */
static chain_cell best_cell(const locl_placement_problem *p, const chain_cell *before, size_t d,
                            size_t stages, limits_mode mode)
{
    chain_cell best = {.cut = SIZE_MAX};
    for (size_t cut = d; cut < stages; cut++) {
        chain_cell cell = range_cell(p, d, cut, stages, mode);
        cell.time = fmax(cell.time, before[cut].time);
        cell.bytes = fmax(cell.bytes, before[cut].bytes);
        if (best.cut == SIZE_MAX || better(cell, best)) {
            best = cell;
        }
    }
    return best;
}

/* Fills cell [devices used][stages placed], `width` in a row. Returns false where no placement keeps the
 * limits. */
static bool fill(const locl_placement_problem *p, size_t devices, chain_cell *cell, limits_mode mode)
{
    size_t width = p->stages + 1;
    for (size_t stages = 1; stages <= p->stages; stages++) {
        cell[width + stages] = range_cell(p, 0, 0, stages, mode);
    }
    for (size_t used = 2; used <= devices; used++) {
        for (size_t stages = used; stages <= p->stages; stages++) {
            cell[used * width + stages] = best_cell(p, cell + (used - 1) * width, used - 1, stages, mode);
        }
    }
    return !isinf(cell[devices * width + p->stages].time);
}

static locl_status chain_place(const locl_placement_problem *p, locl_placement *out, locl_error *err)
{
    size_t devices = p->devices < p->stages ? p->devices : p->stages, width = p->stages + 1;
    chain_cell *cell = calloc((devices + 1) * width, sizeof *cell);
    if (!cell) {
        return locl_fail_memory(err, (devices + 1) * width * sizeof *cell);
    }
    if (!fill(p, devices, cell, LIMITS_HOLD)) {
        fill(p, devices, cell, LIMITS_IGNORED);
    }
    for (size_t used = devices, stages = p->stages; used > 0; used--) {
        size_t cut = cell[used * width + stages].cut;
        for (size_t s = cut; s < stages; s++) {
            locl_placement_put(out, s, used - 1);
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
