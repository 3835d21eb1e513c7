/* The losses' derivatives along tangents of the channel layer's own (SPEC 5), which re-run the group layer alone. For
 * each patch of an image and group there are W channels in and V out. A tangent t of the channel layer's output, 0
 * where ReLU is, goes through the LN before the group layer and its weight w. q is the cotangent of the result.
 *   dL = q . w' (J t),   J t = r (t - mean(t) - y mean(y t)),   hence w' (J t) = sum_c t_c a_c,
 *   a_c = r (w_c - mean over c of w_c - y_c z / W),   z = w' y
 * The tangents of a pass are the first ROWS rows of a Hadamard matrix times its signs u. What they give, the sum over c
 * of H[k,c] u_c a_c, is a fast Walsh-Hadamard transform of the u_c a_c, which stays in registers. Channels that differ
 * by a multiple of ORDER, the power of two at or above ROWS, have the same entries and are added first. Where registers
 * do not hold as many (GPUs), ORDER is smaller: the matrix is then one of BLOCKS rows and columns whose entries are each
 * times that of ORDER, and ORDER of its rows are made at a time. A work-item has VEC of the V columns at once. Groups of a
 * patch follow each other, so that all but the weight is read in order. */
#include "row.clh"

#define VEC_COLUMNS (ITEMS * VEC)

#if ORDER <= 32
#define UNROLL _Pragma("unroll")
#else
#define UNROLL
#endif

#if BLOCKS > 1
#define FOR_BLOCKS(block) for (uint block = 0; block < BLOCKS; block++)
#define ROLLED _Pragma("unroll 1") /* else weights are read far ahead, and registers spilled */
#else
#define FOR_BLOCKS(block) const uint block = 0;
#define ROLLED
#endif

/* Returns x times the sign that the rows of a block have at channel c beside that of the matrix of ORDER. */
inline float with_sign(float x, uint block, uint c)
{
#if BLOCKS > 1
    return as_float(as_uint(x) ^ (uint)popcount(block & c / ORDER) << 31);
#else
    return x;
#endif
}

/* Marks functions that have t in registers, which must be part of the kernel. */
#define INLINE inline __attribute__((always_inline))

INLINE void transform(private vec *t)
{
    UNROLL
    for (uint stride = ORDER / 2; stride > 0; stride /= 2) {
        UNROLL
        for (uint i = 0; i < ORDER / 2; i++) {
            uint a = i / stride * 2 * stride + i % stride, b = a + stride;
            vec sum = t[a] + t[b];
            t[b] = t[a] - t[b];
            t[a] = sum;
        }
    }
}

#if ITEMS == 1 && VEC == 16 && ORDER >= 16
/* Returns sums of neighbours: those of a, then those of b. */
INLINE float16 pairs(float16 a, float16 b)
{
    return (float16)(a.even, b.even) + (float16)(a.odd, b.odd);
}

/* Returns the sum of each of 16 vectors, by a tree: half as many vectors in each step, in the same order. */
INLINE float16 sums_of_16(private const float16 *t)
{
    float16 a = pairs(pairs(pairs(t[0], t[1]), pairs(t[2], t[3])), pairs(pairs(t[4], t[5]), pairs(t[6], t[7])));
    float16 b = pairs(pairs(pairs(t[8], t[9]), pairs(t[10], t[11])), pairs(pairs(t[12], t[13]), pairs(t[14], t[15])));
    return pairs(a, b);
}
#endif

/* Adds to sums[k] the sum of t[k] over its columns and the work-group. */
INLINE void add_sums(private const vec *t, local float *sums, local float *parts)
{
#if ITEMS > 1
    uint item = get_local_id(0);
    for (uint k = 0; k < ORDER; k++) {
        parts[k * (ITEMS + 1) + item] = vec_sum(t[k]);
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint k = item; k < ORDER; k += ITEMS) {
        for (uint i = 0; i < ITEMS; i++) {
            sums[k] += parts[k * (ITEMS + 1) + i];
        }
    }
    barrier(CLK_LOCAL_MEM_FENCE);
#elif VEC == 16 && ORDER >= 16
    UNROLL
    for (uint k = 0; k < ORDER; k += 16) {
        *(local float16 *)(sums + k) += sums_of_16(t + k);
    }
#else
    UNROLL
    for (uint k = 0; k < ORDER; k++) {
        sums[k] += vec_sum(t[k]);
    }
#endif
}

