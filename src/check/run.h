/* Runs a row of the table on a device: once (locl_op_case_run), or again and again within a session, as
 * timing and counting do. Included by check.h, time.h and tests. */
#ifndef LOCL_CHECK_RUN_H
#define LOCL_CHECK_RUN_H

#include "check/table.h"

/* Whether each tensor has guard values on both sides, which are NaN so that reading them shows, or a buffer of
 * exactly its size, for simulators that watch the bounds. */
typedef enum locl_op_guards { LOCL_OP_BARE, LOCL_OP_GUARDED } locl_op_guards;

/* Runs the operation of the case once, as the variant cuts it, in a session of its own, and fills in `got`. Outputs
 * start as NaN. Waits. */
locl_status locl_op_case_run(locl_op_case *c, locl_device *device, const locl_op_variant *variant,
                             locl_op_guards guards, locl_error *err);

/* Returns the device's caps as a variant has them. */
locl_caps locl_op_variant_caps(const locl_op_variant *variant, const locl_caps *caps);
/* Returns whether a variant need not be run on a device: it would do what an earlier one of the row does, or the device
 * never takes the row's kernel, or lacks the variant's matrix unit. */
bool locl_op_variant_idle(const locl_op *op, const locl_op_variant *variant, const locl_caps *caps);

typedef struct locl_op_session locl_op_session;

/* Records and binds the operation on buffers of its own. The case is the session's until it is closed, so it
 * has one session at a time. On error *out is NULL. */
locl_status locl_op_session_open(locl_op_case *c, locl_device *device, const locl_op_variant *variant,
                                 locl_op_guards guards, locl_op_session **out, locl_error *err);
void locl_op_session_close(locl_op_session *s); /* NULL is fine */
/* Enqueues one replay and never waits. */
locl_status locl_op_session_replay(locl_op_session *s, locl_error *err);
locl_status locl_op_session_finish(locl_op_session *s, locl_error *err); /* waits */
/* Restores what the operation changes in place to its values before the first replay. */
locl_status locl_op_session_reset(locl_op_session *s, locl_error *err);
/* Reads all tensors back into `got`, and sets `guards_intact`. */
locl_status locl_op_session_read(locl_op_session *s, locl_error *err);
/* Gets launch `index` of a replay as it was recorded. Returns false past the last one. */
bool locl_op_session_launch(const locl_op_session *s, size_t index, locl_launch_info *out);

#endif
