#include "sched/alike.h"

/* How much longer than the fastest of them devices may take that count as equally fast. */
static const double apart = 1.1;

/* Gives `count` devices the mean of what they take for a stage. */
static void pool(locl_placement_cost *cost, const size_t *device, size_t count)
{
    locl_placement_cost mean = {0};
    for (size_t i = 0; i < count; i++) {
        const locl_placement_cost *c = &cost[device[i]];
        mean.whole += c->whole / (double)count;
        mean.part += c->part / (double)count;
        mean.rows += c->rows / (double)count;
        mean.update += c->update / (double)count;
    }
    for (size_t i = 0; i < count; i++) {
        locl_placement_cost *c = &cost[device[i]];
        c->whole = mean.whole;
        c->part = mean.part;
        c->rows = mean.rows;
        c->update = mean.update;
    }
}

void locl_pool_alike(size_t stages, size_t devices, locl_placement_cost *cost)
{
    double time[LOCL_MAX_DEVICES] = {0}; /* of all stages, one after another */
    size_t order[LOCL_MAX_DEVICES];
    for (size_t d = 0; d < devices; d++) { /* the fastest first */
        size_t at = d;
        for (size_t k = 0; k < stages; k++) {
            time[d] += cost[k * devices + d].whole;
        }
        for (; at > 0 && time[order[at - 1]] > time[d]; at--) {
            order[at] = order[at - 1];
        }
        order[at] = d;
    }
    for (size_t first = 0, last; first < devices; first = last) {
        for (last = first + 1; last < devices && time[order[last]] <= apart * time[order[first]]; last++) {
        }
        for (size_t k = 0; k < stages; k++) {
            pool(cost + k * devices, order + first, last - first);
        }
    }
}
