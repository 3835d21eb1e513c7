/* dfa (SPEC 3): every layer gets the classifier's error straight through a fixed random matrix F. The
 * cotangent of its output is e F / (B P) at every patch. */
#include "rules/backprop.h"
#include "rules/layer_update.h"

/* Records f [B,width] = e F. */
static void send_error(locl_command_buffer *cmd, const locl_part *part, const locl_readout *classifier,
                       size_t width, const locl_tensor *feedback, const locl_tensor *f)
{
    locl_gemm_shape shape = {.m = part->batch,
                             .n = width,
                             .k = classifier->classes,
                             .lda = classifier->classes,
                             .ldb = width,
                             .ldc = width,
                             .batch = 1,
                             .sum = 1,
                             .alpha = 1};
    locl_gemm(cmd, &shape, classifier->error, feedback, f);
}

static void update_layer(locl_command_buffer *cmd, const locl_part *part, const locl_block_tape *tape,
                         locl_layer layer, const locl_readout *classifier)
{
    const locl_layer_tape *l = &tape->layer[layer];
    size_t block = tape->shape->index, width = l->linear.out;
    locl_arena_mark mark = locl_arena_here(locl_command_buffer_workspace(cmd));
    const locl_tensor *f = locl_command_buffer_scratch(cmd, part->batch * width, "sent errors");
    const locl_tensor *q = locl_layer_cotangent(cmd, tape);
    /* the same for every patch, divided by P and B, as pooling whole tokens sends it back */
    locl_head pooled = {.batch = part->batch,
                        .patches = tape->shape->patches,
                        .groups = 1,
                        .width = width,
                        .x = l->activation.post};
    send_error(cmd, part, classifier, width, locl_part_back(part, block, (locl_owner)layer), f);
    locl_head_vjp(cmd, &pooled, f, q);
    locl_block_layer_vjp(cmd, l, LOCL_THROUGH_NORM, q, q);
    locl_layer_gradient(cmd, part, block, l, q);
    locl_arena_back(locl_command_buffer_workspace(cmd), mark);
}

static void record(locl_command_buffer *cmd, locl_part *part)
{
    locl_block_tape *tape = locl_part_tapes(cmd, part);
    locl_readout *head = locl_part_readouts(cmd, part);
    if (!tape || !head) {
        return;
    }
    locl_readout classifier = locl_backprop_forward(cmd, part, LOCL_TRAINED, tape, head);
    for (size_t k = part->first; k < part->last; k++) {
        locl_part_section(cmd, k);
        for (int layer = (int)tape[k - part->first].first; layer < LOCL_LAYERS; layer++) {
            update_layer(cmd, part, &tape[k - part->first], (locl_layer)layer, &classifier);
        }
    }
}

const locl_rule locl_rule_dfa = {
    .name = "dfa",
    .kind = LOCL_RULE_DFA,
    .summary = "every layer gets the classifier's error straight through a fixed random matrix",
    .backward = true,
    .params = {.feedback = LOCL_FEEDBACK_DIRECT},
    .yardstick = LOCL_RULE_BP,
    .crosses_blocks = locl_rule_always,
    .record = record,
};
