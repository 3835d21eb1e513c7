/* What operations have to satisfy whatever their references say, on the device: linearity in the tangent,
 * JVP and VJP being transposes, images that do not know of each other, noise that is that of locl_draw(). */
#include "ops/activation.h"
#include "ops/batchnorm.h"
#include "support/kernel_check.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SEED = 5, NAMES = 4 };

static float *in_of(locl_op_case *c, const char *name)
{
    return locl_op_case_find(c, name)->in;
}

static const float *got_of(locl_op_case *c, const char *name)
{
    return locl_op_case_find(c, name)->got;
}

static size_t count_of(locl_op_case *c, const char *name)
{
    const locl_op_tensor *t = locl_op_case_find(c, name);
    return t->rows * t->n;
}

/* A case of `shape` with more dimensions behind it. */
static locl_op_case *make(const char *name, const char *shape, const char *more, uint64_t seed)
{
    char text[LOCL_OP_SHAPE_TEXT];
    snprintf(text, sizeof text, "%s %s", shape, more);
    return locl_check_make(name, text, seed, LOCL_OP_PLAIN);
}

/* in[2] = a in[0] + b in[1] for each named input has to give the same combination of `out`. */
static void check_linear(const char *name, const char *shape, const char *const *inputs, const char *out)
{
    const float a = 0.7f, b = -1.3f;
    locl_op_case *c[3];
    for (size_t k = 0; k < 3; k++) {
        c[k] = locl_check_make(name, shape, SEED, LOCL_OP_PLAIN);
    }
    for (; *inputs; inputs++) {
        for (size_t i = 0; i < count_of(c[0], *inputs); i++) {
            float *x = in_of(c[0], *inputs), *y = in_of(c[1], *inputs), *z = in_of(c[2], *inputs);
            y[i] = sinf((float)i);
            z[i] = a * x[i] + b * y[i];
        }
    }
    for (size_t k = 0; k < 3; k++) {
        locl_check_run(c[k], NULL);
    }
    double difference = 0, size = 0;
    for (size_t i = 0; i < count_of(c[0], out); i++) {
        double both = (double)a * got_of(c[0], out)[i] + (double)b * got_of(c[1], out)[i];
        difference += pow(got_of(c[2], out)[i] - both, 2);
        size += both * both;
    }
    assert_true(size > 0);
    assert_true(sqrt(difference / size) < 1e-5);
    for (size_t k = 0; k < 3; k++) {
        locl_op_case_release(c[k]);
    }
}

static void is_linear_in_the_tangent(void **state)
{
    (void)state;
    check_linear("layernorm_dual", "rows=17 n=509 tangents=1", (const char *[]){"dx", NULL}, "dy");
    check_linear("layernorm_vjp", "rows=17 n=509 in_place=no copies=1", (const char *[]){"t", NULL}, "q");
    check_linear("batchnorm_dual", "B=17 n=509 statistics=own tangents=1", (const char *[]){"dx", NULL},
                 "dy");
    check_linear("batchnorm_vjp", "B=17 n=509 in_place=no copies=1", (const char *[]){"t", NULL}, "q");
    check_linear("activation_dual",
                 "layer=group B=2 P=3 G=1 D=509 norm=yes residual=both dz=yes noise=given tangents=1",
                 (const char *[]){"dz", "dx", "u", NULL}, "dpost");
    check_linear("activation_dual",
                 "layer=group B=7 P=4 G=1 D=68 norm=no residual=both dz=yes noise=given tangents=3",
                 (const char *[]){"dz", "dx", "u", NULL}, "dpost");
    check_linear("activation_vjp", "layer=token B=3 P=5 G=1 D=17 norm=yes in_place=no",
                 (const char *[]){"t", NULL}, "q");
    check_linear("activation_estimate",
                 "layer=channel B=3 P=5 G=7 D=77 norm=yes lp=5 lg=7 noise=gaussian tangents=3 side=1",
                 (const char *[]){"dl", NULL}, "q");
    check_linear("head_jvp", "B=3 P=5 G=7 w=11 norm=yes tangents=3 side=1", (const char *[]){"dx", NULL},
                 "dl");
    check_linear("head_jvp", "B=3 P=5 G=7 w=11 norm=yes tangents=3 side=1", (const char *[]){"f", NULL},
                 "dl");
    check_linear("head_vjp", "B=3 P=5 G=7 w=11 norm=yes", (const char *[]){"f", NULL}, "t");
}

