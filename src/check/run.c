#include "check/run.h"

#include "device/call.h"
#include "check/case.h"

#include <stdlib.h>
#include <string.h>

static const cl_uint guard_value = 0x7FC0BEEF, unwritten = 0x7FC0DEAD; /* both are NaNs */

/* A tensor's memory: guard, values, guard. */
typedef struct place {
    cl_mem whole;
    size_t before, bytes, after;
} place;

typedef struct bench {
    locl_device *device;
    locl_queue queue;
    locl_arena *workspace;
    locl_command_buffer *cmd;
    place at[LOCL_OP_TENSORS];
} bench;

static bool on_device(const locl_op_tensor *t)
{
    return t->use != LOCL_OP_ABSENT && t->use != LOCL_OP_HOST;
}

static locl_status put(bench *b, locl_op_tensor *t, place *at, bool guarded, locl_error *err)
{
    at->bytes = t->rows * t->n * sizeof(float);
    at->before = guarded ? b->device->caps.alignment : 0;
    at->after = guarded ? b->device->caps.alignment : 0;
    size_t whole = at->before + at->bytes + at->after;
    LOCL_TRY(locl_buffer_create(b->device, whole, t->name, &at->whole, err));
    LOCL_TRY(locl_buffer_fill(&b->queue, at->whole, 0, whole, &guard_value, sizeof guard_value, err));
    LOCL_TRY(
        locl_buffer_fill(&b->queue, at->whole, at->before, at->bytes, &unwritten, sizeof unwritten, err));
    if (t->in) {
        LOCL_TRY(
            locl_buffer_write(&b->queue, at->whole, at->before, at->bytes, t->in, true, NULL, NULL, err));
    }
    t->dev.bytes = at->bytes;
    return locl_buffer_part(b->device, at->whole, at->before, at->bytes, t->name, &t->dev.mem, err);
}

static bool all_guards(const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i += sizeof guard_value) {
        if (memcmp(bytes + i, &guard_value, sizeof guard_value)) {
            return false;
        }
    }
    return true;
}

/* Reads a tensor back; an input that changed counts as a guard that is not intact. */
static locl_status take(bench *b, locl_op_tensor *t, const place *at, locl_error *err)
{
    size_t whole = at->before + at->bytes + at->after;
    char *bytes = malloc(whole);
    if (!bytes) {
        return locl_fail_memory(err, whole);
    }
    locl_status status = locl_buffer_read(&b->queue, at->whole, 0, whole, bytes, true, NULL, NULL, err);
    if (status == LOCL_OK) {
        t->guards_intact = all_guards(bytes, at->before) &&
                           all_guards(bytes + at->before + at->bytes, at->after) &&
                           (t->use != LOCL_OP_IN || !memcmp(bytes + at->before, t->in, at->bytes));
        if (t->got) {
            memcpy(t->got, bytes + at->before, at->bytes);
        }
    }
    free(bytes);
    return status;
}

static locl_status run(locl_op_case *c, bench *b, bool guarded, locl_error *err)
{
    locl_bindings bindings = {.step = LOCL_OP_STEP, .valid = (cl_uint)c->dim[0]};
    LOCL_TRY(locl_queue_create(b->device, false, &b->queue, err));
    LOCL_TRY(locl_arena_create("scratch", &b->device->caps, &b->workspace, err));
    LOCL_TRY(locl_command_buffer_create(b->device, b->workspace, &b->cmd, err));
    for (size_t i = 0; i < LOCL_OP_TENSORS; i++) {
        if (on_device(&c->t[i])) {
            LOCL_TRY(put(b, &c->t[i], &b->at[i], guarded, err));
        }
    }
    c->op->record(c, b->cmd);
    LOCL_TRY(locl_arena_bind(b->workspace, b->device, err));
    LOCL_TRY(locl_command_buffer_bind(b->cmd, err));
    LOCL_TRY(locl_command_buffer_enqueue(b->cmd, &b->queue, &bindings, err));
    for (size_t i = 0; i < LOCL_OP_TENSORS; i++) {
        if (on_device(&c->t[i])) {
            LOCL_TRY(take(b, &c->t[i], &b->at[i], err));
        }
    }
    return locl_queue_finish(&b->queue, err);
}

locl_status locl_op_case_run(locl_op_case *c, locl_device *device, bool guarded, locl_error *err)
{
    bench b = {.device = device};
    locl_status status = run(c, &b, guarded, err);
    if (status != LOCL_OK) {
        locl_error_where(err, "%s", c->op->name);
    }
    locl_command_buffer_release(b.cmd);
    locl_arena_release(b.workspace);
    for (size_t i = 0; i < LOCL_OP_TENSORS; i++) {
        locl_buffer_release(&c->t[i].dev.mem);
        locl_buffer_release(&b.at[i].whole);
    }
    locl_queue_release(&b.queue);
    return status;
}
