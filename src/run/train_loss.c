/* What becomes of training when a device is lost: it goes on without it, or ends with a checkpoint of the snapshot. */
#include "run/train_parts.h"

/* Writes the line of metrics.jsonl that tells of a loss, and tells of it. */
static locl_status tell_loss(locl_trainer *t)
{
    const json_t *used = t->run->used;
    json_t *line = json_pack("{s:s}", "kind", "devices");
    json_object_update(line, json_array_get(used, json_array_size(used) - 1));
    LOCL_TRY(locl_metrics_append(&t->metrics, line, t->err));
    locl_trainer_tell(t, LOCL_RUN_LOST, NULL, t->metrics.line);
    return LOCL_OK;
}

locl_status locl_trainer_recover(locl_trainer *t)
{
    locl_trainer_close(t);
    LOCL_TRY(locl_run_recover(t->run, &t->snapshot, t->err));
    t->err->status = LOCL_OK;
    t->steady = t->slower = false;
    t->pause = t->keep = t->shares.known = false;
    locl_arrays_free(&t->before);
    t->status = LOCL_OK;
    locl_watch_reset(&t->watch, 0, 0);
    LOCL_TRY(locl_trainer_open(t));
    return tell_loss(t);
}

locl_status locl_trainer_stop_lost(locl_trainer *t)
{
    locl_error cause = *t->err;
    if (!t->stands || t->saved != t->snapshot.state.step) {
        LOCL_TRY(locl_trainer_write_snapshot(t));
    }
    *t->err = cause;
    return locl_run_stop_lost(t->run, t->saved, t->err);
}

bool locl_trainer_ends_lost(const locl_trainer *t, locl_status status)
{
    bool other =
        status == LOCL_OK || status == LOCL_E_INTERRUPTED || status == LOCL_E_IO || status == LOCL_E_DATA;
    bool since = t->lost && status != LOCL_E_NUMERIC;
    return t->snapshot.set.count > 0 && !other && (since || locl_run_is_loss(t->run, t->err));
}
