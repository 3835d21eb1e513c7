/* Runners in turns: who is sampled when, how often, and what is made of it. Time is made up. */
#include "check/race.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Takes a second for each replay, and `slower` more from one sample to the next. */
typedef struct clockwork {
    char name;
    double slower;
    size_t samples, fails; /* fails: the sample that does; 0: none */
    char *log;             /* of all */
} clockwork;

static locl_status sample(void *user, size_t replays, double *seconds, locl_error *err)
{
    clockwork *c = user;
    size_t end = strlen(c->log);
    c->log[end] = c->name;
    c->log[end + 1] = '\0';
    *seconds = (double)replays * (1 + c->slower * (double)c->samples);
    c->samples++;
    return c->samples == c->fails ? locl_fail(err, LOCL_E_FAILED, "it broke") : LOCL_OK;
}

static void replays_double_until_a_sample_is_long_enough(void **state)
{
    char log[64] = "";
    clockwork c = {.name = 'a', .log = log};
    locl_race_runner r = {.sample = sample, .user = &c, .least = 5};
    locl_error err;
    (void)state;
    assert_int_equal(locl_race_calibrate(&r, 1, &err), LOCL_OK);
    assert_int_equal(r.replays, 8);
    assert_int_equal(r.samples, 0);
    assert_string_equal(log, "aaaaa"); /* twice to warm up, then 2, 4 and 8 */
}

static void runners_take_turns(void **state)
{
    char log[64] = "";
    clockwork a = {.name = 'a', .log = log}, b = {.name = 'b', .log = log};
    locl_race_runner r[2] = {{.sample = sample, .user = &a, .replays = 1},
                             {.sample = sample, .user = &b, .replays = 4, .most = 2}};
    const locl_race_options options = {.rounds = 3};
    locl_error err;
    (void)state;
    assert_int_equal(locl_race_run(r, 2, &options, &err), LOCL_OK);
    assert_string_equal(log, "ababa"); /* two of b are enough */
    assert_int_equal(r[0].samples, 3);
    assert_int_equal(r[1].samples, 2);
    assert_true(r[1].seconds[0] == 1); /* of one replay */
    locl_race_release(r, 2);
}

static void what_fails_ends_it(void **state)
{
    char log[64] = "";
    clockwork a = {.name = 'a', .log = log, .fails = 2};
    locl_race_runner r = {.sample = sample, .user = &a, .replays = 1};
    const locl_race_options options = {.rounds = 3};
    locl_error err;
    (void)state;
    assert_int_equal(locl_race_run(&r, 1, &options, &err), LOCL_E_FAILED);
    assert_string_equal(err.message, "it broke");
    assert_int_equal(r.samples, 1);
    locl_race_release(&r, 1);
}

static void quartiles_on_paper(void **state)
{
    double values[] = {9, 1, 5, 3, 7, 2, 8, 4, 6}, one = 3;
    locl_spread s = locl_spread_of(values, 9), alone = locl_spread_of(&one, 1);
    (void)state;
    assert_true(s.best == 1 && s.q1 == 3 && s.median == 5 && s.q3 == 7 && s.count == 9);
    assert_true(alone.best == 3 && alone.q1 == 3 && alone.median == 3 && alone.q3 == 3 && alone.count == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replays_double_until_a_sample_is_long_enough),
        cmocka_unit_test(runners_take_turns),
        cmocka_unit_test(what_fails_ends_it),
        cmocka_unit_test(quartiles_on_paper),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
