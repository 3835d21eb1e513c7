#include "optim/optim.h"

#include "kernels/kernels.h"
#include "ops/metrics.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Rows of the tables, as in cl/optim.cl. */
typedef struct chunk_row {
    cl_uint offset, count, segment, unused;
} chunk_row;

typedef struct segment_row {
    cl_float rate, decay;
    cl_uint first, count, weight, unused[3];
} segment_row;

/* How a device takes a chunk. A CPU takes it with one work-item and wide vectors. Others take it with a small
 * group, of a power of two, whose items read side by side. Short chunks keep a GPU busy with small networks. */
typedef struct shape {
    size_t chunk, items, vector;
} shape;

struct locl_optim {
    locl_optim_options options;
    shape shape;
    chunk_row *chunk;     /* [chunks] */
    segment_row *segment; /* [segments] */
    size_t chunks, segments;
    size_t values, end; /* values in all segments; end of the last one */
    locl_tensor *chunk_table, *segment_table;
};

static shape shape_for(const locl_caps *caps)
{
    shape s = {.chunk = 1024, .items = 64, .vector = 4};
    if (caps->cpu) {
        return (shape){.chunk = 4096, .items = 1, .vector = 16};
    }
    while (s.items > 1 && s.items > caps->work_group) {
        s.items /= 2;
    }
    return s;
}

static const struct {
    unsigned rule; /* RULE of cl/optim.cl */
    size_t states;
    const char *state[LOCL_OPTIM_STATES];
    double flops; /* per value */
} rules[] = {
    [LOCL_OPTIMIZER_SGD] = {LOCL_RULE_SWITCH_SGD, 1, {"momentum"}, 6},
    [LOCL_OPTIMIZER_ADAM] = {LOCL_RULE_SWITCH_ADAM, 2, {"adam_m", "adam_v"}, 16},
    [LOCL_OPTIMIZER_ADAMW] = {LOCL_RULE_SWITCH_ADAMW, 2, {"adam_m", "adam_v"}, 16},
    [LOCL_OPTIMIZER_LARS] = {LOCL_RULE_SWITCH_LARS, 1, {"momentum"}, 7},
};

size_t locl_optim_states(const locl_optim_options *options)
{
    return rules[options->kind].states;
}

const char *locl_optim_state_name(const locl_optim_options *options, size_t index)
{
    return rules[options->kind].state[index];
}

static locl_status check_segments(const locl_optim_segment *segments, size_t count, locl_error *err)
{
    size_t end = 0;
    for (size_t i = 0; i < count; i++) {
        if (!segments[i].count || segments[i].offset < end ||
            segments[i].count > SIZE_MAX - segments[i].offset) {
            return locl_fail(err, LOCL_E_FAILED,
                             "parameter segment %zu (offset %zu, %zu values) is empty or before the end of "
                             "the last one, %zu",
                             i, segments[i].offset, segments[i].count, end);
        }
        end = segments[i].offset + segments[i].count;
    }
    if (!count) {
        return locl_fail(err, LOCL_E_FAILED, "an optimiser needs parameters");
    }
    if (end > UINT32_MAX) {
        locl_fail(err, LOCL_E_CONFIG,
                  "a stage with %zu parameter values: at most 2^32 - 1 fit the optimiser's table", end);
        locl_remedy(err, "a smaller model, or fewer blocks on a device");
        return LOCL_E_CONFIG;
    }
    return LOCL_OK;
}

static size_t chunks_of(const locl_optim_segment *segment, size_t size)
{
    return (segment->count + size - 1) / size;
}

static void fill_tables(locl_optim *optim, const locl_optim_segment *segments, size_t size)
{
    size_t next = 0;
    for (size_t k = 0; k < optim->segments; k++) {
        const locl_optim_segment *s = &segments[k];
        optim->segment[k] = (segment_row){.rate = s->rate,
                                          .decay = s->weight ? (cl_float)optim->options.weight_decay : 0.0f,
                                          .first = (cl_uint)next,
                                          .count = (cl_uint)chunks_of(s, size),
                                          .weight = s->weight};
        for (size_t at = 0; at < s->count; at += size) {
            size_t left = s->count - at;
            optim->chunk[next++] = (chunk_row){.offset = (cl_uint)(s->offset + at),
                                               .count = (cl_uint)(left < size ? left : size),
                                               .segment = (cl_uint)k};
        }
        optim->values += s->count;
        optim->end = s->offset + s->count;
    }
}

locl_status locl_optim_create(const locl_optim_options *options, const locl_caps *caps,
                              const locl_optim_segment *segments, size_t count, locl_arena *arena,
                              locl_optim **out, locl_error *err)
{
    size_t size = shape_for(caps).chunk;
    *out = NULL;
    LOCL_TRY(check_segments(segments, count, err));
    locl_optim *optim = calloc(1, sizeof *optim);
    if (!optim) {
        return locl_fail_memory(err, sizeof *optim);
    }
    optim->options = *options;
    optim->shape = shape_for(caps);
    optim->segments = count;
    for (size_t k = 0; k < count; k++) {
        optim->chunks += chunks_of(&segments[k], size);
    }
    optim->chunk = calloc(optim->chunks, sizeof *optim->chunk);
    optim->segment = calloc(count, sizeof *optim->segment);
    if (!optim->chunk || !optim->segment) {
        locl_fail_memory(err, optim->chunks * sizeof *optim->chunk + count * sizeof *optim->segment);
        locl_optim_release(optim);
        return LOCL_E_MEMORY;
    }
    fill_tables(optim, segments, size);
    optim->chunk_table = locl_arena_take(arena, optim->chunks * sizeof *optim->chunk, "optimiser's chunks");
    optim->segment_table = locl_arena_take(arena, count * sizeof *optim->segment, "optimiser's segments");
    *out = optim;
    return LOCL_OK;
}

