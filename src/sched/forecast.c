#include "sched/forecast.h"

#include "sched/pipeline_parts.h"
#include "sched/rows.h"

#include <math.h>
#include <stdlib.h>

/* Of a batch: smaller parts cost more than they spare, as few rows are computed less well. */
static const double least_share = 1.0 / 8;

/* Makes shares whole images of a slice. */
static void round_shares(locl_placement *placement, size_t images)
{
    size_t rows[LOCL_MAX_DEVICES];
    for (size_t k = 0; k < placement->stages; k++) {
        double *share = placement->share + k * placement->devices;
        locl_rows_deal(share, placement->devices, images, rows);
        for (size_t d = 0; d < placement->devices; d++) {
            share[d] = (double)rows[d] / (double)images;
        }
    }
}

locl_status locl_placement_measured(const locl_pipeline_options *o, const locl_devices *devices,
                                    const locl_stage_times *measured, locl_placement *out, locl_error *err)
{
    double bytes[LOCL_MODEL_MAX_BLOCKS], limits[LOCL_MAX_DEVICES];
    size_t blocks = o->model->blocks, images = o->slice ? o->slice : o->batch;
    locl_stage_options *stage = calloc(blocks, sizeof *stage);
    locl_placement_problem problem = {.stages = measured->stages,
                                      .devices = measured->devices,
                                      .cost = measured->cost,
                                      .least = fmax(1 / (double)images, least_share)};
    *out = (locl_placement){0};
    if (!stage) {
        return locl_fail_memory(err, blocks * sizeof *stage);
    }
    locl_pipeline_cut(o, stage);
    locl_status status = locl_pipeline_room(devices, stage, &problem, bytes, limits, err);
    if (status == LOCL_OK) {
        status = locl_placement_create(problem.stages, problem.devices, out, err);
    }
    if (status == LOCL_OK) {
        status = locl_policy_shares.place(&problem, out, err);
    }
    if (status == LOCL_OK) {
        round_shares(out, images);
    }
    free(stage);
    return status;
}

static locl_placement_problem problem_of(const locl_stage_times *measured)
{
    return (locl_placement_problem){
        .stages = measured->stages, .devices = measured->devices, .cost = measured->cost};
}

double locl_forecast_work(const locl_stage_times *measured, const locl_placement *placement, size_t stage,
                          size_t device)
{
    const locl_placement_problem problem = problem_of(measured);
    return locl_placement_work(&problem, placement, stage, device);
}

void locl_forecast_of(const locl_stage_times *measured, const locl_placement *placement, locl_forecast *out)
{
    const locl_placement_problem problem = problem_of(measured);
    *out = (locl_forecast){0};
    out->seconds = locl_placement_predict(&problem, placement, out->busy);
}
