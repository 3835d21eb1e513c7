/* The references against finite differences in double: (f(x + h t) - f(x - h t)) / 2h, and against what SPEC
 * 2 and 3 say in words. */
#include "base/philox.h"
#include "ops/ref/ref64.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 2048 };

static const double h = 1e-5;

/* Standard normal values, another set for each `which`. */
static void fill(double *x, size_t count, uint32_t which)
{
    float drawn[MOST];
    assert_true(count <= MOST);
    locl_draw(LOCL_NOISE_GAUSSIAN, 3, which, 0, 0, count, drawn);
    for (size_t i = 0; i < count; i++) {
        x[i] = drawn[i];
    }
}

/* out = x + a t */
static void move(double *out, const double *x, double a, const double *t, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        out[i] = x[i] + a * t[i];
    }
}

static void check_difference(const double *plus, const double *minus, const double *tangent, size_t count)
{
    double largest = 0;
    for (size_t i = 0; i < count; i++) {
        largest = fmax(largest, fabs(tangent[i]));
    }
    assert_true(largest > 0);
    for (size_t i = 0; i < count; i++) {
        double difference = (plus[i] - minus[i]) / (2 * h);
        if (!(fabs(difference - tangent[i]) < 1e-7 * (1 + largest))) {
            fail_msg("value %zu: finite difference %.12g, tangent %.12g", i, difference, tangent[i]);
        }
    }
}

static void layernorm_tangents(void **state)
{
    enum { ROWS = 7, N = 13, ALL = ROWS * N };
    double x[ALL], t[ALL], moved[ALL], y[ALL], dy[ALL], plus[ALL], minus[ALL], r[ROWS], q[ALL];
    (void)state;
    fill(x, ALL, 0);
    fill(t, ALL, 1);
    locl_layernorm_dual_ref64(x, t, y, dy, r, ROWS, N, 1);
    move(moved, x, h, t, ALL);
    locl_layernorm_dual_ref64(moved, NULL, plus, NULL, NULL, ROWS, N, 0);
    move(moved, x, -h, t, ALL);
    locl_layernorm_dual_ref64(moved, NULL, minus, NULL, NULL, ROWS, N, 0);
    check_difference(plus, minus, dy, ALL);
    locl_layernorm_vjp_ref64(y, r, t, q, ROWS, N); /* J is symmetric */
    for (size_t i = 0; i < ALL; i++) {
        assert_true(fabs(q[i] - dy[i]) < 1e-12);
    }
    for (size_t i = 0; i < ROWS; i++) { /* y has mean 0 and variance var / (var + 1e-5) */
        double mean = 0, variance = 0;
        for (size_t j = 0; j < N; j++) {
            mean += y[i * N + j] / N;
            variance += y[i * N + j] * y[i * N + j] / N;
        }
        assert_true(fabs(mean) < 1e-12);
        assert_true(fabs(variance - (1 - 1e-5 * r[i] * r[i])) < 1e-12);
    }
}

