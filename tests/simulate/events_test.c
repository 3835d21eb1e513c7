/* The order of events against cases that can be worked out by hand. Times in seconds. */
#include "simulate/events.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MOST = 3 };

typedef struct outcome {
    double seconds, busy[MOST], sent[MOST], got[MOST];
} outcome;

/* Runs stages on devices whose shares are given, with links alike. A batch has 100 bytes, parameters 10. */
static outcome run(size_t stages, size_t devices, const locl_placement_cost *cost, double *share,
                   locl_events_link link)
{
    static const double batch_bytes[MOST] = {100, 100, 100}, values_bytes[MOST] = {10, 10, 10};
    const locl_events_link links[MOST] = {link, link, link};
    const locl_placement_problem problem = {.stages = stages, .devices = devices, .cost = cost};
    const locl_placement placement = {.stages = stages, .devices = devices, .share = share};
    const locl_events events = {.problem = &problem,
                                .placement = &placement,
                                .link = links,
                                .batch_bytes = batch_bytes,
                                .values_bytes = values_bytes,
                                .depth = 2};
    outcome o = {0};
    locl_events_result result = {.busy = o.busy, .sent = o.sent, .got = o.got};
    locl_error err;
    assert_int_equal(locl_events_run(&events, &result, &err), LOCL_OK);
    o.seconds = result.seconds;
    return o;
}

static void near(double got, double want)
{
    if (!(fabs(got - want) < 1e-9)) {
        fail_msg("%g, should be %g", got, want);
    }
}

static const locl_events_link no_link = {.overlap = true};

static void the_slowest_device_sets_the_pace(void **state)
{
    const locl_placement_cost cost[] = {{.whole = 1}, {.whole = 1}, {.whole = 2}, {.whole = 2}};
    double share[] = {1, 0, 0, 1};
    (void)state;
    outcome o = run(2, 2, cost, share, no_link);
    near(o.seconds, 2);
    near(o.busy[0], 1);
    near(o.busy[1], 2);
    near(o.sent[0], 100);
    near(o.got[1], 100);
    near(o.sent[1] + o.got[0], 0);
}

static void stages_of_a_device_follow_each_other(void **state)
{
    const locl_placement_cost cost[] = {{.whole = 1}, {.whole = 1}, {.whole = 2},
                                        {.whole = 2}, {.whole = 4}, {.whole = 4}};
    double share[] = {1, 0, 1, 0, 0, 1};
    (void)state;
    outcome o = run(3, 2, cost, share, no_link);
    near(o.seconds, 4);
    near(o.busy[0], 3);
}

static void a_copy_costs_its_device_only_where_it_does_not_overlap(void **state)
{
    const locl_placement_cost cost[] = {{.whole = 1}, {.whole = 1}, {.whole = 1}, {.whole = 1}};
    double share[] = {1, 0, 0, 1};
    locl_events_link link = {.latency = 0.1, .per_byte = 0.002, .overlap = true};
    (void)state;
    near(run(2, 2, cost, share, link).seconds, 1);
    link.overlap = false; /* 0.1 + 100 * 0.002 of each end's time */
    near(run(2, 2, cost, share, link).seconds, 1.3);
}

/* A link that takes longer than its devices is what a step waits for. */
static void a_slow_link_sets_the_pace(void **state)
{
    const locl_placement_cost cost[] = {{.whole = 1}, {.whole = 1}, {.whole = 1}, {.whole = 1}};
    double share[] = {1, 0, 0, 1};
    const locl_events_link link = {.per_byte = 0.02, .overlap = true};
    (void)state;
    near(run(2, 2, cost, share, link).seconds, 4); /* both ends, one after the other */
}

static void a_shared_stage_waits_for_its_exchange(void **state)
{
    const locl_placement_cost cost[] = {{.part = 0.1, .rows = 1, .update = 0.2},
                                        {.part = 0.1, .rows = 2, .update = 9}};
    double share[] = {0.75, 0.25};
    const locl_events_link link = {.per_byte = 0.01, .overlap = true};
    (void)state;
    outcome o = run(1, 2, cost, share, link);
    /* The owner works 0.1 + 0.75 at once after an update. The other gets the parameters, 10 bytes over both links,
     * works 0.1 + 0.5, and sends its gradient, which is later. Then the update. */
    near(o.busy[0], 0.1 + 0.75 + 0.2);
    near(o.busy[1], 0.1 + 0.5);
    near(o.seconds, 0.2 + 0.6 + 0.2 + 0.2);
    near(o.sent[1], 10);
    near(o.got[1], 10);
}

/* Rows go to those who have them in the next stage, and no others. */
static void rows_go_where_they_are_needed(void **state)
{
    const locl_placement_cost cost[] = {
        {.whole = 1, .rows = 1}, {.whole = 1, .rows = 1}, {.whole = 1, .rows = 1}, {.whole = 1, .rows = 1}};
    double share[] = {0.5, 0.5, 0.25, 0.75};
    (void)state;
    outcome o = run(2, 2, cost, share, no_link);
    assert_true(fabs(o.sent[0] - (25 + 2 * 10)) <
                1e-9);       /* a quarter of the batch, parameters of both stages */
    near(o.sent[1], 2 * 10); /* gradients */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_slowest_device_sets_the_pace),
        cmocka_unit_test(stages_of_a_device_follow_each_other),
        cmocka_unit_test(a_copy_costs_its_device_only_where_it_does_not_overlap),
        cmocka_unit_test(a_slow_link_sets_the_pace),
        cmocka_unit_test(a_shared_stage_waits_for_its_exchange),
        cmocka_unit_test(rows_go_where_they_are_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
