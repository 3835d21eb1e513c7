/* Adding cotangents where paths meet: a residual, a block's own loss. */
#include "row.clh"

/* out += t, with MASK where post > 0: the way back through ReLU to a residual. */
kernel void accumulate(global const float *t, global const float *post, global float *out, ulong count)
{
    FOR_ROWS(c, count / CHUNK)
    {
        for (int i = 0; i < VECS; i++) {
            ulong at = c * CHUNK + i * VEC;
            vec v = vec_load(t + at);
#if MASK
            v = vec_where_positive(vec_load(post + at), v);
#endif
            vec_store(vec_load(out + at) + v, out + at);
        }
    }
}
