/* Contiguous ranges of stages in the order of the devices, cut anywhere: within a stage, too, whose rows its devices
 * then share. For a given time T of a step each device takes as much as it can do in T, from where the one before it
 * stopped. It stops where the next stage is too long, or takes a part of that. The least T with which all stages are
 * placed is found by bisection. */
#include "sched/placement.h"

#include <math.h>
#include <stdlib.h>

enum { HALVINGS = 60 };

/* How far the devices so far have got: to share `done` of stage `stage`. */
typedef struct position {
    size_t stage;
    double done;
    int from; /* the kind of stop of the device before; -1: it cannot be reached */
} position;

/* A device stops before a stage or within it. */
enum { STOP_BETWEEN, STOP_WITHIN, STOPS };

typedef struct search {
    const locl_placement_problem *problem;
    position *stop; /* [devices + 1][STOPS] */
    bool limited;   /* the devices' memory counts */
} search;

static const locl_placement_cost *cost_of(const locl_placement_problem *p, size_t stage, size_t device)
{
    return &p->cost[stage * p->devices + device];
}

/* Returns what the owner's update adds to its device's time. In a network of one stage nothing can be done beside
 * it, and it delays all devices alike. */
static double update_of(const locl_placement_problem *p, size_t stage, size_t device)
{
    return p->stages > 1 ? cost_of(p, stage, device)->update : 0;
}

/* What a device has taken so far. */
typedef struct load {
    double time, bytes;
} load;

static bool has_room(const search *s, size_t stage, size_t device, const load *l)
{
    return !s->limited || l->bytes + s->problem->bytes[stage] <= s->problem->limits[device];
}

/* Takes the rest of a stage of which other devices have `done`, or as much of it as T allows. Returns whether that
 * was all. */
static bool take_part(const search *s, size_t device, double limit, load *l, position *at)
{
    const locl_placement_problem *p = s->problem;
    const locl_placement_cost *c = cost_of(p, at->stage, device);
    bool owner = at->done <= 0;
    double fixed = c->part + c->exchange + (owner ? update_of(p, at->stage, device) : 0);
    double rate = c->rows + (at->stage > 0 && !owner ? c->carry : 0), share = 1 - at->done;
    double can = (limit - l->time - fixed) / rate;
    if (isinf(c->part) || can < p->least || !has_room(s, at->stage, device, l)) {
        return false;
    }
    bool all = !owner && can >= share;
    if (!all && share - can < p->least) {
        can = share - p->least;
    }
    if (!all && can < p->least) {
        return false;
    }
    l->time += fixed + rate * (all ? share : can);
    l->bytes += p->bytes[at->stage];
    at->done = all ? 0 : at->done + can;
    at->stage += all ? 1 : 0;
    return all;
}

static void offer(position *best, position at, int from)
{
    bool further = at.stage > best->stage || (at.stage == best->stage && at.done > best->done);
    if (best->from < 0 || further) {
        *best = at;
        best->from = from;
    }
}

/* Goes on from a stop of the devices before. */
static void take_from(const search *s, size_t device, double limit, int from)
{
    const locl_placement_problem *p = s->problem;
    position at = s->stop[device * STOPS + (size_t)from], *next = s->stop + (device + 1) * STOPS;
    load l = {0, 0};
    if (at.from < 0) {
        return;
    }
    if (at.done > 0 && !take_part(s, device, limit, &l, &at)) {
        offer(&next[STOP_WITHIN], at, from);
        return;
    }
    while (at.stage < p->stages && has_room(s, at.stage, device, &l)) {
        double carried = l.bytes <= 0 && at.stage > 0 ? cost_of(p, at.stage, device)->carry : 0;
        double time = cost_of(p, at.stage, device)->whole + carried;
        if (l.time + time > limit) {
            break;
        }
        l.time += time;
        l.bytes += p->bytes[at.stage++];
    }
    offer(&next[STOP_BETWEEN], at, from);
    if (at.stage < p->stages && device + 1 < p->devices) {
        take_part(s, device, limit, &l, &at);
        if (at.done > 0) {
            offer(&next[STOP_WITHIN], at, from);
        }
    }
}

