/* What a mirror of a weight is shown: rows of a Hadamard matrix, whose columns have random signs (SPEC 5). */
#include "row.clh"
#include "draw.clh"
#define NOISE NOISE_RADEMACHER
#include "noise.clh"

/* Writes out [rows,n] = rows first, first + 1, ... of the matrix, and from step to step the next ones. A sweep through
 * all `order` rows has the signs of its number. `rows` divides `order`. */
kernel void mirror_rows(global float *out, uint rows, uint n, uint order, uint first, ulong seed, uint tag, uint step)
{
    uint steps = order / rows, sweep = step / steps;
    first += step % steps * rows;
    FOR_ROWS(row, rows)
    {
        FOR_CHUNKS(j, n)
        {
            chunk signs;
            noise_chunk(&signs, j, 0, n, seed, sweep, tag, 0, 0, n);
            for (uint i = 0; i < VECS; i++) {
                signs.v[i] = hadamard(signs.v[i], first + (uint)row, j + i * VEC);
            }
            chunk_store(signs, out + row * n + j);
        }
    }
}
