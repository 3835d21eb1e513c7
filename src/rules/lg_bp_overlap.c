/* lg-bp-overlap (SPEC 3): lg-bp twice, stopped after blocks 0, 2, ... in one phase and after 1, 3, ... in the
 * other, with the phases' gradients added. So each block gets its own loss twice, and the next block's once,
 * in the phase that is not stopped between them. Ways back are linear, so the sum goes back once. */
#include "ops/accumulate.h"
#include "rules/backprop.h"

/* Records t = or += the cotangent of block k's output from its own loss. */
static void add_own(locl_command_buffer *cmd, const locl_part *part, const locl_readout *head, size_t k,
                    locl_write write, const locl_tensor *t)
{
    locl_backprop_readout(cmd, part, head, locl_part_value(part, k, LOCL_OWNER_HEAD, LOCL_WEIGHT), write, t);
}

static void record(locl_command_buffer *cmd, locl_part *part)
{
    locl_block_tape *tape = locl_part_tapes(cmd, part);
    locl_readout *head = locl_part_readouts(cmd, part);
    if (!tape || !head) {
        return;
    }
    locl_backprop_forward(cmd, part, LOCL_TRAINED, tape, head);
    locl_cotangents both = locl_backprop_cotangents(cmd, part);
    const locl_tensor *own = locl_backprop_cotangent(cmd, part);
    for (size_t k = part->last; k-- > part->first;) {
        const locl_block_tape *block = &tape[k - part->first];
        const locl_readout *loss = &head[k - part->first];
        bool arrived = k + 1 < part->last;
        locl_part_section(cmd, k);
        if (arrived) {
            locl_backprop_pool(cmd, block, &both);
        }
        const locl_tensor *t = locl_cotangents_here(&both);
        add_own(cmd, part, loss, k, LOCL_REPLACE, own);
        add_own(cmd, part, loss, k, arrived ? LOCL_ADD : LOCL_REPLACE, t);
        locl_accumulate(cmd, own, NULL, t, part->batch * block->shape->patches, block->shape->width, 1);
        locl_backprop_block(cmd, part, block, t, LOCL_WITH_GRADIENTS, NULL);
        if (k > part->first) {
            locl_backprop_block(cmd, part, block, own, LOCL_COTANGENT_ALONE, locl_cotangents_spare(&both));
            both.current = !both.current;
        }
    }
}

const locl_rule locl_rule_lg_bp_overlap = {
    .name = "lg-bp-overlap",
    .kind = LOCL_RULE_LG_BP_OVERLAP,
    .summary = "lg-bp twice, stopped after blocks 0, 2, ... and after 1, 3, ...; both are added",
    .backward = true,
    .yardstick = LOCL_RULE_LG_BP,
    .crosses_blocks = locl_rule_always,
    .record = record,
};
