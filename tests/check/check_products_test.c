/* Products of every layout, by both engines, and the native one as it is on CPUs, on other devices and on
 * machines of many units, against the reference. */
#include "support/kernel_check.h"

#include <math.h>
#include <string.h>

static bool wanted(const locl_op *op)
{
    return locl_check_family_of(op) == LOCL_CHECK_PRODUCT;
}

static void agrees_with_its_reference(void **state)
{
    locl_check_row(*state, 1);
}

/* A value that is a little off, one that is no number, and one between the rows of C. */
static void a_spoiled_value_is_noticed(void **state)
{
    char text[2048];
    locl_op_case *c = locl_check_make("product_dense", "m=9 n=11 k=13 gap_c=1", 41, LOCL_OP_PLAIN);
    const locl_op_variant *v = c->op->variant;
    const locl_device *device = locl_check_device();
    (void)state;
    locl_check_expect(c);
    locl_check_run(c, NULL);
    assert_true(locl_op_case_near(c, device, v, text, sizeof text));
    float *got = locl_op_case_find(c, "C")->got, kept = got[5];
    got[5] += 1e-4f;
    assert_false(locl_op_case_near(c, device, v, text, sizeof text));
    assert_non_null(strstr(text, "C[0,5] = "));
    got[5] = NAN;
    assert_false(locl_op_case_near(c, device, v, text, sizeof text));
    got[5] = kept;
    assert_true(locl_op_case_near(c, device, v, text, sizeof text));
    got[11] = 0;
    assert_false(locl_op_case_near(c, device, v, text, sizeof text));
    assert_non_null(strstr(text, "C[0,11] = "));
    locl_op_case_release(c);
}

static void runs_have_the_same_bits(void **state)
{
    const locl_op *op = locl_op_find("product_dense");
    const char *shape = "layout=tn m=70 n=90 k=3000";
    (void)state;
    for (size_t v = 0; v < op->variants; v++) {
        if (locl_check_skips(op, &op->variant[v], shape)) {
            continue;
        }
        locl_op_case *c = locl_check_make(op->name, shape, 1, LOCL_OP_PLAIN);
        locl_op_tensor *t = locl_op_case_find(c, "C");
        float kept[70 * 90];
        locl_check_run(c, op->variant[v].name);
        memcpy(kept, t->got, sizeof kept);
        locl_check_run(c, op->variant[v].name);
        assert_memory_equal(kept, t->got, sizeof kept);
        locl_op_case_release(c);
    }
}

/* out = X s for X [rows,columns]. */
static void times_vector(const float *x, const double *s, size_t rows, size_t columns, double *out)
{
    for (size_t i = 0; i < rows; i++) {
        out[i] = 0;
        for (size_t j = 0; j < columns; j++) {
            out[i] += (double)x[i * columns + j] * s[j];
        }
    }
}

/* C s = A (B s) for some s: a large product without its reference. */
static void a_large_product_is_associative(void **state)
{
    enum { M = 1024, N = 517, K = 1031 };
    static double s[N], bs[K], abs_[M], cs[M];
    const locl_op *op = locl_op_find("product_dense");
    const char *shape = "m=1024 n=517 k=1031";
    (void)state;
    for (size_t j = 0; j < N; j++) {
        s[j] = sin((double)j);
    }
    for (size_t v = 0; v < op->variants; v++) {
        if (locl_check_small()) {
            continue;
        }
        locl_op_case *c = locl_check_make(op->name, shape, 1, LOCL_OP_PLAIN);
        locl_check_run(c, op->variant[v].name);
        times_vector(locl_op_case_find(c, "B")->in, s, K, N, bs);
        times_vector(locl_op_case_find(c, "A")->in, bs, M, K, abs_);
        times_vector(locl_op_case_find(c, "C")->got, s, M, N, cs);
        for (size_t i = 0; i < M; i++) {
            if (!(fabs(cs[i] - abs_[i]) <= 1e-2)) {
                fail_msg("%s: row %zu: C s = %g, A (B s) = %g", op->variant[v].name, i, cs[i], abs_[i]);
            }
        }
        locl_op_case_release(c);
    }
}

int main(void)
{
    const struct CMUnitTest more[] = {
        cmocka_unit_test(a_spoiled_value_is_noticed),
        cmocka_unit_test(runs_have_the_same_bits),
        cmocka_unit_test(a_large_product_is_associative),
    };
    return locl_check_run_rows("products against the reference", agrees_with_its_reference, wanted, more,
                               sizeof more / sizeof *more);
}
