#include "ops/loss.h"

#include "kernels/kernels.h"
enum { ITEMS = 64 };

/* Runs `count` work-items, one to a group on CPUs, in full groups elsewhere. */
static void run(locl_launch *l, size_t count)
{
    const locl_caps *caps = locl_command_buffer_caps(l->cmd);
    size_t items = caps->cpu ? 1 : caps->work_group < ITEMS ? caps->work_group : ITEMS;
    locl_launch_run(l, (count + items - 1) / items, items);
}

void locl_loss_record(locl_command_buffer *cmd, const locl_tensor *losses, const locl_tensor *wrong,
                      const locl_tensor *metrics, size_t index, size_t batch)
{
    enum { WORDS = sizeof(locl_step_metrics) / sizeof(uint32_t) };
    locl_launch l = locl_launch_begin(cmd, &locl_kernel_loss_record);
    locl_launch_in(&l, "losses", losses, batch);
    locl_launch_in(&l, "wrong", wrong, batch);
    locl_launch_out(&l, "record", metrics, (index + 1) * WORDS);
    locl_launch_u32(&l, "index", index);
    locl_launch_u32(&l, "batch", batch);
    locl_launch_cost(&l, (double)batch, (double)batch * 8 + sizeof(locl_step_metrics));
    locl_launch_run(&l, 1, 1);
}

void locl_loss_softmax(locl_command_buffer *cmd, const locl_tensor *logits, const locl_tensor *bias,
                       const locl_tensor *labels, const locl_tensor *error, const locl_tensor *metrics,
                       size_t index, size_t batch, size_t classes)
{
    double values = (double)batch * (double)classes;
    locl_arena *workspace = locl_command_buffer_workspace(cmd);
    locl_arena_mark mark = locl_arena_here(workspace);
    const locl_tensor *losses = locl_command_buffer_scratch(cmd, batch, "losses");
    const locl_tensor *wrong = locl_command_buffer_scratch(cmd, batch, "wrong");
    locl_launch l = locl_launch_begin(cmd, &locl_kernel_loss_softmax);
    locl_launch_in_out(&l, "logits", logits, batch * classes);
    locl_launch_in(&l, "bias", bias, classes);
    locl_launch_in(&l, "labels", labels, batch);
    locl_launch_out(&l, "error", error, batch * classes);
    locl_launch_out(&l, "losses", losses, batch);
    locl_launch_out(&l, "wrong", wrong, batch);
    locl_launch_u32(&l, "batch", batch);
    locl_launch_u32(&l, "classes", classes);
    locl_launch_cost(&l, values * 5, 4 * (values * 3 + (double)(classes + 3 * batch)));
    run(&l, batch);
    locl_loss_record(cmd, losses, wrong, metrics, index, batch);
    locl_arena_back(workspace, mark);
}

void locl_loss_gather(locl_command_buffer *cmd, const locl_tensor *dl, const locl_tensor *out, size_t images,
                      size_t patches, size_t groups, size_t lp, size_t lg)
{
    double values = (double)(images * patches * groups);
    locl_launch l = locl_launch_begin(cmd, &locl_kernel_loss_gather);
    locl_launch_in(&l, "dl", dl, images * patches * groups);
    locl_launch_out(&l, "out", out, images * lp * lg);
    locl_launch_u32(&l, "images", images);
    locl_launch_u32(&l, "patches", patches);
    locl_launch_u32(&l, "groups", groups);
    locl_launch_u32(&l, "lp", lp);
    locl_launch_u32(&l, "lg", lg);
    locl_launch_cost(&l, values, 4 * (values + (double)(images * lp * lg)));
    run(&l, images * lp * lg);
}
