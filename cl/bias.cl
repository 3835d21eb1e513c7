/* A layer's bias, where what follows is not fused with it. */
#define BIAS 1
#include "row.clh"

/* Adds the bias to x. row_bias() says which value of it a row or a column gets. */
kernel void bias_add(global const float *bias, global float *x, /* [rows,n] */
                     uint rows, uint n, uint bias_rows)
{
    FOR_ROWS(row, rows)
    {
        global const float *br = row_bias(bias, row, bias_rows, n);
        FOR_CHUNKS(j, n)
        {
            for (int i = 0; i < VECS; i++) {
                vec_store(row_value(x + row * n, br, j + i * VEC), x + row * n + j + i * VEC);
            }
        }
    }
}
