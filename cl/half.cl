/* Values stored in half precision, by vstore_half and vload_half, which need no extension. Arithmetic is in float. */
#include "row.clh"

#if VEC == 16
#define HALF_LOAD vload_half16
#define HALF_STORE vstore_half16_rte
#elif VEC == 4
#define HALF_LOAD vload_half4
#define HALF_STORE vstore_half4_rte
#else
#define HALF_LOAD vload_half
#define HALF_STORE vstore_half_rte
#endif

/* h [count] = x [count], to the nearest, ties to even; beyond 65504 infinite. */
kernel void half_store(global const float *x, global half *h, ulong count)
{
    FOR_PARTS(c, count / CHUNK)
    {
        for (int i = 0; i < VECS; i++) {
            HALF_STORE(vec_load(x + c * CHUNK + i * VEC), c * VECS + i, h);
        }
    }
}

/* x [count] = h [count], exactly. */
kernel void half_load(global const half *h, global float *x, ulong count)
{
    FOR_PARTS(c, count / CHUNK)
    {
        for (int i = 0; i < VECS; i++) {
            vec_store(HALF_LOAD(c * VECS + i, h), x + c * CHUNK + i * VEC);
        }
    }
}
