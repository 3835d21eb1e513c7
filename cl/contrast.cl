/* InfoNCE of two views of the same images (SPEC 7): what stands between its products. Row n of [R,..], R = 2 B, is image
 * n % B in view n / B. Row n's logits are u[n] . u[j] / tau of all rows j but its own; the other view of its image is what
 * it should find. */
#include "row.clh"

#define LEAST_NORM 1e-6f

/* Returns the largest x of the team, in every work-item. */
inline float team_max(float x, local float *scratch)
{
#if ITEMS == 1
    return x;
#else
    float most = -INFINITY;
    barrier(CLK_LOCAL_MEM_FENCE);
    scratch[get_local_id(0)] = x;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint i = 0; i < ITEMS; i++) {
        most = fmax(most, scratch[row_team() * ITEMS + i]);
    }
    return most;
#endif
}

inline float vec_max(vec v)
{
#if VEC == 16
    float8 a = fmax(v.lo, v.hi);
    float4 b = fmax(a.lo, a.hi);
    float2 c = fmax(b.lo, b.hi);
    return fmax(c.x, c.y);
#elif VEC == 4
    float2 c = fmax(v.lo, v.hi);
    return fmax(c.x, c.y);
#else
    return v;
#endif
}

/* Adds the bias to z and divides each row by its norm, at least 1e-6. */
kernel void contrast_unit(global float *z,          /* [R,n] in: without bias; out: with it */
                          global const float *bias, /* [n] */
                          global float *u,          /* [R,n] */
                          global float *norms,      /* [R] */
                          uint rows, uint n)
{
    ROW_SCRATCH;
    FOR_ROWS(row, rows)
    {
        global float *zr = z + row * n, *ur = u + row * n;
        vec squares = 0.0f;
        FOR_CHUNKS(j, n)
        {
            for (int i = 0; i < VECS; i++) {
                uint c = j + i * VEC;
                vec v = vec_load(zr + c) + vec_load(bias + c);
                vec_store(v, zr + c);
                squares += v * v;
            }
        }
        float size = fmax(sqrt(team_sum(vec_sum(squares), scratch)), LEAST_NORM);
        FOR_CHUNKS(j, n)
        {
            for (int i = 0; i < VECS; i++) {
                uint c = j + i * VEC;
                vec_store(vec_load(zr + c) / size, ur + c);
            }
        }
        if (row_item() == 0) {
            norms[row] = size;
        }
    }
}

/* Makes softmax - onehot of a row's logits in place, 0 at the row itself. The target's is the sum of the others with
 * its sign turned, so that no digits cancel. */
kernel void contrast_softmax(global float *q,      /* [R,R] in: logits; out: softmax - onehot */
                             global float *losses, /* [R] */
                             global uint *wrong,   /* [R] 1 where another row's logit is as large as the target's */
                             uint rows)
{
    ROW_SCRATCH;
    FOR_ROWS(row, rows)
    {
        uint half_way = rows / 2, own = row, target = own < half_way ? own + half_way : own - half_way;
        global float *l = q + row * rows;
        float found = l[target];
        barrier(CLK_GLOBAL_MEM_FENCE);
        if (row_item() == 0) {
            l[own] = l[target] = -INFINITY;
        }
        barrier(CLK_GLOBAL_MEM_FENCE);
        vec most = -INFINITY, sum = 0.0f;
        FOR_CHUNKS(j, rows)
        {
            for (int i = 0; i < VECS; i++) {
                most = fmax(most, vec_load(l + j + i * VEC));
            }
        }
        float rival = team_max(vec_max(most), scratch), largest = fmax(rival, found);
        FOR_CHUNKS(j, rows)
        {
            for (int i = 0; i < VECS; i++) {
                vec e = exp(vec_load(l + j + i * VEC) - largest);
                vec_store(e, l + j + i * VEC);
                sum += e;
            }
        }
        float others = team_sum(vec_sum(sum), scratch), total = others + exp(found - largest);
        FOR_CHUNKS(j, rows)
        {
            for (int i = 0; i < VECS; i++) {
                vec_store(vec_load(l + j + i * VEC) / total, l + j + i * VEC);
            }
        }
        barrier(CLK_GLOBAL_MEM_FENCE);
        if (row_item() == 0) {
            float below = largest - found; /* subtracted first, as logits may be large */
            l[target] = -others / total;
            losses[row] = below > 0.0f ? log(total) + below : log1p(others);
            wrong[row] = found > rival ? 0 : 1;
        }
    }
}

