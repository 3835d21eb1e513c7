/* Sums of cotangents where paths meet: a residual, a block's own loss. */
#include "row.clh"

/* Adds to out [rows,n] the sum over the copies of t [rows,copies,n], with MASK where post > 0: the way back through
 * ReLU to a residual. */
kernel void accumulate(global const float *t, global const float *post, global float *out, ulong rows, ulong n,
                       uint copies)
{
    FOR_PARTS(c, rows * (n / CHUNK))
    {
        ulong row = c / (n / CHUNK), j = c % (n / CHUNK) * CHUNK;
        for (int i = 0; i < VECS; i++) {
            vec sum = vec_load(out + row * n + j + i * VEC);
            for (uint k = 0; k < copies; k++) {
                ulong at = (row * copies + k) * n + j + i * VEC;
                vec v = vec_load(t + at);
#if MASK
                v = vec_where_positive(vec_load(post + at), v);
#endif
                sum += v;
            }
            vec_store(sum, out + row * n + j + i * VEC);
        }
    }
}
