/* Every candidate that a tuner may choose computes what it should, on products with edges in all directions; and cuts
 * that do not fit are refused. */
#include "gemm/policy.h"
#include "gemm/solver.h"
#include "support/kernel_check.h"
#include "tune/trial.h"

#include <string.h>

/* Small, with rests in each direction; `tall` and long sums are cut into slabs. */
static const locl_gemm_shape shapes[] = {
    {.m = 61, .n = 83, .k = 270, .lda = 270, .ldb = 83, .ldc = 83, .batch = 1, .sum = 1},
    {.ta = true, .m = 61, .n = 83, .k = 1300, .lda = 61, .ldb = 83, .ldc = 83, .batch = 1, .sum = 1},
    {.tb = true, .m = 61, .n = 83, .k = 270, .lda = 270, .ldb = 270, .ldc = 83, .batch = 1, .sum = 1},
    {.ta = true,
     .tb = true,
     .m = 61,
     .n = 83,
     .k = 270,
     .lda = 61,
     .ldb = 270,
     .ldc = 83,
     .batch = 1,
     .sum = 1},
    {.m = 133,
     .n = 20,
     .k = 12,
     .lda = 60,
     .ldb = 20,
     .ldc = 100,
     .batch = 5,
     .stride_a = 12,
     .stride_b = 240,
     .stride_c = 20,
     .sum = 1},
    {.tb = true,
     .m = 19,
     .n = 23,
     .k = 150,
     .lda = 150,
     .ldb = 150,
     .ldc = 23,
     .batch = 1,
     .sum = 13,
     .sum_a = 2850,
     .sum_b = 3450},
    {.ta = true,
     .m = 16,
     .n = 40,
     .k = 16,
     .lda = 16,
     .ldb = 40,
     .ldc = 40,
     .batch = 6,
     .stride_b = 640,
     .stride_c = 640,
     .sum = 1},
    {.m = 520, .n = 600, .k = 40, .lda = 40, .ldb = 600, .ldc = 600, .batch = 1, .sum = 1},
};
enum { SHAPES = sizeof shapes / sizeof shapes[0] };

static void check_ok(locl_status status, const locl_error *err)
{
    if (status != LOCL_OK) {
        fail_msg("%s: %s", err->where, err->message);
    }
}

/* A device's caps, as a CPU's and as another's. */
static locl_caps caps_of(bool cpu)
{
    locl_caps caps = locl_check_device()->caps;
    caps.cpu = cpu;
    caps.work_group = caps.work_group < 16 ? caps.work_group : 16;
    return caps;
}

static locl_trial_verdict run_cut(locl_trial *trial, const locl_gemm_shape *shape, const locl_gemm_cut *cut)
{
    const locl_gemm_choice choice = {.shape = *shape, .solver = &locl_gemm_native, .cut = *cut};
    locl_trial_runner *runner = NULL;
    locl_error err = {0};
    locl_trial_verdict verdict;
    check_ok(locl_trial_runner_open(trial, &choice, &runner, &err), &err);
    check_ok(locl_trial_check(runner, &verdict, &err), &err);
    locl_trial_runner_close(runner);
    return verdict;
}

/* A quarter of them for each shape, another one for the next; with LOCL_TEST_ALL all: building them takes its time. */
static void every_candidate_is_right(void **state)
{
    enum { PARTS = 4 };
    (void)state;
    for (size_t i = 0; i < SHAPES; i++) {
        locl_trial *trial = NULL;
        locl_error err = {0};
        check_ok(locl_trial_open(locl_check_device(), &shapes[i], NULL, &trial, &err), &err);
        for (int cpu = 0; cpu < 2; cpu++) {
            locl_gemm_cut cuts[LOCL_GEMM_CUTS];
            locl_caps caps = caps_of(cpu);
            size_t count = locl_gemm_cuts(&shapes[i], &caps, cuts);
            for (size_t c = 0; c < count; c++) {
                bool due = c % PARTS == i % PARTS || locl_check_all();
                if (due && run_cut(trial, &shapes[i], &cuts[c]) == LOCL_TRIAL_WRONG) {
                    fail_msg("shape %zu, %s: candidate %zu is wrong", i, cpu ? "CPU" : "other", c);
                }
            }
        }
        locl_trial_close(trial);
    }
}

static bool same_bits(const locl_gemm_cut *x, const locl_gemm_cut *y)
{
    const locl_gemm_choice a = {.solver = &locl_gemm_native, .cut = *x},
                           b = {.solver = &locl_gemm_native, .cut = *y};
    return locl_gemm_same_bits(&a, &b);
}

/* Cuts that add up in the order of the default one give its bytes; of CPUs' and of others', there are some of each shape.
 * Every third is run. */
static void those_alike_have_the_bits_of_the_first(void **state)
{
    enum { PARTS = 3 };
    (void)state;
    for (size_t i = 0; i < SHAPES; i++) {
        for (int cpu = 0; cpu < 2; cpu++) {
            locl_gemm_cut cuts[LOCL_GEMM_CUTS];
            locl_caps caps = caps_of(cpu);
            locl_trial *trial = NULL;
            locl_error err = {0};
            size_t count = locl_gemm_cuts(&shapes[i], &caps, cuts), alike = 1;
            check_ok(locl_trial_open(locl_check_device(), &shapes[i], NULL, &trial, &err), &err);
            assert_true(run_cut(trial, &shapes[i], &cuts[0]) == LOCL_TRIAL_SAME_BITS);
            for (size_t c = 1; c < count; c++) {
                bool mine = same_bits(&cuts[0], &cuts[c]);
                bool due = c % PARTS == i % PARTS || locl_check_all();
                alike += mine;
                if (mine && due && run_cut(trial, &shapes[i], &cuts[c]) != LOCL_TRIAL_SAME_BITS) {
                    fail_msg("shape %zu, %s: candidate %zu has other bits", i, cpu ? "CPU" : "other", c);
                }
            }
            assert_true(alike >= (cpu ? 6 : 2));
            locl_trial_close(trial);
        }
    }
}

