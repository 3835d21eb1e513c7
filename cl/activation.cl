/* What follows a linear layer (SPEC 1): bias, LN if NORM, perturbation, residual and ReLU, for the primal and M
 * tangents in one pass, and the way back to the linear layer's output.
 *   primal    a = LN(z + b) (+ x),           post  = max(a, 0)
 *   shifted   a = LN(z + b) + epsilon u (+ x), with SHIFT: node perturbation's copy of the primal
 *   tangent   da = J dz + u (+ dx),          dpost = da where post > 0; u of the passes from `pass` on
 *   back      q = J' (t where post > 0),     t a cotangent, or an estimate: the sum over m of dL[m] u[m] / (M B), and
 *                                            with GUESS what was guessed of it
 * Rows are (n,p) for token and channel layers, (n,p,g) for group layers. Without BIAS there is no b. */
#ifndef RESIDUAL
#define RESIDUAL 0
#endif
#ifndef SHIFT
#define SHIFT 0
#endif
#ifndef PRIMAL
#define PRIMAL 1 /* 0: post and stats are there already, and read */
#endif
#include "row.clh"
#include "draw.clh"
#include "noise.clh"

/* Returns what ReLU sees at column j, and y = LN(z + b). It is computed again for each tangent, not read back from
 * `post`. That was written a moment ago, and vectors wider than a store queue's entries (Zen 4) wait for it. */
inline vec pre_activation(global const x_value *z, global const float *bias, global const x_value *x, norm s, uint j,
                          vec *y)
{
    *y = (row_value(z, bias, j) - s.mean) * s.r;
#if RESIDUAL
    return *y + x_load(x + j);
#else
    return *y;
#endif
}

kernel void activation_dual(global const x_value *z,   /* [rows,n] the product, without bias */
                            global const t_value *dz,  /* [M,rows,n] with TANGENT, else 0 */
                            global const float *bias,
                            global const float *dbias, /* like bias, with TANGENT_BIAS (M is 1), else 0 */
                            global const x_value *x,   /* [rows,n] with RESIDUAL, else 0 */
                            global const t_value *dx,  /* [M,rows,n] with RESIDUAL_TANGENT, else 0 */
                            global const float *given, /* [M,rows,n] noise, for NOISE_GIVEN */
                            global float *kept,        /* [M,rows,n] with KEEP: the noise, for the way back */
                            global x_value *post,      /* [rows,n] */
                            global t_value *dpost,     /* [M,rows,n] */
                            global float *stats,       /* [rows,2] mean and r, or null */
                            uint rows, uint n, uint bias_rows, uint tangents, float epsilon, uint pass, ulong first_value, ulong view,
                            ulong seed,
                            uint tag, uint step)
{
    ROW_SCRATCH;
    FOR_ROWS(row, rows)
    {
        global const x_value *zr = z + row * n;
        global const float *br = row_bias(bias, row, bias_rows, n);
        norm s = {0.0f, 1.0f};
#if NORM && !PRIMAL
        s.mean = stats[2 * row];
        s.r = stats[2 * row + 1];
#elif NORM
        s = row_norm(zr, br, n, scratch);
        if (stats && row_item() == 0) {
            stats[2 * row] = s.mean;
            stats[2 * row + 1] = s.r;
        }
#endif
#if PRIMAL
        FOR_CHUNKS(j, n)
        {
#if SHIFT
            chunk u;
            noise_chunk(&u, row * n + j, first_value, view, seed, step, tag, pass, given, (ulong)rows * n);
#endif
            for (int i = 0; i < VECS; i++) {
                vec y, a = pre_activation(zr, br, x + row * n, s, j + i * VEC, &y);
#if SHIFT
                a += epsilon * u.v[i];
#endif
                x_store(vec_relu(a), post + row * n + j + i * VEC);
            }
        }
#endif
        global const float *dbr = TANGENT_BIAS ? row_bias(dbias, row, bias_rows, n) : 0;
        for (uint m = 0; m < tangents; m++) {
            ulong first = ((ulong)m * rows + row) * n;
#if NORM && TANGENT
            norm_means means = row_norm_means(zr, br, s, dz + first, dbr, n, scratch);
#endif
            FOR_CHUNKS(j, n)
            {
                chunk u;
                noise_chunk(&u, row * n + j, first_value, view, seed, step, tag, pass + m, given, (ulong)rows * n);
#if KEEP
                chunk_store(u, kept + first + j);
#endif
                for (int i = 0; i < VECS; i++) {
                    uint c = j + i * VEC;
                    vec y, a = pre_activation(zr, br, x + row * n, s, c, &y), da = u.v[i];
#if !PRIMAL
                    a = x_load(post + row * n + c);
#endif
#if NORM && TANGENT
                    da += s.r * ((row_tangent(dz + first, dbr, c) - means.t) - y * means.yt);
#elif TANGENT
                    da += row_tangent(dz + first, dbr, c);
#endif
#if RESIDUAL_TANGENT
                    da += t_load(dx + first + c);
#endif
                    t_store(vec_where_positive(a, da), dpost + first + c);
                }
            }
        }
    }
}

#if ESTIMATE
/* Returns where the directional derivatives dL [M/SIDE,B,lp,lg,SIDE] of a row's image and patch start, in units of
 * SIDE. lp is P or, summed over patches, 1. lg is G or, summed over groups, 1. */
inline ulong loss_row(ulong row, uint patches, uint groups, uint lp, uint lg)
{
#if LAYER_GROUP
    ulong token = row / groups, g = lg > 1 ? row % groups : 0;
#else
    ulong token = row, g = 0;
#endif
    return (token / patches * lp + (lp > 1 ? token % patches : 0)) * lg + g;
}

