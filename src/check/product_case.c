#include "check/product_shape.h"

#include "check/case.h"
#include "gemm/policy.h"
#include "gemm/solver.h"

#include <float.h>
#include <string.h>

/* Products of matrices, by both engines and by matrix units. Values between the rows of A and B are NaN, so that
 * reading one spoils the result. C starts as NaN (beta 0), with other values between its rows, which have to stay. */
enum { A, B, C, A_VALUES, B_VALUES, C_VALUES, A_SIZES, B_SIZES, A_ROUNDED, B_ROUNDED };
enum { LARGE = 1 << 26, SAMPLE = 16 }; /* multiplications; rows of C */

static const float gap = 12345.0f; /* any would do */

static const locl_op_variant variants[] = {
    {.name = "native", .engine = LOCL_ENGINE_NATIVE},
    {.name = "clblast", .engine = LOCL_ENGINE_CLBLAST},
    {.name = "native-64-units", .engine = LOCL_ENGINE_NATIVE, .caps = LOCL_OP_AS_CPU, .units = 64},
    {.name = "native-8-lanes", .engine = LOCL_ENGINE_NATIVE, .caps = LOCL_OP_AS_CPU, .lanes = 8},
    {.name = "native-16-lanes", .engine = LOCL_ENGINE_NATIVE, .caps = LOCL_OP_AS_CPU, .lanes = 16},
    {.name = "native-wide", .engine = LOCL_ENGINE_NATIVE, .caps = LOCL_OP_AS_GPU, .units = 1},
    {.name = "native-wide-32-units",
     .engine = LOCL_ENGINE_NATIVE,
     .caps = LOCL_OP_AS_GPU,
     .units = 32,
     .work_group = 64},
    {.name = "native-tiny",
     .engine = LOCL_ENGINE_NATIVE,
     .caps = LOCL_OP_AS_GPU,
     .units = 32,
     .work_group = 16},
    {.name = "native-packed",
     .engine = LOCL_ENGINE_NATIVE,
     .caps = LOCL_OP_AS_CPU,
     .kernel = LOCL_GEMM_PACKED},
    {.name = "native-lanes", .engine = LOCL_ENGINE_NATIVE, .caps = LOCL_OP_AS_GPU, .kernel = LOCL_GEMM_LANES},
    {.name = "native-lanes-8",
     .engine = LOCL_ENGINE_NATIVE,
     .caps = LOCL_OP_AS_GPU,
     .kernel = LOCL_GEMM_LANES,
     .broadcasts = 8,
     .emulated = true},
    {.name = "native-lanes-16",
     .engine = LOCL_ENGINE_NATIVE,
     .caps = LOCL_OP_AS_GPU,
     .kernel = LOCL_GEMM_LANES,
     .broadcasts = 16,
     .emulated = true},
};

/* Of matrix units of tf32, and of floats: those of the device, and all as they are emulated. */
static const locl_op_variant tf32_variants[] = {
    {.name = "mma", .engine = LOCL_ENGINE_NATIVE, .matrix = LOCL_MATRIX_MMA},
    {.name = "dpas", .engine = LOCL_ENGINE_NATIVE, .matrix = LOCL_MATRIX_DPAS},
    {.name = "mma-emulated",
     .engine = LOCL_ENGINE_NATIVE,
     .caps = LOCL_OP_AS_GPU,
     .matrix = LOCL_MATRIX_MMA,
     .emulated = true},
    {.name = "dpas-emulated",
     .engine = LOCL_ENGINE_NATIVE,
     .caps = LOCL_OP_AS_GPU,
     .matrix = LOCL_MATRIX_DPAS,
     .emulated = true},
};
static const locl_op_variant mfma_variants[] = {
    {.name = "mfma", .engine = LOCL_ENGINE_NATIVE, .matrix = LOCL_MATRIX_MFMA},
    {.name = "mfma-emulated",
     .engine = LOCL_ENGINE_NATIVE,
     .caps = LOCL_OP_AS_GPU,
     .matrix = LOCL_MATRIX_MFMA,
     .emulated = true},
};

