/* Who wins a race, with a clock and times that the test makes up. */
#include "tune/race.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 8 };

typedef struct course {
    double now;
    double enters;          /* seconds that entering takes */
    double takes[MOST];     /* seconds of a measurement; what is measured too */
    double noise[MOST][20]; /* added to it, by measurement */
    bool wrong[MOST], other[MOST];
    size_t entered, measured[MOST];
    size_t fails_at; /* the measurement of candidate 0 that fails; 0: none */
} course;

static double clock_of(void *user)
{
    return ((course *)user)->now;
}

static locl_status enter(void *user, size_t index, locl_tune_entry *as, locl_error *err)
{
    course *c = user;
    (void)err;
    c->now += c->enters;
    c->entered++;
    *as = c->wrong[index] ? LOCL_TUNE_LEFT_OUT : c->other[index] ? LOCL_TUNE_OTHER : LOCL_TUNE_ALIKE;
    return LOCL_OK;
}

static locl_status measure(void *user, size_t index, double *seconds, locl_error *err)
{
    course *c = user;
    if (index == 0 && c->fails_at && c->measured[0] + 1 == c->fails_at) {
        return locl_fail(err, LOCL_E_OPENCL, "lost");
    }
    *seconds = c->takes[index] + c->noise[index][c->measured[index]++];
    c->now += *seconds;
    return LOCL_OK;
}

static locl_tune_race_result run(course *c, size_t count, double seconds)
{
    const locl_tune_race race = {.count = count,
                                 .rounds = 5,
                                 .seconds = seconds,
                                 .user = c,
                                 .clock = clock_of,
                                 .enter = enter,
                                 .measure = measure};
    locl_tune_race_result result;
    locl_error err = {0};
    assert_int_equal(locl_tune_race_run(&race, &result, &err), LOCL_OK);
    return result;
}

static void the_fastest_wins_and_the_slow_are_dropped(void **state)
{
    course c = {.takes = {1.0, 2.0, 0.7, 0.75}};
    (void)state;
    locl_tune_race_result r = run(&c, 4, 1e9);
    assert_int_equal(r.winner, 2);
    assert_int_equal(r.entered, 4);
    assert_int_equal(r.rounds, 5);
    assert_true(r.own_seconds == 1.0 && r.seconds == 0.7);
    assert_int_equal(c.measured[1], 1); /* too slow for a second round */
    assert_int_equal(c.measured[3], 5);
    assert_int_equal(c.measured[0], 5); /* slow, but what the others are held against */
}

/* Also one that all others drop out behind at once has the rounds of a result. */
static void a_clear_winner_is_measured_as_often(void **state)
{
    course c = {.takes = {1.0, 2.0, 3.0}};
    (void)state;
    locl_tune_race_result r = run(&c, 3, 1e9);
    assert_int_equal(r.winner, 0);
    assert_int_equal(r.rounds, LOCL_TUNE_RACE_LEAST_ROUNDS);
    assert_int_equal(c.measured[0], LOCL_TUNE_RACE_LEAST_ROUNDS);
    assert_int_equal(c.measured[1], 1);
}

/* One that is far behind the best of all, but the best of those alike, is measured to the end. */
static void those_alike_have_a_winner_of_their_own(void **state)
{
    course c = {.takes = {1.0, 0.2, 0.8, 0.9}, .other = {false, true, false, false}};
    (void)state;
    locl_tune_race_result r = run(&c, 4, 1e9);
    assert_int_equal(r.winner, 1);
    assert_int_equal(r.alike, 2);
    assert_true(r.own_seconds == 1.0 && r.seconds == 0.2 && r.alike_seconds == 0.8);
    course none = {.takes = {1.0, 0.2, 1.1}, .other = {false, true, false}};
    assert_int_equal(run(&none, 3, 1e9).alike, 0);
}

