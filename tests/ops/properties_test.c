/* What operations have to satisfy whatever their references say, on the device: linearity in the tangent,
 * JVP and VJP being transposes, images that do not know of each other, noise that is that of locl_draw(). */
#include "ops/activation.h"
#include "ops/batchnorm.h"
#include "support/kernel_check.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
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

/* in[2] = a in[0] + b in[1] for each named input has to give the same combination of `out`. */
static void check_linear(const char *name, const size_t *dim, const char *const *inputs, const char *out)
{
    const float a = 0.7f, b = -1.3f;
    locl_op_case *c[3];
    for (size_t k = 0; k < 3; k++) {
        c[k] = locl_check_make(locl_op_find(name), dim, SEED, false);
    }
    for (; *inputs; inputs++) {
        for (size_t i = 0; i < count_of(c[0], *inputs); i++) {
            float *x = in_of(c[0], *inputs), *y = in_of(c[1], *inputs), *z = in_of(c[2], *inputs);
            y[i] = sinf((float)i);
            z[i] = a * x[i] + b * y[i];
        }
    }
    for (size_t k = 0; k < 3; k++) {
        locl_check_run(c[k], LOCL_CHECK_AS_IS);
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
    check_linear("layernorm_dual", (size_t[LOCL_OP_DIMS]){17, 509, 1}, (const char *[]){"dx", NULL}, "dy");
    check_linear("layernorm_vjp", (size_t[LOCL_OP_DIMS]){17, 509, 0, 1}, (const char *[]){"t", NULL}, "q");
    check_linear("batchnorm_dual", (size_t[LOCL_OP_DIMS]){17, 509, 0, 1}, (const char *[]){"dx", NULL}, "dy");
    check_linear("batchnorm_vjp", (size_t[LOCL_OP_DIMS]){17, 509, 0, 1}, (const char *[]){"t", NULL}, "q");
    check_linear("activation_dual", (size_t[LOCL_OP_DIMS]){2, 2, 3, 1, 509, 1, 2, 1, 3, 1},
                 (const char *[]){"dz", "dx", "u", NULL}, "dpost");
    check_linear("activation_dual", (size_t[LOCL_OP_DIMS]){2, 7, 4, 1, 68, 0, 2, 1, 3, 3},
                 (const char *[]){"dz", "dx", "u", NULL}, "dpost");
    check_linear("activation_vjp", (size_t[LOCL_OP_DIMS]){0, 3, 5, 1, 17, 1, 0}, (const char *[]){"t", NULL},
                 "q");
    check_linear("activation_estimate", (size_t[LOCL_OP_DIMS]){1, 3, 5, 7, 77, 1, 5, 7, 1, 3},
                 (const char *[]){"dl", NULL}, "q");
    check_linear("head_jvp", (size_t[LOCL_OP_DIMS]){3, 5, 7, 11, 1, 3}, (const char *[]){"dx", NULL}, "dl");
    check_linear("head_jvp", (size_t[LOCL_OP_DIMS]){3, 5, 7, 11, 1, 3}, (const char *[]){"f", NULL}, "dl");
    check_linear("head_vjp", (size_t[LOCL_OP_DIMS]){3, 5, 7, 11, 1}, (const char *[]){"f", NULL}, "t");
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

static void check_own_transpose(const char *forth, const char *way_back, const size_t dims[][LOCL_OP_DIMS],
                                size_t count_of_dims)
{
    for (size_t k = 0; k < count_of_dims; k++) {
        size_t back_dim[LOCL_OP_DIMS] = {dims[k][0], dims[k][1], 0, 1};
        locl_op_case *dual = locl_check_make(locl_op_find(forth), dims[k], SEED, false);
        locl_op_case *back = locl_check_make(locl_op_find(way_back), back_dim, SEED + 1, false);
        size_t count = count_of(dual, "dx");
        locl_check_run(dual, LOCL_CHECK_AS_IS);
        copy(back, "y", got_of(dual, "y"));
        copy(back, "r", got_of(dual, "r"));
        locl_check_run(back, LOCL_CHECK_AS_IS);
        check_equal_products(dot(in_of(back, "t"), got_of(dual, "dy"), count),
                             dot(got_of(back, "q"), in_of(dual, "dx"), count), in_of(back, "t"),
                             got_of(dual, "dy"), count);
        locl_op_case_release(dual);
        locl_op_case_release(back);
    }
}

static void norms_are_their_own_transpose(void **state)
{
    const size_t rows[][LOCL_OP_DIMS] = {{31, 17, 1}, {11, 68, 1}, {7, 512, 1}};
    const size_t columns[][LOCL_OP_DIMS] = {{31, 17, 0, 1}, {11, 68, 0, 1}, {7, 512, 0, 1}};
    (void)state;
    check_own_transpose("layernorm_dual", "layernorm_vjp", rows, 3);
    check_own_transpose("batchnorm_dual", "batchnorm_vjp", columns, 3);
}

static void activation_goes_back_by_its_transpose(void **state)
{
    /* layer, B, P, G, width, norm, residual, dz, noise, tangents */
    const size_t dims[][LOCL_OP_DIMS] = {{0, 3, 5, 1, 17, 1, 0, 1, 3, 1},
                                         {1, 5, 4, 17, 68, 0, 0, 1, 0, 1},
                                         {2, 3, 5, 7, 77, 1, 1, 1, 0, 1},
                                         {0, 2, 64, 16, 512, 1, 1, 1, 0, 1}};
    (void)state;
    for (size_t k = 0; k < sizeof dims / sizeof dims[0]; k++) {
        const size_t *d = dims[k];
        size_t back_dim[LOCL_OP_DIMS] = {d[0], d[1], d[2], d[3], d[4], d[5], 0};
        locl_op_case *dual = locl_check_make(locl_op_find("activation_dual"), d, SEED, false);
        locl_op_case *back = locl_check_make(locl_op_find("activation_vjp"), back_dim, SEED + 1, false);
        size_t count = count_of(dual, "dz");
        for (size_t i = 0; d[8] && i < count_of(dual, "u"); i++) {
            in_of(dual, "u")[i] = 0; /* a token layer has no build without noise */
        }
        locl_check_run(dual, LOCL_CHECK_AS_IS);
        copy(back, "z", in_of(dual, "z"));
        copy(back, "bias", in_of(dual, "bias"));
        copy(back, "post", got_of(dual, "post"));
        if (d[5]) {
            copy(back, "stats", got_of(dual, "stats"));
        }
        locl_check_run(back, LOCL_CHECK_AS_IS);
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
    const size_t dims[][LOCL_OP_DIMS] = {{3, 5, 7, 11, 1, 1}, {3, 5, 1, 17, 0, 1}, {2, 4, 16, 32, 1, 1}};
    (void)state;
    for (size_t k = 0; k < sizeof dims / sizeof dims[0]; k++) {
        locl_op_case *jvp = locl_check_make(locl_op_find("head_jvp"), dims[k], SEED, false);
        locl_op_case *vjp = locl_check_make(locl_op_find("head_vjp"), dims[k], SEED + 1, false);
        double sum = 0;
        copy(vjp, "x", in_of(jvp, "x"));
        copy(vjp, "f", in_of(jvp, "f"));
        vjp->op->derive(vjp);
        locl_check_run(jvp, LOCL_CHECK_AS_IS);
        locl_check_run(vjp, LOCL_CHECK_AS_IS);
        for (size_t i = 0; i < count_of(jvp, "dl"); i++) {
            sum += got_of(jvp, "dl")[i] / (double)dims[k][0];
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
    const size_t dims[][LOCL_OP_DIMS] = {{3, 5, 17, 3}, {2, 4, 68, 5}, {65, 2, 32, 7}, {2, 8, 64, 3}};
    (void)state;
    for (size_t k = 0; k < sizeof dims / sizeof dims[0]; k++) {
        size_t back_dim[LOCL_OP_DIMS] = {dims[k][0], dims[k][1], dims[k][2], dims[k][3], 1};
        locl_op_case *forth = locl_check_make(locl_op_find("depthwise_map"), dims[k], SEED, false);
        locl_op_case *back = locl_check_make(locl_op_find("depthwise_map"), back_dim, SEED + 1, false);
        locl_op_case *gradient = locl_check_make(locl_op_find("depthwise_gradient"), dims[k], SEED, false);
        copy(back, "weight", in_of(forth, "weight"));
        copy(gradient, "x", in_of(forth, "x"));
        copy(gradient, "q", in_of(back, "x"));
        locl_check_run(forth, LOCL_CHECK_AS_IS);
        locl_check_run(back, LOCL_CHECK_AS_IS);
        locl_check_run(gradient, LOCL_CHECK_AS_IS);
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
    /* batch, side, channels, stride, max, tangents */
    const size_t dims[][LOCL_OP_DIMS] = {{3, 5, 17, 2, 0, 1}, {3, 5, 17, 2, 1, 1}, {2, 6, 68, 1, 1, 1},
                                         {2, 9, 32, 4, 1, 1}, {2, 8, 64, 3, 0, 1}, {2, 8, 64, 2, 1, 1}};
    (void)state;
    for (size_t k = 0; k < sizeof dims / sizeof dims[0]; k++) {
        locl_op_case *dual = locl_check_make(locl_op_find("pool_dual"), dims[k], SEED, false);
        locl_op_case *back = locl_check_make(locl_op_find("pool_vjp"), dims[k], SEED + 1, false);
        if (dims[k][4]) {
            copy(back, "x", in_of(dual, "x"));
        }
        locl_check_run(dual, LOCL_CHECK_AS_IS);
        locl_check_run(back, LOCL_CHECK_AS_IS);
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
static void check_permutation(const char *name, const size_t *dim, size_t images, size_t m,
                              const char *const *names, const char *const *tangents)
{
    locl_op_case *c[2];
    for (size_t k = 0; k < 2; k++) {
        c[k] = locl_check_make(locl_op_find(name), dim, SEED, false);
    }
    for (size_t l = 0; l < 2; l++) {
        for (const char *const *n = l ? tangents : names; *n; n++) {
            if (in_of(c[1], *n)) {
                reverse(in_of(c[1], *n), count_of(c[1], *n), l ? m : 1, images);
            }
        }
    }
    for (size_t k = 0; k < 2; k++) {
        locl_check_run(c[k], LOCL_CHECK_AS_IS);
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
    check_permutation("layernorm_dual", (size_t[LOCL_OP_DIMS]){31, 17, 3}, 31, 3,
                      (const char *[]){"x", "y", "r", NULL}, (const char *[]){"dx", "dy", NULL});
    check_permutation("batchnorm_dual", (size_t[LOCL_OP_DIMS]){16, 68, LOCL_STATISTICS_RUNNING, 0}, 16, 1,
                      (const char *[]){"x", "y", NULL}, (const char *[]){NULL});
    check_permutation("activation_dual", (size_t[LOCL_OP_DIMS]){2, 7, 4, 1, 68, 0, 2, 1, 3, 3}, 7, 3,
                      (const char *[]){"z", "x", "post", NULL},
                      (const char *[]){"dz", "dx", "u", "dpost", NULL});
    check_permutation("activation_dual", (size_t[LOCL_OP_DIMS]){2, 5, 3, 1, 509, 1, 2, 1, 3, 1}, 5, 1,
                      (const char *[]){"z", "x", "post", "stats", NULL},
                      (const char *[]){"dz", "dx", "u", "dpost", NULL});
    check_permutation("activation_estimate", (size_t[LOCL_OP_DIMS]){1, 5, 4, 17, 68, 1, 4, 17, 3, 3}, 5, 3,
                      (const char *[]){"z", "post", "stats", "q", NULL}, (const char *[]){"dl", "u", NULL});
    check_permutation("head_pool", (size_t[LOCL_OP_DIMS]){3, 5, 7, 11, 1}, 3, 1,
                      (const char *[]){"x", "stats", "xbar", NULL}, (const char *[]){NULL});
    check_permutation("head_jvp", (size_t[LOCL_OP_DIMS]){3, 5, 7, 11, 1, 3}, 3, 3,
                      (const char *[]){"x", "stats", "f", NULL}, (const char *[]){"dx", "dl", NULL});
    check_permutation("depthwise_map", (size_t[LOCL_OP_DIMS]){5, 3, 20, 3, 0, 1}, 5, 1,
                      (const char *[]){"x", "z", NULL}, (const char *[]){NULL});
    check_permutation("pool_dual", (size_t[LOCL_OP_DIMS]){5, 5, 20, 2, 1, 3}, 5, 3,
                      (const char *[]){"x", "y", NULL}, (const char *[]){"dx", "dy", NULL});
}

/* Without dz and dx the tangent is u itself where post > 0: everywhere with a residual large enough. */
static void noise_in_use_is_that_of_the_generator(void **state)
{
    const size_t dims[][LOCL_OP_DIMS] = {
        {0, 2, 64, 16, 512, 0, 0, 0, 1, 3}, {1, 3, 9, 1, 96, 0, 0, 0, 1, 2},
        {2, 5, 3, 4, 64, 0, 0, 0, 1, 1},    {1, 5, 4, 17, 68, 0, 0, 0, 2, 3},
        {0, 3, 5, 1, 17, 0, 0, 0, 1, 3},    {1, 2, 64, 16, 512, 0, 0, 0, 2, 1}};
    (void)state;
    for (size_t k = 0; k < sizeof dims / sizeof dims[0]; k++) {
        for (locl_check_caps caps = LOCL_CHECK_AS_IS; caps < LOCL_CHECK_CAPS; caps++) {
            locl_op_case *c = locl_check_make(locl_op_find("activation_dual"), dims[k], SEED, false);
            for (size_t i = 0; i < count_of(c, "z"); i++) {
                in_of(c, "z")[i] = 100.0f;
            }
            if (caps == LOCL_CHECK_AS_IS || dims[k][4] < 80) {
                locl_check_run(c, caps);
                assert_memory_equal(got_of(c, "dpost"), in_of(c, "u"), count_of(c, "u") * sizeof(float));
            }
            locl_op_case_release(c);
        }
    }
}

/* A value that is not a number is never turned into one: diverged training has to be noticed. */
static void nan_stays_nan(void **state)
{
    const size_t dim[LOCL_OP_DIMS] = {0, 3, 5, 1, 17, 1, 0, 1, 1, 3};
    locl_op_case *c = locl_check_make(locl_op_find("activation_dual"), dim, SEED, false);
    (void)state;
    in_of(c, "z")[17 * 4 + 3] = NAN;
    locl_check_run(c, LOCL_CHECK_AS_IS);
    for (size_t j = 0; j < 17; j++) {
        assert_true(isnan((double)got_of(c, "post")[17 * 4 + j]));
        assert_true(!isnan((double)got_of(c, "post")[17 * 5 + j]));
    }
    locl_op_case_release(c);
    c = locl_check_make(locl_op_find("pool_dual"), (size_t[LOCL_OP_DIMS]){1, 2, 4, 2, 1, 0}, SEED, false);
    in_of(c, "x")[4] = NAN; /* neither the first nor the last of its window */
    locl_check_run(c, LOCL_CHECK_AS_IS);
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