/* An operand as it is stored: [batch,sum] matrices of [rows,columns]. */
typedef struct operand {
    size_t rows, columns, ld, stride, sum, sum_stride, batch;
} operand;

static operand operand_of(const locl_gemm_shape *x, size_t which)
{
    switch (which) {
    case A:
        return (operand){
            x->ta ? x->k : x->m, x->ta ? x->m : x->k, x->lda, x->stride_a, x->sum, x->sum_a, x->batch};
    case B:
        return (operand){
            x->tb ? x->n : x->k, x->tb ? x->k : x->n, x->ldb, x->stride_b, x->sum, x->sum_b, x->batch};
    default:
        return (operand){x->m, x->n, x->ldc, x->stride_c, 1, 0, x->batch};
    }
}

static size_t extent(const operand *o)
{
    return (o->batch - 1) * o->stride + (o->sum - 1) * o->sum_stride + (o->rows - 1) * o->ld + o->columns;
}

/* Returns where stored row `i` of all of an operand's matrices starts. */
static size_t row_at(const operand *o, size_t i)
{
    size_t row = i % o->rows, s = i / o->rows % o->sum, z = i / o->rows / o->sum;
    return z * o->stride + s * o->sum_stride + row * o->ld;
}

static size_t rows_of(const operand *o)
{
    return o->batch * o->sum * o->rows;
}

static void lay_out(locl_op_case *c)
{
    static const char *const names[] = {"A", "B", "C"},
                             *const values[] = {"A values", "B values", "C values"},
                             *const sizes[] = {"A sizes", "B sizes"},
                             *const rounded[] = {"A rounded", "B rounded"};
    locl_gemm_shape x = locl_product_shape(c);
    for (size_t i = A; i <= C; i++) {
        operand o = operand_of(&x, i);
        locl_op_add(c, i, names[i], i == C ? LOCL_OP_IN_OUT : LOCL_OP_IN, LOCL_FILL_NONE, 1, extent(&o));
        locl_op_add(c, A_VALUES + i, values[i], LOCL_OP_HOST, LOCL_FILL_VALUES, rows_of(&o), o.columns);
        if (i != C) {
            locl_op_add(c, A_SIZES + i, sizes[i], LOCL_OP_HOST, LOCL_FILL_NONE, 1, extent(&o));
        }
        if (i != C && c->op->kind == LOCL_PRODUCT_TF32) {
            locl_op_add(c, A_ROUNDED + i, rounded[i], LOCL_OP_HOST, LOCL_FILL_NONE, 1, extent(&o));
        }
    }
    if (locl_product_is_external(c)) {
        c->t[A].dev.external = LOCL_EXT_INPUT;
    }
    for (size_t i = A; i <= C; i++) {
        locl_op_store(c, i, locl_product_holds_halves(c, i));
        locl_op_store(c, A_VALUES + i, locl_product_holds_halves(c, i));
    }
}

/* Returns the nearest value with 10 bits of mantissa; halves away from zero. */
static float to_tf32(float value)
{
    const uint32_t half = 0x1000, kept = 0xffffe000;
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    bits = isnan(value) ? bits : (bits + half) & kept;
    memcpy(&value, &bits, sizeof bits);
    return value;
}

/* Returns the values that an operand is multiplied with. */
static const float *taken(const locl_op_case *c, size_t which)
{
    return c->op->kind == LOCL_PRODUCT_TF32 ? c->t[A_ROUNDED + which].in : c->t[which].in;
}

static void derive(locl_op_case *c)
{
    locl_gemm_shape x = locl_product_shape(c);
    for (size_t i = A; i <= C; i++) {
        operand o = operand_of(&x, i);
        locl_op_tensor *t = &c->t[i];
        for (size_t e = 0; e < t->n; e++) {
            t->in[e] = i == C ? gap : NAN;
        }
        for (size_t row = 0; row < rows_of(&o); row++) {
            for (size_t j = 0; j < o.columns; j++) {
                t->in[row_at(&o, row) + j] =
                    i == C && x.beta == 0 ? NAN : c->t[A_VALUES + i].in[row * o.columns + j];
            }
        }
        for (size_t e = 0; i != C && c->op->kind == LOCL_PRODUCT_TF32 && e < t->n; e++) {
            c->t[A_ROUNDED + i].in[e] = to_tf32(t->in[e]);
        }
    }
}

