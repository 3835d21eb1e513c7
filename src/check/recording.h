/* Records a row of the table as a device would, without one: for those who want to know what it would build. Included by
 * tests and programs.
 *
 *     locl_op_recording r;
 *     LOCL_TRY_GOTO(status, locl_op_recording_open(op, "rows=31 n=17", &like, variant, &r, err));
 *     ... locl_command_buffer_launch(r.cmd, i, &info) ...
 *     locl_op_recording_close(&r); */
#ifndef LOCL_CHECK_RECORDING_H
#define LOCL_CHECK_RECORDING_H

#include "check/table.h"

typedef struct locl_op_recording {
    locl_op_case c; /* laid out, without values */
    bool opened;    /* op->open was called */
    locl_arena *state, *workspace;
    locl_command_buffer *cmd;
} locl_op_recording;

/* Records a shape of the row. Of `like` only the caps are read; it outlives the recording. The caller closes it, on
 * error too. */
locl_status locl_op_recording_open(const locl_op *op, const char *shape, locl_device *like,
                                   const locl_op_variant *variant, locl_op_recording *out, locl_error *err);
void locl_op_recording_close(locl_op_recording *recording); /* zeroed is fine */

#endif
