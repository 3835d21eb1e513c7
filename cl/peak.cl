/* What a device does at most: multiply-adds in registers, and with no rounds a launch that does nothing. Built with
 * BITS of a number (16, 32, 64), LANES, values side by side, and CHAINS, how many of these are on their way at once. */
#if BITS == 16
#pragma OPENCL EXTENSION cl_khr_fp16 : enable
#define NUMBER half
#elif BITS == 64
#pragma OPENCL EXTENSION cl_khr_fp64 : enable
#define NUMBER double
#else
#define NUMBER float
#endif
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)

typedef NUMBER number;
#if LANES == 1
typedef NUMBER lanes;
#else
typedef JOIN(NUMBER, 16) lanes;
#endif

/* Computes out[item] = the mean over its lanes of the sum over its chains of x, which starts at the chain's number and
 * goes to x a + b `rounds` times. */
kernel void peak_fma(global float *out, uint rounds, float a, float b)
{
    lanes x[CHAINS];
#pragma unroll
    for (int i = 0; i < CHAINS; i++) {
        x[i] = (number)i;
    }
    for (uint round = 0; round < rounds; round++) {
#pragma unroll
        for (int i = 0; i < CHAINS; i++) {
            x[i] = fma(x[i], (lanes)(number)a, (lanes)(number)b);
        }
    }
    for (int i = 1; i < CHAINS; i++) {
        x[0] += x[i];
    }
#if LANES == 1
    out[get_global_id(0)] = (float)x[0];
#else
    JOIN(NUMBER, 8) half_ = x[0].lo + x[0].hi;
    JOIN(NUMBER, 4) quarter = half_.lo + half_.hi;
    out[get_global_id(0)] = (float)(quarter.x + quarter.y + quarter.z + quarter.w) / LANES;
#endif
}