static bool has_halves(const locl_op_case *c)
{
    return locl_product_holds_halves(c, A) || locl_product_holds_halves(c, B) ||
           locl_product_holds_halves(c, C);
}

/* The first candidate of the variant's kernel, or what nobody measured: with halves as for a GPU. */
static locl_gemm_cut cut_of(const locl_op_case *c, const locl_gemm_shape *x, const locl_caps *device)
{
    locl_gemm_cut cuts[LOCL_GEMM_CUTS];
    locl_caps wide = *device;
    const locl_caps *caps = has_halves(c) ? &wide : device;
    wide.cpu = false;
    size_t count = c->kernel == LOCL_GEMM_UNCUT ? 0 : locl_gemm_cuts(x, caps, cuts);
    for (size_t i = 0; i < count; i++) {
        if (cuts[i].kernel == c->kernel) {
            return cuts[i];
        }
    }
    return locl_gemm_cut_for(x, caps);
}

static void record(const locl_op_case *c, locl_command_buffer *cmd)
{
    locl_gemm_shape x = locl_product_shape(c);
    locl_gemm_choice known = {
        .shape = x, .solver = &locl_gemm_native, .cut = cut_of(c, &x, locl_command_buffer_caps(cmd))};
    bool cut = c->kernel != LOCL_GEMM_UNCUT;
    locl_gemm_use(cmd, &(locl_gemm_choices){.engine = c->engine, .known = cut ? &known : NULL, .count = cut});
    locl_gemm(cmd, &x, locl_op_arg(c, A), locl_op_arg(c, B), locl_op_arg(c, C));
}

/* Computes rows first, first + step, ... of C for each of the batch, and their scales. */
static void expect_rows(locl_op_case *c, size_t first, size_t step)
{
    locl_gemm_shape x = locl_product_shape(c), one = x;
    locl_op_tensor *t = &c->t[C];
    /* hard values may be alike, whose sum rounds the same way each time: half a bit for each term */
    double rounding =
        c->inputs == LOCL_OP_HARD ? 1 + (double)(x.k * x.sum) * 0.5 * FLT_EPSILON / c->op->tolerance : 1;
    one.m = step == 1 ? x.m : 1;
    for (size_t i = first; i < x.m; i += step == 1 ? x.m : step) {
        size_t a = x.ta ? i : i * x.lda, to = i * x.ldc;
        one.alpha = fabsf(x.alpha);
        one.beta = 0;
        locl_gemm_ref(&one, c->t[A_SIZES].in + a, c->t[B_SIZES].in, t->want + to);
        for (size_t z = 0; z < x.batch; z++) {
            for (size_t e = 0; e < one.m * x.n; e++) {
                size_t at = z * x.stride_c + to + e / x.n * x.ldc + e % x.n;
                double kept = x.beta != 0 ? fabs((double)x.beta * (double)t->in[at]) : 0;
                t->scale[at] = rounding * ((double)t->want[at] + kept);
                t->want[at] = t->in[at];
            }
        }
        one.alpha = x.alpha;
        one.beta = x.beta;
        locl_gemm_ref(&one, taken(c, A) + a, taken(c, B), t->want + to);
    }
}

/* Runs the reference. Of a large product it computes a sample of rows, and the other rows only have to be
 * finite. */