/* Batch norm is LN of the transpose, and the running statistics move a tenth of the way. */
static void batchnorm_tangents(void **state)
{
    enum { BATCH = 7, N = 13, ALL = BATCH * N };
    double x[ALL], t[ALL], moved[ALL], y[ALL], dy[ALL], plus[ALL], minus[ALL], r[N], q[ALL], rows[ALL],
        normalised[ALL], mean[N], variance[N];
    const locl_statistics own = LOCL_STATISTICS_OWN;
    (void)state;
    fill(x, ALL, 0);
    fill(t, ALL, 1);
    locl_batchnorm_dual_ref64(x, t, y, dy, r, own, NULL, NULL, BATCH, N, 1);
    move(moved, x, h, t, ALL);
    locl_batchnorm_dual_ref64(moved, NULL, plus, NULL, r, own, NULL, NULL, BATCH, N, 0);
    move(moved, x, -h, t, ALL);
    locl_batchnorm_dual_ref64(moved, NULL, minus, NULL, r, own, NULL, NULL, BATCH, N, 0);
    check_difference(plus, minus, dy, ALL);
    fill(mean, N, 2);
    fill(variance, N, 3);
    locl_batchnorm_dual_ref64(x, NULL, y, NULL, r, LOCL_STATISTICS_TRACKED, mean, variance, BATCH, N, 0);
    locl_batchnorm_vjp_ref64(y, r, t, q, BATCH, N); /* J is symmetric */
    for (size_t i = 0; i < ALL; i++) {
        assert_true(fabs(q[i] - dy[i]) < 1e-12);
        rows[i % N * BATCH + i / N] = x[i];
    }
    locl_layernorm_dual_ref64(rows, NULL, normalised, NULL, NULL, N, BATCH, 0);
    double old_mean[N], old_variance[N];
    fill(old_mean, N, 2);
    fill(old_variance, N, 3);
    for (size_t j = 0; j < N; j++) {
        double sum = 0, squares = 0;
        for (size_t i = 0; i < BATCH; i++) {
            assert_true(fabs(y[i * N + j] - normalised[j * BATCH + i]) < 1e-12);
            sum += x[i * N + j] / BATCH;
            squares += x[i * N + j] * x[i * N + j] / BATCH;
        }
        assert_true(fabs(mean[j] - 0.9 * old_mean[j] - 0.1 * sum) < 1e-12);
        assert_true(fabs(variance[j] - 0.9 * old_variance[j] - 0.1 * (squares - sum * sum)) < 1e-12);
    }
    for (size_t j = 0; j < N; j++) {
        variance[j] = fabs(variance[j]);
    }
    locl_batchnorm_dual_ref64(x, NULL, y, NULL, r, LOCL_STATISTICS_RUNNING, mean, variance, BATCH, N, 0);
    for (size_t i = 0; i < ALL; i++) {
        assert_true(fabs(y[i] - (x[i] - mean[i % N]) / sqrt(variance[i % N] + 1e-5)) < 1e-12);
    }
}

/* Values whose ReLU switches between the two ends are left out: both differences are 0 or both are not. */
static void leave_out_kinks(double *plus, double *minus, double *tangent, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if ((plus[i] > 0) != (minus[i] > 0)) {
            plus[i] = minus[i] = tangent[i] = 0;
        }
    }
}

static void check_activation(const locl_layer_shape *s)
{
    size_t all = locl_layer_values(s), biases = s->patch_bias ? s->patches : s->width;
    double z[MOST], b[MOST], x[MOST], dz[MOST], dx[MOST], zm[MOST], xm[MOST], post[MOST], dpost[MOST],
        plus[MOST], minus[MOST], q[MOST], v[MOST], u[MOST], du[MOST];
    fill(z, all, 0);
    fill(b, biases, 1);
    fill(x, all, 2);
    fill(dz, all, 3);
    fill(dx, all, 4);
    fill(v, all, 5);
    fill(u, all, 6);
    locl_activation_dual_ref64(s, z, b, dz, x, dx, NULL, 1, post, dpost, NULL);
    locl_activation_dual_ref64(s, z, b, dz, x, dx, u, 1, post, du, NULL);
    double forth = 0, back = 0;
    for (size_t i = 0; i < all; i++) { /* u is added where post > 0 */
        assert_true(fabs(du[i] - dpost[i] - (post[i] > 0 ? u[i] : 0)) < 1e-12);
    }
    move(zm, z, h, dz, all);
    move(xm, x, h, dx, all);
    locl_activation_dual_ref64(s, zm, b, NULL, xm, NULL, NULL, 0, plus, NULL, NULL);
    move(zm, z, -h, dz, all);
    move(xm, x, -h, dx, all);
    locl_activation_dual_ref64(s, zm, b, NULL, xm, NULL, NULL, 0, minus, NULL, NULL);
    leave_out_kinks(plus, minus, dpost, all);
    check_difference(plus, minus, dpost, all);
    locl_activation_dual_ref64(s, z, b, dz, x, NULL, NULL, 1, post, dpost, NULL);
    locl_activation_vjp_ref64(s, z, b, post, v, q);
    for (size_t i = 0; i < all; i++) {
        forth += v[i] * dpost[i];
        back += q[i] * dz[i];
    }
    assert_true(fabs(forth - back) < 1e-10 * (1 + fabs(forth)));
}