static double dot(const float *a, const float *b, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += (double)a[i] * b[i];
    }
    return sum;
}

/* |a - b| is small beside the length of the vectors that the products were made of. */
static void check_equal_products(double a, double b, const float *v, const float *w, size_t count)
{
    double size = sqrt(dot(v, v, count) * dot(w, w, count));
    if (!(fabs(a - b) < 1e-5 * size) || !(fabs(a) > 1e-4 * size)) {
        fail_msg("<v, J t> = %.9g, <J' v, t> = %.9g, size %.3g", a, b, size);
    }
}

static void copy(locl_op_case *to, const char *name, const float *from)
{
    memcpy(in_of(to, name), from, count_of(to, name) * sizeof(float));
}

static void check_own_transpose(const char *forth, const char *way_back, const char *const *shapes,
                                size_t count_of_shapes)
{
    for (size_t k = 0; k < count_of_shapes; k++) {
        locl_op_case *dual = make(forth, shapes[k], "tangents=1", SEED);
        locl_op_case *back = make(way_back, shapes[k], "", SEED + 1);
        size_t count = count_of(dual, "dx");
        locl_check_run(dual, NULL);
        copy(back, "y", got_of(dual, "y"));
        copy(back, "r", got_of(dual, "r"));
        locl_check_run(back, NULL);
        check_equal_products(dot(in_of(back, "t"), got_of(dual, "dy"), count),
                             dot(got_of(back, "q"), in_of(dual, "dx"), count), in_of(back, "t"),
                             got_of(dual, "dy"), count);
        locl_op_case_release(dual);
        locl_op_case_release(back);
    }
}

static void norms_are_their_own_transpose(void **state)
{
    const char *const rows[] = {"rows=31 n=17", "rows=11 n=68", "rows=7 n=512"};
    const char *const columns[] = {"B=31 n=17", "B=11 n=68", "B=7 n=512"};
    (void)state;
    check_own_transpose("layernorm_dual", "layernorm_vjp", rows, 3);
    check_own_transpose("batchnorm_dual", "batchnorm_vjp", columns, 3);
}

static void activation_goes_back_by_its_transpose(void **state)
{
    static const struct {
        const char *shape, *residual;
    } cases[] = {{"layer=token B=3 P=5 G=1 D=17 norm=yes", "residual=no noise=given"},
                 {"layer=channel B=5 P=4 G=17 D=68 norm=no", "residual=no"},
                 {"layer=group B=3 P=5 G=7 D=77 norm=yes", "residual=x"},
                 {"layer=token B=2 P=64 G=16 D=512 norm=yes", "residual=x"}};
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        char shape[LOCL_OP_SHAPE_TEXT];
        snprintf(shape, sizeof shape, "%s %s", cases[k].shape, cases[k].residual);
        locl_op_case *dual = make("activation_dual", shape, "dz=yes tangents=1", SEED);
        locl_op_case *back = make("activation_vjp", cases[k].shape, "", SEED + 1);
        size_t count = count_of(dual, "dz");
        for (size_t i = 0; strstr(cases[k].residual, "given") && i < count_of(dual, "u"); i++) {
            in_of(dual, "u")[i] = 0; /* a token layer has no build without noise */
        }
        locl_check_run(dual, NULL);
        copy(back, "z", in_of(dual, "z"));
        copy(back, "bias", in_of(dual, "bias"));
        copy(back, "post", got_of(dual, "post"));
        if (locl_op_case_find(back, "stats")) {
            copy(back, "stats", got_of(dual, "stats"));
        }
        locl_check_run(back, NULL);
        check_equal_products(dot(in_of(back, "t"), got_of(dual, "dpost"), count),
                             dot(got_of(back, "q"), in_of(dual, "dz"), count), in_of(back, "t"),
                             got_of(dual, "dpost"), count);
        locl_op_case_release(dual);
        locl_op_case_release(back);
    }
}

