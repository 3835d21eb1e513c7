/* Batch normalisation (SPEC 1): each column of [B,n] over the B images of the batch, y = (x - mean) r. As in layer
 * normalisation J is symmetric, so JVP and VJP are one map, t -> r (t - mean(t) - y mean(y t)). A work-item has a chunk
 * of neighbouring columns and adds its images in their order. */
#include "row.clh"

/* Where the statistics come from. The order is that of locl_statistics. */
#define STATISTICS_OWN 0
#define STATISTICS_TRACKED 1 /* and move the running ones */
#define STATISTICS_RUNNING 2
#ifndef STATISTICS
#define STATISTICS STATISTICS_OWN
#endif
#define MOMENTUM 0.9f

/* Walks the chunks of columns of this work-item, as j. */
#define FOR_COLUMNS(j, n)                                                                                    \
    FOR_ROWS(block, ((n) + ITEMS * CHUNK - 1) / (ITEMS * CHUNK))                                             \
    for (uint j = (uint)(block * ITEMS + row_item()) * CHUNK, j##_end = min(j + CHUNK, n); j < j##_end; \
         j += CHUNK)

typedef struct columns_norm {
    chunk mean, r;
} columns_norm;

/* Compute mean and variance of a chunk of columns, in two passes. Sums are shifted by the first image's values, so that
 * equal values have variance 0 exactly, whatever their size. Results go through pointers, as Oclgrind does not know
 * what clang makes of returned structs. */
inline void columns_mean(global const float *x, uint batch, uint n, chunk *mean)
{
    for (int i = 0; i < VECS; i++) {
        mean->v[i] = 0.0f;
    }
    for (ulong image = 1; image < batch; image++) {
        for (int i = 0; i < VECS; i++) {
            mean->v[i] += vec_load(x + image * n + i * VEC) - vec_load(x + i * VEC);
        }
    }
    for (int i = 0; i < VECS; i++) {
        mean->v[i] = vec_load(x + i * VEC) + mean->v[i] / (float)batch;
    }
}

inline void columns_variance(global const float *x, const chunk *mean, uint batch, uint n, chunk *variance)
{
    for (int i = 0; i < VECS; i++) {
        variance->v[i] = 0.0f;
    }
    for (ulong image = 0; image < batch; image++) {
        for (int i = 0; i < VECS; i++) {
            vec c = vec_load(x + image * n + i * VEC) - mean->v[i];
            variance->v[i] += c * c;
        }
    }
    for (int i = 0; i < VECS; i++) {
        variance->v[i] /= (float)batch;
    }
}

inline void move_running(global float *running, chunk now)
{
    for (int i = 0; i < VECS; i++) {
        vec_store(MOMENTUM * vec_load(running + i * VEC) + (1.0f - MOMENTUM) * now.v[i], running + i * VEC);
    }
}

/* Returns mean and r of a chunk of columns. */
inline void columns_statistics(global const float *x, global float *mean, global float *variance, uint batch, uint n,
                               columns_norm *s)
{
    chunk v;
#if STATISTICS == STATISTICS_RUNNING
    for (int i = 0; i < VECS; i++) {
        s->mean.v[i] = vec_load(mean + i * VEC);
        v.v[i] = vec_load(variance + i * VEC);
    }
#else
    columns_mean(x, batch, n, &s->mean);
    columns_variance(x, &s->mean, batch, n, &v);
#endif
#if STATISTICS == STATISTICS_TRACKED
    move_running(mean, s->mean);
    move_running(variance, v);
#endif
    for (int i = 0; i < VECS; i++) {
        s->r.v[i] = 1.0f / sqrt(v.v[i] + NORM_EPSILON);
    }
}

/* Writes J t for a chunk of columns. y = (x - s.mean) s.r, and J has the factor r. In place (out == t) is fine. */
inline void columns_map(global const float *x, columns_norm s, chunk r, global const float *t, global float *out,
                        uint batch, uint n)
{
    chunk mean_t, mean_yt;
    for (int i = 0; i < VECS; i++) {
        mean_t.v[i] = 0.0f;
        mean_yt.v[i] = 0.0f;
    }
    for (ulong image = 0; image < batch; image++) {
        for (int i = 0; i < VECS; i++) {
            vec tv = vec_load(t + image * n + i * VEC);
            mean_t.v[i] += tv;
            mean_yt.v[i] += (vec_load(x + image * n + i * VEC) - s.mean.v[i]) * s.r.v[i] * tv;
        }
    }
    for (int i = 0; i < VECS; i++) {
        mean_t.v[i] /= (float)batch;
        mean_yt.v[i] /= (float)batch;
    }
    for (ulong image = 0; image < batch; image++) {
        for (int i = 0; i < VECS; i++) {
            vec tv = vec_load(t + image * n + i * VEC);
            vec y = (vec_load(x + image * n + i * VEC) - s.mean.v[i]) * s.r.v[i];
            vec_store(r.v[i] * ((tv - mean_t.v[i]) - y * mean_yt.v[i]), out + image * n + i * VEC);
        }
    }
}

/* Computes the primal and M tangents. */
kernel void batchnorm_dual(global const float *x,  /* [B,n] */
                           global const float *dx, /* [M,B,n] */
                           global float *y,        /* [B,n] */
                           global float *dy,       /* [M,B,n]; may be dx */
                           global float *r,        /* [n]: what the VJP needs */
                           global float *mean,     /* [n] running statistics; null with STATISTICS_OWN */
                           global float *variance, /* [n] */
                           uint batch, uint n, uint tangents)
{
    FOR_COLUMNS(j, n)
    {
        columns_norm s;
        columns_statistics(x + j, mean + j, variance + j, batch, n, &s);
        for (ulong image = 0; image < batch; image++) {
            for (int i = 0; i < VECS; i++) {
                ulong at = image * n + j + i * VEC;
                vec_store((vec_load(x + at) - s.mean.v[i]) * s.r.v[i], y + at);
            }
        }
        for (ulong m = 0; m < tangents; m++) {
            ulong first = m * batch * n + j;
            columns_map(x + j, s, s.r, dx + first, dy + first, batch, n);
        }
        for (int i = 0; i < VECS; i++) {
            vec_store(s.r.v[i], r + j + i * VEC);
        }
    }
}

/* Computes q = J' t, from the normalised values. */
kernel void batchnorm_vjp(global const float *y, /* [B,n] */
                          global const float *r, /* [n] */
                          global const float *t, /* [copies,B,n] */
                          global float *q,       /* [copies,B,n]; may be t */
                          uint batch, uint n, uint copies)
{
    FOR_COLUMNS(j, n)
    {
        columns_norm normalised;
        chunk rs;
        for (int i = 0; i < VECS; i++) {
            normalised.mean.v[i] = 0.0f;
            normalised.r.v[i] = 1.0f;
            rs.v[i] = vec_load(r + j + i * VEC);
        }
        for (ulong m = 0; m < copies; m++) {
            ulong first = m * batch * n + j;
            columns_map(y + j, normalised, rs, t + first, q + first, batch, n);
        }
    }
}
