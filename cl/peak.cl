/* What a device does at most: multiply-adds in registers, and with no rounds a launch that does nothing. Built with
 * LANES, values side by side, and CHAINS, how many of these are on their way at once. */
#if LANES == 1
typedef float lanes;
#else
typedef float16 lanes;
#endif

/* Computes out[item] = the mean over its lanes of the sum over its chains of x, which starts at the chain's number and
 * goes to x a + b `rounds` times. */
kernel void peak_fma(global float *out, uint rounds, float a, float b)
{
    lanes x[CHAINS];
#pragma unroll
    for (int i = 0; i < CHAINS; i++) {
        x[i] = (float)i;
    }
    for (uint round = 0; round < rounds; round++) {
#pragma unroll
        for (int i = 0; i < CHAINS; i++) {
            x[i] = fma(x[i], (lanes)a, (lanes)b);
        }
    }
    for (int i = 1; i < CHAINS; i++) {
        x[0] += x[i];
    }
#if LANES == 1
    out[get_global_id(0)] = x[0];
#else
    float8 half_ = x[0].lo + x[0].hi;
    float4 quarter = half_.lo + half_.hi;
    out[get_global_id(0)] = (quarter.x + quarter.y + quarter.z + quarter.w) / LANES;
#endif
}