void locl_optim_release(locl_optim *optim)
{
    if (optim) {
        free(optim->chunk);
        free(optim->segment);
        free(optim);
    }
}

locl_status locl_optim_upload(const locl_optim *optim, locl_queue *queue, locl_error *err)
{
    LOCL_TRY(locl_buffer_write(queue, optim->chunk_table->mem, 0, optim->chunks * sizeof *optim->chunk,
                               optim->chunk, LOCL_BLOCKING, NULL, NULL, err));
    return locl_buffer_write(queue, optim->segment_table->mem, 0, optim->segments * sizeof *optim->segment,
                             optim->segment, LOCL_BLOCKING, NULL, NULL, err);
}

static locl_launch begin(locl_command_buffer *cmd, const locl_optim *optim, const locl_kernel *kernel)
{
    shape s = optim->shape;
    locl_launch l = locl_launch_begin(cmd, kernel);
    locl_launch_in(&l, "segments", optim->segment_table, optim->segments);
    locl_launch_macro(&l, "RULE", rules[optim->options.kind].rule);
    locl_launch_macro(&l, "ITEMS", s.items);
    locl_launch_macro(&l, "VECTOR", s.vector);
    locl_launch_macro(&l, "BAD_WORD", offsetof(locl_step_metrics, bad) / sizeof(cl_int));
    return l;
}

/* Records the norms of each chunk, then the trust ratio of each segment, for lars. Returns the ratios. */
static locl_tensor *record_trust(locl_command_buffer *cmd, const locl_optim *optim, const locl_tensor *params,
                                 const locl_tensor *grads)
{
    size_t items = optim->shape.items;
    double values = (double)optim->values;
    locl_tensor *trusts = locl_command_buffer_scratch(cmd, optim->segments, "trust ratios");
    locl_tensor *partial = locl_command_buffer_scratch(cmd, 2 * optim->chunks, "partial norms");

    locl_launch norms = begin(cmd, optim, &locl_kernel_optim_norms);
    locl_launch_in(&norms, "chunks", optim->chunk_table, optim->chunks);
    locl_launch_in(&norms, "params", params, optim->end);
    locl_launch_in(&norms, "grads", grads, optim->end);
    locl_launch_out(&norms, "partial", partial, optim->chunks);
    locl_launch_cost(&norms, 6 * values, 8 * (values + (double)optim->chunks));
    locl_launch_run(&norms, optim->chunks, items);

    locl_launch trust = begin(cmd, optim, &locl_kernel_optim_trust);
    locl_launch_in(&trust, "partial", partial, optim->chunks);
    locl_launch_out(&trust, "trusts", trusts, optim->segments);
    locl_launch_cost(&trust, 0, 8 * (double)optim->chunks + 4 * (double)optim->segments);
    locl_launch_run(&trust, optim->segments, items);
    return trusts;
}

void locl_optim_record(locl_command_buffer *cmd, const locl_optim *optim, const locl_tensor *params,
                       const locl_tensor *grads, locl_tensor *const *state, const locl_tensor *metrics)
{
    size_t states = locl_optim_states(&optim->options);
    bool lars = optim->options.kind == LOCL_OPTIMIZER_LARS;
    double values = (double)optim->values;
    locl_arena *workspace = locl_command_buffer_workspace(cmd);
    locl_arena_mark mark = {0};
    if (lars) {
        mark = locl_arena_here(workspace);
    }
    const locl_tensor *trusts = lars ? record_trust(cmd, optim, params, grads) : NULL;

    locl_launch l = begin(cmd, optim, &locl_kernel_optim_update);
    locl_launch_in(&l, "chunks", optim->chunk_table, optim->chunks);
    locl_launch_in(&l, "trusts", trusts, lars ? optim->segments : 0);
    locl_launch_in_out(&l, "params", params, optim->end);
    locl_launch_in(&l, "grads", grads, optim->end);
    locl_launch_in_out(&l, "state0", state[0], optim->end);
    locl_launch_in_out(&l, "state1", states > 1 ? state[1] : NULL, states > 1 ? optim->end : 0);
    locl_launch_f32(&l, "momentum", (float)optim->options.momentum);
    locl_launch_in_out(&l, "metrics", metrics, sizeof(locl_step_metrics) / sizeof(cl_int));
    locl_launch_cost(&l, rules[optim->options.kind].flops * values,
                     (12.0 + 8.0 * (double)states) * values + (lars ? 4 * (double)optim->segments : 0));
    locl_launch_run(&l, optim->chunks, optim->shape.items);
    if (lars) {
        locl_arena_back(workspace, mark);
    }
}
