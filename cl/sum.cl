/* Sums in a fixed order: bias gradients. */
#include "row.clh"

/* Computes out[slab,j] = scale * sum over the slab's rows of x[row,j]. A second call with one slab adds the slabs. One
 * work-item alone reads rows in order and adds into `out`, which stays in the nearest cache. A work-group takes a strip of
 * neighbouring columns, a chunk for each item of a team, whose rows the teams take in turns. */
kernel void sum_columns(global const float *x, /* [rows,n] */
                        global float *out,     /* [slabs,n] */
                        uint rows, uint n, uint slabs, float scale)
{
#if ITEMS == 1 && TEAMS == 1
    FOR_ROWS(slab, slabs)
    {
        ulong first = (ulong)rows * slab / slabs, last = (ulong)rows * (slab + 1) / slabs;
        global float *sums = out + slab * n;
        for (ulong row = first; row < last; row++) {
            float factor = row + 1 == last ? scale : 1.0f;
            for (uint j = 0; j < n; j += VEC) {
                vec v = vec_load(x + row * n + j);
                vec_store((row > first ? vec_load(sums + j) + v : v) * factor, sums + j);
            }
        }
    }
#else
    local vec parts[ITEMS * TEAMS];
    uint strips = (n + ITEMS * CHUNK - 1) / (ITEMS * CHUNK);
    FOR_SHARED_ROWS(part, (ulong)slabs * strips)
    {
        ulong slab = part / strips, last = (ulong)rows * (slab + 1) / slabs;
        uint j = (uint)(part % strips * ITEMS + row_item()) * CHUNK;
        vec sum = 0.0f;
        for (ulong row = (ulong)rows * slab / slabs + row_team(); row < last && j < n; row += TEAMS) {
            sum += vec_load(x + row * n + j);
        }
        sum = teams_sum(sum, parts);
        if (row_team() == 0 && j < n) {
            vec_store(sum * scale, out + slab * n + j);
        }
    }
#endif
}

/* Computes out[row] = sum over j of x[row,j]. */
kernel void sum_rows(global const float *x, /* [rows,n] */
                     global float *out,     /* [rows] */
                     uint rows, uint n)
{
    ROW_SCRATCH;
    FOR_ROWS(row, rows)
    {
        vec sum = 0.0f;
        FOR_CHUNKS(j, n)
        {
            for (int i = 0; i < VECS; i++) {
                sum += vec_load(x + row * n + j + i * VEC);
            }
        }
        float total = team_sum(vec_sum(sum), scratch);
        if (row_item() == 0) {
            out[row] = total;
        }
    }
}
