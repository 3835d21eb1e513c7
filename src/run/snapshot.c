#include "run/snapshot.h"

#include "base/clock.h"

/* The part of the time that snapshots may take, and seconds from one to the next at least. */
static const double most_of_time = 0.008, least_seconds = 10;

/* What a snapshot of a step that was kept costs, over the copy of it on the host: the devices made one, too. */
static const double copies_of_one = 2;

static double next_after(double now, double cost)
{
    double rest = cost / most_of_time;
    return now + (rest > least_seconds ? rest : least_seconds);
}

/* Puts a snapshot of `state` in the place of the one before, if its values came with `status` LOCL_OK. */
static locl_status replace(locl_snapshot *snapshot, locl_snapshot *taken, locl_status status, locl_error *err)
{
    if (status == LOCL_OK) {
        status = locl_run_state_save(&taken->state, &taken->set, err);
    }
    if (status != LOCL_OK) {
        locl_snapshot_release(taken);
        return status;
    }
    locl_snapshot_release(snapshot);
    *snapshot = *taken;
    return LOCL_OK;
}

locl_status locl_snapshot_take(locl_snapshot *snapshot, locl_pipeline *pipeline, const locl_run_state *state,
                               locl_error *err)
{
    locl_snapshot taken = {.state = *state, .begun = locl_clock_seconds()};
    locl_status status = locl_pipeline_save(pipeline, LOCL_STORED_ALL, &taken.set, err);
    double now = locl_clock_seconds();
    taken.next = next_after(now, now - taken.begun);
    return replace(snapshot, &taken, status, err);
}

locl_status locl_snapshot_take_kept(locl_snapshot *snapshot, const locl_pipeline *pipeline,
                                    const locl_run_state *state, locl_error *err)
{
    double begun = locl_clock_seconds();
    locl_snapshot taken = {.state = *state};
    locl_status status = locl_pipeline_kept(pipeline, LOCL_STORED_ALL, &taken.set, err);
    double now = locl_clock_seconds();
    taken.next = next_after(now, copies_of_one * (now - begun));
    return replace(snapshot, &taken, status, err);
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
