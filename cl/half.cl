/* Values stored in half precision, by vstore_half and vload_half, which need no extension. Arithmetic is in float. */
#define HALF_X 1
#include "row.clh"

/* h [count] = x [count], to the nearest, ties to even; beyond 65504 infinite. */
kernel void half_store(global const float *x, global half *h, ulong count)
{
    FOR_PARTS(c, count / CHUNK)
    {
        for (int i = 0; i < VECS; i++) {
            half_vec_store(vec_load(x + c * CHUNK + i * VEC), h + c * CHUNK + i * VEC);
        }
    }
}

/* x [count] = h [count], exactly. */
kernel void half_load(global const half *h, global float *x, ulong count)
{
    FOR_PARTS(c, count / CHUNK)
    {
        for (int i = 0; i < VECS; i++) {
            vec_store(half_vec_load(h + c * CHUNK + i * VEC), x + c * CHUNK + i * VEC);
        }
    }
}