/* dL has no 1/B, the cotangent of the mean loss has: sum of dL / B = <t, dx>; 1/P is in both. */
static void head_goes_back_by_its_transpose(void **state)
{
    static const char *const shapes[] = {"B=3 P=5 G=7 w=11 norm=yes", "B=3 P=5 G=1 w=17 norm=no",
                                         "B=2 P=4 G=16 w=32 norm=yes"};
    (void)state;
    for (size_t k = 0; k < sizeof shapes / sizeof shapes[0]; k++) {
        locl_op_case *jvp = make("head_jvp", shapes[k], "tangents=1", SEED);
        locl_op_case *vjp = make("head_vjp", shapes[k], "", SEED + 1);
        double sum = 0;
        copy(vjp, "x", in_of(jvp, "x"));
        copy(vjp, "f", in_of(jvp, "f"));
        vjp->op->derive(vjp);
        locl_check_run(jvp, NULL);
        locl_check_run(vjp, NULL);
        for (size_t i = 0; i < count_of(jvp, "dl"); i++) {
            sum += got_of(jvp, "dl")[i] / (double)jvp->dim[0];
        }
        check_equal_products(sum, dot(got_of(vjp, "t"), in_of(jvp, "dx"), count_of(jvp, "dx")),
                             got_of(vjp, "t"), in_of(jvp, "dx"), count_of(jvp, "dx"));
        locl_op_case_release(jvp);
        locl_op_case_release(vjp);
    }
}

/* <v, W x> = <W' v, x> = <dW(x, v), w> */
static void depthwise_goes_back_by_its_transpose(void **state)
{
    static const char *const shapes[] = {"B=3 S=5 D=17 k=3", "B=2 S=4 D=68 k=5", "B=65 S=2 D=32 k=7",
                                         "B=2 S=8 D=64 k=3"};
    (void)state;
    for (size_t k = 0; k < sizeof shapes / sizeof shapes[0]; k++) {
        locl_op_case *forth = make("depthwise_map", shapes[k], "", SEED);
        locl_op_case *back = make("depthwise_map", shapes[k], "back=yes", SEED + 1);
        locl_op_case *gradient = make("depthwise_gradient", shapes[k], "", SEED);
        copy(back, "weight", in_of(forth, "weight"));
        copy(gradient, "x", in_of(forth, "x"));
        copy(gradient, "q", in_of(back, "x"));
        locl_check_run(forth, NULL);
        locl_check_run(back, NULL);
        locl_check_run(gradient, NULL);
        const float *v = in_of(back, "x"), *z = got_of(forth, "z");
        size_t count = count_of(forth, "x");
        double product = dot(v, z, count);
        check_equal_products(product, dot(got_of(back, "z"), in_of(forth, "x"), count), v, z, count);
        check_equal_products(product,
                             dot(got_of(gradient, "dw"), in_of(forth, "weight"), count_of(forth, "weight")),
                             v, z, count);
        locl_op_case_release(forth);
        locl_op_case_release(back);
        locl_op_case_release(gradient);
    }
}

static void pooling_goes_back_by_its_transpose(void **state)
{
    static const char *const shapes[] = {"B=3 S=5 D=17 stride=2 max=no",  "B=3 S=5 D=17 stride=2 max=yes",
                                         "B=2 S=6 D=68 stride=1 max=yes", "B=2 S=9 D=32 stride=4 max=yes",
                                         "B=2 S=8 D=64 stride=3 max=no",  "B=2 S=8 D=64 stride=2 max=yes"};
    (void)state;
    for (size_t k = 0; k < sizeof shapes / sizeof shapes[0]; k++) {
        locl_op_case *dual = make("pool_dual", shapes[k], "tangents=1", SEED);
        locl_op_case *back = make("pool_vjp", shapes[k], "", SEED + 1);
        if (locl_op_case_find(back, "x")) {
            copy(back, "x", in_of(dual, "x"));
        }
        locl_check_run(dual, NULL);
        locl_check_run(back, NULL);
        const float *v = in_of(back, "q"), *dy = got_of(dual, "dy");
        check_equal_products(dot(v, dy, count_of(dual, "dy")),
                             dot(got_of(back, "t"), in_of(dual, "dx"), count_of(dual, "dx")), v, dy,
                             count_of(dual, "dy"));
        locl_op_case_release(dual);
        locl_op_case_release(back);
    }
}

