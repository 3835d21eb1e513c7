#include "check/run.h"

#include "device/call.h"
#include "check/case.h"
#include "check/halves.h"

#include <stdlib.h>
#include <string.h>

static const cl_uint guard_value = 0x7FC0BEEF, unwritten = 0x7FC0DEAD; /* both are NaNs */
static const cl_half unwritten_half = 0x7EAD;

/* A tensor's memory: guard, values, guard. */
typedef struct place {
    cl_mem whole;
    size_t before, bytes, after;
} place;

struct locl_op_session {
    locl_op_case *c;
    locl_device *device;
    locl_queue queue;
    locl_arena *workspace, *state;
    locl_command_buffer *cmd;
    locl_bindings bindings;
    place at[LOCL_OP_TENSORS];
    bool guarded;
};

/* Writes a tensor's input where the device has it. */
static locl_status write_input(locl_op_session *s, const locl_op_tensor *t, const place *at, locl_error *err)
{
    cl_half *halves = t->half ? malloc(at->bytes) : NULL;
    if (t->half && !halves) {
        return locl_fail_memory(err, at->bytes);
    }
    if (halves) {
        locl_halves_write(t->in, t->rows * t->n, halves);
    }
    locl_status status =
        locl_buffer_write(&s->queue, at->whole, at->before, at->bytes, halves ? (const void *)halves : t->in,
                          LOCL_BLOCKING, NULL, NULL, err);
    free(halves);
    return status;
}

static locl_status put(locl_op_session *s, locl_op_tensor *t, place *at, locl_error *err)
{
    at->bytes = t->rows * t->n * locl_tensor_element(&t->dev);
    at->before = s->guarded ? s->device->caps.alignment : 0;
    at->after = s->guarded ? s->device->caps.alignment : 0;
    at->after += at->bytes % sizeof guard_value; /* so that guards fill the rest */
    size_t whole = at->before + at->bytes + at->after;
    const void *nothing = t->half ? (const void *)&unwritten_half : &unwritten;
    LOCL_TRY(locl_buffer_create(s->device, whole, t->name, &at->whole, err));
    LOCL_TRY(locl_buffer_fill(&s->queue, at->whole, 0, whole, &guard_value, sizeof guard_value, err));
    LOCL_TRY(locl_buffer_fill(&s->queue, at->whole, at->before, at->bytes, nothing,
                              locl_tensor_element(&t->dev), err));
    if (t->in) {
        LOCL_TRY(write_input(s, t, at, err));
    }
    t->dev.bytes = at->bytes;
    LOCL_TRY(locl_buffer_part(s->device, at->whole, at->before, at->bytes, t->name, &t->dev.mem, err));
    if (t->dev.external >= 0) {
        s->bindings.external[t->dev.external] = t->dev.mem;
    }
    return LOCL_OK;
}

/* Whether bytes first..last-1 of a tensor's memory are those of guards. */
static bool all_guards(const char *bytes, size_t first, size_t last)
{
    char guard[sizeof guard_value];
    memcpy(guard, &guard_value, sizeof guard);
    for (size_t i = first; i < last; i++) {
        if (bytes[i] != guard[i % sizeof guard]) {
            return false;
        }
    }
    return true;
}

/* Whether the device has a tensor's input still. */
static bool is_input(const locl_op_tensor *t, const char *bytes, size_t count)
{
    cl_half half;
    for (size_t i = 0; t->half && i < t->rows * t->n; i++) {
        locl_halves_write(&t->in[i], 1, &half);
        if (memcmp(bytes + i * sizeof half, &half, sizeof half)) {
            return false;
        }
    }
    return t->half || !memcmp(bytes, t->in, count);
}

