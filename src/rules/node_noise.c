#include "rules/node_noise.h"

void locl_node_difference(locl_plan *plan, const locl_part *part, const locl_block_tape *tape,
                          const locl_readout *head, const locl_layer_tensors layers[LOCL_LAYERS],
                          const locl_perturbation u[LOCL_LAYERS], const locl_tensor *dl, size_t offset)
{
    locl_block_tape copy;
    size_t block = tape->shape->index;
    locl_arena_mark mark = locl_arena_here(locl_plan_workspace(plan));
    locl_block_begin(plan, part->model, tape->shape, part->batch, 0, part->engine, tape->x, NULL, NULL,
                     &copy);
    locl_block_forward(plan, &copy, layers, u, NULL);
    locl_head_difference(plan, &head->head, copy.out, locl_part_value(part, block, LOCL_OWNER_HEAD, true),
                         head->error, part->labels, part->model->classes, (float)part->options->epsilon, dl,
                         offset);
    locl_arena_back(locl_plan_workspace(plan), mark);
}