/* x, read as [leading, images, rest], with the images in reverse order. */
static void reverse(float *x, size_t count, size_t leading, size_t images)
{
    size_t rest = count / leading / images;
    for (size_t l = 0; l < leading; l++) {
        for (size_t i = 0; i < images / 2; i++) {
            for (size_t j = 0; j < rest; j++) {
                float *a = x + (l * images + i) * rest + j, *b = x + (l * images + images - 1 - i) * rest + j;
                float kept = *a;
                *a = *b;
                *b = kept;
            }
        }
    }
}

/* With the images of each tensor in `names` reversed, the outputs are reversed, to the bit. The tensors in
 * `tangents` have M of them. */
static void check_permutation(const char *name, const char *shape, size_t images, size_t m,
                              const char *const *names, const char *const *tangents)
{
    locl_op_case *c[2];
    for (size_t k = 0; k < 2; k++) {
        c[k] = locl_check_make(name, shape, SEED, LOCL_OP_PLAIN);
    }
    for (size_t l = 0; l < 2; l++) {
        for (const char *const *n = l ? tangents : names; *n; n++) {
            if (in_of(c[1], *n)) {
                reverse(in_of(c[1], *n), count_of(c[1], *n), l ? m : 1, images);
            }
        }
    }
    for (size_t k = 0; k < 2; k++) {
        locl_check_run(c[k], NULL);
    }
    for (size_t l = 0; l < 2; l++) {
        for (const char *const *n = l ? tangents : names; *n; n++) {
            locl_op_tensor *t = locl_op_case_find(c[1], *n);
            if (t->got) {
                reverse(t->got, t->rows * t->n, l ? m : 1, images);
                assert_memory_equal(t->got, got_of(c[0], *n), t->rows * t->n * sizeof(float));
            }
        }
    }
    locl_op_case_release(c[0]);
    locl_op_case_release(c[1]);
}

static void images_do_not_know_of_each_other(void **state)
{
    (void)state;
    check_permutation("layernorm_dual", "rows=31 n=17 tangents=3", 31, 3,
                      (const char *[]){"x", "y", "r", NULL}, (const char *[]){"dx", "dy", NULL});
    check_permutation("batchnorm_dual", "B=16 n=68 statistics=running", 16, 1,
                      (const char *[]){"x", "y", NULL}, (const char *[]){NULL});
    check_permutation(
        "activation_dual", "layer=group B=7 P=4 G=1 D=68 norm=no residual=both dz=yes noise=given tangents=3",
        7, 3, (const char *[]){"z", "x", "post", NULL}, (const char *[]){"dz", "dx", "u", "dpost", NULL});
    check_permutation("activation_dual",
                      "layer=group B=5 P=3 G=1 D=509 norm=yes residual=both dz=yes noise=given tangents=1", 5,
                      1, (const char *[]){"z", "x", "post", "stats", NULL},
                      (const char *[]){"dz", "dx", "u", "dpost", NULL});
    check_permutation("activation_estimate",
                      "layer=channel B=5 P=4 G=17 D=68 norm=yes lp=4 lg=17 noise=given tangents=3 side=1", 5,
                      3, (const char *[]){"z", "post", "stats", "q", NULL},
                      (const char *[]){"dl", "u", NULL});
    check_permutation("head_pool", "B=3 P=5 G=7 w=11 norm=yes", 3, 1,
                      (const char *[]){"x", "stats", "xbar", NULL}, (const char *[]){NULL});
    check_permutation("head_jvp", "B=3 P=5 G=7 w=11 norm=yes tangents=3 side=1", 3, 3,
                      (const char *[]){"x", "stats", "f", NULL}, (const char *[]){"dx", "dl", NULL});
    check_permutation("depthwise_map", "B=5 S=3 D=20 k=3 back=no add=yes", 5, 1,
                      (const char *[]){"x", "z", NULL}, (const char *[]){NULL});
    check_permutation("pool_dual", "B=5 S=5 D=20 stride=2 max=yes tangents=3", 5, 3,
                      (const char *[]){"x", "y", NULL}, (const char *[]){"dx", "dy", NULL});
}

