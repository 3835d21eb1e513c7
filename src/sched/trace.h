/* What the scheduler did when: events in one ring of fixed size, written by all workers without a lock and
 * read by anyone, during a run or after it. Events of one thread are in their order. So are events of two
 * threads where one of them waited for the other (channel.h), and a reader may rely on it. The newest events
 * replace the oldest. The pipeline writes it. Tests read it, and timeline.h does. */
#ifndef LOCL_SCHED_TRACE_H
#define LOCL_SCHED_TRACE_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* name, what it says */
#define LOCL_TRACE_TABLE(X)                                                                                  \
    X(TRAIN, "a run begins, at `step`")                                                                      \
    X(EVALUATE, "the same, without training")                                                                \
    X(FETCHED, "the loader gave the first stage its batch")                                                  \
    X(RECEIVED, "a stage's input is there, or its queue waits for it")                                       \
    X(ENQUEUED, "a stage's step is enqueued")                                                                \
    X(SENT, "its output is on the way to the next stage")                                                    \
    X(DONE, "the step is done and its records are on the host")                                              \
    X(REPORTED, "all stages have done the step, and the handler has seen it")                                \
    X(COMPLETE, "all stages have done the step, and the handler is about to see it")                         \
    X(WAITING, "a worker finds no stage ready and waits")                                                    \
    X(BEGUN, "a worker begins with a stage")                                                                 \
    X(FAILED, "the run ends with an error")

typedef enum locl_trace_kind {
#define LOCL_TRACE_ENUM(name, text) LOCL_TRACE_##name,
    LOCL_TRACE_TABLE(LOCL_TRACE_ENUM)
#undef LOCL_TRACE_ENUM
        LOCL_TRACE_KINDS
} locl_trace_kind;

typedef struct locl_trace_event {
    double time; /* of locl_clock_seconds() */
    locl_trace_kind kind;
    int device, stage; /* -1 where it is that of no device, of no stage */
    int64_t step;      /* counted as in locl_step_report; -1 for no step */
} locl_trace_event;

typedef struct locl_trace locl_trace;

/* Creates a ring of `events`, rounded up to a power of two. */
locl_status locl_trace_open(size_t events, locl_trace **out, locl_error *err);
void locl_trace_close(locl_trace *trace); /* NULL is fine */

/* Adds an event, from any thread, in some nanoseconds. */
void locl_trace_add(locl_trace *trace, locl_trace_kind kind, int device, int stage, int64_t step);
/* Copies at most `most` events from number *next on, moves *next behind them and returns how many. What was
 * replaced meanwhile is left out. Begin with *next = 0. */
size_t locl_trace_read(const locl_trace *trace, uint64_t *next, locl_trace_event *out, size_t most);
const char *locl_trace_name(locl_trace_kind kind); /* a kind's name: "ENQUEUED" */

#endif