/* What counts: engine, kind of kernel, slabs and blocks of k, where there is more than one. */
static void other_sums_are_told_apart(void **state)
{
    locl_caps caps = caps_of(true), wide = caps_of(false);
    const locl_gemm_cut own = locl_gemm_cut_for(&shapes[1], &caps),
                        local = locl_gemm_cut_for(&shapes[1], &wide);
    const locl_gemm_choice native = {.solver = &locl_gemm_native, .cut = own},
                           clblast = {.solver = &locl_gemm_clblast};
    locl_gemm_cut cut = own;
    (void)state;
    assert_true(same_bits(&own, &own));
    assert_false(locl_gemm_same_bits(&native, &clblast));
    assert_false(same_bits(&own, &local));
    cut.kernel = LOCL_GEMM_PACKED;
    cut.rows = 12;
    cut.group_rows = 7;
    assert_true(same_bits(&own, &cut));
    cut.k_block = own.k_block == 128 ? 256 : 128;
    assert_int_equal(same_bits(&own, &cut), own.k_step <= 128);
    cut = own;
    cut.slabs++;
    assert_false(same_bits(&own, &cut));
}

/* The trial notices a product that is not the right one: here, of half of k. */
static void a_wrong_product_is_noticed(void **state)
{
    locl_gemm_shape shape = shapes[7];
    locl_caps caps = caps_of(true);
    locl_gemm_cut cut = locl_gemm_cut_for(&shape, &caps);
    locl_trial *trial = NULL;
    locl_error err = {0};
    (void)state;
    check_ok(locl_trial_open(locl_check_device(), &shape, NULL, &trial, &err), &err);
    assert_true(run_cut(trial, &shape, &cut) == LOCL_TRIAL_SAME_BITS);
    cut.k_step = 20; /* the second slab goes nowhere: it is not fitting, and refused, */
    assert_false(locl_gemm_cut_fits(&shape, &cut, &caps));
    assert_true(run_cut(trial, &shape, &cut) ==
                LOCL_TRIAL_SAME_BITS); /* so that the product is computed as nobody measured */
    locl_trial_close(trial);
}

static void the_first_is_what_nobody_measured_and_none_is_there_twice(void **state)
{
    (void)state;
    for (size_t i = 0; i < SHAPES; i++) {
        for (int cpu = 0; cpu < 2; cpu++) {
            locl_gemm_cut cuts[LOCL_GEMM_CUTS];
            locl_caps caps = caps_of(cpu);
            size_t count = locl_gemm_cuts(&shapes[i], &caps, cuts);
            locl_gemm_cut own = locl_gemm_cut_for(&shapes[i], &caps);
            assert_true(count > 1 && count < LOCL_GEMM_CUTS);
            assert_true(locl_gemm_same_cut(&cuts[0], &own));
            for (size_t c = 0; c < count; c++) {
                assert_true(locl_gemm_cut_fits(&shapes[i], &cuts[c], &caps));
                for (size_t d = 0; d < c; d++) {
                    assert_false(locl_gemm_same_cut(&cuts[c], &cuts[d]));
                }
            }
        }
    }
}

static void cuts_that_do_not_fit_are_refused(void **state)
{
    const locl_caps caps = caps_of(true);
    const locl_gemm_shape *x = &shapes[1]; /* tn */
    const locl_gemm_cut good = locl_gemm_cut_for(x, &caps);
    locl_gemm_cut cut;
    (void)state;
#define REFUSED(change)                                                                                      \
    cut = good;                                                                                              \
    cut.change;                                                                                              \
    assert_false(locl_gemm_cut_fits(x, &cut, &caps))
    assert_true(locl_gemm_cut_fits(x, &good, &caps));
    REFUSED(kernel = LOCL_GEMM_UNCUT);
    REFUSED(kernel = LOCL_GEMM_LOCAL);
    REFUSED(kernel = LOCL_GEMM_PACKED); /* without workers */
    REFUSED(pack_b = true);
    REFUSED(transpose_b = true);
    REFUSED(rows = 7);
    REFUSED(columns = 64);
    REFUSED(k_block = 100);
    REFUSED(group_rows = 0);
    REFUSED(group_columns = SIZE_MAX);
    REFUSED(group_batch = 2);
    REFUSED(k_step = 0);
    REFUSED(k_step = 1301);
    REFUSED(s_step = 2);
    REFUSED(slabs = good.slabs + 1);
#undef REFUSED
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_candidate_is_right),
        cmocka_unit_test(those_alike_have_the_bits_of_the_first),
        cmocka_unit_test(other_sums_are_told_apart),
        cmocka_unit_test(a_wrong_product_is_noticed),
        cmocka_unit_test(the_first_is_what_nobody_measured_and_none_is_there_twice),
        cmocka_unit_test(cuts_that_do_not_fit_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, locl_check_close);
}
