/* What a pipeline's stages need of their devices, as they are recorded, and whether it is there. */
#include "sched/pipeline_parts.h"

#include "sched/memory.h"

#include <stdlib.h>

/* A pipeline as src/sched/memory.h sees it. */
typedef struct needs {
    locl_stage_options *options; /* [stages] */
    size_t *device;              /* [stages] */
    locl_memory_need *need;      /* [devices] */
    locl_memory_plan plan;
} needs;

static void close_needs(needs *n)
{
    free(n->options);
    free(n->device);
    free(n->need);
}

/* Fills `n`, which is the caller's to close, on error too. */
static locl_status open_needs(const locl_pipeline *p, uint64_t limit, needs *n, locl_error *err)
{
    *n = (needs){.options = calloc(p->stages, sizeof *n->options),
                 .device = calloc(p->stages, sizeof *n->device),
                 .need = calloc(p->devices->count, sizeof *n->need)};
    if (!n->options || !n->device || !n->need) {
        return locl_fail_memory(err, p->stages * sizeof *n->options);
    }
    for (size_t i = 0; i < p->lanes; i++) {
        locl_memory_add(&n->need[p->lane[i].device->index], p->lane[i].workspace);
    }
    for (size_t i = 0; i < p->stages; i++) {
        n->options[i] = p->stage[i].stage.options;
        n->device[i] = p->stage[i].lane->device->index;
        locl_memory_add(&n->need[n->device[i]], p->stage[i].stage.state);
        locl_passing_add(&p->passing[i], &n->need[n->device[i]]);
    }
    n->plan = (locl_memory_plan){n->options, n->device, p->stages, p->devices, limit};
    return LOCL_OK;
}

locl_status locl_pipeline_check_memory(const locl_pipeline *p, locl_error *err)
{
    needs n;
    locl_status status = open_needs(p, 0, &n, err);
    if (status == LOCL_OK) {
        status = locl_memory_check(&n.plan, n.need, err);
    }
    close_needs(&n);
    return status;
}

locl_status locl_pipeline_fit(const locl_pipeline *p, uint64_t limit, bool *fits, size_t *largest_slice,
                              locl_error *err)
{
    needs n;
    locl_status status = open_needs(p, limit, &n, err);
    if (status == LOCL_OK) {
        *fits = locl_memory_fits(&n.plan, n.need);
        *largest_slice = locl_memory_largest_slice(&n.plan);
    }
    close_needs(&n);
    return status;
}
