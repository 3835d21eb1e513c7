/* Layer normalisation over the last axis, y = (x - mean) r (SPEC 1). J = r (I - 11'/n - yy'/n) is symmetric, so
 * JVP and VJP are one map: t -> r (t - mean(t) - y mean(y t)). */
#include "row.clh"

/* Writes one row of that map. y = (x - s.mean) s.r. In place (out == t) is fine. */
inline void norm_map(global const x_value *x, norm s, float r, global const t_value *t, global t_value *out, uint n,
                     local float *scratch)
{
    norm_means means = row_norm_means(x, 0, s, t, 0, n, scratch);
    FOR_CHUNKS(j, n)
    {
        for (int i = 0; i < VECS; i++) {
            vec tv = t_load(t + j + i * VEC);
            vec y = (x_load(x + j + i * VEC) - s.mean) * s.r;
            t_store(r * ((tv - means.t) - y * means.yt), out + j + i * VEC);
        }
    }
}

/* Computes the primal and M tangents in one pass over each row. */
kernel void layernorm_dual(global const x_value *x,  /* [rows,n] */
                           global const t_value *dx, /* [M,rows,n] */
                           global t_value *y,        /* [rows,n] */
                           global t_value *dy,       /* [M,rows,n] */
                           global float *r,          /* [rows] or null: what the VJP needs */
                           uint rows, uint n, uint tangents)
{
    ROW_SCRATCH;
    FOR_ROWS(row, rows)
    {
        global const x_value *xr = x + row * n;
        norm s = row_norm(xr, 0, n, scratch);
        FOR_CHUNKS(j, n)
        {
            for (int i = 0; i < VECS; i++) {
                t_store((x_load(xr + j + i * VEC) - s.mean) * s.r, y + row * n + j + i * VEC);
            }
        }
        for (uint m = 0; m < tangents; m++) {
            ulong at = ((ulong)m * rows + row) * n;
            norm_map(xr, s, s.r, dx + at, dy + at, n, scratch);
        }
        if (r && row_item() == 0) {
            r[row] = s.r;
        }
    }
}

/* Computes q = J' t, from the normalised values. */
kernel void layernorm_vjp(global const x_value *y, /* [rows,n] */
                          global const float *r,   /* [rows] */
                          global const t_value *t, /* [copies,rows,n] */
                          global t_value *q,       /* [copies,rows,n] */
                          uint rows, uint n, uint copies)
{
    ROW_SCRATCH;
    norm normalised = {0.0f, 1.0f};
    FOR_ROWS(row, rows)
    {
        for (uint m = 0; m < copies; m++) {
            ulong at = ((ulong)m * rows + row) * n;
            norm_map(y + row * n, normalised, r[row], t + at, q + at, n, scratch);
        }
    }
}
