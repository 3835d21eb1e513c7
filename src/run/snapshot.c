#include "run/snapshot.h"

#include "base/clock.h"

/* The part of the time that snapshots may take, and seconds from one to the next at least. */
static const double most_of_time = 0.008, least_seconds = 10;

static double next_after(double now, double cost)
{
    double rest = cost / most_of_time;
    return now + (rest > least_seconds ? rest : least_seconds);
}

locl_status locl_snapshot_take(locl_snapshot *snapshot, locl_pipeline *pipeline, const locl_run_state *state,
                               locl_error *err)
{
    locl_snapshot taken = {.state = *state, .begun = locl_clock_seconds()};
    locl_status status = locl_pipeline_save(pipeline, LOCL_STORED_ALL, &taken.set, err);
    if (status == LOCL_OK) {
        status = locl_run_state_save(state, &taken.set, err);
    }
    if (status != LOCL_OK) {
        locl_snapshot_release(&taken);
        return status;
    }
    double now = locl_clock_seconds();
    taken.next = next_after(now, now - taken.begun);
    locl_snapshot_release(snapshot);
    *snapshot = taken;
    return LOCL_OK;
}

void locl_snapshot_release(locl_snapshot *snapshot)
{
    locl_arrays_free(&snapshot->set);
    *snapshot = (locl_snapshot){0};
}

void locl_snapshot_stepped(locl_snapshot *snapshot, double now, locl_step_speed speed)
{
    if (snapshot->begun > 0 && speed == LOCL_STEP_USUAL) {
        snapshot->next = next_after(now, now - snapshot->begun);
    }
    snapshot->begun = 0;
}

bool locl_snapshot_due(const locl_snapshot *snapshot, unsigned every, uint64_t step, double now)
{
    if (step == snapshot->state.step) {
        return false;
    }
    return every > 0 ? step % every == 0 : now >= snapshot->next;
}