static void activation_tangents(void **state)
{
    (void)state;
    for (int layer = LOCL_LAYER_TOKEN; layer < LOCL_LAYERS; layer++) {
        for (int norm = 0; norm < 2; norm++) {
            for (int patch_bias = 0; patch_bias <= (layer == LOCL_LAYER_TOKEN); patch_bias++) {
                locl_layer_shape s = {(locl_layer)layer, 3, 5, 7, 77, patch_bias, norm};
                check_activation(&s);
            }
        }
    }
}

/* The estimate is the VJP of the mean over passes and images of dL u, dL going to the values that SPEC says.
 */
static void check_estimate(locl_layer layer, bool all_patches, bool all_groups)
{
    enum { B = 3, P = 5, G = 7, W = 21, M = 2, ALL = B * P * W };
    locl_layer_shape s = {layer, B, P, G, W, layer == LOCL_LAYER_TOKEN, true};
    size_t lp = all_patches ? P : 1, lg = all_groups ? G : 1;
    double z[ALL], b[W], x[ALL], post[ALL], dl[M * B * P * G], u[M * ALL], t[ALL] = {0}, want[ALL], got[ALL];
    fill(z, ALL, 0);
    fill(b, W, 1);
    fill(x, ALL, 2);
    fill(dl, M * B * lp * lg, 3);
    fill(u, M * ALL, 4);
    locl_activation_dual_ref64(&s, z, b, NULL, x, NULL, NULL, 0, post, NULL, NULL);
    for (size_t m = 0; m < M; m++) {
        for (size_t i = 0; i < B * lp * lg; i++) {
            size_t n = i / (lp * lg), p = i / lg % lp, g = i % lg;
            for (size_t j = 0; j < P * W; j++) {
                bool its_patch = lp == 1 || j / W == p;
                bool its_group = lg == 1 || layer == LOCL_LAYER_TOKEN || j % W / (W / G) == g;
                t[n * P * W + j] += its_patch && its_group
                                        ? dl[m * B * lp * lg + i] * u[m * ALL + n * P * W + j] / (M * B)
                                        : 0;
            }
        }
    }
    locl_activation_vjp_ref64(&s, z, b, post, t, want);
    locl_activation_estimate_ref64(&s, z, b, post, NULL, dl, lp, lg, u, M, got);
    for (size_t i = 0; i < ALL; i++) {
        assert_true(fabs(got[i] - want[i]) < 1e-12);
    }
}

static void the_estimate_weighs_noise_by_its_losses(void **state)
{
    (void)state;
    for (int layer = LOCL_LAYER_TOKEN; layer < LOCL_LAYERS; layer++) {
        for (int k = 0; k < 4; k++) {
            check_estimate((locl_layer)layer, k & 1, k & 2);
        }
    }
}

/* A head: features x [B,P,G,W] -> LN -> mean over p -> times V [D,K], plus c -> cross entropy of each image.
 */
enum { B = 3, P = 4, G = 5, W = 6, D = G * W, K = 7, X = B * P * D };

static const int32_t labels[B] = {2, 0, 6};

static void losses_of(const locl_head *head, const double *x, const double *v, const double *c,
                      double *losses, double *error)
{
    double xbar[B * D];
    locl_head_pool_ref64(head, x, xbar);
    for (size_t n = 0; n < B; n++) {
        double sum = 0, logits[K];
        for (size_t k = 0; k < K; k++) {
            logits[k] = c[k];
            for (size_t d = 0; d < D; d++) {
                logits[k] += xbar[n * D + d] * v[d * K + k];
            }
            sum += exp(logits[k]);
        }
        losses[n] = log(sum) - logits[labels[n]];
        for (size_t k = 0; error && k < K; k++) {
            error[n * K + k] = exp(logits[k]) / sum - ((int32_t)k == labels[n] ? 1 : 0);
        }
    }
}

/* f [B,D] = V (softmax - onehot) */
static void cotangent_of(const double *v, const double *error, double *f)
{
    for (size_t i = 0; i < B * D; i++) {
        f[i] = 0;
        for (size_t k = 0; k < K; k++) {
            f[i] += v[i % D * K + k] * error[i / D * K + k];
        }
    }
}

