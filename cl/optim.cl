/* One optimiser step over all parameters of a stage (SPEC 6, src/optim/optim.h). A work-group takes a chunk:
 * a part of one segment, at most a few thousand values. Built per rule and device:
 *   RULE      one of RULE_SGD, RULE_ADAM, RULE_ADAMW, RULE_LARS
 *   ITEMS     work-items per group: 1 on CPUs
 *   VECTOR    values that a work-item takes at once: 4 or 16
 *   BAD_WORD  where in record 0 of the step (src/ops/metrics.h) the first segment gone wrong is noted */
#pragma OPENCL FP_CONTRACT OFF

#define RULE_SGD 1
#define RULE_ADAM 2
#define RULE_ADAMW 3
#define RULE_LARS 4

#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2(a, b)
typedef JOIN(float, VECTOR) vector;
#define LOAD(p, i) JOIN(vload, VECTOR)(0, (p) + (i))
#define STORE(v, p, i) JOIN(vstore, VECTOR)(v, 0, (p) + (i))

/* ln 0.9 and ln 0.999, as 1 - 0.999^t by powers of a float 0.999 is wrong in the fifth digit */
#define LOG_BETA1 -0.105360515657826301f
#define LOG_BETA2 -0.00100050033358353350f
#define ADAM_EPSILON 1e-8f
#define LARS_TRUST 0.001f

typedef struct {
    uint offset, count; /* floats */
    uint segment, unused;
} chunk;

typedef struct {
    float rate, decay; /* decay 0 on biases */
    uint first, count; /* chunks of the segment */
    uint weight, unused[3];
} segment;

/* What is the same for all values of a segment. */
typedef struct {
    float rate, decay, momentum, trust, correct1, correct2;
} factors;

/* Does one step of a vector or a single value, w and the states in place. */
#if RULE == RULE_SGD
#define STATES 1
#define STEP(w, g, m, v)                                                                                     \
    m = f.momentum * m + (g + f.decay * w);                                                                  \
    w -= f.rate * m
#elif RULE == RULE_LARS
#define STATES 1
#define STEP(w, g, m, v)                                                                                     \
    m = f.momentum * m + f.rate * (f.trust * (g + f.decay * w));                                             \
    w -= m
#else
#define STATES 2
#define ADAM(w, g, m, v, beside)                                                                             \
    m += 0.1f * (g - m);                                                                                     \
    v += 0.001f * (g * g - v);                                                                               \
    w -= f.rate * (m / f.correct1 / (sqrt(v / f.correct2) + ADAM_EPSILON) + beside)
#if RULE == RULE_ADAM
#define STEP(w, g, m, v)                                                                                     \
    g += f.decay * w;                                                                                        \
    ADAM(w, g, m, v, 0.0f)
#else
#define STEP(w, g, m, v) ADAM(w, g, m, v, f.decay *w)
#endif
#endif

float lanes(vector v)
{
    float lane[VECTOR], sum = 0.0f;
    STORE(v, lane, 0);
    for (int i = 0; i < VECTOR; i++) {
        sum += lane[i];
    }
    return sum;
}

/* Does the step on what lies at index i. `odd` becomes NaN where one of the results is not finite. */
#if STATES == 2
#define UPDATE(type, load, store, odd, i)                                                                    \
    {                                                                                                        \
        type w_ = load(w, i), g_ = load(g, i), m_ = load(m, i), v_ = load(v, i);                             \
        STEP(w_, g_, m_, v_);                                                                                \
        store(w_, w, i);                                                                                     \
        store(m_, m, i);                                                                                     \
        store(v_, v, i);                                                                                     \
        odd += w_ * 0.0f + m_ * 0.0f + v_ * 0.0f;                                                            \
    }
#else
#define UPDATE(type, load, store, odd, i)                                                                    \
    {                                                                                                        \
        type w_ = load(w, i), g_ = load(g, i), m_ = load(m, i);                                              \
        STEP(w_, g_, m_, );                                                                                  \
        store(w_, w, i);                                                                                     \
        store(m_, m, i);                                                                                     \
        odd += w_ * 0.0f + m_ * 0.0f;                                                                        \
    }
#endif
#define LOAD1(p, i) (p)[i]
#define STORE1(x, p, i) (p)[i] = (x)

kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1))) void
optim_update(global const chunk *restrict chunks, global const segment *restrict segments,
             global const float *restrict trusts /* [segments], lars only */, global float *restrict params,
             global const float *restrict grads, global float *restrict state0,
             global float *restrict state1 /* adam only */, float rate, uint step, float momentum,
             volatile global int *metrics)
{
    const chunk c = chunks[get_group_id(0)];
    const float t = (float)step + 1.0f;
    factors f;
    f.rate = rate * segments[c.segment].rate;
    f.decay = segments[c.segment].decay;
    f.momentum = momentum;
#if RULE == RULE_LARS
    f.trust = trusts[c.segment];
#elif STATES == 2
    f.correct1 = -expm1(t * LOG_BETA1);
    f.correct2 = -expm1(t * LOG_BETA2);
#endif
    global float *restrict w = params + c.offset, *restrict m = state0 + c.offset;
    global const float *restrict g = grads + c.offset;
#if STATES == 2
    global float *restrict v = state1 + c.offset;
#endif
    const uint item = get_local_id(0), whole = c.count / VECTOR * VECTOR;
    vector odd = 0.0f;
    float odd1 = 0.0f;
    for (uint i = item * VECTOR; i < whole; i += ITEMS * VECTOR) {
        UPDATE(vector, LOAD, STORE, odd, i)
    }
    for (uint i = whole + item; i < c.count; i += ITEMS) {
        UPDATE(float, LOAD1, STORE1, odd1, i)
    }
    if (isnan(lanes(odd) + odd1)) {
        atomic_min(metrics + BAD_WORD, (int)c.segment + 1);
    }
}

#if RULE == RULE_LARS

/* Returns the sum over the work-group, in one order whatever the timing. The result is item 0's. */
float2 group_sum(float2 value, local float2 *part)
{
#if ITEMS > 1
    const uint item = get_local_id(0);
    part[item] = value;
    for (uint half_ = ITEMS / 2; half_; half_ /= 2) {
        barrier(CLK_LOCAL_MEM_FENCE);
        if (item < half_) {
            part[item] += part[item + half_];
        }
    }
    value = item == 0 ? part[0] : value; /* no other item may read it without a barrier */
#endif
    return value;
}

/* Computes partial[chunk] = (sum w^2, sum g^2), the gradient with its decay. */
kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1))) void
optim_norms(global const chunk *restrict chunks, global const segment *restrict segments,
            global const float *restrict params, global const float *restrict grads,
            global float2 *restrict partial)
{
    local float2 part[ITEMS];
    const chunk c = chunks[get_group_id(0)];
    const float decay = segments[c.segment].decay;
    global const float *restrict w = params + c.offset, *restrict g = grads + c.offset;
    const uint item = get_local_id(0), whole = c.count / VECTOR * VECTOR;
    vector ww = 0.0f, gg = 0.0f;
    float2 sum = 0.0f;
    for (uint i = item * VECTOR; i < whole; i += ITEMS * VECTOR) {
        const vector w_ = LOAD(w, i), g_ = LOAD(g, i) + decay * w_;
        ww += w_ * w_;
        gg += g_ * g_;
    }
    for (uint i = whole + item; i < c.count; i += ITEMS) {
        const float g_ = g[i] + decay * w[i];
        sum += (float2)(w[i] * w[i], g_ * g_);
    }
    sum = group_sum(sum + (float2)(lanes(ww), lanes(gg)), part);
    if (item == 0) {
        partial[get_group_id(0)] = sum;
    }
}

/* Computes the trust ratio of a segment: 0.001 |w| / |g|, 1 where a norm is 0 and on biases. A norm that overflowed
 * gives NaN, not a step of 0, so that the update notes it. */
kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1))) void
optim_trust(global const segment *restrict segments, global const float2 *restrict partial,
            global float *restrict trusts)
{
    local float2 part[ITEMS];
    const segment s = segments[get_group_id(0)];
    float2 sum = 0.0f;
    for (uint i = get_local_id(0); i < s.count; i += ITEMS) {
        sum += partial[s.first + i];
    }
    sum = group_sum(sum, part);
    if (get_local_id(0) == 0) {
        const bool plain = !s.weight || sum.x == 0.0f || sum.y == 0.0f;
        const float ratio = LARS_TRUST * sqrt(sum.x) / sqrt(sum.y) + (sum.y - sum.y);
        trusts[get_group_id(0)] = plain ? 1.0f : ratio;
    }
}

#endif