/* Returns whether all stages can be placed with T. */
static bool reach(const search *s, double limit)
{
    const locl_placement_problem *p = s->problem;
    for (size_t i = 0; i < (p->devices + 1) * STOPS; i++) {
        s->stop[i] = (position){.from = -1};
    }
    s->stop[STOP_BETWEEN].from = 0;
    for (size_t d = 0; d < p->devices; d++) {
        take_from(s, d, limit, STOP_BETWEEN);
        take_from(s, d, limit, STOP_WITHIN);
    }
    const position *last = &s->stop[p->devices * STOPS + STOP_BETWEEN];
    return last->from >= 0 && last->stage == p->stages;
}

/* Gives device `device` what lies between two positions. */
static void give(locl_placement *out, size_t device, position from, position to)
{
    for (size_t k = from.stage; k < out->stages && k <= to.stage; k++) {
        double begin = k == from.stage ? from.done : 0, end = k == to.stage ? to.done : 1;
        if (end > begin) {
            out->share[k * out->devices + device] = end - begin;
        }
    }
}

static locl_status shares_place(const locl_placement_problem *p, locl_placement *out, locl_error *err)
{
    search s = {.problem = p, .limited = true};
    double low = 0, high = 0;
    s.stop = calloc((p->devices + 1) * STOPS, sizeof *s.stop);
    if (!s.stop) {
        return locl_fail_memory(err, (p->devices + 1) * STOPS * sizeof *s.stop);
    }
    for (size_t i = 0; i < p->stages * p->devices; i++) {
        high += p->cost[i].whole + p->cost[i].carry;
    }
    s.limited = reach(&s, high);
    for (int i = 0; i < HALVINGS; i++) {
        double middle = (low + high) / 2;
        if (reach(&s, middle)) {
            high = middle;
        } else {
            low = middle;
        }
    }
    reach(&s, high);
    int kind = STOP_BETWEEN;
    for (size_t d = p->devices; d-- > 0;) {
        position to = s.stop[(d + 1) * STOPS + (size_t)kind];
        kind = to.from;
        give(out, d, s.stop[d * STOPS + (size_t)kind], to);
    }
    free(s.stop);
    return LOCL_OK;
}

const locl_policy locl_policy_shares = {
    .name = "shares",
    .summary = "contiguous blocks per device, cut within blocks where that is faster",
    .place = shares_place,
};

double locl_placement_work(const locl_placement_problem *p, const locl_placement *placement, size_t stage,
                           size_t device)
{
    const double *share = placement->share + stage * p->devices, *before = share - p->devices;
    const locl_placement_cost *c = cost_of(p, stage, device);
    size_t owner = 0, users = 0;
    for (size_t d = p->devices; d-- > 0;) {
        owner = share[d] > 0 ? d : owner;
        users += share[d] > 0 ? 1 : 0;
    }
    double carried = stage > 0 && share[device] > before[device] ? share[device] - before[device] : 0;
    if (share[device] <= 0) {
        return 0;
    }
    if (users == 1) {
        return c->whole + carried * c->carry;
    }
    double own = device == owner ? c->update + (double)(users - 1) * c->exchange : c->exchange;
    return c->part + c->rows * share[device] + carried * c->carry + own;
}

/* Returns the seconds from one step of a shared stage to its next: the slowest gradient, the exchange and the
 * update follow each other. */
static double round_of(const locl_placement_problem *p, const locl_placement *placement, size_t stage)
{
    const double *share = placement->share + stage * p->devices;
    double slowest = 0, exchange = 0, update = 0;
    size_t users = 0;
    for (size_t d = p->devices; d-- > 0;) {
        const locl_placement_cost *c = cost_of(p, stage, d);
        if (share[d] > 0) {
            users++;
            slowest = fmax(slowest, c->part + c->rows * share[d]);
            exchange = fmax(exchange, c->exchange);
            update = c->update;
        }
    }
    return users > 1 ? slowest + exchange + update : 0;
}

double locl_placement_predict(const locl_placement_problem *p, const locl_placement *placement, double *busy)
{
    double period = 0;
    for (size_t d = 0; d < p->devices; d++) {
        double time = 0;
        for (size_t k = 0; k < p->stages; k++) {
            time += locl_placement_work(p, placement, k, d);
        }
        if (busy) {
            busy[d] = time;
        }
        period = fmax(period, time);
    }
    for (size_t k = 0; k < p->stages; k++) {
        period = fmax(period, round_of(p, placement, k));
    }
    return period;
}
