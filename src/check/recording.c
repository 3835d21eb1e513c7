#include "check/recording.h"

#include "check/shape.h"

locl_status locl_op_recording_open(const locl_op *op, const char *shape, locl_device *like,
                                   const locl_op_variant *variant, locl_op_recording *out, locl_error *err)
{
    locl_op_case *c = &out->c;
    *out = (locl_op_recording){.c = {.op = op, .engine = variant->engine, .kernel = variant->kernel}};
    LOCL_TRY(locl_op_shape_parse(op, shape, c->dim, err));
    op->lay_out(c);
    for (size_t t = 0; t < LOCL_OP_TENSORS; t++) {
        c->t[t].dev.bytes = c->t[t].rows * c->t[t].n * sizeof(float);
    }
    LOCL_TRY(locl_arena_create("state", &like->caps, &out->state, err));
    LOCL_TRY(locl_arena_create("workspace", &like->caps, &out->workspace, err));
    LOCL_TRY(locl_command_buffer_create(like, out->workspace, &out->cmd, err));
    if (op->open) {
        out->opened = true;
        LOCL_TRY(op->open(c, &like->caps, out->state, err));
    }
    op->record(c, out->cmd);
    return locl_command_buffer_status(out->cmd, err);
}

void locl_op_recording_close(locl_op_recording *recording)
{
    if (recording->opened && recording->c.op->close) {
        recording->c.op->close(&recording->c);
    }
    locl_command_buffer_release(recording->cmd);
    locl_arena_release(recording->workspace);
    locl_arena_release(recording->state);
    *recording = (locl_op_recording){.opened = false};
}
