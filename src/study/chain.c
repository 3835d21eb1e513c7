#include "study/chain.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

locl_status locl_chain_open(const locl_stage_options *like, locl_device *device, locl_arena *workspace,
                            locl_chain *out, locl_error *err)
{
    size_t first[LOCL_MODEL_MAX_BLOCKS], last[LOCL_MODEL_MAX_BLOCKS];
    size_t stages = locl_stage_cut(like->model, like->rule, first, last);
    *out = (locl_chain){.stage = calloc(stages, sizeof *out->stage)};
    if (!out->stage) {
        return locl_fail_memory(err, stages * sizeof *out->stage);
    }
    for (size_t i = 0; i < stages; i++) {
        locl_stage_options options = *like;
        options.first = first[i];
        options.last = last[i];
        options.classifier = last[i] == like->model->blocks;
        locl_status status = locl_stage_open(&options, device, workspace, &out->stage[i], err);
        if (status != LOCL_OK) {
            locl_chain_close(out);
            return status;
        }
        out->stages = i + 1;
    }
    return LOCL_OK;
}

void locl_chain_close(locl_chain *chain)
{
    for (size_t i = 0; i < chain->stages; i++) {
        locl_stage_close(&chain->stage[i]);
    }
    free(chain->stage);
    *chain = (locl_chain){0};
}

static const locl_param *feedback_named(const locl_params *params, const char *name)
{
    for (size_t i = 0; i < params->count; i++) {
        if (params->param[i].role == LOCL_PARAM_FEEDBACK && !strcmp(params->param[i].name, name)) {
            return &params->param[i];
        }
    }
    return NULL;
}

static locl_status add_copy(locl_arrays *out, const locl_array *from, locl_error *err)
{
    locl_array *array = locl_arrays_add(out, from->name, from->dtype, from->rank, from->dim, err);
    if (!array) {
        return err ? err->status : LOCL_E_FAILED;
    }
    memcpy(array->data, from->data, locl_array_bytes(from));
    return LOCL_OK;
}

/* `values` with the stage's feedback in its initial state where there is none, or one of another shape: dfa's
 * has the name of fa's. */
static locl_status complete(const locl_stage *stage, const locl_arrays *values, locl_arrays *out,
                            locl_error *err)
{
    const locl_params *params = &stage->params;
    const locl_stage_options *o = &stage->options;
    for (size_t i = 0; i < values->count; i++) {
        const locl_array *array = values->array[i];
        const locl_param *p = feedback_named(params, array->name);
        if (!p || (array->rank == p->rank && !memcmp(array->dim, p->dim, p->rank * sizeof *p->dim))) {
            LOCL_TRY(add_copy(out, array, err));
        }
    }
    for (size_t i = 0; i < params->count; i++) {
        const locl_param *p = &params->param[i];
        if (p->role != LOCL_PARAM_FEEDBACK || locl_arrays_find(out, p->name)) {
            continue;
        }
        locl_array *array = locl_arrays_add(out, p->name, LOCL_F32, p->rank, p->dim, err);
        if (!array) {
            return err ? err->status : LOCL_E_FAILED;
        }
        locl_param_initialise(p, o->model->options.init, o->seed, array->data);
    }
    return LOCL_OK;
}

static locl_status load(locl_stage *stage, locl_queue *queue, const locl_arrays *values, locl_feedback held,
                        locl_error *err)
{
    locl_arrays completed = {0};
    locl_feedback needed = locl_rule_of(stage->options.rule->kind)->params.feedback;
    if (needed == LOCL_FEEDBACK_NONE || needed == held) {
        return locl_stage_load(stage, queue, false, values, err);
    }
    locl_status status = complete(stage, values, &completed, err);
    if (status == LOCL_OK) {
        status = locl_stage_load(stage, queue, false, &completed, err);
    }
    locl_arrays_free(&completed);
    return status;
}

locl_status locl_chain_bind(locl_chain *chain, locl_queue *queue, const locl_arrays *values,
                            locl_feedback held, locl_error *err)
{
    for (size_t i = 0; i < chain->stages; i++) {
        LOCL_TRY(locl_stage_bind(&chain->stage[i], queue, err));
        if (values) {
            LOCL_TRY(load(&chain->stage[i], queue, values, held, err));
        }
    }
    return LOCL_OK;
}

size_t locl_chain_widest(const locl_chain *chain)
{
    size_t widest = 0;
    for (size_t i = 0; i < chain->stages; i++) {
        size_t values = locl_stage_output_values(&chain->stage[i]);
        widest = values > widest ? values : widest;
    }
    return widest;
}

double locl_chain_flops(const locl_chain *chain)
{
    double flops = 0;
    for (size_t i = 0; i < chain->stages; i++) {
        flops += locl_command_buffer_flops(chain->stage[i].train_commands);
    }
    return flops;
}

/* Before the next stage overwrites the workspace. */
static locl_status read_gradients(const locl_stage *stage, locl_queue *queue, const locl_audit_layers *layers,
                                  float *gradient, locl_error *err)
{
    const locl_params *params = &stage->params;
    for (size_t i = 0; i < params->trained; i++) {
        const locl_param *p = &params->param[i];
        size_t offset = locl_audit_layers_offset(layers, p);
        if (offset != SIZE_MAX) {
            LOCL_TRY(locl_stage_read(queue, stage->gradient[i], p->count, gradient + offset, err));
        }
    }
    return LOCL_OK;
}

locl_status locl_chain_step(locl_chain *chain, locl_queue *queue, const locl_chain_buffers *buffers,
                            uint64_t step, const locl_audit_layers *layers, float *gradient, double *seconds,
                            locl_error *err)
{
    const locl_tensor *x = buffers->x;
    *seconds = 0;
    for (size_t i = 0; i < chain->stages; i++) {
        const locl_tensor *out = buffers->between[i % 2];
        double start = locl_clock_seconds();
        LOCL_TRY(locl_stage_step(&chain->stage[i], queue, x, buffers->labels, out, step, err));
        LOCL_TRY(locl_queue_finish(queue, err));
        *seconds += locl_clock_seconds() - start;
        if (gradient) {
            LOCL_TRY(read_gradients(&chain->stage[i], queue, layers, gradient, err));
        }
        x = out;
    }
    return LOCL_OK;
}