static void check_head(bool norm)
{
    locl_head head = {.batch = B, .patches = P, .groups = G, .width = W, .norm = norm};
    double x[X], dx[X], v[D * K], c[K], losses[B], error[B * K], f[B * D], dl[B * P * G], t[X];
    fill(x, X, 0);
    fill(dx, X, 1);
    fill(v, D * K, 2);
    fill(c, K, 3);
    losses_of(&head, x, v, c, losses, error);
    cotangent_of(v, error, f);
    locl_head_jvp_ref64(&head, x, dx, f, 1, dl);
    locl_head_vjp_ref64(&head, x, f, t);
    double total = 0, along = 0;
    for (size_t i = 0; i < B * P * G; i++) { /* the features at (n,p,g) move, all others stay */
        double moved[X], plus[B], minus[B];
        memcpy(moved, x, sizeof x);
        move(moved + i * W, x + i * W, h, dx + i * W, W);
        losses_of(&head, moved, v, c, plus, NULL);
        move(moved + i * W, x + i * W, -h, dx + i * W, W);
        losses_of(&head, moved, v, c, minus, NULL);
        size_t n = i / (P * G);
        assert_true(fabs((plus[n] - minus[n]) / (2 * h) - dl[i]) < 1e-8);
        total += dl[i] / B;
    }
    for (size_t i = 0; i < X; i++) {
        along += t[i] * dx[i];
    }
    assert_true(fabs(total) > 1e-3);
    assert_true(fabs(total - along) < 1e-12);
}

static void head_derivatives(void **state)
{
    (void)state;
    check_head(false);
    check_head(true);
}

static void the_error_is_the_loss_derivative(void **state)
{
    double logits[B * K], kept[B * K], bias[K], error[B * K], scratch[B * K];
    locl_step_metrics record, plus, minus;
    (void)state;
    fill(kept, B * K, 0);
    fill(bias, K, 1);
    memcpy(logits, kept, sizeof kept);
    locl_loss_softmax_ref64(logits, bias, labels, error, &record, B, K, B);
    double mean = 0;
    for (size_t n = 0; n < B; n++) {
        double sum = 0;
        for (size_t k = 0; k < K; k++) {
            sum += exp(kept[n * K + k] + bias[k]);
        }
        mean += (log(sum) - kept[n * K + (size_t)labels[n]] - bias[labels[n]]) / B;
    }
    assert_true(fabs(record.loss - mean) < 1e-6);
    assert_int_equal(record.valid, B);
    assert_int_equal(record.bad, LOCL_METRICS_FINE);
    for (size_t i = 0; i < B * K; i++) { /* the record's loss is a float: steps have to be large */
        const double step = 1e-2;
        memcpy(logits, kept, sizeof kept);
        logits[i] += step;
        locl_loss_softmax_ref64(logits, bias, labels, scratch, &plus, B, K, B);
        memcpy(logits, kept, sizeof kept);
        logits[i] -= step;
        locl_loss_softmax_ref64(logits, bias, labels, scratch, &minus, B, K, B);
        assert_true(fabs(((double)plus.loss - minus.loss) / (2 * step) * B - error[i]) < 2e-4);
    }
}

static void only_images_that_count_are_counted(void **state)
{
    /* right; a tie that an earlier class wins; a tie that the label wins */
    double logits[3 * 3] = {0, 2, 1, 1, 1, 0, 1, 0, 1}, bias[3] = {0}, error[9];
    const int32_t label[3] = {1, 1, 0};
    locl_step_metrics record;
    (void)state;
    locl_loss_softmax_ref64(logits, bias, label, error, &record, 3, 3, 3);
    assert_int_equal(record.wrong, 1);
    locl_loss_softmax_ref64(logits, bias, label, error, &record, 3, 3, 1);
    assert_int_equal(record.wrong, 0);
    assert_int_equal(record.valid, 1);
    assert_true(fabs(record.loss - (log(1 + exp(2) + exp(1)) - 2)) < 1e-6);
    for (size_t i = 3; i < 9; i++) {
        assert_true(error[i] == 0);
    }
}

