/* Draws on their own: for tests, and for locl probe, which writes out what the other kernels drew. */
#include "row.clh"
#include "draw.clh"
#include "noise.clh"

kernel void draw_fill(global float *out, /* [count], count a multiple of CHUNK */
                      ulong count, ulong first, ulong seed, uint tag, uint pass, uint step)
{
    FOR_ROWS(c, count / CHUNK)
    {
        chunk_store(noise_chunk(first + c * CHUNK, seed, step, tag, pass, 0, 0), out + c * CHUNK);
    }
}
