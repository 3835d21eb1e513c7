/* Rows side by side: the residual of a block that is wider than its input. */
#include "row.clh"

/* Computes y [rows,copies,n] = x [rows,n] repeated `copies` times. */
kernel void repeat(global const float *x, global float *y, uint rows, uint n, uint copies)
{
    FOR_ROWS(row, rows)
    {
        FOR_CHUNKS(j, n)
        {
            for (int i = 0; i < VECS; i++) {
                vec v = vec_load(x + row * n + j + i * VEC);
                for (uint k = 0; k < copies; k++) {
                    vec_store(v, y + (row * copies + k) * n + j + i * VEC);
                }
            }
        }
    }
}
