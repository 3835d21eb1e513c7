/* Depthwise convolution over the tokens' map. Channels are side by side, each with a window of its own. A tap that
 * falls beside the map sees 0, so it is left out. */
#include "row.clh"

/* Walks the taps [first,end) of a window of `window` cells around place `at` of `side` that are on the
 * map. */
#define FOR_TAPS(i, at, side, window)                                                                        \
    for (int i = max(0, (window) / 2 - (at)), i##_end = min(window, (side) + (window) / 2 - (at)); i < i##_end; i++)

/* Computes z[y,x,:] = sum over i, j of x[y+i-k/2,x+j-k/2,:] w[i,j,:]. With ADD it is added to what is there. With FLIP
 * the window is mirrored, which is the transposed map. */
kernel void depthwise_map(global const float *weight, /* [k,k,D] */
                          global const float *x,      /* [images,S,S,D] */
                          global float *z,            /* [images,S,S,D] */
                          uint rows, int side, uint d, int window)
{
    FOR_ROWS(row, rows)
    {
        int y = (int)(row / side % side), column = (int)(row % side), middle = window / 2;
        FOR_CHUNKS(j, d)
        {
            chunk sum;
            for (int v = 0; v < VECS; v++) {
#if ADD
                sum.v[v] = vec_load(z + row * d + j + v * VEC);
#else
                sum.v[v] = 0.0f;
#endif
            }
            FOR_TAPS(i, y, side, window)
            {
                FOR_TAPS(l, column, side, window)
                {
                    global const float *seen = x + ((long)row + (i - middle) * side + (l - middle)) * d + j;
#if FLIP
                    global const float *w = weight + (ulong)(window * window - 1 - (i * window + l)) * d + j;
#else
                    global const float *w = weight + (ulong)(i * window + l) * d + j;
#endif
                    for (int v = 0; v < VECS; v++) {
                        sum.v[v] += vec_load(seen + v * VEC) * vec_load(w + v * VEC);
                    }
                }
            }
            chunk_store(sum, z + row * d + j);
        }
    }
}

/* Computes out[slab,i,l,:] = sum over the slab's images, y and x of x[y+i-k/2,x+l-k/2,:] q[y,x,:]. A work-group takes
 * one tap and `span` channels of a slab. With one work-item that is one chunk, whose images then stay in a cache from
 * tap to tap, else all channels. */
kernel void depthwise_gradient(global const float *x, /* [images,S,S,D] */
                               global const float *q, /* [images,S,S,D] */
                               global float *out,     /* [slabs,k,k,D] */
                               uint images, int side, uint d, int window, uint slabs, uint span)
{
    uint taps = (uint)(window * window), spans = d / span;
    FOR_ROWS(row, (ulong)slabs * spans * taps)
    {
        int tap = (int)(row % taps), down = tap / window - window / 2, right = tap % window - window / 2;
        ulong slab = row / taps / spans;
        uint first = (uint)(row / taps % spans) * span;
        ulong image = (ulong)images * slab / slabs, last = (ulong)images * (slab + 1) / slabs;
        FOR_CHUNKS(j, span)
        {
            chunk sum;
            for (int v = 0; v < VECS; v++) {
                sum.v[v] = 0.0f;
            }
            for (ulong n = image; n < last; n++) {
                for (int y = max(0, -down); y < min(side, side - down); y++) {
                    for (int c = max(0, -right); c < min(side, side - right); c++) {
                        ulong at = (n * side + y) * side + c;
                        global const float *qr = q + at * d + first + j;
                        global const float *seen = x + ((long)at + down * side + right) * d + first + j;
                        for (int v = 0; v < VECS; v++) {
                            sum.v[v] += vec_load(seen + v * VEC) * vec_load(qr + v * VEC);
                        }
                    }
                }
            }
            chunk_store(sum, out + (slab * taps + tap) * d + first + j);
        }
    }
}
