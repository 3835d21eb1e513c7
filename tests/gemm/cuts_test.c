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
    caps.work_group = caps.work_group < 256 ? caps.work_group : 256;
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

/* A quarter of them (an eighth of other devices' than CPUs) for each shape, another one for the next; with
 * LOCL_TEST_ALL all: building them takes its time. */
static void every_candidate_is_right(void **state)
{
    enum { PARTS = 4, WIDE_PARTS = 8 };
    (void)state;
    for (size_t i = 0; i < SHAPES; i++) {
        locl_trial *trial = NULL;
        locl_error err = {0};
        check_ok(locl_trial_open(locl_check_device(), &shapes[i], NULL, &trial, &err), &err);
        for (int cpu = 0; cpu < 2; cpu++) {
            locl_gemm_cut cuts[LOCL_GEMM_CUTS];
            locl_caps caps = caps_of(cpu);
            size_t count = locl_gemm_cuts(&shapes[i], &caps, cuts);
            size_t parts = cpu ? PARTS : WIDE_PARTS;
            for (size_t c = 0; c < count; c++) {
                bool due = c % parts == i % parts || locl_check_all();
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

/* Cuts that add up in the order of the default one give its bytes; of CPUs' and of others', there are some of each
 * shape. Every third (ninth) is run. */
static void those_alike_have_the_bits_of_the_first(void **state)
{
    enum { PARTS = 3, WIDE_PARTS = 9 };
    (void)state;
    for (size_t i = 0; i < SHAPES; i++) {
        for (int cpu = 0; cpu < 2; cpu++) {
            locl_gemm_cut cuts[LOCL_GEMM_CUTS];
            locl_caps caps = caps_of(cpu);
            locl_trial *trial = NULL;
            locl_error err = {0};
            size_t count = locl_gemm_cuts(&shapes[i], &caps, cuts), alike = 1;
            size_t parts = cpu ? PARTS : WIDE_PARTS;
            check_ok(locl_trial_open(locl_check_device(), &shapes[i], NULL, &trial, &err), &err);
            assert_true(run_cut(trial, &shapes[i], &cuts[0]) == LOCL_TRIAL_SAME_BITS);
            for (size_t c = 1; c < count; c++) {
                bool mine = same_bits(&cuts[0], &cuts[c]);
                bool due = c % parts == i % parts || locl_check_all();
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

/* Whoever changes a number of a tile gets one that is not built, that takes too much of the device, or none. */
static void tiles_that_do_not_fit_are_refused(void **state)
{
    const locl_caps caps = {.units = 8, .work_group = 256, .local_memory = 1 << 15, .wide_items = true};
    const locl_gemm_shape *x = &shapes[7];
    const locl_gemm_cut good = locl_gemm_cut_for(x, &caps);
    locl_caps less = caps;
    locl_gemm_cut cut;
    (void)state;
#define REFUSED(change)                                                                                      \
    cut = good;                                                                                              \
    cut.change;                                                                                              \
    assert_false(locl_gemm_cut_fits(x, &cut, &caps))
    assert_int_equal(good.kernel, LOCL_GEMM_TILES);
    assert_true(locl_gemm_cut_fits(x, &good, &caps));
    REFUSED(group_rows = 96);
    REFUSED(group_batch = 2);
    REFUSED(rows = 0);
    REFUSED(columns = 16);
    REFUSED(k_block = 64);
    REFUSED(buffers = 3);
    REFUSED(side = 16);
    REFUSED(workers = 1);
    REFUSED(slabs = 2);
#undef REFUSED
    less.work_group = locl_gemm_items(&good) - 1;
    assert_false(locl_gemm_cut_fits(x, &good, &less));
    less.work_group = caps.work_group;
    less.local_memory = locl_gemm_local_bytes(&good) - 1;
    assert_false(locl_gemm_cut_fits(x, &good, &less));
}

/* Where sub-groups broadcast, they multiply the same tiles, with the sums that items have alone; nowhere else. */
static void sub_groups_that_broadcast_are_taken(void **state)
{
    locl_caps caps = {.units = 8, .work_group = 256, .local_memory = 1 << 15, .broadcasts = 8};
    const locl_gemm_shape *x = &shapes[7];
    const locl_gemm_cut own = locl_gemm_cut_for(x, &caps);
    locl_gemm_cut cuts[LOCL_GEMM_CUTS];
    size_t with_squares = 0, count = locl_gemm_cuts(x, &caps, cuts);
    (void)state;
    assert_int_equal(own.kernel, LOCL_GEMM_LANES);
    for (size_t i = 0; i < count; i++) {
        const locl_gemm_choice mine = {.solver = &locl_gemm_native, .cut = own},
                               other = {.solver = &locl_gemm_native, .cut = cuts[i]};
        with_squares += cuts[i].kernel == LOCL_GEMM_TILES && locl_gemm_same_bits(&mine, &other);
        assert_true(cuts[i].rows * cuts[i].columns <= (cuts[i].kernel == LOCL_GEMM_LANES ? 32 : 16));
    }
    assert_true(with_squares > 0);
    caps.broadcasts = 0;
    assert_false(locl_gemm_cut_fits(x, &own, &caps));
    assert_int_equal(locl_gemm_cut_for(x, &caps).kernel, LOCL_GEMM_TILES);
}

/* A product on a GPU that nobody measured. */
typedef struct chosen {
    size_t m, n, k, batch, sum;
    size_t units, work_group, local_memory;
    locl_gemm_kernel kernel;
    size_t least_groups, most_rows, least_rows, most_columns;
    bool whole; /* in one slab */
} chosen;

/* Large products get large tiles; those that leave units idle smaller ones, or slabs; narrow ones narrow tiles; and
 * devices what they have room for. */
static void gpus_are_filled(void **state)
{
    static const chosen table[] = {
        {8192, 2048, 2048, 1, 1, 80, 256, 1 << 15, LOCL_GEMM_TILES, 320, 128, 128, 128, true},
        {2048, 512, 512, 1, 1, 80, 256, 1 << 15, LOCL_GEMM_TILES, 160, 64, 32, 64, true},
        {512, 512, 8192, 1, 1, 80, 256, 1 << 15, LOCL_GEMM_TILES, 80, 128, 64, 128, false},
        {64, 64, 512, 1, 128, 80, 256, 1 << 15, LOCL_GEMM_TILES, 80, 64, 32, 64, false},
        {8192, 32, 32, 16, 1, 80, 256, 1 << 15, LOCL_GEMM_TILES, 160, 128, 32, 32, true},
        {128, 10, 512, 1, 1, 80, 256, 1 << 15, LOCL_GEMM_TILES, 8, 32, 32, 32, false},
        {8192, 2048, 2048, 1, 1, 80, 256, 1 << 14, LOCL_GEMM_TILES, 320, 128, 64, 128, true},
        {8192, 2048, 2048, 1, 1, 80, 64, 1 << 15, LOCL_GEMM_TILES, 320, 64, 32, 64, true},
        {8192, 2048, 2048, 1, 1, 80, 32, 1 << 15, LOCL_GEMM_LOCAL, 320, 16, 16, 16, true},
        {8192, 2048, 2048, 1, 1, 80, 256, 1 << 12, LOCL_GEMM_LOCAL, 320, 64, 32, 64, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const chosen *c = &table[i];
        const locl_gemm_shape x = {.m = c->m, .n = c->n, .k = c->k, .batch = c->batch, .sum = c->sum};
        const locl_caps caps = {.units = (cl_uint)c->units,
                                .work_group = c->work_group,
                                .local_memory = c->local_memory,
                                .wide_items = true};
        const locl_gemm_cut cut = locl_gemm_cut_for(&x, &caps);
        if (cut.kernel != c->kernel || locl_gemm_parts(&x, &cut) < c->least_groups ||
            cut.group_rows > c->most_rows || cut.group_rows < c->least_rows ||
            cut.group_columns > c->most_columns || (cut.slabs == 1) != c->whole ||
            locl_gemm_items(&cut) > c->work_group) {
            fail_msg("product %zu: kernel %d, %zu groups of %zux%zu, %zu items, %zu slabs", i,
                     (int)cut.kernel, locl_gemm_parts(&x, &cut), cut.group_rows, cut.group_columns,
                     locl_gemm_items(&cut), cut.slabs);
        }
    }
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
        cmocka_unit_test(tiles_that_do_not_fit_are_refused),
        cmocka_unit_test(sub_groups_that_broadcast_are_taken),
        cmocka_unit_test(gpus_are_filled),
    };
    return cmocka_run_group_tests(tests, NULL, locl_check_close);
}
