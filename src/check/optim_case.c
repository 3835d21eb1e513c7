#include "check/case.h"
#include "check/shape.h"
#include "base/philox.h"
#include "ops/metrics.h"
#include "optim/optim.h"

#include <stdlib.h>
#include <string.h>

/* One step of an optimiser from any state, on odd sizes. Gaps between segments hold NaN and must neither be
 * read nor written. One segment is frozen. One starts as zeros, as a classifier does. */
enum { SEGMENTS, VALUES, STEP, RATE, MOMENTUM, DECAY, GRADIENTS };
enum { PARAMS, GRADS, STATE, STATE1, RECORDS, SLOPES };
enum { RANGE = 24000, ROW = 64, ZEROS = 5 };

static const locl_optim_segment odd[] = {
    {.offset = 0, .count = 1, .rate = 1.0f, .weight = false},
    {.offset = 16, .count = 4099, .rate = 1.0f, .weight = true},
    {.offset = 4128, .count = 17, .rate = 1.0f, .weight = false},
    {.offset = 4160, .count = 12345, .rate = 0.1f, .weight = true},
    {.offset = 16505, .count = 1024, .rate = 0.0f, .weight = true}, /* no gap before, and frozen */
    {.offset = 17600, .count = 4096, .rate = 1.0f, .weight = true}, /* starts as zeros */
    {.offset = 21696, .count = 63, .rate = 3.0f, .weight = false},
    {.offset = 21760, .count = 1, .rate = 1.0f, .weight = true},
};

static const locl_op_variant variants[] = {
    {.name = "device"},
    {.name = "cpu", .caps = LOCL_OP_AS_CPU},
    {.name = "wide", .caps = LOCL_OP_AS_GPU},
    {.name = "tiny", .caps = LOCL_OP_AS_GPU, .work_group = 4},
};

/* A case's segments: `odd`, or one of `values` values. */
typedef struct layout {
    locl_optim_segment one;
    const locl_optim_segment *segment;
    size_t count, range;
} layout;

static void make_layout(const locl_op_case *c, layout *l)
{
    bool is_one = c->dim[SEGMENTS];
    l->one = (locl_optim_segment){.count = c->dim[VALUES], .rate = 1.0f, .weight = true};
    l->segment = is_one ? &l->one : odd;
    l->count = is_one ? 1 : LOCL_OP_COUNT(odd);
    l->range = is_one ? c->dim[VALUES] : RANGE;
}

static locl_optim_options options_of(const locl_op_case *c)
{
    locl_optim_options options = locl_optim_options_default();
    options.kind = (locl_optimizer)c->op->kind;
    options.momentum = locl_op_real(c->dim[MOMENTUM]);
    options.weight_decay = locl_op_real(c->dim[DECAY]);
    return options;
}

static size_t states_of(const locl_op_case *c)
{
    locl_optim_options options = options_of(c);
    return locl_optim_states(&options);
}

static void lay_out(locl_op_case *c)
{
    layout l;
    make_layout(c, &l);
    locl_op_add(c, PARAMS, "params", LOCL_OP_IN_OUT, LOCL_FILL_NONE, 1, l.range);
    locl_op_add(c, GRADS, "grads", LOCL_OP_IN, LOCL_FILL_NONE, 1, l.range);
    locl_op_add(c, STATE, "state 0", LOCL_OP_IN_OUT, LOCL_FILL_NONE, 1, l.range);
    locl_op_add(c, STATE1, "state 1", LOCL_OP_IN_OUT, LOCL_FILL_NONE, states_of(c) > 1, l.range);
    locl_op_add(c, RECORDS, "records", LOCL_OP_IN_OUT, LOCL_FILL_NONE, 2, 4);
    locl_op_add(c, SLOPES, "slopes", LOCL_OP_HOST, LOCL_FILL_TANGENT, (l.range + ROW - 1) / ROW, ROW);
    for (size_t i = PARAMS; i <= STATE1; i++) {
        c->t[i].gaps = true;
    }
    c->t[RECORDS].exact = 4;
    c->t[RECORDS].dev.external = LOCL_EXT_METRICS;
}

