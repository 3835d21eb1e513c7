#include "rules/node_noise.h"

/* Records how much each (n,p,g) moves a head's outputs: d [R,P,G,projection] = change of the features / P, through the
 * rows of the weight that are the group's. */
static void record_moves(locl_command_buffer *cmd, const locl_readout *r, const locl_tensor *change,
                         const locl_tensor *weight, const locl_tensor *d)
{
    const locl_head *h = &r->head;
    locl_gemm_shape shape = {.m = h->batch * h->patches,
                             .n = r->classes,
                             .k = h->width,
                             .lda = r->width,
                             .ldb = r->classes,
                             .ldc = h->groups * r->classes,
                             .batch = h->groups,
                             .stride_a = h->width,
                             .stride_b = h->width * r->classes,
                             .stride_c = r->classes,
                             .sum = 1,
                             .alpha = (float)(1.0 / (double)h->patches)};
    locl_gemm(cmd, &shape, change, weight, d);
}

/* Records the change of InfoNCE. The keys stay. */
static void contrast_difference(locl_command_buffer *cmd, const locl_part *part, const locl_readout *r,
                                const locl_tensor *moved, const locl_tensor *weight, const locl_tensor *dl,
                                size_t offset)
{
    const locl_head *h = &r->head;
    size_t tokens = h->batch * h->patches;
    const locl_tensor *change = locl_command_buffer_scratch(cmd, tokens * r->width, "feature change");
    const locl_tensor *d =
        locl_command_buffer_scratch(cmd, tokens * h->groups * r->classes, "output changes");
    locl_head_delta(cmd, h, moved, change);
    record_moves(cmd, r, change, weight, d);
    locl_contrast_difference(cmd, &r->contrast, d, h->patches * h->groups, (float)part->options->epsilon, dl,
                             offset);
}

void locl_node_difference(locl_command_buffer *cmd, const locl_part *part, const locl_block_tape *tape,
                          const locl_readout *head, const locl_layer_tensors layers[LOCL_LAYERS],
                          const locl_block_motion *motion, const locl_tensor *dl, size_t offset)
{
    locl_block_tape copy;
    size_t block = tape->shape->index;
    const locl_tensor *weight = locl_part_value(part, block, LOCL_OWNER_HEAD, LOCL_WEIGHT);
    locl_arena_mark mark = locl_arena_here(locl_command_buffer_workspace(cmd));
    locl_block_begin(cmd, part->model, tape->shape, part->batch, 0, false, tape->x, NULL, NULL, &copy);
    locl_block_forward(cmd, &copy, layers, motion);
    if (locl_model_contrasts(part->model)) {
        contrast_difference(cmd, part, head, copy.out, weight, dl, offset);
    } else {
        locl_head_difference(cmd, &head->head, copy.out, weight, head->error, part->labels,
                             part->model->classes, (float)part->options->epsilon, dl, offset);
    }
    locl_arena_back(locl_command_buffer_workspace(cmd), mark);
}
