#include "ops/loss.h"

enum { ITEMS = 64 };

/* Work-items one by one on CPUs, in groups elsewhere. */
static void range_of(locl_command_buffer *cmd, size_t count)
{
    const locl_caps *caps = locl_command_buffer_caps(cmd);
    size_t items = caps->cpu ? 1 : caps->work_group < ITEMS ? caps->work_group : ITEMS;
    locl_command_buffer_range(cmd, (count + items - 1) / items, items);
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
    locl_command_buffer_kernel(cmd, "loss.cl", "loss_softmax", "%s", "");
    locl_command_buffer_tensor(cmd, logits);
    locl_command_buffer_tensor(cmd, bias);
    locl_command_buffer_tensor(cmd, labels);
    locl_command_buffer_tensor(cmd, error);
    locl_command_buffer_tensor(cmd, losses);
    locl_command_buffer_tensor(cmd, wrong);
    locl_command_buffer_u32(cmd, batch);
    locl_command_buffer_u32(cmd, classes);
    locl_command_buffer_scalar(cmd, LOCL_SCALAR_VALID);
    locl_command_buffer_cost(cmd, values * 8, values * 12);
    range_of(cmd, batch);

    locl_command_buffer_kernel(cmd, "loss.cl", "loss_record", "%s", "");
    locl_command_buffer_tensor(cmd, losses);
    locl_command_buffer_tensor(cmd, wrong);
    locl_command_buffer_tensor(cmd, metrics);
    locl_command_buffer_u32(cmd, index);
    locl_command_buffer_scalar(cmd, LOCL_SCALAR_VALID);
    locl_command_buffer_cost(cmd, (double)batch, (double)batch * 8);
    locl_command_buffer_range(cmd, 1, 1);
    locl_arena_back(workspace, mark);
}

void locl_loss_gather(locl_command_buffer *cmd, const locl_tensor *dl, const locl_tensor *out, size_t images,
                      size_t patches, size_t groups, size_t lp, size_t lg)
{
    double values = (double)(images * patches * groups);
    locl_command_buffer_kernel(cmd, "loss.cl", "loss_gather", "%s", "");
    locl_command_buffer_tensor(cmd, dl);
    locl_command_buffer_tensor(cmd, out);
    locl_command_buffer_u32(cmd, images);
    locl_command_buffer_u32(cmd, patches);
    locl_command_buffer_u32(cmd, groups);
    locl_command_buffer_u32(cmd, lp);
    locl_command_buffer_u32(cmd, lg);
    locl_command_buffer_cost(cmd, values, values * 4);
    range_of(cmd, images * lp * lg);
}