/* Makes a segment's values: standard normal parameters and state. Of adam, m and v go together. */
static void make_segment(locl_op_case *c, const locl_optim_segment *s, size_t index)
{
    uint32_t tag = locl_draw_tag(LOCL_STREAM_INIT, 0, 1, 0) + (uint32_t)index;
    float gradients = (float)locl_op_real(c->dim[GRADIENTS]), *m = c->t[STATE].in, *v = c->t[STATE1].in;
    locl_draw(LOCL_NOISE_GAUSSIAN, c->seed, 0, tag, 0, s->count, c->t[PARAMS].in + s->offset);
    locl_draw(LOCL_NOISE_GAUSSIAN, c->seed, 1, tag, 0, s->count, m + s->offset);
    for (size_t i = s->offset; i < s->offset + s->count; i++) {
        c->t[GRADS].in[i] = gradients * c->t[SLOPES].in[i];
        m[i] *= gradients;
        if (v) {
            v[i] = 1.1f * m[i] * m[i];
        }
    }
    if (index == ZEROS) {
        memset(c->t[PARAMS].in + s->offset, 0, s->count * sizeof(float));
    }
}

static void derive(locl_op_case *c)
{
    layout l;
    make_layout(c, &l);
    for (size_t i = PARAMS; i <= STATE1; i++) {
        for (size_t e = 0; c->t[i].in && e < l.range; e++) {
            c->t[i].in[e] = NAN;
        }
    }
    for (size_t k = 0; k < l.count; k++) {
        make_segment(c, &l.segment[k], k);
    }
    const locl_step_metrics before[] = {{1.5f, 7, LOCL_METRICS_FINE, 9}, {2.5f, 3, LOCL_METRICS_FINE, 4}};
    memcpy(c->t[RECORDS].in, before, sizeof before);
}

/* What a session has beside the tensors. The optimiser takes its states as an array of pointers. */
typedef struct own {
    locl_optim *optim;
    locl_tensor state[LOCL_OPTIM_STATES];
} own;

static locl_status open(locl_op_case *c, const locl_caps *caps, locl_arena *state, locl_error *err)
{
    layout l;
    locl_optim_options options = options_of(c);
    own *o = calloc(1, sizeof *o);
    if (!o) {
        return locl_fail_memory(err, sizeof *o);
    }
    c->own = o;
    make_layout(c, &l);
    return locl_optim_create(&options, caps, l.segment, l.count, state, &o->optim, err);
}

static locl_status ready(locl_op_case *c, locl_queue *queue, locl_error *err)
{
    const own *o = c->own;
    return locl_optim_upload(o->optim, queue, err);
}

static void close(locl_op_case *c)
{
    own *o = c->own;
    if (o) {
        locl_optim_release(o->optim);
    }
    free(o);
    c->own = NULL;
}

static void record(const locl_op_case *c, locl_command_buffer *cmd)
{
    own *o = c->own;
    o->state[0] = c->t[STATE].dev;
    o->state[1] = c->t[STATE1].dev;
    locl_optim_record(cmd, o->optim, locl_op_arg(c, PARAMS), locl_op_arg(c, GRADS),
                      (locl_tensor *const[]){&o->state[0], &o->state[1]}, locl_op_arg(c, RECORDS));
}

static void bind(const locl_op_case *c, locl_bindings *bindings)
{
    bindings->step = (cl_uint)c->dim[STEP];
    bindings->rate = (float)locl_op_real(c->dim[RATE]);
}

/* Sets a value's scale: its size plus the segment's root mean square. */
static void scale(locl_op_tensor *t, const locl_optim_segment *s)
{
    double square = 0;
    for (size_t i = s->offset; t->want && i < s->offset + s->count; i++) {
        square += (double)t->want[i] * (double)t->want[i];
    }
    for (size_t i = s->offset; t->want && i < s->offset + s->count; i++) {
        t->scale[i] = fabs((double)t->want[i]) + sqrt(square / (double)s->count);
    }
}

static void reference(locl_op_case *c)
{
    layout l;
    locl_optim_options options = options_of(c);
    float *state[LOCL_OPTIM_STATES] = {c->t[STATE].want, c->t[STATE1].want};
    make_layout(c, &l);
    for (size_t i = PARAMS; i <= RECORDS; i++) {
        if (c->t[i].want) {
            memcpy(c->t[i].want, c->t[i].in, c->t[i].rows * c->t[i].n * sizeof(float));
        }
    }
    int bad = locl_optim_update_ref(&options, l.segment, l.count, c->t[PARAMS].want, c->t[GRADS].in, state,
                                    (unsigned)c->dim[STEP], (float)locl_op_real(c->dim[RATE]));
    locl_step_metrics record;
    memcpy(&record, c->t[RECORDS].want, sizeof record);
    record.bad = bad ? bad : record.bad;
    memcpy(c->t[RECORDS].want, &record, sizeof record);
    for (size_t k = 0; k < l.count; k++) {
        scale(&c->t[PARAMS], &l.segment[k]);
        scale(&c->t[STATE], &l.segment[k]);
        scale(&c->t[STATE1], &l.segment[k]);
    }
}