/* Reads a tensor back. An input that changed counts as a guard that is not intact. */
static locl_status take(locl_op_session *s, locl_op_tensor *t, const place *at, locl_error *err)
{
    size_t whole = at->before + at->bytes + at->after;
    char *bytes = malloc(whole);
    if (!bytes) {
        return locl_fail_memory(err, whole);
    }
    locl_status status =
        locl_buffer_read(&s->queue, at->whole, 0, whole, bytes, LOCL_BLOCKING, NULL, NULL, err);
    if (status == LOCL_OK) {
        size_t count = t->rows * t->n;
        t->guards_intact = all_guards(bytes, 0, at->before) &&
                           all_guards(bytes, at->before + at->bytes, whole) &&
                           (t->use != LOCL_OP_IN || is_input(t, bytes + at->before, at->bytes));
        if (t->use != LOCL_OP_IN) {
            t->got = t->got ? t->got : malloc(count * sizeof *t->got);
            status = t->got ? LOCL_OK : locl_fail_memory(err, count * sizeof *t->got);
        }
        if (t->got && t->half) {
            locl_halves_read((const cl_half *)(const void *)(bytes + at->before), count, t->got);
        } else if (t->got) {
            memcpy(t->got, bytes + at->before, at->bytes);
        }
    }
    free(bytes);
    return status;
}

static locl_status record(locl_op_session *s, locl_error *err)
{
    locl_op_case *c = s->c;
    const locl_op *op = c->op;
    LOCL_TRY(locl_queue_create(s->device, LOCL_QUEUE_PLAIN, &s->queue, err));
    LOCL_TRY(locl_arena_create("scratch", &s->device->caps, &s->workspace, err));
    LOCL_TRY(locl_arena_create("state", &s->device->caps, &s->state, err));
    LOCL_TRY(locl_command_buffer_create(s->device, s->workspace, &s->cmd, err));
    for (size_t i = 0; i < LOCL_OP_TENSORS; i++) {
        if (locl_op_on_device(&c->t[i])) {
            LOCL_TRY(put(s, &c->t[i], &s->at[i], err));
        }
    }
    if (op->open) {
        LOCL_TRY(op->open(c, &s->device->caps, s->state, err));
    }
    op->record(c, s->cmd);
    LOCL_TRY(locl_arena_bind(s->workspace, s->device, err));
    LOCL_TRY(locl_arena_bind(s->state, s->device, err));
    LOCL_TRY(locl_command_buffer_bind(s->cmd, err));
    return op->ready ? op->ready(c, &s->queue, err) : LOCL_OK;
}

locl_caps locl_op_variant_caps(const locl_op_variant *v, const locl_caps *caps)
{
    locl_caps out = *caps;
    out.cpu = v->caps == LOCL_OP_AS_IT_IS ? caps->cpu : v->caps == LOCL_OP_AS_CPU;
    out.units = v->units ? v->units : caps->units;
    out.lanes = v->lanes ? v->lanes : caps->lanes;
    out.work_group = v->work_group && v->work_group < caps->work_group ? v->work_group : caps->work_group;
    out.takes_matrix = v->matrix != LOCL_MATRIX_NONE;
    if (v->emulated) {
        out.matrix = v->matrix;
        out.emulates_matrix = out.takes_matrix;
        out.emulates_broadcasts = v->broadcasts > 0;
        out.broadcasts = v->broadcasts;
    }
    return out;
}

bool locl_op_variant_idle(const locl_op *op, const locl_op_variant *variant, const locl_caps *caps)
{
    locl_caps mine = locl_op_variant_caps(variant, caps);
    bool lacks_unit =
        variant->matrix && !variant->emulated && (caps->matrix != variant->matrix || caps->emulates_matrix);
    lacks_unit |= variant->kernel == LOCL_GEMM_LANES && !mine.broadcasts;
    if (lacks_unit || (op->whole_blocks && !caps->whole_blocks)) {
        return true;
    }
    for (const locl_op_variant *v = op->variant; v < variant; v++) {
        locl_caps other = locl_op_variant_caps(v, caps);
        if (v->engine == variant->engine && v->kernel == variant->kernel && v->matrix == variant->matrix &&
            v->broadcasts == variant->broadcasts && v->emulated == variant->emulated &&
            other.cpu == mine.cpu && other.units == mine.units && other.lanes == mine.lanes &&
            other.work_group == mine.work_group) {
            return true;
        }
    }
    return false;
}