static void in_doubt_it_stays_as_it_was(void **state)
{
    course close = {.takes = {1.0, 0.98}}, alone = {.takes = {1.0}}, slower = {.takes = {1.0, 1.05}};
    (void)state;
    assert_int_equal(run(&close, 2, 1e9).winner, 0);
    assert_int_equal(run(&alone, 1, 1e9).winner, 0);
    assert_int_equal(run(&slower, 2, 1e9).winner, 0);
}

/* One lucky measurement makes no winner, one disturbed one no loser. */
static void the_median_decides(void **state)
{
    course lucky = {.takes = {1.0, 1.0}, .noise = {{0}, {-0.5, 0, 0, 0, 0}}};
    course disturbed = {.takes = {1.0, 0.8}, .noise = {{0}, {0, 5, 0, 0, 0}}};
    (void)state;
    assert_int_equal(run(&lucky, 2, 1e9).winner, 0);
    assert_int_equal(run(&disturbed, 2, 1e9).winner, 1);
}

static void what_is_wrong_never_wins(void **state)
{
    course c = {.takes = {1.0, 0.1, 0.9}, .wrong = {false, true, false}};
    (void)state;
    locl_tune_race_result r = run(&c, 3, 1e9);
    assert_int_equal(r.winner, 2);
    assert_int_equal(r.entered, 2);
    assert_int_equal(c.measured[1], 0);
}

/* If what nobody measured is wrong, nothing is chosen by time. */
static void without_the_first_there_is_no_race(void **state)
{
    course c = {.takes = {1.0, 0.5}, .wrong = {true, false}};
    (void)state;
    locl_tune_race_result r = run(&c, 2, 1e9);
    assert_int_equal(r.winner, 0);
    assert_int_equal(r.rounds, 0);
}

static void candidates_enter_until_half_of_the_time_is_gone(void **state)
{
    course c = {.enters = 1.0, .takes = {0.1, 0.05, 0.05, 0.01}};
    (void)state;
    locl_tune_race_result r = run(&c, 4, 3.0); /* from 1.0, when candidate 0 has entered, to 4.0 */
    assert_int_equal(c.entered, 3);
    assert_int_equal(r.winner, 1);
}

/* Also where the last one to enter took longer than all of the time. */
static void behind_the_time_only_the_first_rounds_are_run(void **state)
{
    course late = {.enters = 3.0, .takes = {1.0, 0.5}}, begun = {.takes = {1.0, 0.5}};
    (void)state;
    locl_tune_race_result r = run(&late, 2, 2.5); /* candidate 1 entered 3.0 behind candidate 0 */
    assert_int_equal(r.rounds, LOCL_TUNE_RACE_LEAST_ROUNDS);
    assert_int_equal(r.winner, 1);
    r = run(&begun, 2, 2.5); /* two rounds end at 3.0 */
    assert_int_equal(r.rounds, LOCL_TUNE_RACE_LEAST_ROUNDS);
    assert_int_equal(r.winner, 1);
}

static void an_error_ends_it(void **state)
{
    course c = {.takes = {1.0, 0.5}, .fails_at = 2};
    const locl_tune_race race = {.count = 2,
                                 .rounds = 5,
                                 .seconds = 1e9,
                                 .user = &c,
                                 .clock = clock_of,
                                 .enter = enter,
                                 .measure = measure};
    locl_tune_race_result result;
    locl_error err = {0};
    (void)state;
    assert_int_equal(locl_tune_race_run(&race, &result, &err), LOCL_E_OPENCL);
    assert_string_equal(err.message, "lost");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fastest_wins_and_the_slow_are_dropped),
        cmocka_unit_test(a_clear_winner_is_measured_as_often),
        cmocka_unit_test(those_alike_have_a_winner_of_their_own),
        cmocka_unit_test(in_doubt_it_stays_as_it_was),
        cmocka_unit_test(the_median_decides),
        cmocka_unit_test(what_is_wrong_never_wins),
        cmocka_unit_test(without_the_first_there_is_no_race),
        cmocka_unit_test(candidates_enter_until_half_of_the_time_is_gone),
        cmocka_unit_test(behind_the_time_only_the_first_rounds_are_run),
        cmocka_unit_test(an_error_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