/* Returns the cost. sgd: m = c m + (g + d w), w -= r m: 6. adam: g + d w, m += b (g - m), v += b (g g - v), w
 * -= r (m / c / (sqrt(v / c) + e)): 2 + 3 + 4 + 7. adamw has d w beside it instead, as many. lars: m = c m +
 * r t (g + d w), w -= m: 7, and the norms' w w, g + d w, its square and both sums: 6. Each tensor is read,
 * and all but the gradients are written. For the norms, parameters and gradients are read once more, and two
 * sums of each chunk and the ratio of each segment are written and read. */
static locl_op_cost cost(const locl_op_case *c, const locl_caps *caps)
{
    static const double flops[] = {[LOCL_OPTIMIZER_SGD] = 6,
                                   [LOCL_OPTIMIZER_ADAM] = 16,
                                   [LOCL_OPTIMIZER_ADAMW] = 16,
                                   [LOCL_OPTIMIZER_LARS] = 13};
    layout l;
    double values = 0, sums = 0, chunk = caps->cpu ? 4096 : 1024;
    bool lars = c->op->kind == LOCL_OPTIMIZER_LARS;
    make_layout(c, &l);
    for (size_t k = 0; k < l.count; k++) {
        values += (double)l.segment[k].count;
        sums += 2 * ceil((double)l.segment[k].count / chunk) + 1;
    }
    return (locl_op_cost){.flops = values * flops[c->op->kind],
                          .bytes =
                              4 * values * (3 + 2 * (double)states_of(c)) + (lars ? 8 * (values + sums) : 0)};
}

static const char *const shapes[] = {
    "segments=odd",
    "segments=odd step=1 rate=0.025",
    "segments=odd step=2 rate=0.0166 gradients=100",
    "segments=odd step=5 rate=0.01 momentum=0.5 decay=0",
    "segments=odd step=500 momentum=0 decay=0.1",
    "segments=odd step=3000000 gradients=1",
    "segments=one values=1",
    "segments=one values=262144",
};

#define DIMS "segments=odd|one values=4096 step=0 rate=0.05 momentum=0.9 decay=0.01 gradients=0.3"

#define OPTIMISER(NAME, KIND, ...)                                                                           \
    static const locl_op_break NAME##_breaks[] = {__VA_ARGS__};                                              \
    const locl_op locl_op_##NAME = {.name = #NAME,                                                           \
                                    .dims = DIMS,                                                            \
                                    .kind = KIND,                                                            \
                                    .tolerance = 1e-6,                                                       \
                                    .lay_out = lay_out,                                                      \
                                    .derive = derive,                                                        \
                                    .open = open,                                                            \
                                    .ready = ready,                                                          \
                                    .close = close,                                                          \
                                    .record = record,                                                        \
                                    .bind = bind,                                                            \
                                    .reference = reference,                                                  \
                                    .cost = cost,                                                            \
                                    LOCL_OP_BREAKS(NAME##_breaks),                                           \
                                    LOCL_OP_VARIANTS(variants, 1),                                           \
                                    LOCL_OP_SHAPES(shapes, 1)}

#define SPOIL(KERNEL, FROM, TO)                                                                              \
    {                                                                                                        \
        .shape = "segments=odd", .kernel = KERNEL, .file = "optim.cl", .from = FROM, .to = TO                \
    }

OPTIMISER(optim_sgd, LOCL_OPTIMIZER_SGD, SPOIL("optim_update", "f.momentum * m + (g", "m + (g"),
          SPOIL("optim_update", "rate * segments[c.segment].rate", "rate"),
          {.shape = "segments=odd", .argument = "step=1 momentum=0.8"});
OPTIMISER(optim_adam, LOCL_OPTIMIZER_ADAM, SPOIL("optim_update", "g += f.decay * w", "g += 0.0f * w"),
          SPOIL("optim_update", "0.001f * (g * g - v)", "0.001f * (g * g)"));
OPTIMISER(optim_adamw, LOCL_OPTIMIZER_ADAMW, SPOIL("optim_update", "f.decay *w)", "0.0f *w)"),
          SPOIL("optim_update", "i < c.count", "i + 1 < c.count"),
          {.shape = "segments=odd", .argument = "step=1"});
OPTIMISER(optim_lars, LOCL_OPTIMIZER_LARS, SPOIL("optim_norms", "g[i] + decay * w[i]", "g[i]"),
          SPOIL("optim_norms", "gg += g_ * g_", "gg += g_ * w_"), SPOIL("optim_trust", "!s.weight || ", ""),
          SPOIL("optim_update", "f.trust = trusts[c.segment]", "f.trust = trusts[0]"));
