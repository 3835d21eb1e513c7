#include "sched/trace.h"

#include "base/clock.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* An event in words that are read and written whole. `number` is 1 + the event's number once it is complete,
 * and 0 while it is written. A writer that sleeps while all other slots are filled may spoil the event of the
 * one that comes round to its slot. That event is then left out, or has parts of both. */
typedef struct trace_slot {
    atomic_uint_least64_t number, time, place;
    atomic_int_least64_t step;
} trace_slot;

struct locl_trace {
    atomic_uint_least64_t next; /* number of the next event */
    size_t mask;                /* slots - 1 */
    trace_slot slot[];
};

const char *locl_trace_name(locl_trace_kind kind)
{
    static const char *const names[LOCL_TRACE_KINDS] = {
#define NAME(name, text) #name,
        LOCL_TRACE_TABLE(NAME)
#undef NAME
    };
    return (unsigned)kind < LOCL_TRACE_KINDS ? names[kind] : "?";
}

locl_status locl_trace_open(size_t events, locl_trace **out, locl_error *err)
{
    size_t slots = 1;
    while (slots < events) {
        slots *= 2;
    }
    *out = calloc(1, sizeof **out + slots * sizeof(trace_slot));
    if (!*out) {
        return locl_fail_memory(err, slots * sizeof(trace_slot));
    }
    (*out)->mask = slots - 1;
    return LOCL_OK;
}

void locl_trace_close(locl_trace *trace)
{
    free(trace);
}

/* Packs kind, device + 1 and stage + 1 into 16 bits each. */
static uint64_t pack(locl_trace_kind kind, int device, int stage)
{
    return (uint64_t)kind << 32 | (uint64_t)(uint16_t)(device + 1) << 16 | (uint16_t)(stage + 1);
}

void locl_trace_add(locl_trace *trace, locl_trace_kind kind, int device, int stage, int64_t step)
{
    uint64_t number = atomic_fetch_add(&trace->next, 1), bits;
    double time = locl_clock_seconds();
    trace_slot *slot = &trace->slot[number & trace->mask];
    memcpy(&bits, &time, sizeof bits);
    atomic_store(&slot->number, 0);
    atomic_store_explicit(&slot->time, bits, memory_order_release);
    atomic_store_explicit(&slot->place, pack(kind, device, stage), memory_order_release);
    atomic_store_explicit(&slot->step, step, memory_order_release);
    atomic_store_explicit(&slot->number, number + 1, memory_order_release);
}

/* Reads an event. Returns false where it is not complete, or its slot holds another event by now. */
static bool read_slot(const trace_slot *slot, uint64_t number, locl_trace_event *out)
{
    if (atomic_load_explicit(&slot->number, memory_order_acquire) != number + 1) {
        return false;
    }
    uint64_t time = atomic_load_explicit(&slot->time, memory_order_acquire);
    uint64_t place = atomic_load_explicit(&slot->place, memory_order_acquire);
    out->step = atomic_load_explicit(&slot->step, memory_order_acquire);
    out->kind = (locl_trace_kind)(place >> 32);
    out->device = (int)(place >> 16 & 0xffff) - 1;
    out->stage = (int)(place & 0xffff) - 1;
    memcpy(&out->time, &time, sizeof out->time);
    return atomic_load_explicit(&slot->number, memory_order_acquire) == number + 1;
}

size_t locl_trace_read(const locl_trace *trace, uint64_t *next, locl_trace_event *out, size_t most)
{
    uint64_t end = atomic_load(&trace->next), slots = trace->mask + 1, n = *next;
    size_t count = 0;
    n = end > slots && n < end - slots ? end - slots : n;
    for (; n < end && count < most; n++) {
        count += read_slot(&trace->slot[n & trace->mask], n, &out[count]) ? 1 : 0;
    }
    *next = n;
    return count;
}
