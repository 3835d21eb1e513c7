/* Draws on their own, for tests and for locl probe, which writes out what the other kernels drew. */
#include "row.clh"
#include "draw.clh"
#include "noise.clh"

kernel void draw_fill(global float *out, /* [passes,count], count a multiple of CHUNK */
                      ulong count, ulong first, ulong view, ulong seed, uint tag, uint pass, uint passes, uint step)
{
    FOR_PARTS(c, passes * (count / CHUNK))
    {
        ulong at = c % (count / CHUNK) * CHUNK;
        uint p = c / (count / CHUNK);
        chunk u;
        noise_chunk(&u, at, first, view, seed, step, tag, pass + p, 0, 0);
        chunk_store(u, out + p * count + at);
    }
}
