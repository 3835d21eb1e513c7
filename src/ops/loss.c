#include "ops/loss.h"

enum { ITEMS = 64 };

/* Work-items one by one on CPUs, in groups elsewhere. */
static void range_of(locl_plan *plan, size_t count)
{
    const locl_caps *caps = locl_plan_caps(plan);
    size_t items = caps->cpu ? 1 : caps->work_group < ITEMS ? caps->work_group : ITEMS;
    locl_plan_range(plan, (count + items - 1) / items, items);
}

void locl_loss_softmax(locl_plan *plan, const locl_tensor *logits, const locl_tensor *bias,
                       const locl_tensor *labels, const locl_tensor *error, const locl_tensor *metrics,
                       size_t index, size_t batch, size_t classes)
{
    double values = (double)batch * (double)classes;
    locl_arena *workspace = locl_plan_workspace(plan);
    locl_arena_mark mark = locl_arena_here(workspace);
    const locl_tensor *losses = locl_plan_scratch(plan, batch, "losses");
    const locl_tensor *wrong = locl_plan_scratch(plan, batch, "wrong");
    locl_plan_kernel(plan, "loss.cl", "loss_softmax", "%s", "");
    locl_plan_tensor(plan, logits);
    locl_plan_tensor(plan, bias);
    locl_plan_tensor(plan, labels);
    locl_plan_tensor(plan, error);
    locl_plan_tensor(plan, losses);
    locl_plan_tensor(plan, wrong);
    locl_plan_u32(plan, batch);
    locl_plan_u32(plan, classes);
    locl_plan_scalar(plan, LOCL_SCALAR_VALID);
    locl_plan_cost(plan, values * 8, values * 12);
    range_of(plan, batch);

    locl_plan_kernel(plan, "loss.cl", "loss_record", "%s", "");
    locl_plan_tensor(plan, losses);
    locl_plan_tensor(plan, wrong);
    locl_plan_tensor(plan, metrics);
    locl_plan_u32(plan, index);
    locl_plan_scalar(plan, LOCL_SCALAR_VALID);
    locl_plan_cost(plan, (double)batch, (double)batch * 8);
    locl_plan_range(plan, 1, 1);
    locl_arena_back(workspace, mark);
}

void locl_loss_gather(locl_plan *plan, const locl_tensor *dl, const locl_tensor *out, size_t images,
                      size_t patches, size_t groups, size_t lp, size_t lg)
{
    double values = (double)(images * patches * groups);
    locl_plan_kernel(plan, "loss.cl", "loss_gather", "%s", "");
    locl_plan_tensor(plan, dl);
    locl_plan_tensor(plan, out);
    locl_plan_u32(plan, images);
    locl_plan_u32(plan, patches);
    locl_plan_u32(plan, groups);
    locl_plan_u32(plan, lp);
    locl_plan_u32(plan, lg);
    locl_plan_cost(plan, values, values * 4);
    range_of(plan, images * lp * lg);
}