locl_status locl_op_session_open(locl_op_case *c, locl_device *device, const locl_op_variant *variant,
                                 locl_op_guards guards, locl_op_session **out, locl_error *err)
{
    locl_op_session *s = calloc(1, sizeof *s);
    locl_caps caps = device->caps;
    *out = NULL;
    if (!s) {
        locl_fail_memory(err, sizeof *s);
        return LOCL_E_MEMORY;
    }
    s->c = c;
    s->device = device;
    s->guarded = guards == LOCL_OP_GUARDED;
    s->bindings.step = LOCL_OP_STEP;
    c->engine = variant->engine;
    c->kernel = variant->kernel;
    if (c->op->bind) {
        c->op->bind(c, &s->bindings);
    }
    device->caps = locl_op_variant_caps(variant, &caps);
    locl_status status = record(s, err);
    device->caps = caps;
    if (status != LOCL_OK) {
        locl_error_where(err, "%s", c->op->name);
        locl_op_session_close(s);
        return status;
    }
    *out = s;
    return LOCL_OK;
}

void locl_op_session_close(locl_op_session *s)
{
    if (!s) {
        return;
    }
    if (s->c->op->close) {
        s->c->op->close(s->c);
    }
    locl_command_buffer_release(s->cmd);
    locl_arena_release(s->workspace);
    locl_arena_release(s->state);
    for (size_t i = 0; i < LOCL_OP_TENSORS; i++) {
        locl_buffer_release(&s->c->t[i].dev.mem);
        locl_buffer_release(&s->at[i].whole);
    }
    locl_queue_release(&s->queue);
    free(s);
}

locl_status locl_op_session_replay(locl_op_session *s, locl_error *err)
{
    return locl_command_buffer_enqueue(s->cmd, &s->queue, &s->bindings, err);
}

locl_status locl_op_session_finish(locl_op_session *s, locl_error *err)
{
    return locl_queue_finish(&s->queue, err);
}

locl_status locl_op_session_reset(locl_op_session *s, locl_error *err)
{
    for (size_t i = 0; i < LOCL_OP_TENSORS; i++) {
        const locl_op_tensor *t = &s->c->t[i];
        if (t->use == LOCL_OP_IN_OUT) {
            LOCL_TRY(write_input(s, t, &s->at[i], err));
        }
    }
    return LOCL_OK;
}

locl_status locl_op_session_read(locl_op_session *s, locl_error *err)
{
    for (size_t i = 0; i < LOCL_OP_TENSORS; i++) {
        if (locl_op_on_device(&s->c->t[i])) {
            LOCL_TRY(take(s, &s->c->t[i], &s->at[i], err));
        }
    }
    return LOCL_OK;
}

bool locl_op_session_launch(const locl_op_session *s, size_t index, locl_launch_info *out)
{
    return locl_command_buffer_launch(s->cmd, index, out);
}

locl_status locl_op_case_run(locl_op_case *c, locl_device *device, const locl_op_variant *variant,
                             locl_op_guards guards, locl_error *err)
{
    locl_op_session *s = NULL;
    locl_status status;
    LOCL_TRY(locl_op_session_open(c, device, variant, guards, &s, err));
    LOCL_TRY_GOTO(status, locl_op_session_replay(s, err));
    LOCL_TRY_GOTO(status, locl_op_session_read(s, err));
    status = locl_op_session_finish(s, err);
fail:
    if (status != LOCL_OK) {
        locl_error_where(err, "%s", c->op->name);
    }
    locl_op_session_close(s);
    return status;
}
