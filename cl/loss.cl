/* Cross entropy of a head's logits, its error and the step's record. There is one work-item per image, as K is small
 * beside the rest of a step. */
#pragma OPENCL FP_CONTRACT OFF
#include "loss.clh"

kernel void loss_softmax(global float *logits,        /* [B,K] in: without bias; out: with it */
                         global const float *bias,    /* [K] */
                         global const int *labels,    /* [B] */
                         global float *error,         /* [B,K] softmax - onehot; 0 in rows that do not count */
                         global float *losses,        /* [B] */
                         global uint *wrong,          /* [B] 1 where the label is not the first largest logit */
                         uint batch, uint classes, uint valid)
{
    uint n = get_global_id(0);
    if (n >= batch) {
        return;
    }
    global float *l = logits + (ulong)n * classes, *e = error + (ulong)n * classes;
    for (uint k = 0; k < classes; k++) {
        l[k] += bias[k];
    }
    uint out;
    losses[n] = cross_entropy(l, e, labels[n], classes, n < valid, &out);
    wrong[n] = out;
}

/* Writes record `index` of the step: mean loss, wrong images, and no bad parameter yet (see src/ops/metrics.h). Of no
 * losses the mean is 0. */
kernel void loss_record(global const float *losses, global const uint *wrong, global uint *record, uint index,
                        uint batch, uint valid)
{
    float sum = 0.0f;
    uint count = 0;
    for (uint n = 0; n < min(batch, valid); n++) {
        sum += losses[n];
        count += wrong[n];
    }
    record[4 * index] = as_uint(sum / (float)valid);
    record[4 * index + 1] = count;
    record[4 * index + 2] = INT_MAX;
    record[4 * index + 3] = valid;
}

/* Applies the `losses` switches: sums dL [M,B,P,G] over what is not local, to [M,B,lp,lg]. lp is P or 1, lg is G or
 * 1. */
kernel void loss_gather(global const float *dl, global float *out, uint images, uint patches, uint groups, uint lp,
                        uint lg)
{
    uint index = get_global_id(0);
    if (index >= images * lp * lg) {
        return;
    }
    uint image = index / (lp * lg), p = index / lg % lp, g = index % lg;
    uint last_p = lp > 1 ? p : patches - 1, last_g = lg > 1 ? g : groups - 1;
    float sum = 0.0f;
    for (uint i = p; i <= last_p; i++) {
        for (uint j = g; j <= last_g; j++) {
            sum += dl[((ulong)image * patches + i) * groups + j];
        }
    }
    out[index] = sum;
}
