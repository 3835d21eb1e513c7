/* Policies against brute force on small random problems, and placements as a person gives them. */
#include "sched/placement.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 6 };

static uint32_t state_of_random = 12345;

static double random_number(void)
{
    state_of_random = state_of_random * 1664525u + 1013904223u;
    return (double)(1 + (state_of_random >> 16) % 20);
}

static double slowest(const locl_placement_problem *p, const size_t *device)
{
    double worst = 0;
    for (size_t d = 0; d < p->devices; d++) {
        double cost = 0;
        for (size_t s = 0; s < p->stages; s++) {
            cost += device[s] == d ? p->cost[s] : 0;
        }
        worst = cost / p->speed[d] > worst ? cost / p->speed[d] : worst;
    }
    return worst;
}

/* Least time over all ascending placements that leave no device empty where there are stages for all. */
static double best_ascending(const locl_placement_problem *p, size_t stage, size_t used, size_t *device)
{
    size_t needed = p->devices < p->stages ? p->devices : p->stages;
    if (stage == p->stages) {
        return used == needed ? slowest(p, device) : -1;
    }
    double best = -1;
    for (size_t d = used ? used - 1 : 0; d <= used && d < needed; d++) {
        device[stage] = d;
        double time = best_ascending(p, stage + 1, d + 1, device);
        best = time >= 0 && (best < 0 || time < best) ? time : best;
    }
    return best;
}

static void check_policy(const locl_policy *policy, const locl_placement_problem *p)
{
    size_t device[MOST], trial[MOST];
    assert_int_equal(policy->place(p, device, NULL), LOCL_OK);
    for (size_t s = 0; s < p->stages; s++) {
        assert_in_range(device[s], 0, p->devices - 1);
        assert_true(s == 0 || device[s] == device[s - 1] || device[s] == device[s - 1] + 1);
    }
    assert_float_equal(slowest(p, device), best_ascending(p, 0, 0, trial), 1e-9);
}

static void policies_find_the_best(void **state)
{
    (void)state;
    for (int i = 0; i < 3000; i++) {
        double cost[MOST], values[MOST], speed[MOST];
        locl_placement_problem p = {(size_t)i % MOST + 1, (size_t)i / MOST % MOST + 1, cost, values, speed};
        for (size_t j = 0; j < MOST; j++) {
            cost[j] = random_number();
            values[j] = random_number();
            speed[j] = random_number();
        }
        for (size_t j = 0; locl_policies[j]; j++) {
            check_policy(locl_policies[j], &p);
        }
    }
}

static void policies_have_names(void **state)
{
    (void)state;
    assert_non_null(locl_policies[0]);
    for (size_t i = 0; locl_policies[i]; i++) {
        assert_true(locl_policies[i]->name[0] && locl_policies[i]->summary[0]);
    }
}

static void ties_go_to_fewer_values(void **state)
{
    (void)state;
    const double cost[] = {2, 2, 2}, values[] = {1, 1, 9}, speed[] = {1, 1};
    locl_placement_problem p = {3, 2, cost, values, speed};
    size_t device[3];
    assert_int_equal(locl_policy_chain.place(&p, device, NULL), LOCL_OK);
    assert_int_equal(device[0], 0);
    assert_int_equal(device[1], 0);
    assert_int_equal(device[2], 1);
}

/* Blocks 0 and 1 as stages of their own, 2 and 3 as one. */
static locl_status give(const locl_placement_entry *entries, size_t count, size_t device[3], locl_error *err)
{
    const size_t first[] = {0, 1, 2}, last[] = {1, 2, 4};
    *err = (locl_error){0};
    return locl_placement_given(entries, count, 3, first, last, 2, device, err);
}

static void given_placements_are_taken(void **state)
{
    (void)state;
    const locl_placement_entry entries[] = {
        {.blocks = {3, 0, 2}, .block_count = 3, .devices = {1}, .device_count = 1},
        {.blocks = {1}, .block_count = 1, .devices = {0}, .device_count = 1},
    };
    size_t device[3];
    locl_error err;
    assert_int_equal(give(entries, 2, device, &err), LOCL_OK);
    assert_int_equal(device[0], 1);
    assert_int_equal(device[1], 0);
    assert_int_equal(device[2], 1);
}

static void expect_error(const locl_placement_entry *entries, size_t count, const char *text)
{
    size_t device[3];
    locl_error err;
    assert_int_equal(give(entries, count, device, &err), LOCL_E_CONFIG);
    if (!strstr(err.message, text)) {
        fail_msg("'%s' is not in: %s", text, err.message);
    }
}

static void given_placements_are_checked(void **state)
{
    (void)state;
    locl_placement_entry e[2] = {
        {.blocks = {0, 1, 2, 3}, .block_count = 4, .devices = {0}, .device_count = 1},
        {.blocks = {2}, .block_count = 1, .devices = {1}, .device_count = 1}};
    expect_error(e, 2, "block 2 is named twice");
    e[0].block_count = 3;
    expect_error(e, 1, "block 3 has no device");
    e[1].blocks[0] = 3;
    expect_error(e, 2, "blocks 2 to 3 run as one");
    e[0].block_count = 4;
    e[0].devices[0] = 2;
    expect_error(e, 1, "there is no device 2, 2 are selected");
    e[0].device_count = 0;
    expect_error(e, 1, "block 0 has no device");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(policies_have_names),          cmocka_unit_test(policies_find_the_best),
        cmocka_unit_test(ties_go_to_fewer_values),      cmocka_unit_test(given_placements_are_taken),
        cmocka_unit_test(given_placements_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
