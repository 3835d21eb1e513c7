#include "simulate/events.h"

#include <math.h>
#include <stdlib.h>

enum { RING = 16, LEAST_STEPS = 64 };

/* A device's share of a stage. */
typedef struct part {
    size_t stage, device;
    double first, share; /* of the batch's rows */
    bool owner, shared;
    size_t next;          /* step that it begins next */
    double begun[RING];   /* when step t % RING began */
    double arrived[RING]; /* when all of its input was there */
    size_t awaited[RING]; /* parts of the stage before that have not sent theirs */
    double parameters;    /* when those of its next step are there */
    double done;          /* when the gradient of the step before was */
} part;

/* The owner's wait for the gradients of a shared stage, then its update. */
typedef struct exchange {
    size_t missing, step;
    double ready;
    bool due; /* all gradients are there, and the update is to be done */
} exchange;

typedef struct state {
    const locl_events *e;
    part *part; /* [parts] by stage, in the order of rows */
    size_t parts, steps;
    size_t *stage_part; /* [stages + 1] the first part of each stage */
    exchange *exchange; /* [stages] */
    double *free_at;    /* [devices] when it has done what it began */
    double *link_free;  /* [devices] */
    double from, to;    /* when the step before those that count ended, and the last of them */
    locl_events_result *out;
} state;

/* Steps in the middle count, when all devices are busy. */
static bool counts(const state *s, size_t step)
{
    return step >= s->steps / 4 && step < s->steps - s->steps / 4;
}

/* Copies from a device to another and returns when that is done. Where a device does not overlap, it waits. */
static double copy(state *s, size_t from, size_t to, double begin, double bytes, size_t step)
{
    const locl_events_link *a = &s->e->link[from], *b = &s->e->link[to];
    const size_t ends[2] = {from, to};
    double takes = a->latency + b->latency + bytes * (a->per_byte + b->per_byte);
    double start = fmax(begin, fmax(s->link_free[from], s->link_free[to]));
    for (int i = 0; i < 2; i++) {
        const locl_events_link *l = &s->e->link[ends[i]];
        s->link_free[ends[i]] = start + takes;
        if (!l->overlap) {
            double own = l->latency + bytes * l->per_byte;
            s->free_at[ends[i]] += own;
            s->out->busy[ends[i]] += counts(s, step) ? own : 0;
        }
    }
    if (counts(s, step)) {
        s->out->sent[from] += bytes;
        s->out->got[to] += bytes;
    }
    return start + takes;
}

static double overlap_of(const part *a, const part *b)
{
    return fmin(a->first + a->share, b->first + b->share) - fmax(a->first, b->first);
}

/* Rows that two parts have in common; rounding is none. */
static bool meet(const part *a, const part *b)
{
    return overlap_of(a, b) > 1e-9;
}

static void pass_on(state *s, const part *from, size_t step, double when)
{
    size_t next = from->stage + 1;
    for (size_t i = s->stage_part[next]; next < s->e->problem->stages && i < s->stage_part[next + 1]; i++) {
        part *to = &s->part[i];
        if (!meet(from, to)) {
            continue;
        }
        double at = when, bytes = overlap_of(from, to) * s->e->batch_bytes[next];
        if (to->device != from->device) {
            at = copy(s, from->device, to->device, when, bytes, step);
        }
        to->arrived[step % RING] = fmax(to->arrived[step % RING], at);
        to->awaited[step % RING]--;
    }
}

/* Sends a part's gradient to the owner. The last one makes the update due. */
static void hand_in(state *s, const part *p, size_t step, double when)
{
    exchange *x = &s->exchange[p->stage];
    const part *owner = &s->part[s->stage_part[p->stage]];
    double at = p->owner ? when : copy(s, p->device, owner->device, when, s->e->values_bytes[p->stage], step);
    x->ready = fmax(x->ready, at);
    x->step = step;
    x->due = --x->missing == 0;
}

/* Updates a shared stage on its owner and sends the parameters to the others. */
static void update(state *s, size_t stage, double begin)
{
    exchange *x = &s->exchange[stage];
    size_t first = s->stage_part[stage], last = s->stage_part[stage + 1];
    size_t owner = s->part[first].device;
    double takes = s->e->problem->cost[stage * s->e->problem->devices + owner].update, end = begin + takes;
    s->free_at[owner] = end;
    s->out->busy[owner] += counts(s, x->step) ? takes : 0;
    for (size_t i = first; i < last; i++) {
        part *p = &s->part[i];
        p->parameters = p->owner ? end : copy(s, owner, p->device, end, s->e->values_bytes[stage], x->step);
    }
    *x = (exchange){.missing = last - first};
}

/* Returns when a part may begin its next step; INFINITY: not before something else has happened. */
static double ready_of(const state *s, const part *p)
{
    size_t slot = p->next % RING;
    double at = fmax(s->free_at[p->device], p->parameters);
    if (p->next >= s->steps || (p->stage > 0 && p->awaited[slot] > 0)) {
        return INFINITY;
    }
    at = fmax(at, p->stage > 0 ? p->arrived[slot] : 0);
    for (size_t i = s->stage_part[p->stage + 1];
         p->stage + 1 < s->e->problem->stages && i < s->stage_part[p->stage + 2]; i++) {
        const part *reader = &s->part[i];
        if (p->next < s->e->depth || !meet(p, reader)) {
            continue;
        }
        if (reader->next + s->e->depth <= p->next) {
            return INFINITY;
        }
        at = fmax(at, reader->begun[(p->next - s->e->depth) % RING]);
    }
    return at;
}