static void reference(locl_op_case *c)
{
    locl_op_tensor *t = &c->t[C];
    locl_gemm_shape x = locl_product_shape(c);
    operand o = operand_of(&x, C);
    bool large = (double)x.m * (double)x.n * (double)x.k * (double)(x.batch * x.sum) > LARGE;
    memcpy(t->want, t->in, t->n * sizeof *t->want);
    locl_op_sizes(c, A, A_SIZES);
    locl_op_sizes(c, B, B_SIZES);
    if (!large || x.m <= SAMPLE) {
        expect_rows(c, 0, 1);
        return;
    }
    for (size_t row = 0; row < rows_of(&o); row++) {
        for (size_t j = 0; j < x.n; j++) {
            t->want[row_at(&o, row) + j] = 0;
            t->scale[row_at(&o, row) + j] = INFINITY;
        }
    }
    expect_rows(c, c->seed % (x.m / SAMPLE), x.m / SAMPLE);
}

/* Returns the cost: 2 m n k for each product. Each operand is read once. C is written once, and read with
 * beta. A copy of B is made where it is transposed or changes from replay to replay. Partial results are
 * written, read and added up. */
static locl_op_cost product_cost(const locl_op_case *c, const locl_caps *caps)
{
    locl_gemm_shape x = locl_product_shape(c);
    locl_gemm_cut cut = cut_of(c, &x, caps);
    bool native = c->engine == LOCL_ENGINE_NATIVE || has_halves(c);
    double batch = (double)x.batch, sum = (double)x.sum, m = (double)x.m, n = (double)x.n, k = (double)x.k;
    double a = m * k * sum * (x.stride_a ? batch : 1), b = k * n * sum * (x.stride_b ? batch : 1);
    double result = m * n * batch, parts = native ? (double)cut.slabs : x.batch == 1 ? sum : 1;
    double bytes = a * (double)locl_tensor_element(&c->t[A].dev) +
                   b * (double)locl_tensor_element(&c->t[B].dev) +
                   result * (double)locl_tensor_element(&c->t[C].dev) * (x.beta != 0 ? 2 : 1);
    double values = 0; /* floats beside these */
    if (parts > 1) {
        values += 2 * parts * result;
    }
    if (native && cut.transpose_b) {
        values += 2 * b;
    }
    if (!native && c->t[A].dev.external >= 0) {
        values += 2 * (double)c->t[A].n;
    }
    return (locl_op_cost){.flops = 2 * m * n * k * batch * sum, .bytes = bytes + 4 * values};
}

#define PRODUCT(NAME, KIND, DIMS, LIST, OWN, BREAKS)                                                         \
    PRODUCT_BY(NAME, KIND, 1e-6, DIMS, LIST, OWN, BREAKS, variants, 2)
#define PRODUCT_BY(NAME, KIND, TOLERANCE, DIMS, LIST, OWN, BREAKS, VARIANTS, RIVALS)                         \
    const locl_op locl_op_##NAME = {.name = #NAME,                                                           \
                                    .dims = DIMS,                                                            \
                                    .kind = KIND,                                                            \
                                    .tolerance = (TOLERANCE),                                                \
                                    .sums = true,                                                            \
                                    .lay_out = lay_out,                                                      \
                                    .derive = derive,                                                        \
                                    .record = record,                                                        \
                                    .reference = reference,                                                  \
                                    .cost = product_cost,                                                    \
                                    LOCL_OP_BREAKS(BREAKS),                                                  \
                                    LOCL_OP_VARIANTS(VARIANTS, RIVALS),                                      \
                                    LOCL_OP_SHAPES(LIST, OWN)}

/* Shapes whose last are those of presets: channels of M/8/16 with a batch of 128 (forward, with a tangent,
 * backward, gradient, first layer, head), of M/1/16, and of L/8/64. */
