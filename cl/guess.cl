/* What a guess of a layer's gradient leaves of the losses' directional derivatives (SPEC 5, rule.feedback): less those
 * that the guess itself has along the same direction. What is left is a forward gradient of the guess's error. Rows are
 * the values of one derivative: (n,p,g), or (n,p) where all channels share one. */
#include "row.clh"
#include "draw.clh"
#include "noise.clh"

/* Returns the sum of the `sums` derivatives at `dl`, less `scale` times `along`. */
inline float what_is_left(global const float *dl, uint sums, float scale, float along)
{
    float d = 0.0f;
    for (uint s = 0; s < sums; s++) {
        d += dl[s];
    }
    return d - scale * along;
}

kernel void guess_subtract(global const float *dl,      /* [M,rows,sums] */
                           global const float *guess,   /* [rows,n] */
                           global const float *post,    /* [rows,n]: where it is 0 nothing moves */
                           global const float *tangent, /* [M,rows,n] with TANGENT: of post */
                           global const float *given,   /* [M,rows,n] noise, for NOISE_GIVEN */
                           global float *rest,          /* [M,rows] along the tangent, without one along u */
                           global float *before,        /* [M,rows] with TANGENT: along u */
                           uint rows, uint n, uint sums, uint tangents, float scale, ulong first_value, ulong view, ulong seed,
                           uint tag, uint step)
{
    ROW_SCRATCH;
    FOR_ROWS(row, rows)
    {
        global const float *b = guess + row * n;
        for (uint m = 0; m < tangents; m++) {
            ulong at = (ulong)m * rows + row;
            vec by_draw = 0.0f, by_tangent = 0.0f;
            FOR_CHUNKS(j, n)
            {
                chunk u;
                noise_chunk(&u, row * n + j, first_value, view, seed, step, tag, m, given, (ulong)rows * n);
                for (int i = 0; i < VECS; i++) {
                    uint c = j + i * VEC;
                    vec g = vec_load(b + c);
                    by_draw += g * vec_where_positive(vec_load(post + row * n + c), u.v[i]);
#if TANGENT
                    by_tangent += g * vec_load(tangent + at * n + c);
#endif
                }
            }
            float along_draw = team_sum(vec_sum(by_draw), scratch);
#if TANGENT
            float along_tangent = team_sum(vec_sum(by_tangent), scratch);
            if (row_item() == 0) {
                rest[at] = what_is_left(dl + at * sums, sums, scale, along_tangent);
                before[at] = what_is_left(dl + at * sums, sums, scale, along_draw);
            }
#else
            if (row_item() == 0) {
                rest[at] = what_is_left(dl + at * sums, sums, scale, along_draw);
            }
#endif
        }
    }
}
