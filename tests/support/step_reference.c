#include "support/step_reference.h"

#include "support/step_back.h"
#include "support/step_estimate.h"
#include "support/step_heads.h"

#include <string.h>

/* Cuts images into patches, each flattened in (row, column, channel) order: [B,P,C], of one view after the other. */
static double *patches_of(step *st)
{
    step_enter(st, 0);
    size_t side = st->at.side, of_view = st->s.batch / st->s.views;
    const size_t *image = st->s.image, ph = image[0] / side, pw = image[1] / side, c = image[2];
    double *x = step_take(st, st->s.batch * image[0] * image[1] * c), *at = x;
    for (size_t row = 0; row < st->tokens; row++) {
        size_t n = row / st->patches, p = row % st->patches, top = p / side * ph, left = p % side * pw;
        const double *images = st->s.views > 1 ? step_set_get(st->in, "images.%zu", 1 + n / of_view)
                                               : step_set_get(st->in, "images");
        for (size_t i = 0; i < ph; i++) {
            for (size_t j = 0; j < pw * c; j++) {
                *at++ = images[((n % of_view * image[0] + top + i) * image[1] + left) * c + j];
            }
        }
    }
    return x;
}

static void forward_pass(step *st, size_t pass, block_run *run, step_set *out)
{
    double *x = patches_of(st), *dx = NULL;
    for (size_t k = 0; k < st->s.blocks; k++) {
        block_run *b = &run[k];
        step_run_block(st, b, k, pass, x, dx, 0);
        if (pass == 0) {
            step_head_and_gradient(st, b, out);
        } else {
            step_run_head(st, b, NULL);
        }
        if (step_trains_layers(st, k) && !st->rule.backward) {
            double *jvp = step_set_add(out, st->tokens * st->at.groups, "jvp.%zu.blocks.%zu", pass, k);
            step_directional(st, b, jvp);
            for (size_t i = st->rule.loss_block ? k : 0; i <= k; i++) {
                step_estimate(st, &run[i], b, jvp, pass, out);
            }
        }
        x = b->next;
        dx = st->rule.loss_block ? NULL : b->dnext;
    }
}

void step_reference(const step_sizes *sizes, const step_rule *rule, const step_set *in, const int *labels,
                    step_set *out)
{
    step st = step_begin(sizes, rule, in, labels);
    block_run run[STEP_BLOCKS];
    for (size_t pass = 0; pass < (rule->backward ? 1 : rule->passes); pass++) {
        forward_pass(&st, pass, run, out);
    }
    const block_run *last = &run[sizes->blocks - 1];
    const double *error = sizes->views > 1 ? last->error : step_classifier(&st, last, out);
    for (size_t k = 0; k < sizes->blocks && rule->direct; k++) {
        step_update_directly(&st, &run[k], error, out);
    }
    if (rule->backward && !rule->direct) {
        step_go_back(&st, run, error, out);
    }
    out->nearest = st.nearest;
    step_end(&st);
}

void step_reference_moved(const step_sizes *sizes, const step_rule *rule, const step_set *in,
                          const int *labels, size_t block, size_t pass, int tangent, double epsilon,
                          double *moved)
{
    step st = step_begin(sizes, rule, in, labels);
    st.tangent = tangent;
    block_run still, shifted;
    double *x = patches_of(&st), *shifted_x = x;
    for (size_t k = 0; k <= block; k++) {
        step_run_block(&st, &still, k, pass, x, NULL, 0);
        step_run_block(&st, &shifted, k, pass, rule->loss_block ? x : shifted_x, NULL, epsilon);
        x = still.next;
        shifted_x = shifted.next;
    }
    size_t width = st.at.width, groups = st.at.groups, w = width / groups;
    if (sizes->views > 1) { /* the keys stay where they are */
        step_run_head(&st, &still, NULL);
        st.keys = st.units;
    }
    double *each = step_take(&st, sizes->batch), *all = still.out;
    for (size_t p = 0; p < st.patches; p++) {
        for (size_t g = 0; g < groups; g++) {
            still.out = step_take(&st, st.tokens * width);
            memcpy(still.out, all, st.tokens * width * sizeof *all);
            for (size_t n = 0; n < sizes->batch; n++) {
                size_t at = (n * st.patches + p) * width + g * w;
                memcpy(still.out + at, shifted.out + at, w * sizeof *all);
            }
            step_run_head(&st, &still, each);
            for (size_t n = 0; n < sizes->batch; n++) {
                moved[(n * st.patches + p) * groups + g] = each[n];
            }
        }
    }
    step_end(&st);
}