static const char *const dense[] = {
    "layout=nn m=1 n=1 k=1",
    "layout=tn m=1 n=1 k=1",
    "layout=nt m=1 n=1 k=1",
    "layout=tt m=1 n=1 k=1",
    "layout=nn m=1 n=17 k=3",
    "layout=tn m=1 n=17 k=3",
    "layout=nt m=1 n=17 k=3",
    "layout=tt m=1 n=17 k=3",
    "layout=nn m=9 n=1 k=31",
    "layout=tn m=9 n=1 k=31",
    "layout=nt m=9 n=1 k=31",
    "layout=tt m=9 n=1 k=31",
    "layout=nn m=8 n=32 k=16",
    "layout=tn m=8 n=32 k=16",
    "layout=nt m=8 n=32 k=16",
    "layout=tt m=8 n=32 k=16",
    "layout=nn m=7 n=33 k=5",
    "layout=tn m=7 n=33 k=5",
    "layout=nt m=7 n=33 k=5",
    "layout=tt m=7 n=33 k=5",
    "layout=nn m=17 n=31 k=1",
    "layout=tn m=17 n=31 k=1",
    "layout=nt m=17 n=31 k=1",
    "layout=tt m=17 n=31 k=1",
    "layout=nn m=37 n=53 k=131",
    "layout=tn m=37 n=53 k=131",
    "layout=nt m=37 n=53 k=131",
    "layout=tt m=37 n=53 k=131",
    "layout=nn m=67 n=10 k=97",
    "layout=tn m=67 n=10 k=97",
    "layout=nt m=67 n=10 k=97",
    "layout=tt m=67 n=10 k=97",
    "layout=nn m=129 n=100 k=257",
    "layout=tn m=129 n=100 k=257",
    "layout=nt m=129 n=100 k=257",
    "layout=tt m=129 n=100 k=257",
    "layout=nn m=5 n=3 k=1100",
    "layout=tn m=5 n=3 k=1100",
    "layout=nt m=5 n=3 k=1100",
    "layout=tt m=5 n=3 k=1100",
    "layout=nn m=69 n=1043 k=17",
    "layout=tn m=69 n=1043 k=17",
    "layout=nt m=69 n=1043 k=17",
    "layout=tt m=69 n=1043 k=17",
    "layout=nn m=3 n=49 k=530",
    "layout=tn m=3 n=49 k=530",
    "layout=nt m=3 n=49 k=530",
    "layout=tt m=3 n=49 k=530",
    "layout=nn m=41 n=47 k=83 gap_a=5 gap_b=19 gap_c=3 alpha=1 beta=0",
    "layout=tn m=41 n=47 k=83 gap_a=5 gap_b=19 gap_c=3 alpha=0.5 beta=1",
    "layout=nt m=41 n=47 k=83 gap_a=5 gap_b=19 gap_c=3 alpha=-1.25 beta=0.75",
    "layout=tt m=41 n=47 k=83 gap_a=5 gap_b=19 gap_c=3 alpha=2 beta=0",
    "layout=nn m=18 n=35 k=5003 beta=1",
    "layout=tn m=18 n=35 k=5003 beta=1",
    "layout=nt m=18 n=35 k=5003 beta=1",
    "layout=tt m=18 n=35 k=5003 beta=1",
    "layout=nn m=23 n=29 k=31 external=A",
    "layout=tn m=23 n=29 k=31 external=A",
    "layout=nt m=23 n=29 k=31 external=A",
    "layout=tt m=23 n=29 k=31 external=A",
    "layout=nn m=37 n=53 k=131 halves=AC",
    "layout=nn m=129 n=100 k=256 halves=AC",
    "layout=nn m=41 n=47 k=83 gap_a=5 gap_b=19 gap_c=3 alpha=-1.25 beta=0.75 halves=AC",
    "layout=nn m=18 n=35 k=5003 halves=AC",
    "layout=nn m=37 n=53 k=131 halves=A",
    "layout=nn m=129 n=100 k=256 halves=A",
    "layout=nn m=37 n=53 k=131 halves=C",
    "layout=nn m=129 n=100 k=256 halves=C",
    "layout=tn m=37 n=53 k=131 halves=BC",
    "layout=tn m=64 n=100 k=64 halves=BC",
    "layout=tn m=37 n=53 k=131 halves=A",
    "layout=tn m=48 n=100 k=2052 halves=A",
    "layout=nt m=37 n=53 k=131 halves=A",
    "layout=nt m=64 n=64 k=516 halves=A",
    "layout=nn m=8192 n=512 k=512",
    "layout=nn m=16384 n=512 k=512",
    "layout=nt m=8192 n=512 k=512",
    "layout=tn m=512 n=512 k=8192",
    "layout=nn m=8192 n=512 k=48",
    "layout=tn m=48 n=512 k=8192",
    "layout=nn m=128 n=10 k=512",
    "layout=tn m=512 n=10 k=128",
    "layout=nn m=128 n=512 k=784",
    "layout=tn m=784 n=512 k=128",
    "layout=nn m=2048 n=2048 k=2048",
    "layout=nt m=2048 n=2048 k=2048",
    "layout=tn m=2048 n=2048 k=2048",
};