static void begin(state *s, part *p, double start)
{
    const locl_placement_cost *c = &s->e->problem->cost[p->stage * s->e->problem->devices + p->device];
    size_t step = p->next++;
    double takes = p->shared ? c->part + c->rows * p->share : c->whole, end = start + takes;
    p->begun[step % RING] = start;
    p->arrived[step % RING] = 0;
    for (size_t i = p->stage ? s->stage_part[p->stage - 1] : 0; p->stage && i < s->stage_part[p->stage];
         i++) {
        p->awaited[step % RING] += meet(&s->part[i], p) ? 1 : 0;
    }
    s->free_at[p->device] = end;
    s->out->busy[p->device] += counts(s, step) ? takes : 0;
    pass_on(s, p, step, end);
    if (p->shared) {
        p->parameters = INFINITY;
        hand_in(s, p, step, end);
    }
    if (p->stage + 1 == s->e->problem->stages) {
        s->from = step + 1 == s->steps / 4 ? fmax(s->from, end) : s->from;
        s->to = step + 1 == s->steps - s->steps / 4 ? fmax(s->to, end) : s->to;
    }
}

/* Does what can begin first; of several, as the pipeline's workers do, an update, else the latest stage. Returns
 * whether there was anything. */
static bool go_on(state *s)
{
    double first = INFINITY;
    part *next = NULL;
    size_t stage = 0;
    for (size_t i = 0; i < s->parts; i++) {
        double at = ready_of(s, &s->part[i]);
        if (at <= first && at < INFINITY) {
            first = at;
            next = &s->part[i];
        }
    }
    for (size_t k = 0; k < s->e->problem->stages; k++) {
        const part *owner = &s->part[s->stage_part[k]];
        double at = fmax(s->exchange[k].ready, s->free_at[owner->device]);
        if (s->exchange[k].due && at <= first) {
            first = at;
            next = NULL;
            stage = k + 1;
        }
    }
    if (next) {
        begin(s, next, first);
    } else if (stage) {
        update(s, stage - 1, first);
    }
    return next || stage;
}

static void make_parts(state *s)
{
    const locl_placement *placement = s->e->placement;
    for (size_t k = 0; k < placement->stages; k++) {
        double first = 0;
        s->stage_part[k] = s->parts;
        for (size_t d = 0; d < placement->devices; d++) {
            double share = placement->share[k * placement->devices + d];
            if (share > 0) {
                s->part[s->parts] = (part){.stage = k, .device = d, .first = first, .share = share};
                s->part[s->parts].owner = s->parts == s->stage_part[k];
                s->parts++;
                first += share;
            }
        }
        s->exchange[k] = (exchange){.missing = s->parts - s->stage_part[k]};
        for (size_t i = s->stage_part[k]; i < s->parts; i++) {
            s->part[i].shared = s->exchange[k].missing > 1;
        }
    }
    s->stage_part[placement->stages] = s->parts;
}

/* Sets how many parts of the stage before each waits for. */
static void await_all(state *s)
{
    for (size_t i = 0; i < s->parts; i++) {
        part *p = &s->part[i];
        for (size_t j = p->stage ? s->stage_part[p->stage - 1] : 0; p->stage && j < s->stage_part[p->stage];
             j++) {
            for (int slot = 0; slot < RING && meet(&s->part[j], p); slot++) {
                p->awaited[slot]++;
            }
        }
    }
}

locl_status locl_events_run(const locl_events *events, locl_events_result *out, locl_error *err)
{
    size_t stages = events->problem->stages, devices = events->problem->devices;
    state s = {.e = events, .out = out, .steps = LEAST_STEPS + 8 * stages};
    s.part = calloc(stages * devices, sizeof *s.part);
    s.stage_part = calloc(stages + 2, sizeof *s.stage_part);
    s.exchange = calloc(stages, sizeof *s.exchange);
    s.free_at = calloc(devices, sizeof *s.free_at);
    s.link_free = calloc(devices, sizeof *s.link_free);
    locl_status status = LOCL_OK;
    if (!s.part || !s.stage_part || !s.exchange || !s.free_at || !s.link_free) {
        status = locl_fail_memory(err, stages * devices * sizeof *s.part);
    } else {
        for (size_t d = 0; d < devices; d++) {
            out->busy[d] = out->sent[d] = out->got[d] = 0;
        }
        make_parts(&s);
        await_all(&s);
        while (go_on(&s)) {
        }
        double counted = (double)(s.steps - 2 * (s.steps / 4));
        out->seconds = (s.to - s.from) / counted;
        for (size_t d = 0; d < devices; d++) {
            out->busy[d] /= counted;
            out->sent[d] /= counted;
            out->got[d] /= counted;
        }
    }
    free(s.part);
    free(s.stage_part);
    free(s.exchange);
    free(s.free_at);
    free(s.link_free);
    return status;
}