/* Makes the loss's gradient by z, s = (r - u (u . r)) / |z|, of that by u, r, in place. Where the norm is the least
 * one, u is linear in z. */
kernel void contrast_error(global const float *u,     /* [R,n] */
                           global const float *norms, /* [R] */
                           global float *r,           /* [R,n] in: r; out: s */
                           uint rows, uint n)
{
    ROW_SCRATCH;
    FOR_ROWS(row, rows)
    {
        global const float *ur = u + row * n;
        global float *rr = r + row * n;
        vec product = 0.0f;
        FOR_CHUNKS(j, n)
        {
            for (int i = 0; i < VECS; i++) {
                product += vec_load(ur + j + i * VEC) * vec_load(rr + j + i * VEC);
            }
        }
        float size = norms[row], along = team_sum(vec_sum(product), scratch);
        along = size > LEAST_NORM ? along : 0.0f;
        FOR_CHUNKS(j, n)
        {
            for (int i = 0; i < VECS; i++) {
                uint c = j + i * VEC;
                vec_store((vec_load(rr + c) - along * vec_load(ur + c)) / size, rr + c);
            }
        }
    }
}

/* Computes dL = (a row's loss with its z moved by d, less its loss) / epsilon, for each of `moves` moves of every row.
 * The keys stay. It does so without cancellation: u' - u = (d - u (|z'| - |z|)) / |z'|, and then as in head.cl. */
kernel void contrast_difference(global float *d,           /* [R,moves,n] in: d; out: u' - u */
                                global const float *u,     /* [R,n] */
                                global const float *norms, /* [R] */
                                global const float *q,     /* [R,R] softmax - onehot */
                                global float *dl,          /* [R,moves] from `offset` on */
                                ulong offset, uint rows, uint moves, uint n, float scale, float epsilon)
{
    ROW_SCRATCH;
    FOR_ROWS(move, (ulong)rows * moves)
    {
        uint own = move / moves, half_way = rows / 2, target = own < half_way ? own + half_way : own - half_way;
        global float *dr = d + move * n;
        global const float *ur = u + (ulong)own * n;
        vec by_u = 0.0f, squares = 0.0f;
        FOR_CHUNKS(j, n)
        {
            for (int i = 0; i < VECS; i++) {
                vec v = vec_load(dr + j + i * VEC);
                by_u += v * vec_load(ur + j + i * VEC);
                squares += v * v;
            }
        }
        float size = norms[own], along = team_sum(vec_sum(by_u), scratch);
        float longer = 2.0f * size * along + team_sum(vec_sum(squares), scratch);
        float moved = fmax(sqrt(fmax(size * size + longer, 0.0f)), LEAST_NORM);
        float change = size > LEAST_NORM && moved > LEAST_NORM ? longer / (moved + size) : moved - size;
        FOR_CHUNKS(j, n)
        {
            for (int i = 0; i < VECS; i++) {
                uint c = j + i * VEC;
                vec_store((vec_load(dr + c) - vec_load(ur + c) * change) / moved, dr + c);
            }
        }
        float sum = 0.0f, found = 0.0f;
        for (uint key = 0; key < rows; key++) {
            vec product = 0.0f;
            FOR_CHUNKS(j, n)
            {
                for (int i = 0; i < VECS; i++) {
                    product += vec_load(dr + j + i * VEC) * vec_load(u + (ulong)key * n + j + i * VEC);
                }
            }
            float e = scale * team_sum(vec_sum(product), scratch);
            float p = key == own ? 0.0f : q[(ulong)own * rows + key] + (key == target ? 1.0f : 0.0f);
            sum += p * expm1(e);
            found = key == target ? e : found;
        }
        if (row_item() == 0) {
            dl[offset + move] = (log1p(sum) - found) / epsilon;
        }
    }
}