static const locl_op_break dense_breaks[] = {
    {.shape = "m=9 n=11 k=13 gap_c=1",
     .kernel = "gemm_native",
     .file = "gemm_native.cl",
     .from = "min(k, k_first + k_step)",
     .to = "min(k - 1, k_first + k_step)"},
    {.shape = "layout=tt m=37 n=53 k=131",
     .kernel = "gemm_transpose",
     .file = "gemm_parts.cl",
     .from = "b[j * ldb + p]",
     .to = "b[j * ldb]"},
    {.shape = "layout=tn m=18 n=35 k=5003 beta=1",
     .kernel = "gemm_reduce",
     .file = "gemm_parts.cl",
     .from = "s < slabs",
     .to = "s + 1 < slabs",
     .variant = "native-64-units"},
    {.shape = "m=37 n=53 k=131",
     .kernel = "gemm_local",
     .file = "gemm_local.cl",
     .from = "right[q][x + j * SIDE]",
     .to = "right[q][x]",
     .variant = "native-tiny"},
    {.shape = "m=37 n=53 k=131",
     .kernel = "gemm_tiles",
     .file = "gemm_tiles.cl",
     .from = "(depth + STEP - 1) / STEP",
     .to = "depth / STEP",
     .variant = "native-wide"},
    {.shape = "layout=nn m=37 n=53 k=131 halves=AC",
     .kernel = "gemm_tiles",
     .file = "gemm_tiles.cl",
     .from = "store(acc, item, c + z",
     .to = "store(acc, item, c + 1 + z",
     .variant = "native-wide"},
    {.shape = "layout=nn m=37 n=53 k=131 halves=AC",
     .kernel = "gemm_local",
     .file = "gemm_local.cl",
     .from = "float value = alpha * acc",
     .to = "float value = 1.001f * alpha * acc",
     .variant = "native-tiny"},
    {.shape =
         "layout=nn m=18 n=35 k=5003 alpha=0.001 halves=AC", /* so that not all results are beyond halves */
     .kernel = "gemm_reduce",
     .file = "gemm_parts.cl",
     .from = "value += from[s * slab + j]",
     .to = "value += 1.01f * from[s * slab + j]",
     .variant = "native-tiny"},
    {.shape = "layout=nt m=37 n=53 k=131",
     .kernel = "gemm_packed",
     .file = "gemm_packed.cl",
     .from = "part.slab * slab_c + part.batch * stride_c + part.row * ldc",
     .to = "part.slab * slab_c + part.batch * stride_c + part.row",
     .variant = "native-packed"},
    {.shape = "layout=tn m=37 n=53 k=131",
     .kernel = "gemm_tiles",
     .file = "gemm_tiles.cl",
     .from = "q * LEFT_ROW + i / FRAGMENTS_ACROSS * UNIT_M",
     .to = "q * LEFT_ROW",
     .variant = "native-lanes-16"},
    {.shape = "m=9 n=11 k=13 external=A",
     .kernel = "gemm_copy",
     .file = "gemm_parts.cl",
     .from = "to[i] = from[i]",
     .to = "to[i] = 0.0f",
     .variant = "clblast"},
    {.shape = "m=9 n=11 k=13", .argument = "alpha=1.001", .variant = "clblast"},
};

PRODUCT(product_dense, LOCL_PRODUCT_DENSE,
        "layout=nn|tn|nt|tt m=64 n=64 k=64 gap_a=0 gap_b=0 gap_c=0 alpha=1.0 beta=0.0 external=no|A "
        "halves=no|A|C|AC|BC",
        dense, 13, dense_breaks);