/* Without dz and dx the tangent is u itself where post > 0: everywhere with a residual large enough. */
static void noise_in_use_is_that_of_the_generator(void **state)
{
    static const char *const shapes[] = {"layer=token B=2 P=64 G=16 D=512 noise=gaussian tangents=3",
                                         "layer=channel B=3 P=9 G=1 D=96 noise=gaussian tangents=2",
                                         "layer=group B=5 P=3 G=4 D=64 noise=gaussian tangents=1",
                                         "layer=channel B=5 P=4 G=17 D=68 noise=rademacher tangents=3",
                                         "layer=token B=3 P=5 G=1 D=17 noise=gaussian tangents=3",
                                         "layer=channel B=2 P=64 G=16 D=512 noise=rademacher tangents=1"};
    (void)state;
    for (size_t k = 0; k < sizeof shapes / sizeof shapes[0]; k++) {
        const locl_op *op = locl_op_find("activation_dual");
        for (size_t v = 0; v < op->variants; v++) {
            locl_op_case *c = make(op->name, shapes[k], "norm=no residual=no", SEED);
            for (size_t i = 0; i < count_of(c, "z"); i++) {
                in_of(c, "z")[i] = 100.0f;
            }
            if (v == 0 || c->dim[4] < 80) {
                locl_check_run(c, op->variant[v].name);
                assert_memory_equal(got_of(c, "dpost"), in_of(c, "u"), count_of(c, "u") * sizeof(float));
            }
            locl_op_case_release(c);
        }
    }
}

/* A value that is not a number is never turned into one: diverged training has to be noticed. */
static void nan_stays_nan(void **state)
{
    locl_op_case *c = locl_check_make(
        "activation_dual", "layer=token B=3 P=5 G=1 D=17 norm=yes dz=yes noise=gaussian tangents=3", SEED,
        LOCL_OP_PLAIN);
    (void)state;
    in_of(c, "z")[17 * 4 + 3] = NAN;
    locl_check_run(c, NULL);
    for (size_t j = 0; j < 17; j++) {
        assert_true(isnan((double)got_of(c, "post")[17 * 4 + j]));
        assert_true(!isnan((double)got_of(c, "post")[17 * 5 + j]));
    }
    locl_op_case_release(c);
    c = locl_check_make("pool_dual", "B=1 S=2 D=4 stride=2 max=yes", SEED, LOCL_OP_PLAIN);
    in_of(c, "x")[4] = NAN; /* neither the first nor the last of its window */
    locl_check_run(c, NULL);
    assert_true(isnan((double)got_of(c, "y")[0]));
    assert_true(!isnan((double)got_of(c, "y")[1]));
    locl_op_case_release(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_linear_in_the_tangent),
        cmocka_unit_test(norms_are_their_own_transpose),
        cmocka_unit_test(activation_goes_back_by_its_transpose),
        cmocka_unit_test(head_goes_back_by_its_transpose),
        cmocka_unit_test(depthwise_goes_back_by_its_transpose),
        cmocka_unit_test(pooling_goes_back_by_its_transpose),
        cmocka_unit_test(images_do_not_know_of_each_other),
        cmocka_unit_test(noise_in_use_is_that_of_the_generator),
        cmocka_unit_test(nan_stays_nan),
    };
    return cmocka_run_group_tests(tests, NULL, locl_check_close);
}
