/* A block's linear head (and the classifier): pooled features, the directional derivative of each replicated loss (SPEC
 * 2) and the cotangent of the features. The replicas are never made, as one value per (n,p,g) is all that is written.
 * Row (n,p,g) has w = D/G channels. */
#include "row.clh"

#if TEAMS > 1
/* Computes xbar[n,c] of one image and group of channels. The teams take the patches in turns, as many each. */
inline void pool_together(global const x_value *x, global float *xbar, global float *stats, ulong row, uint patches,
                          uint groups, uint w, local float *scratch, local vec *parts)
{
    ulong first = row / groups * patches * groups + row % groups; /* of the image's tokens */
#if NORM
    for (uint p = row_team(); p < patches; p += TEAMS) {
        ulong token = first + p * groups;
        norm s = row_norm(x + token * w, 0, w, scratch);
        if (row_item() == 0) {
            stats[2 * token] = s.mean;
            stats[2 * token + 1] = s.r;
        }
    }
    barrier(CLK_GLOBAL_MEM_FENCE);
#endif
    for (uint strip = 0; strip < w; strip += ITEMS * CHUNK) {
        uint j = strip + row_item() * CHUNK;
        vec sum = 0.0f;
        for (uint p = row_team(); p < patches && j < w; p += TEAMS) {
            ulong token = first + p * groups;
#if NORM
            sum += (x_load(x + token * w + j) - stats[2 * token]) * stats[2 * token + 1];
#else
            sum += x_load(x + token * w + j);
#endif
        }
        sum = teams_sum(sum, parts);
        if (row_team() == 0 && j < w) {
            vec_store(sum * (1.0f / (float)patches), xbar + row * w + j);
        }
    }
}
#endif

/* Computes xbar[n,c] = mean over p of LN(x[n,p,g,:]). A work-group takes `span` neighbouring groups of channels of one
 * image: all of them where memory is to be read in order (CPUs), one where there are many work-groups to fill. */
kernel void head_pool(global const x_value *x, /* [B,P,G,w] */
                      global float *xbar,      /* [B,G,w] */
                      global float *stats,     /* [B,P,G,2] mean and r, with NORM */
                      uint batch, uint patches, uint groups, uint w, uint span)
{
    ROW_SCRATCH;
#if TEAMS > 1
    local vec parts[ITEMS * TEAMS];
    FOR_SHARED_ROWS(row, batch * groups)
    {
        pool_together(x, xbar, stats, row, patches, groups, w, scratch, parts);
    }
#else
    FOR_ROWS(row, batch * (groups / span))
    {
        ulong image = row * span / groups, first = row * span % groups;
        for (uint p = 0; p < patches; p++) {
            float scale = p + 1 == patches ? 1.0f / (float)patches : 1.0f;
            for (ulong g = first; g < first + span; g++) {
                ulong token = (image * patches + p) * groups + g;
                global const x_value *xr = x + token * w;
                global float *out = xbar + (image * groups + g) * w;
                norm s = {0.0f, 1.0f};
#if NORM
                s = row_norm(xr, 0, w, scratch);
                if (row_item() == 0) {
                    stats[2 * token] = s.mean;
                    stats[2 * token + 1] = s.r;
                }
#endif
                FOR_CHUNKS(j, w)
                {
                    for (int i = 0; i < VECS; i++) {
                        uint c = j + i * VEC;
                        vec y = (x_load(xr + c) - s.mean) * s.r;
                        vec_store((p > 0 ? vec_load(out + c) + y : y) * scale, out + c);
                    }
                }
            }
        }
    }
#endif
}

/* Computes dL[m,n,p,g] = (1/P) sum_c J_LN dx[m,n,p,g,:] . f[n,g,:], f = V (softmax - onehot). */
kernel void head_jvp(global const x_value *x,   /* [B,P,G,w] */
                     global const t_value *dx,  /* [M,B,P,G,w] */
                     global const float *stats, /* [B,P,G,2], with NORM */
                     global const float *f,     /* [B,G,w] */
                     global float *dl,          /* [M/side,B,P,G,side] from tangent `first` on */
                     uint rows, uint patches, uint groups, uint w, uint tangents, uint first,
                     uint side)
{
    ROW_SCRATCH;
    FOR_ROWS(row, rows)
    {
        global const x_value *xr = x + row * w;
        global const float *fr = f + (row / groups / patches * groups + row % groups) * w;
        norm s = {0.0f, 1.0f};
#if NORM
        s.mean = stats[2 * row];
        s.r = stats[2 * row + 1];
#endif
        for (uint m = 0; m < tangents; m++) {
            global const t_value *t = dx + ((ulong)m * rows + row) * w;
            norm_means means = {0.0f, 0.0f};
#if NORM
            means = row_norm_means(xr, 0, s, t, 0, w, scratch);
#endif
            vec sum = 0.0f;
            FOR_CHUNKS(j, w)
            {
                for (int i = 0; i < VECS; i++) {
                    uint c = j + i * VEC;
                    vec y = (x_load(xr + c) - s.mean) * s.r;
                    sum += vec_load(fr + c) * ((t_load(t + c) - means.t) - y * means.yt);
                }
            }
            float d = s.r * team_sum(vec_sum(sum), scratch);
            if (row_item() == 0) {
                dl[((ulong)((first + m) / side) * rows + row) * side + (first + m) % side] = d / (float)patches;
            }
        }
    }
}

