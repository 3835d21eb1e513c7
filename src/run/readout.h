/* The readout that the end of a run within an epoch adds (SPEC 7). Such a run may go on later, the way of one that had
 * no end there, so its checkpoint keeps the classifier as it was before, too. Used by the training loop and by
 * resuming. */
#ifndef LOCL_RUN_READOUT_H
#define LOCL_RUN_READOUT_H

#include "base/arrays.h"

/* Copies the classifier of a checkpoint's tensors, under names of its own. */
locl_status locl_readout_keep(const locl_arrays *set, locl_arrays *out, locl_error *err);
/* Adds such copies to a checkpoint's tensors. */
locl_status locl_readout_append(const locl_arrays *kept, locl_arrays *set, locl_error *err);

/* Removes the copies from a checkpoint's tensors, once the classifier is theirs again where that readout is undone. */
typedef enum locl_readout_part { LOCL_READOUT_STANDS, LOCL_READOUT_UNDONE } locl_readout_part;
void locl_readout_take_back(locl_arrays *set, locl_readout_part part);

#endif
