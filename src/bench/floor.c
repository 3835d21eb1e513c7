#include "bench/floor.h"

void locl_bench_count(const locl_stage *stage, locl_bench_counts *counts)
{
    locl_command_buffer *cmd[LOCL_STEP_BUFFERS];
    for (size_t i = locl_stage_commands(stage, LOCL_STEP_TRAIN, cmd); i-- > 0;) {
        const locl_gemm_choice *product;
        locl_launch_info launch;
        double times = cmd[i] == stage->gradient_commands ? (double)locl_stage_slices(&stage->options) : 1;
        for (size_t p = locl_gemm_recorded(cmd[i], &product); p-- > 0;) {
            counts->product_flops += times * locl_gemm_flops(&product[p].shape);
        }
        for (size_t l = 0; locl_command_buffer_launch(cmd[i], l, &launch); l++) {
            counts->flops += times * launch.flops;
            counts->bytes += times * launch.bytes;
            counts->launches += times;
        }
    }
}

locl_status locl_bench_least_bytes(const locl_model *model, const locl_rule_options *rule,
                                   const locl_optim_options *optim, size_t batch, double *out,
                                   locl_error *err)
{
    locl_params params = {0};
    double values = 0;
    LOCL_TRY(locl_params_layout(model, 0, model->blocks, LOCL_WITH_CLASSIFIER, locl_rule_params(rule), 1,
                                &params, err));
    for (size_t i = 0; i < params.count; i++) {
        double count = (double)params.param[i].count;
        values += count;
        if (i < params.trained) {
            values += count * (double)(1 + locl_optim_states(optim));
        }
    }
    locl_params_release(&params);
    for (size_t k = 0; k < model->blocks; k++) {
        const locl_block_shape *b = &model->block[k];
        values += (double)batch * (double)(b->patches * b->in + b->next_patches * b->width);
    }
    *out = sizeof(float) * values;
    return LOCL_OK;
}

double locl_bench_floor(double product_flops, double product_rate, double least_bytes, double copy_rate)
{
    double products = product_flops / product_rate, copies = least_bytes / copy_rate;
    return products > copies ? products : copies;
}