static void sums(void **state)
{
    const double x[2 * 2 * 3] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    double out[12];
    (void)state;
    locl_sum_columns_ref64(x, out, 4, 3, 0.5);
    assert_memory_equal(out, ((const double[]){11, 13, 15}), 3 * sizeof(double));
    locl_sum_rows_ref64(x, out, 4, 3);
    assert_memory_equal(out, ((const double[]){6, 15, 24, 33}), 4 * sizeof(double));
    locl_loss_gather_ref64(x, out, 2, 2, 3, 2, 3);
    assert_memory_equal(out, x, sizeof x);
    locl_loss_gather_ref64(x, out, 2, 2, 3, 1, 3);
    assert_memory_equal(out, ((const double[]){5, 7, 9, 17, 19, 21}), 6 * sizeof(double));
    locl_loss_gather_ref64(x, out, 2, 2, 3, 2, 1);
    assert_memory_equal(out, ((const double[]){6, 15, 24, 33}), 4 * sizeof(double));
    locl_loss_gather_ref64(x, out, 2, 2, 3, 1, 1);
    assert_memory_equal(out, ((const double[]){21, 57}), 2 * sizeof(double));
}

/* dot(v, W x) moves by the gradient when w moves, by the transposed map when x does. */
static void depthwise_derivatives(void **state)
{
    enum {
        SIDE = 4,
        CHANNELS = 3,
        SIZE = 3,
        TAPS = SIZE * SIZE * CHANNELS,
        ALL = 2 * SIDE * SIDE * CHANNELS
    };
    const locl_depthwise c = {.images = 2, .side = SIDE, .channels = CHANNELS, .kernel = SIZE};
    double w[TAPS], dw[TAPS], moved[ALL], x[ALL], dx[ALL], v[ALL], t[ALL], g[TAPS], plus[ALL], minus[ALL];
    double along_w = 0, along_x = 0, difference_w = 0, difference_x = 0;
    (void)state;
    fill(w, TAPS, 0);
    fill(dw, TAPS, 1);
    fill(x, ALL, 2);
    fill(dx, ALL, 3);
    fill(v, ALL, 4);
    locl_depthwise_gradient_ref64(&c, x, v, g);
    locl_depthwise_backward_ref64(&c, w, v, t);
    move(moved, w, h, dw, TAPS);
    locl_depthwise_forward_ref64(&c, moved, x, LOCL_REPLACE, plus);
    move(moved, w, -h, dw, TAPS);
    locl_depthwise_forward_ref64(&c, moved, x, LOCL_REPLACE, minus);
    for (size_t i = 0; i < ALL; i++) {
        difference_w += v[i] * (plus[i] - minus[i]) / (2 * h);
    }
    move(moved, x, h, dx, ALL);
    locl_depthwise_forward_ref64(&c, w, moved, LOCL_REPLACE, plus);
    move(moved, x, -h, dx, ALL);
    locl_depthwise_forward_ref64(&c, w, moved, LOCL_REPLACE, minus);
    for (size_t i = 0; i < ALL; i++) {
        difference_x += v[i] * (plus[i] - minus[i]) / (2 * h);
        along_x += t[i] * dx[i];
        along_w += i < TAPS ? g[i] * dw[i] : 0;
    }
    assert_true(fabs(along_w) > 1e-3 && fabs(along_w - difference_w) < 1e-8);
    assert_true(fabs(along_x) > 1e-3 && fabs(along_x - difference_x) < 1e-8);
    for (size_t i = 0; i < ALL; i++) { /* the map of x and, added, that of -x: nothing is left */
        moved[i] = -x[i];
    }
    locl_depthwise_forward_ref64(&c, w, x, LOCL_REPLACE, plus);
    locl_depthwise_forward_ref64(&c, w, moved, LOCL_ADD, plus);
    for (size_t i = 0; i < ALL; i++) {
        assert_true(fabs(plus[i]) < 1e-12);
    }
}

/* No flip: tap (0,1) sees the pixel above, tap (1,2) the one to the right. */
static void depthwise_taps(void **state)
{
    const locl_depthwise c = {.images = 1, .side = 2, .channels = 1, .kernel = 3};
    const double x[4] = {1, 2, 3, 4}, above[9] = {0, 1}, right[9] = {0, 0, 0, 0, 0, 1};
    double z[4];
    (void)state;
    locl_depthwise_forward_ref64(&c, above, x, LOCL_REPLACE, z);
    assert_memory_equal(z, ((const double[]){0, 0, 1, 2}), sizeof z);
    locl_depthwise_forward_ref64(&c, right, x, LOCL_REPLACE, z);
    assert_memory_equal(z, ((const double[]){2, 0, 4, 0}), sizeof z);
}

