#include "device/tape.h"

#include "base/clock.h"

#include <stdlib.h>

static locl_status make_room(locl_tape *tape, locl_error *err)
{
    enum { FIRST = 1024 };
    if (tape->count < tape->capacity) {
        return LOCL_OK;
    }
    size_t capacity = tape->capacity ? 2 * tape->capacity : FIRST;
    locl_tape_mark *grown = realloc(tape->mark, capacity * sizeof *grown);
    if (!grown) {
        return locl_fail_memory(err, capacity * sizeof *grown);
    }
    tape->mark = grown;
    tape->capacity = capacity;
    return LOCL_OK;
}

locl_status locl_tape_add(locl_tape *tape, locl_device *device, const locl_tape_mark *mark, cl_event event,
                          locl_error *err)
{
    if (!event || tape->count >= LOCL_TAPE_MOST) {
        tape->left_out++;
        return LOCL_OK;
    }
    LOCL_TRY(make_room(tape, err));
    cl_int code = clRetainEvent(event);
    if (code) {
        return locl_fail_cl(err, "clRetainEvent", code, device, NULL);
    }
    locl_tape_mark *added = &tape->mark[tape->count++];
    *added = *mark;
    added->place = tape->place;
    added->event = event;
    if (tape->host_timed) {
        LOCL_TRY(locl_event_await(device, event, tape->deadline, "a command that is traced", err));
        return locl_tape_gather(tape, device, err);
    }
    return LOCL_OK;
}

/* Reads a complete command's stamps. Returns false where they say nothing. */
static bool read_stamps(const locl_tape *tape, locl_device *device, locl_tape_mark *mark)
{
    locl_error ignored;
    return locl_event_times(device, mark->event, &mark->start, &mark->end, &ignored) == LOCL_OK &&
           mark->start > 0 && mark->end >= mark->start && mark->start >= tape->last;
}

locl_status locl_tape_gather(locl_tape *tape, locl_device *device, locl_error *err)
{
    bool done = true;
    for (; tape->known < tape->count; tape->known++) {
        locl_tape_mark *mark = &tape->mark[tape->known];
        LOCL_TRY(locl_event_done(device, mark->event, &done, err));
        if (!done) {
            break;
        }
        mark->ended = locl_clock_seconds();
        mark->stamped = !tape->host_timed && read_stamps(tape, device, mark);
        tape->host_timed = !mark->stamped;
        tape->last = mark->stamped ? mark->start : tape->last;
        locl_event_release(&mark->event);
    }
    return LOCL_OK;
}

void locl_tape_forget(locl_tape *tape)
{
    while (tape->count > tape->known) {
        locl_event_release(&tape->mark[--tape->count].event);
    }
}

void locl_tape_release(locl_tape *tape)
{
    locl_tape_forget(tape);
    free(tape->mark);
    *tape = (locl_tape){0};
}