inline void group_barrier()
{
#if ITEMS > 1
    barrier(CLK_LOCAL_MEM_FENCE);
#endif
}

/* Computes the means over channels of each group's weight. */
kernel void tangent_means(global const float *weight, /* [G,W,V] */
                          global float *means,        /* [G,V] */
                          uint groups)
{
    FOR_ROWS(g, groups)
    {
        FOR_CHUNKS(j, V)
        {
            vec sum = 0.0f;
            for (uint c = 0; c < W; c++) {
                sum += vec_load(weight + (g * W + c) * V + j);
            }
            vec_store(sum / (float)W, means + g * V + j);
        }
    }
}

/* Computes the outputs' columns j, j + 1, ... of a pass's tangents of a block, without r and times q. uyw = -u y / W. */
INLINE void outputs(private vec *t, global const float *weight, vec mean, local const float *u, local const float *uyw,
                    vec z, vec q, uint j, uint block)
{
    UNROLL
    for (uint k = 0; k < ORDER; k++) {
        vec sum = 0.0f;
        ROLLED
        for (uint c = k; c < W; c += ORDER) {
            vec w = vec_load(weight + c * V + j);
#if NORM
            vec value = fma((vec)with_sign(u[c], block, c), w - mean, with_sign(uyw[c], block, c) * z);
#else
            vec value = with_sign(u[c], block, c) * w;
#endif
            sum = c == k ? value : sum + value;
        }
        t[k] = sum;
    }
    transform(t);
    UNROLL
    for (uint k = 0; k < ORDER; k++) {
        t[k] *= q;
    }
}

kernel void tangent_losses(global const float *post,   /* [tokens,G,W] of the channel layer */
                           global const float *y,      /* [tokens,G,W] normalised, with NORM, else 0 */
                           global const float *r,      /* [tokens,G], with NORM, else 0 */
                           global const float *u,      /* [passes,tokens,G,W] */
                           global const float *weight, /* [G,W,V] */
                           global const float *means,  /* [G,V], with NORM, else 0 */
                           global const float *z,      /* [tokens,G,V] */
                           global const float *q,      /* [tokens,G,V] */
                           global float *dl,           /* [passes ROWS / SIDE,tokens,G,SIDE] */
                           uint total, uint groups, uint passes, float scale)
{
    local float us[W], uyw[W], sums[BLOCKS * ORDER] __attribute__((aligned(64)));
    local float parts[ITEMS > 1 ? ORDER * (ITEMS + 1) : 1];
    uint item = get_local_id(0);
    FOR_ROWS(row, total)
    {
        uint g = row % groups;
        for (uint m = 0; m < passes; m++) {
            global const float *um = u + ((ulong)m * total + row) * W;
            for (uint c = item; c < W; c += ITEMS) {
                us[c] = post[row * W + c] > 0.0f ? um[c] : 0.0f;
#if NORM
                uyw[c] = us[c] * (y[row * W + c] * (-1.0f / W));
#endif
            }
            for (uint k = item; k < BLOCKS * ORDER; k += ITEMS) {
                sums[k] = 0.0f;
            }
            group_barrier();
            for (uint tile = 0; tile < V; tile += VEC_COLUMNS) {
                uint j = tile + item * VEC;
                FOR_BLOCKS(block)
                {
                    vec t[ORDER];
                    if (j < V) {
                        vec mean = NORM ? vec_load(means + g * V + j) : (vec)0.0f;
                        outputs(t, weight + (ulong)g * W * V, mean, us, uyw, vec_load(z + row * V + j),
                                vec_load(q + row * V + j), j, block);
                    } else {
                        for (uint k = 0; k < ORDER; k++) {
                            t[k] = 0.0f;
                        }
                    }
                    add_sums(t, sums + block * ORDER, parts);
                }
            }
            float factor = NORM ? scale * r[row] : scale;
            ulong first = ((ulong)(m * ROWS / SIDE) * total + row) * SIDE + m * ROWS % SIDE;
            for (uint k = item; k < ROWS; k += ITEMS) {
                dl[first + k] = factor * sums[k];
            }
        }
    }
}