static void check_pooling(size_t side, size_t stride, bool max)
{
    const locl_pooling p = {.batch = 2, .side = side, .channels = 3, .stride = stride, .max = max};
    size_t o = locl_pooling_side(&p), in = 2 * side * side * 3, out = 2 * o * o * 3;
    double x[MOST], dx[MOST], moved[MOST], y[MOST], dy[MOST], plus[MOST], minus[MOST], v[MOST], t[MOST];
    double forth = 0, back = 0;
    fill(x, in, 0);
    fill(dx, in, 1);
    fill(v, out, 2);
    locl_pooling_dual_ref64(&p, x, dx, 1, y, dy);
    move(moved, x, h, dx, in);
    locl_pooling_dual_ref64(&p, moved, NULL, 0, plus, NULL);
    move(moved, x, -h, dx, in);
    locl_pooling_dual_ref64(&p, moved, NULL, 0, minus, NULL);
    check_difference(plus, minus, dy, out);
    locl_pooling_vjp_ref64(&p, x, v, t);
    for (size_t i = 0; i < out; i++) {
        forth += v[i] * dy[i];
    }
    for (size_t i = 0; i < in; i++) {
        back += t[i] * dx[i];
    }
    assert_true(fabs(forth) > 1e-3 && fabs(forth - back) < 1e-10);
}

static void pooling_derivatives(void **state)
{
    (void)state;
    for (size_t side = 1; side < 9; side++) {
        for (size_t stride = 1; stride < 5; stride++) {
            check_pooling(side, stride, false);
            check_pooling(side, stride, true);
        }
    }
}

/* SAME padding: side 4 in steps of 2 has its one cell after the map, side 5 one on each side. */
static void pooling_windows(void **state)
{
    const locl_pooling even = {.batch = 1, .side = 4, .channels = 1, .stride = 2, .max = true};
    const locl_pooling odd = {.batch = 1, .side = 5, .channels = 1, .stride = 2};
    double x[25], y[9], t[16];
    (void)state;
    for (size_t i = 0; i < 25; i++) {
        x[i] = (double)i - 30; /* negative: a maximum that saw the padding would be 0 */
    }
    assert_int_equal(locl_pooling_side(&even), 2);
    locl_pooling_dual_ref64(&even, x, NULL, 0, y, NULL);
    assert_memory_equal(y, ((const double[]){-20, -19, -16, -15}), 4 * sizeof(double));
    assert_int_equal(locl_pooling_side(&odd), 3);
    locl_pooling_dual_ref64(&odd, x, NULL, 0, y, NULL); /* a corner has 4 cells of 9, an edge 6 */
    assert_true(fabs(y[0] - (-30 - 29 - 25 - 24) / 9.0) < 1e-12);
    assert_true(fabs(y[1] - (-29 - 28 - 27 - 24 - 23 - 22) / 9.0) < 1e-12);
    assert_true(fabs(y[8] - (-12 - 11 - 7 - 6) / 9.0) < 1e-12);
    for (size_t i = 0; i < 16; i++) { /* all equal: the first of each window has it all */
        x[i] = 1;
    }
    locl_pooling_vjp_ref64(&even, x, ((const double[]){1, 2, 3, 4}), t);
    assert_memory_equal(t, ((const double[]){1, 0, 2, 0, 0, 0, 0, 0, 3, 0, 4, 0, 0, 0, 0, 0}), sizeof t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layernorm_tangents),
        cmocka_unit_test(batchnorm_tangents),
        cmocka_unit_test(activation_tangents),
        cmocka_unit_test(the_estimate_weighs_noise_by_its_losses),
        cmocka_unit_test(head_derivatives),
        cmocka_unit_test(the_error_is_the_loss_derivative),
        cmocka_unit_test(only_images_that_count_are_counted),
        cmocka_unit_test(sums),
        cmocka_unit_test(depthwise_derivatives),
        cmocka_unit_test(depthwise_taps),
        cmocka_unit_test(pooling_derivatives),
        cmocka_unit_test(pooling_windows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