/* Computes t[n,p,g,:] = scale J_LN' f[n,g,:], scale = 1 / (P B): the cotangent of the features. */
kernel void head_vjp(global const x_value *x,   /* [B,P,G,w] */
                     global const float *stats, /* [B,P,G,2], with NORM */
                     global const t_value *f,   /* [B,G,w] */
                     global float *t,           /* [B,P,G,w] */
                     uint rows, uint patches, uint groups, uint w, float scale)
{
    ROW_SCRATCH;
    FOR_ROWS(row, rows)
    {
        global const x_value *xr = x + row * w;
        global const t_value *fr = f + (row / groups / patches * groups + row % groups) * w;
        norm s = {0.0f, 1.0f};
        norm_means means = {0.0f, 0.0f};
#if NORM
        s.mean = stats[2 * row];
        s.r = stats[2 * row + 1];
        means = row_norm_means(xr, 0, s, fr, 0, w, scratch);
#endif
        FOR_CHUNKS(j, w)
        {
            for (int i = 0; i < VECS; i++) {
                vec y = (x_load(xr + j + i * VEC) - s.mean) * s.r;
                vec v = (t_load(fr + j + i * VEC) - means.t) - y * means.yt;
                vec_store(scale * s.r * v, t + row * w + j + i * VEC);
            }
        }
    }
}

/* Computes delta = LN(moved) - LN(x), the change of the features at (n,p,g) in a perturbed copy. */
kernel void head_delta(global const x_value *x,     /* [B,P,G,w] */
                       global const x_value *moved, /* [B,P,G,w] */
                       global float *delta,       /* [B,P,G,w] */
                       uint rows, uint w)
{
    ROW_SCRATCH;
    FOR_ROWS(row, rows)
    {
        global const x_value *xr = x + row * w, *mr = moved + row * w;
        norm s = {0.0f, 1.0f}, t = {0.0f, 1.0f};
#if NORM
        s = row_norm(xr, 0, w, scratch);
        t = row_norm(mr, 0, w, scratch);
#endif
        FOR_CHUNKS(j, w)
        {
            for (int i = 0; i < VECS; i++) {
                uint c = j + i * VEC;
                vec y = (x_load(xr + c) - s.mean) * s.r;
                vec_store((x_load(mr + c) - t.mean) * t.r - y, delta + row * w + c);
            }
        }
    }
}

/* Computes dL[n,p,g] = (cross entropy with only the features at (p,g) moved by delta - cross entropy) / epsilon. It
 * does so without cancellation, as log1p(sum softmax expm1(d)) - d_y with d the change of the pooled logits. There is a
 * work-item per (n,p,g). */
kernel void head_difference(global const float *delta,  /* [B,P,G,w] */
                            global const float *weight, /* [G,w,K] */
                            global const float *error,  /* [B,K] softmax - onehot */
                            global const int *labels,   /* [B] */
                            global float *dl,           /* [B,P,G] from `offset` on */
                            ulong offset, uint rows, uint patches, uint groups, uint w, uint classes, float epsilon)
{
    uint row = get_global_id(0);
    if (row >= rows) {
        return;
    }
    uint g = row % groups, image = row / groups / patches;
    float sum = 0.0f, own = 0.0f;
    for (uint k = 0; k < classes; k++) {
        bool right = (int)k == labels[image];
        float d = 0.0f;
        for (uint c = 0; c < w; c++) {
            d += delta[(ulong)row * w + c] * weight[((ulong)g * w + c) * classes + k];
        }
        d /= (float)patches;
        sum += (error[(ulong)image * classes + k] + (right ? 1.0f : 0.0f)) * expm1(d);
        own = right ? d : own;
    }
    dl[offset + row] = (log1p(sum) - own) / epsilon;
}
