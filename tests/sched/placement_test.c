/* Policies against brute force on small random problems, and placements as a person gives them. */
#include "sched/placement.h"

#include <math.h>
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

/* What brute force looks for. */
typedef struct trial {
    const locl_placement_problem *problem;
    bool limited; /* the limits hold */
    size_t device[MOST];
} trial;

/* Seconds of the slowest device; -1 where a limit that should hold does not. */
static double slowest(const trial *t)
{
    const locl_placement_problem *p = t->problem;
    double worst = 0;
    for (size_t d = 0; d < p->devices; d++) {
        double seconds = 0, bytes = 0;
        for (size_t s = 0; s < p->stages; s++) {
            seconds += t->device[s] == d ? p->seconds[s * p->devices + d] : 0;
            bytes += t->device[s] == d ? p->bytes[s] : 0;
        }
        if (t->limited && bytes > p->limits[d]) {
            return -1;
        }
        worst = seconds > worst ? seconds : worst;
    }
    return worst;
}

/* Least time over all ascending placements that leave no device empty where there are stages for all; -1:
 * there is none that the limits allow. */
static double best_ascending(trial *t, size_t stage, size_t used)
{
    const locl_placement_problem *p = t->problem;
    size_t needed = p->devices < p->stages ? p->devices : p->stages;
    if (stage == p->stages) {
        return used == needed ? slowest(t) : -1;
    }
    double best = -1;
    for (size_t d = used ? used - 1 : 0; d <= used && d < needed; d++) {
        t->device[stage] = d;
        double time = best_ascending(t, stage + 1, d + 1);
        best = time >= 0 && (best < 0 || time < best) ? time : best;
    }
    return best;
}

/* The device of each stage, each of which is one device's alone. */
static void place(const locl_policy *policy, const locl_placement_problem *p, size_t device[MOST])
{
    locl_error err;
    locl_placement out;
    assert_int_equal(locl_placement_create(p->stages, p->devices, &out, &err), LOCL_OK);
    assert_int_equal(policy->place(p, &out, &err), LOCL_OK);
    for (size_t s = 0; s < p->stages; s++) {
        assert_true(locl_placement_is_whole(&out, s, &device[s]));
    }
    locl_placement_release(&out);
}

/* Returns whether the limits made a difference. */
static bool check_policy(const locl_policy *policy, const locl_placement_problem *p)
{
    trial chosen = {.problem = p}, all = {.problem = p}, allowed = {.problem = p, .limited = true};
    place(policy, p, chosen.device);
    for (size_t s = 0; s < p->stages; s++) {
        assert_in_range(chosen.device[s], 0, p->devices - 1);
        assert_true(s == 0 || chosen.device[s] == chosen.device[s - 1] ||
                    chosen.device[s] == chosen.device[s - 1] + 1);
    }
    double best = best_ascending(&allowed, 0, 0), unlimited = best_ascending(&all, 0, 0);
    chosen.limited = best >= 0;
    assert_true(fabs(slowest(&chosen) - (best >= 0 ? best : unlimited)) < 1e-9);
    return best > unlimited;
}

static void policies_find_the_best(void **state)
{
    (void)state;
    size_t limited = 0;
    for (int i = 0; i < 3000; i++) {
        double seconds[MOST * MOST], bytes[MOST], limits[MOST];
        locl_placement_problem p = {.stages = (size_t)i % MOST + 1,
                                    .devices = (size_t)i / MOST % MOST + 1,
                                    .seconds = seconds,
                                    .bytes = bytes,
                                    .limits = limits};
        for (size_t j = 0; j < MOST * MOST; j++) {
            seconds[j] = random_number();
        }
        for (size_t j = 0; j < MOST; j++) {
            bytes[j] = random_number();
            limits[j] = 3 * random_number();
        }
        for (size_t j = 0; locl_policies[j]; j++) {
            limited += check_policy(locl_policies[j], &p);
        }
    }
    assert_true(limited > 100);
}

static void policies_have_names(void **state)
{
    (void)state;
    assert_non_null(locl_policies[0]);
    for (size_t i = 0; locl_policies[i]; i++) {
        assert_true(locl_policies[i]->name[0] && locl_policies[i]->summary[0]);
    }
}

/* Three stages of 2 s on each of two devices. */
static void place_three(const double bytes[3], const double limits[2], size_t device[MOST])
{
    const double seconds[] = {2, 2, 2, 2, 2, 2};
    locl_placement_problem p = {
        .stages = 3, .devices = 2, .seconds = seconds, .bytes = bytes, .limits = limits};
    place(&locl_policy_chain, &p, device);
}