static const char *const grouped[] = {
    "way=forward rows=77 in=12 out=20 G=5",         "way=backward rows=77 in=12 out=20 G=5",
    "way=gradient rows=77 in=12 out=20 G=5 beta=1", "way=forward rows=128 in=32 out=32 G=16",
    "way=forward rows=8192 in=32 out=32 G=16",      "way=backward rows=8192 in=32 out=32 G=16",
    "way=gradient rows=8192 in=32 out=32 G=16",
};

static const locl_op_break grouped_breaks[] = {
    {.shape = "way=gradient rows=77 in=12 out=20 G=5 beta=1",
     .kernel = "gemm_native",
     .file = "gemm_native.cl",
     .from = "p == k_first ? beta : 1.0f",
     .to = "p == k_first ? 0.0f : 1.0f"},
    {.shape = "way=forward rows=77 in=12 out=20 G=5", .argument = "way=backward", .variant = "clblast"},
};

PRODUCT(product_grouped, LOCL_PRODUCT_GROUPED,
        "way=forward|backward|gradient rows=64 in=32 out=32 G=4 beta=0.0", grouped, 4, grouped_breaks);

static const char *const tokens[] = {
    "way=forward B=6 P=16 D=40",    "way=backward B=6 P=16 D=40",    "way=gradient B=13 P=19 D=150",
    "way=forward B=128 P=64 D=512", "way=backward B=128 P=64 D=512", "way=gradient B=128 P=64 D=512",
};

static const locl_op_break tokens_breaks[] = {
    {.shape = "way=forward B=6 P=16 D=40",
     .kernel = "gemm_native",
     .file = "gemm_native.cl",
     .from = "z * stride_b + s * sum_b + p * ldb",
     .to = "s * sum_b + p * ldb"},
    {.shape = "way=forward B=6 P=16 D=40", .argument = "way=backward", .variant = "clblast"},
};

PRODUCT(product_tokens, LOCL_PRODUCT_TOKENS, "way=forward|backward|gradient B=4 P=16 D=64", tokens, 3,
        tokens_breaks);

static const char *const batched[] = {
    "layout=nn m=16 n=40 k=16 batch=6 shared=A",
    "layout=nn m=16 n=40 k=16 batch=6 shared=B",
    "layout=tn m=16 n=40 k=16 batch=6 shared=A",
    "layout=tn m=16 n=40 k=16 batch=6 shared=B",
    "layout=nt m=16 n=40 k=16 batch=6 shared=A",
    "layout=nt m=16 n=40 k=16 batch=6 shared=B",
    "layout=tt m=16 n=40 k=16 batch=6 shared=A",
    "layout=tt m=16 n=40 k=16 batch=6 shared=B",
    "layout=nn m=19 n=23 k=150 batch=1 sum=13 alpha=0.25",
    "layout=nn m=19 n=23 k=150 batch=3 sum=13 alpha=0.25 beta=-1",
    "layout=tn m=19 n=23 k=150 batch=1 sum=13 alpha=0.25",
    "layout=tn m=19 n=23 k=150 batch=3 sum=13 alpha=0.25 beta=-1",
    "layout=nt m=19 n=23 k=150 batch=1 sum=13 alpha=0.25",
    "layout=nt m=19 n=23 k=150 batch=3 sum=13 alpha=0.25 beta=-1",
    "layout=tt m=19 n=23 k=150 batch=1 sum=13 alpha=0.25",
    "layout=tt m=19 n=23 k=150 batch=3 sum=13 alpha=0.25 beta=-1",
};

static const locl_op_break batched_breaks[] = {
    {.shape = "m=19 n=23 k=150 batch=3 sum=13 beta=-1",
     .kernel = "gemm_native",
     .file = "gemm_native.cl",
     .from = "s = s_first; s",
     .to = "s = s_first + 1; s"},
    {.shape = "m=16 n=40 k=16 batch=6", .argument = "shared=A", .variant = "clblast"},
};

