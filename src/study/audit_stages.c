#include "study/audit_stages.h"

#include <string.h>

static const locl_param *feedback_named(const locl_params *params, const char *name)
{
    for (size_t i = 0; i < params->count; i++) {
        if (params->param[i].role == LOCL_PARAM_FEEDBACK && !strcmp(params->param[i].name, name)) {
            return &params->param[i];
        }
    }
    return NULL;
}

/* Returns whether a rule has tensors beside the trained ones that parameters of another rule lack. */
static bool is_beside(const locl_param *p)
{
    return p->role == LOCL_PARAM_FEEDBACK || p->role == LOCL_PARAM_MIRROR;
}

/* Returns whether `values` have no mirrors, or not all. */
static bool lacks_mirrors(const locl_stage *stage, const locl_arrays *values)
{
    for (size_t i = 0; i < stage->params.count; i++) {
        const locl_param *p = &stage->params.param[i];
        if (p->role == LOCL_PARAM_MIRROR && !locl_arrays_find(values, p->name)) {
            return true;
        }
    }
    return false;
}

static locl_status add_copy(locl_arrays *out, const locl_array *from, locl_error *err)
{
    locl_array *array = locl_arrays_add(out, from->name, from->dtype, from->rank, from->dim, err);
    if (!array) {
        return err->status;
    }
    memcpy(array->data, from->data, locl_array_bytes(from));
    return LOCL_OK;
}

/* Copies `values`, with the stage's feedback and mirrors in their initial state where they have none, or feedback
 * of another shape: dfa's has the name of fa's. */
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
        if (!is_beside(p) || locl_arrays_find(out, p->name)) {
            continue;
        }
        locl_array *array = locl_arrays_add(out, p->name, LOCL_F32, p->rank, p->dim, err);
        if (!array) {
            return err->status;
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
    bool begins = lacks_mirrors(stage, values);
    if (!begins && (needed == LOCL_FEEDBACK_NONE || needed == held)) {
        return locl_stage_load(stage, queue, LOCL_STORED_PARAMETERS, values, err);
    }
    locl_status status = complete(stage, values, &completed, err);
    if (status == LOCL_OK) {
        status = locl_stage_load(stage, queue, LOCL_STORED_PARAMETERS, &completed, err);
    }
    locl_arrays_free(&completed);
    return status == LOCL_OK && begins ? locl_stage_begin(stage, queue, err) : status;
}

locl_status locl_audit_stages_bind(locl_stages *stages, locl_queue *queue, const locl_arrays *values,
                                   locl_feedback held, locl_error *err)
{
    LOCL_TRY(locl_stages_bind(stages, queue, err));
    for (size_t i = 0; i < stages->count && values; i++) {
        LOCL_TRY(load(&stages->stage[i], queue, values, held, err));
    }
    return LOCL_OK;
}

/* Where the gradients of a step go. */
typedef struct gradient_look {
    const locl_stages *stages;
    locl_queue *queue;
    const locl_audit_layers *layers;
    float *gradient; /* [layers->values] */
} gradient_look;

static locl_status read_gradients(void *user, size_t index, locl_error *err)
{
    const gradient_look *look = user;
    const locl_stage *stage = &look->stages->stage[index];
    for (size_t i = 0; i < stage->params.trained; i++) {
        const locl_param *p = &stage->params.param[i];
        size_t offset = locl_audit_layers_offset(look->layers, p);
        if (offset != SIZE_MAX) {
            LOCL_TRY(
                locl_stage_read(look->queue, stage->gradient[i], p->count, look->gradient + offset, err));
        }
    }
    return LOCL_OK;
}

locl_status locl_audit_stages_step(locl_stages *stages, locl_queue *queue, const locl_stages_buffers *buffers,
                                   uint64_t step, const locl_audit_layers *layers, float *gradient,
                                   double *seconds, locl_error *err)
{
    gradient_look look = {stages, queue, layers, gradient};
    size_t slices = locl_stage_slices(&stages->stage[0].options);
    *seconds = 0;
    for (size_t s = 0; s < slices; s++) {
        bool last = s + 1 == slices;
        double taken;
        LOCL_TRY(locl_stages_step(stages, queue, &buffers[s], step, s,
                                  last && gradient ? read_gradients : NULL, &look, &taken, err));
        *seconds += taken;
    }
    return LOCL_OK;
}
