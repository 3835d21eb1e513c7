/* The forward gradient of weights (SPEC 3, fg-w and lg-fg-w): the directional derivative of the losses that a value
 * feeds, times its draw. */
#pragma OPENCL FP_CONTRACT OFF

/* Computes out = value + epsilon u, rounded once: node perturbation's copy of the weights. */
kernel void weight_shift(global const float *value, global const float *u, global float *out, ulong count,
                         float epsilon)
{
    for (ulong i = get_global_id(0); i < count; i += get_global_size(0)) {
        out[i] = fma(epsilon, u[i], value[i]);
    }
}

/* Computes out[i] = (with `add` +=) scale * s[i / inner % groups] * u[i]. */
kernel void weight_estimate(global const float *u, /* [count] */
                            global const float *s, /* [groups] */
                            global float *out,     /* [count] */
                            ulong count, ulong inner, uint groups, float scale, uint add)
{
    for (ulong i = get_global_id(0); i < count; i += get_global_size(0)) {
        float v = scale * s[i / inner % groups] * u[i];
        out[i] = add ? out[i] + v : v;
    }
}
