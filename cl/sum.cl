/* Sums in a fixed order: bias gradients. */
#include "row.clh"

/* out[slab,j] = scale * sum over the slab's rows of x[row,j]; a second call with one slab adds the slabs. */
kernel void sum_columns(global const float *x, /* [rows,n] */
                        global float *out,     /* [slabs,n] */
                        uint rows, uint n, uint slabs, float scale)
{
    FOR_ROWS(slab, slabs)
    {
        ulong first = (ulong)rows * slab / slabs, last = (ulong)rows * (slab + 1) / slabs;
        FOR_CHUNKS(j, n)
        {
            chunk sum;
            for (int i = 0; i < VECS; i++) {
                sum.v[i] = 0.0f;
            }
            for (ulong row = first; row < last; row++) {
                for (int i = 0; i < VECS; i++) {
                    sum.v[i] += vec_load(x + row * n + j + i * VEC);
                }
            }
            for (int i = 0; i < VECS; i++) {
                sum.v[i] *= scale;
            }
            chunk_store(sum, out + slab * n + j);
        }
    }
}

/* out[row] = sum over j of x[row,j] */
kernel void sum_rows(global const float *x, /* [rows,n] */
                     global float *out,     /* [rows] */
                     uint rows, uint n)
{
    local float scratch[ITEMS];
    FOR_ROWS(row, rows)
    {
        vec sum = 0.0f;
        FOR_CHUNKS(j, n)
        {
            for (int i = 0; i < VECS; i++) {
                sum += vec_load(x + row * n + j + i * VEC);
            }
        }
        float total = group_sum(vec_sum(sum), scratch);
        if (get_local_id(0) == 0) {
            out[row] = total;
        }
    }
}
