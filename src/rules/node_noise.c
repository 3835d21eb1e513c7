#include "rules/node_noise.h"

void locl_node_difference(locl_command_buffer *cmd, const locl_part *part, const locl_block_tape *tape,
                          const locl_readout *head, const locl_layer_tensors layers[LOCL_LAYERS],
                          const locl_block_motion *motion, const locl_tensor *dl, size_t offset)
{
    locl_block_tape copy;
    size_t block = tape->shape->index;
    locl_arena_mark mark = locl_arena_here(locl_command_buffer_workspace(cmd));
    locl_block_begin(cmd, part->model, tape->shape, part->batch, 0, tape->x, NULL, NULL, &copy);
    locl_block_forward(cmd, &copy, layers, motion);
    locl_head_difference(cmd, &head->head, copy.out,
                         locl_part_value(part, block, LOCL_OWNER_HEAD, LOCL_WEIGHT), head->error,
                         part->labels, part->model->classes, (float)part->options->epsilon, dl, offset);
    locl_arena_back(locl_command_buffer_workspace(cmd), mark);
}
