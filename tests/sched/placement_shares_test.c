/* Stages placed by what they take, cut within a stage where that helps, and what is predicted of it. */
#include "sched/placement.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MOST = 5 };

/* A problem of which whole[stages][devices] is known; sharing costs `fixed`, an update `update`. */
typedef struct setup {
    locl_placement_cost cost[MOST * MOST];
    double bytes[MOST], limits[MOST];
    locl_placement_problem problem;
} setup;

static void set_up(setup *s, size_t stages, size_t devices, const double *whole, double fixed, double update)
{
    *s = (setup){.problem = {.stages = stages, .devices = devices, .least = 1.0 / 128}};
    for (size_t i = 0; i < stages * devices; i++) {
        s->cost[i] = (locl_placement_cost){
            .whole = whole[i], .part = fixed, .rows = whole[i] - update, .update = update};
    }
    for (size_t i = 0; i < MOST; i++) {
        s->bytes[i] = 1;
        s->limits[i] = 100;
    }
    s->problem.cost = s->cost;
    s->problem.bytes = s->bytes;
    s->problem.limits = s->limits;
}

static locl_placement place(const locl_placement_problem *p)
{
    locl_placement out;
    locl_error err;
    assert_int_equal(locl_placement_create(p->stages, p->devices, &out, &err), LOCL_OK);
    assert_int_equal(locl_policy_shares.place(p, &out, &err), LOCL_OK);
    for (size_t k = 0; k < p->stages; k++) {
        double sum = 0;
        for (size_t d = 0; d < p->devices; d++) {
            assert_true(out.share[k * p->devices + d] >= 0);
            sum += out.share[k * p->devices + d];
        }
        assert_float_equal(sum, 1, 1e-9);
    }
    return out;
}

static void expect_share(const locl_placement *p, size_t stage, size_t device, double share)
{
    assert_true(fabs(p->share[stage * p->devices + device] - share) < 0.02);
}

/* The first block is small, as in a network whose first has no token layer: 13 units for two devices. */
static void two_equal_devices_are_both_busy(void **state)
{
    (void)state;
    const double whole[] = {1, 1, 4, 4, 4, 4, 4, 4};
    double busy[2];
    setup s;
    set_up(&s, 4, 2, whole, 0, 0);
    locl_placement p = place(&s.problem);
    assert_float_equal(locl_placement_predict(&s.problem, &p, busy), 6.5, 0.01);
    assert_float_equal(busy[0], 6.5, 0.01);
    assert_float_equal(busy[1], 6.5, 0.01);
    expect_share(&p, 1, 0, 1);
    expect_share(&p, 2, 0, 0.375);
    expect_share(&p, 3, 1, 1);
    locl_placement_release(&p);
}

static void a_slow_device_gets_less(void **state)
{
    (void)state;
    const double whole[] = {3, 1, 12, 4, 12, 4, 12, 4};
    setup s;
    set_up(&s, 4, 2, whole, 0, 0);
    locl_placement p = place(&s.problem);
    assert_float_equal(locl_placement_predict(&s.problem, &p, NULL), 13 * 0.75, 0.01);
    locl_placement_release(&p);
}

/* A part that costs as much as it spares is not made. */
static void costly_parts_are_not_made(void **state)
{
    (void)state;
    const double whole[] = {1, 1, 4, 4, 4, 4, 4, 4};
    size_t device;
    setup s;
    set_up(&s, 4, 2, whole, 4, 0);
    locl_placement p = place(&s.problem);
    for (size_t k = 0; k < 4; k++) {
        assert_true(locl_placement_is_whole(&p, k, &device));
    }
    assert_float_equal(locl_placement_predict(&s.problem, &p, NULL), 8, 0.01);
    locl_placement_release(&p);
    set_up(&s, 4, 2, whole, INFINITY, 0);
    p = place(&s.problem);
    assert_float_equal(locl_placement_predict(&s.problem, &p, NULL), 8, 0.01);
    locl_placement_release(&p);
}

/* One stage is shared by all; its update comes after all gradients and is nobody's alone. */
static void one_stage_is_shared_by_all(void **state)
{
    (void)state;
    const double whole[] = {13, 7, 4};
    setup s;
    set_up(&s, 1, 3, whole, 0, 1);
    locl_placement p = place(&s.problem);
    const double rate = 1.0 / 12 + 1.0 / 6 + 1.0 / 3;
    expect_share(&p, 0, 0, 1.0 / 12 / rate);
    expect_share(&p, 0, 2, 1.0 / 3 / rate);
    assert_true(fabs(locl_placement_predict(&s.problem, &p, NULL) - 1 / rate - 1) < 0.01);
    locl_placement_release(&p);
}

static void memory_counts(void **state)
{
    (void)state;
    const double whole[] = {1, 1, 1, 1, 1, 1};
    setup s;
    set_up(&s, 3, 2, whole, 0, 0);
    s.limits[0] = 1;
    locl_placement p = place(&s.problem);
    expect_share(&p, 0, 0, 1);
    expect_share(&p, 1, 1, 1);
    expect_share(&p, 2, 1, 1);
    locl_placement_release(&p);
}

/* Never slower than whole stages in a chain, and no faster than the devices' rates allow. */
static void any_problem(void **state)
{
    (void)state;
    locl_error err;
    srand(5);
    for (int i = 0; i < 400; i++) {
        size_t stages = 1 + (size_t)rand() % MOST, devices = 1 + (size_t)rand() % MOST;
        double whole[MOST * MOST], speed[MOST], work[MOST], all = 0, rate = 0;
        setup s;
        for (size_t d = 0; d < devices; d++) {
            speed[d] = 1 + rand() % 4;
            rate += speed[d];
        }
        for (size_t k = 0; k < stages; k++) {
            work[k] = 1 + rand() % 9;
            all += work[k];
            for (size_t d = 0; d < devices; d++) {
                whole[k * devices + d] = work[k] / speed[d];
            }
        }
        set_up(&s, stages, devices, whole, 0, 0);
        s.problem.seconds = whole;
        locl_placement shared = place(&s.problem), chain;
        assert_int_equal(locl_placement_create(stages, devices, &chain, &err), LOCL_OK);
        assert_int_equal(locl_policy_chain.place(&s.problem, &chain, &err), LOCL_OK);
        double period = locl_placement_predict(&s.problem, &shared, NULL);
        assert_true(period <= locl_placement_predict(&s.problem, &chain, NULL) * 1.02);
        assert_true(period >= all / rate * (1 - 1e-9));
        locl_placement_release(&shared);
        locl_placement_release(&chain);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_equal_devices_are_both_busy),
        cmocka_unit_test(a_slow_device_gets_less),
        cmocka_unit_test(costly_parts_are_not_made),
        cmocka_unit_test(one_stage_is_shared_by_all),
        cmocka_unit_test(memory_counts),
        cmocka_unit_test(any_problem),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