/* Returns the directional derivative that a chunk's values are trained with, from those of its row in one pass, l
 * [lg,SIDE]. A token layer's values feed every group, so dL is summed over g. A channel layer's are the losses of the
 * chunk's group, `width` channels each. */
inline float loss_of_chunk(global const float *l, uint lg, uint j, uint width)
{
#if LAYER_TOKEN
    float d = 0.0f;
    for (uint g = 0; g < lg; g++) {
        d += l[g * SIDE];
    }
    return d;
#elif LAYER_GROUP
    return l[0];
#else
    return l[(lg > 1 ? j / width : 0) * SIDE];
#endif
}

#if NOISE == NOISE_HADAMARD
#define PASSES_AT_ONCE HADAMARD
#else
#define PASSES_AT_ONCE 1
#endif

/* Returns the sum over m of dL[m] u[m] for one chunk: the forward gradient of the layer's output. */
inline chunk estimate_chunk(global const float *dl, ulong at, ulong pass_size, uint lg, ulong element, uint j,
                            uint width, uint tangents, ulong first_value, ulong view, ulong seed, uint step, uint tag,
                            global const float *given, ulong tensor_size)
{
    chunk t;
    for (int i = 0; i < VECS; i++) {
        t.v[i] = 0.0f;
    }
    for (uint m = 0; m < tangents; m += PASSES_AT_ONCE) {
        chunk u;
        noise_chunk(&u, element, first_value, view, seed, step, tag, m, given, tensor_size);
#if NOISE == NOISE_HADAMARD
        chunk rows; /* sum of dL times the matrix's rows; u, of row 0, are the signs */
        for (int i = 0; i < VECS; i++) {
            rows.v[i] = 0.0f;
        }
        global const float *d = dl + (m / SIDE * pass_size + at + (lg > 1 ? j / width : 0)) * SIDE;
        uint column = CHUNK == HADAMARD_WIDTH ? 0 : (uint)(element % HADAMARD_WIDTH);
#if HADAMARD <= 32
#pragma unroll /* makes the signs constants */
#endif
        for (uint k = 0; k < HADAMARD; k++) {
            for (int i = 0; i < VECS; i++) {
                rows.v[i] += hadamard(d[k], k, column + i * VEC);
            }
        }
        for (int i = 0; i < VECS; i++) {
            t.v[i] += rows.v[i] * u.v[i];
        }
#else
        float d = loss_of_chunk(dl + (m / SIDE * pass_size + at) * SIDE + m % SIDE, lg, j, width);
        for (int i = 0; i < VECS; i++) {
            t.v[i] += d * u.v[i];
        }
#endif
    }
    return t;
}
#endif

/* Writes t where post > 0 to q first, then J' of it in place, as q's row stays in the nearest cache. */
kernel void
#if ESTIMATE
activation_estimate(
#else
activation_vjp(
#endif
                           global const x_value *z, /* [rows,n] */
                           global const float *bias,
                           global const x_value *post, /* [rows,n] */
                           global const float *stats, /* [rows,2], with NORM */
#if ESTIMATE
                           global const float *guess, /* [rows,n] with GUESS; may be q */
                           global const float *dl,    /* [M/SIDE,B,lp,lg,SIDE] */
                           global const float *given, /* [M,rows,n] noise, for NOISE_GIVEN */
                           uint patches, uint groups, uint lp, uint lg, ulong loss_pass, uint width,
                           uint tangents, float scale, ulong first_value, ulong view, ulong seed, uint tag, uint step,
#else
                           global const t_value *t, /* [rows,n] cotangent of post */
#endif
                           global t_value *q, /* [rows,n] cotangent of z + b */
                           uint rows, uint n, uint bias_rows)
{
    ROW_SCRATCH;
    FOR_ROWS(row, rows)
    {
        global const x_value *zr = z + row * n;
        global const float *br = row_bias(bias, row, bias_rows, n);
        global t_value *qr = q + row * n;
#if ESTIMATE
        ulong at = loss_row(row, patches, groups, lp, lg);
#endif
        FOR_CHUNKS(j, n)
        {
#if ESTIMATE
            chunk c = estimate_chunk(dl, at, loss_pass, lg, row * n + j, j, width, tangents, first_value, view, seed, step, tag,
                                     given, (ulong)rows * n);
#else
            chunk c; /* not by chunk_load(), as Oclgrind does not know what clang makes of it here */
#endif
            for (int i = 0; i < VECS; i++) {
#if ESTIMATE
                c.v[i] *= scale;
#if GUESS
                c.v[i] += vec_load(guess + row * n + j + i * VEC);
#endif
#else
                c.v[i] = t_load(t + row * n + j + i * VEC);
#endif
                c.v[i] = vec_where_positive(x_load(post + row * n + j + i * VEC), c.v[i]);
            }
            for (int i = 0; i < VECS; i++) {
                t_store(c.v[i], qr + j + i * VEC);
            }
        }
#if NORM
        norm s = {stats[2 * row], stats[2 * row + 1]};
        norm_means means = row_norm_means(zr, br, s, qr, 0, n, scratch);
        FOR_CHUNKS(j, n)
        {
            for (int i = 0; i < VECS; i++) {
                vec y = (row_value(zr, br, j + i * VEC) - s.mean) * s.r;
                vec tv = t_load(qr + j + i * VEC);
                t_store(s.r * ((tv - means.t) - y * means.yt), qr + j + i * VEC);
            }
        }
#endif
    }
}