static void ties_go_to_fewer_bytes(void **state)
{
    (void)state;
    size_t device[MOST];
    place_three((const double[]){1, 1, 9}, (const double[]){99, 99}, device);
    assert_int_equal(device[0], 0);
    assert_int_equal(device[1], 0);
    assert_int_equal(device[2], 1);
}

static void limits_come_before_time(void **state)
{
    (void)state;
    size_t device[MOST];
    place_three((const double[]){1, 1, 9}, (const double[]){1, 99}, device);
    assert_int_equal(device[1], 1);
    place_three((const double[]){1, 1, 9}, (const double[]){0, 0}, device); /* none fits: as without limits */
    assert_int_equal(device[1], 0);
}

/* Each stage as fast as its device is at this stage. */
static void measured_seconds_decide(void **state)
{
    (void)state;
    const double seconds[] = {1, 9, 1, 9, 9, 1, 9, 1}, bytes[] = {0, 0, 0, 0}, limits[] = {1, 1};
    locl_placement_problem p = {
        .stages = 4, .devices = 2, .seconds = seconds, .bytes = bytes, .limits = limits};
    size_t device[MOST];
    place(&locl_policy_chain, &p, device);
    for (size_t s = 0; s < 4; s++) {
        assert_int_equal(device[s], s / 2);
    }
}

/* Blocks 0 and 1 as stages of their own, 2 and 3 as one, on two devices. */
static locl_status give(const locl_placement_entry *entries, size_t count, locl_placement *out,
                        locl_error *err)
{
    const size_t first[] = {0, 1, 2}, last[] = {1, 2, 4};
    *err = (locl_error){0};
    assert_int_equal(locl_placement_create(3, 2, out, err), LOCL_OK);
    return locl_placement_given(entries, count, first, last, out, err);
}

static void given_placements_are_taken(void **state)
{
    (void)state;
    const locl_placement_entry entries[] = {
        {.blocks = {3, 0, 2}, .block_count = 3, .devices = {1}, .device_count = 1},
        {.blocks = {1}, .block_count = 1, .devices = {0}, .device_count = 1},
    };
    const size_t expected[] = {1, 0, 1};
    locl_placement out;
    locl_error err;
    assert_int_equal(give(entries, 2, &out, &err), LOCL_OK);
    for (size_t s = 0; s < 3; s++) {
        size_t device;
        assert_true(locl_placement_is_whole(&out, s, &device));
        assert_int_equal(device, expected[s]);
    }
    locl_placement_release(&out);
}

/* Shares of a stage sum to 1; such a stage is no device's alone. */
static void several_devices_share(void **state)
{
    (void)state;
    const locl_placement_entry entries[] = {
        {.blocks = {0, 1}, .block_count = 2, .devices = {0}, .device_count = 1},
        {.blocks = {2, 3}, .block_count = 2, .devices = {1, 0}, .device_count = 2},
    };
    locl_placement out;
    locl_error err;
    size_t device;
    assert_int_equal(give(entries, 2, &out, &err), LOCL_OK);
    assert_true(locl_placement_is_whole(&out, 1, &device));
    assert_false(locl_placement_is_whole(&out, 2, &device));
    assert_float_equal(out.share[4], 0.5, 0);
    assert_float_equal(out.share[5], 0.5, 0);
    locl_placement_release(&out);
}

static void expect_error(const locl_placement_entry *entries, size_t count, const char *text)
{
    locl_placement out;
    locl_error err;
    assert_int_equal(give(entries, count, &out, &err), LOCL_E_CONFIG);
    locl_placement_release(&out);
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
    expect_error(e, 2, "placement[1].blocks: found block 2 a second time");
    e[0].block_count = 3;
    expect_error(e, 1, "placement: block 3 has no place");
    e[1].blocks[0] = 3;
    expect_error(
        e, 2,
        "blocks 2 to 3 run as one under this rule, but block 3 has other devices or shares than block 2");
    e[0].block_count = 4;
    e[0].devices[0] = 2;
    expect_error(e, 1, "placement[0].devices: found device 2, should be from 0 to 1");
    e[0].device_count = 0;
    expect_error(e, 1, "placement[0]: devices is missing");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(policies_have_names),     cmocka_unit_test(policies_find_the_best),
        cmocka_unit_test(ties_go_to_fewer_bytes),  cmocka_unit_test(limits_come_before_time),
        cmocka_unit_test(measured_seconds_decide), cmocka_unit_test(given_placements_are_taken),
        cmocka_unit_test(several_devices_share),   cmocka_unit_test(given_placements_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
