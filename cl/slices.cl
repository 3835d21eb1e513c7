/* What the slices of a batch give, added up to what the batch gives. */
#include "row.clh"

/* out [count] = share t, and from the batch's second slice on += it; `first` is the slice's first image. */
kernel void slices_add(global const float *t, global float *out, ulong count, float share, ulong first)
{
    FOR_PARTS(c, count / CHUNK)
    {
        for (int i = 0; i < VECS; i++) {
            ulong at = c * CHUNK + i * VEC;
            vec v = share * vec_load(t + at);
            vec_store(first > 0 ? vec_load(out + at) + v : v, out + at);
        }
    }
}
