/* Sums in a fixed order: bias gradients. */
#include "row.clh"

/* Computes out[slab,j] = scale * sum over the slab's rows of x[row,j]. A second call with one slab adds the slabs. One
 * work-item alone reads rows in order and adds into `out`, which stays in the nearest cache. A work-group has a column
 * or four for each work-item and keeps their sums in registers. */
kernel void sum_columns(global const float *x, /* [rows,n] */
                        global float *out,     /* [slabs,n] */
                        uint rows, uint n, uint slabs, float scale)
{
    FOR_ROWS(slab, slabs)
    {
        ulong first = (ulong)rows * slab / slabs, last = (ulong)rows * (slab + 1) / slabs;
        global float *sums = out + slab * n;
#if ITEMS == 1
        for (ulong row = first; row < last; row++) {
            float factor = row + 1 == last ? scale : 1.0f;
            for (uint j = 0; j < n; j += VEC) {
                vec v = vec_load(x + row * n + j);
                vec_store((row > first ? vec_load(sums + j) + v : v) * factor, sums + j);
            }
        }
#else
        FOR_CHUNKS(j, n)
        {
            vec sum = 0.0f;
            for (ulong row = first; row < last; row++) {
                sum += vec_load(x + row * n + j);
            }
            vec_store(sum * scale, sums + j);
        }
#endif
    }
}

/* Computes out[row] = sum over j of x[row,j]. */
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