PRODUCT(product_batched, LOCL_PRODUCT_BATCHED,
        "layout=nn|tn|nt|tt m=16 n=16 k=16 batch=2 sum=1 shared=no|A|B alpha=1.0 beta=0.0", batched, 0,
        batched_breaks);

/* Edges and whole vectors, slabs, large tiles; the last is the channels' of M/8/16 with a batch of 32. */
static const char *const units[] = {
    "layout=nn m=1 n=1 k=1",
    "layout=tn m=7 n=33 k=5",
    "layout=nt m=17 n=31 k=9",
    "layout=tt m=9 n=65 k=33",
    "layout=nn m=37 n=53 k=131 gap=3 alpha=-1.25 beta=0.75",
    "layout=tn m=37 n=53 k=131 gap=3 alpha=0.5 beta=1",
    "layout=nt m=37 n=53 k=131 gap=3 alpha=2",
    "layout=tt m=37 n=53 k=131 gap=3 beta=-1",
    "layout=nn m=40 n=64 k=72",
    "layout=tn m=40 n=64 k=72",
    "layout=nt m=40 n=64 k=72",
    "layout=tt m=40 n=64 k=72",
    "layout=nn m=128 n=32 k=32 batch=6",
    "layout=tn m=18 n=35 k=1503 beta=1",
    "layout=nt m=19 n=23 k=50 batch=3 sum=13 alpha=0.25 beta=-1",
    "layout=nn m=260 n=264 k=48",
    "layout=tn m=257 n=131 k=50",
    "layout=nn m=2048 n=512 k=512",
};

/* Operands as they are not rounded, fragments at wrong places, what is behind the edge. */
static const locl_op_break tf32_breaks[] = {
    {.shape = "layout=nn m=37 n=53 k=131",
     .kernel = "gemm_tiles",
     .file = "gemm_tiles.cl",
     .from = "\n#include \"gemm_feed.clh\"",
     .to = "\n#define unit_round(value) (value)\n#include \"gemm_feed.clh\"",
     .variant = "mma-emulated"},
    {.shape = "layout=tn m=37 n=53 k=131",
     .kernel = "gemm_tiles",
     .file = "gemm_tiles.cl",
     .from = "q * RIGHT_ROW + j * UNIT_N",
     .to = "q * RIGHT_ROW",
     .variant = "mma-emulated"},
    {.shape = "layout=tt m=37 n=53 k=131",
     .kernel = "gemm_tiles",
     .file = "gemm_tiles.cl",
     .from = "q * LEFT_ROW + i / FRAGMENTS_ACROSS * UNIT_M",
     .to = "q * LEFT_ROW",
     .variant = "dpas-emulated"},
    {.shape = "layout=nt m=37 n=53 k=131 gap=3 beta=1",
     .kernel = "gemm_tiles",
     .file = "gemm_tiles.cl",
     .from = "row + UNIT_ROW(0, v) < rows && column + UNIT_COLUMN(0, v) < columns",
     .to = "row + UNIT_ROW(0, v) < rows",
     .variant = "mma-emulated"},
};
static const locl_op_break mfma_breaks[] = {
    {.shape = "layout=nn m=37 n=53 k=131",
     .kernel = "gemm_tiles",
     .file = "gemm_tiles.cl",
     .from = "UNIT_ROW(0, v) * ldc",
     .to = "UNIT_ROW(0, 0) * ldc",
     .variant = "mfma-emulated"},
};

/* Units add up with other roundings than floats do. */
#define UNIT_DIMS "layout=nn|tn|nt|tt m=64 n=64 k=64 batch=1 sum=1 gap=0 alpha=1.0 beta=0.0"
PRODUCT_BY(product_tf32, LOCL_PRODUCT_TF32, 1e-5, UNIT_DIMS, units, 1, tf32_breaks, tf32_variants, 2);
PRODUCT_BY(product_mfma, LOCL_PRODUCT_MFMA, 1e-6, UNIT_DIMS, units, 1, mfma_breaks, mfma_variants, 1);
