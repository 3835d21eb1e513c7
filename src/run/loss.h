/* Devices that fail while a run trains: which errors are such a loss, going on without the device, and what a run that
 * stops says. Used by the training loop. */
#ifndef LOCL_RUN_LOSS_H
#define LOCL_RUN_LOSS_H

#include "run/run.h"
#include "run/snapshot.h"

/* Returns whether an error means that one device of a run is lost, the one that it names: a failed OpenCL call, memory
 * that it does not give, a deadline, or values that are not finite. Of one device alone such values say nothing about
 * it, nor do they where others gave them, too. */
bool locl_run_is_loss(const locl_run *run, const locl_error *err);
/* Goes on from a snapshot on the devices that remain, placed anew, where *err is such a loss and any do, and loses
 * those, too, that fail meanwhile. Logs each, and notes it in plan.json. Else returns the error that there is then. */
locl_status locl_run_recover(locl_run *run, const locl_snapshot *snapshot, locl_error *err);
/* Makes *err, which is why the run ends, say that its checkpoint is that of step `saved`, and how to go on. */
locl_status locl_run_stop_lost(const locl_run *run, uint64_t saved, locl_error *err);

#endif
