/* The statistics of comparisons against values known from tables and counted out by hand; how often equals are called
 * different, and whether a small difference is found, on made-up samples. */
#include "bench/report.h"
#include "bench/statistics.h"
#include "bench/steady.h"
#include "locl/compare.h"

#include "base/philox.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void ok(locl_status status, const locl_error *err)
{
    if (status != LOCL_OK) {
        fail_msg("%s", err->message);
    }
}

static locl_ratio ratio_of(const double *x, size_t n, const double *y, size_t m)
{
    locl_ratio out;
    locl_error err;
    ok(locl_ratio_of(x, n, y, m, &out, &err), &err);
    return out;
}

/* Draws a normal value. */
static double draw(uint32_t *at)
{
    const uint32_t counter[4] = {(*at)++, 0, 0, 0}, key[2] = {2026, 11};
    locl_philox_block block = locl_philox4x32(counter, key);
    float pair[2];
    locl_gaussian_pair(block.word[0], block.word[1], pair);
    return (double)pair[0];
}

static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-9 * fabs(b) + 1e-12;
}

/* ---- one comparison ---- */

/* Samples that do not overlap have the least chance there is: 2 over the ways to choose n of n + m. */
static void chances_counted_out(void **state)
{
    const double low[] = {1, 2, 3, 4, 5, 6, 7, 8, 9}, high[] = {10, 11, 12, 13, 14, 15, 16, 17, 18};
    (void)state;
    assert_true(near(ratio_of(low, 3, high, 3).p, 2.0 / 20));
    assert_true(near(ratio_of(low, 5, high, 5).p, 2.0 / 252));
    assert_true(near(ratio_of(high, 9, low, 9).p, 2.0 / 48620));
    /* U = 1 of 3 by 3: two of the twenty orders lie at or below it */
    const double x[] = {1, 2, 4}, y[] = {3, 5, 6};
    assert_true(near(ratio_of(x, 3, y, 3).p, 2 * 2.0 / 20));
    const double same[] = {5, 5, 5, 5};
    assert_true(ratio_of(same, 4, same, 4).p > 0.9);
}

/* The critical value of U for 9 and 9 at 5 % is 17: eighteen quotients are left out at either end. */
static void interval_from_the_table(void **state)
{
    double x[9], y[9], quotient[81];
    size_t count = 0;
    (void)state;
    for (int i = 0; i < 9; i++) {
        x[i] = 100 + i * i;
        y[i] = 150 + 7 * i + 0.1 * i * i;
    }
    for (int i = 0; i < 9; i++) {
        for (int j = 0; j < 9; j++) {
            size_t at = count++;
            for (; at > 0 && quotient[at - 1] > y[j] / x[i]; at--) {
                quotient[at] = quotient[at - 1];
            }
            quotient[at] = y[j] / x[i];
        }
    }
    locl_ratio r = ratio_of(x, 9, y, 9);
    assert_true(near(r.low, quotient[17]));
    assert_true(near(r.high, quotient[81 - 18]));
    assert_true(near(r.ratio, quotient[40]));
    locl_ratio back = ratio_of(y, 9, x, 9);
    assert_true(near(back.ratio, 1 / r.ratio) && near(back.low, 1 / r.high) && near(back.p, r.p));
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Many samples, in any order and many of them equal: as all quotients, sorted, and the normal distribution say. */
static void many_samples_by_all_quotients(void **state)
{
    enum { N = 57, M = 64 };
    static double x[N], y[M], quotient[N * M];
    uint32_t at = 3;
    double u = 0;
    (void)state;
    for (int i = 0; i < N; i++) {
        x[i] = 100 + floor(3 * draw(&at));
    }
    for (int j = 0; j < M; j++) {
        y[j] = 101 + floor(3 * draw(&at));
        for (int i = 0; i < N; i++) {
            quotient[j * N + i] = y[j] / x[i];
            u += y[j] > x[i] ? 1 : y[j] < x[i] ? 0 : 0.5;
        }
    }
    qsort(quotient, N * M, sizeof *quotient, ascending);
    double mean = N * M / 2.0, deviation = sqrt(N * M * (N + M + 1) / 12.0), far = u < mean ? u : N * M - u;
    double p = erfc(-(far + 0.5 - mean) / deviation / sqrt(2));
    size_t k = 0;
    while (0.5 * erfc(-((double)k + 0.5 - mean) / deviation / sqrt(2)) <= 0.025) {
        k++;
    }
    locl_ratio r = ratio_of(x, N, y, M);
    assert_true(r.low == quotient[k - 1] && r.high == quotient[N * M - k]);
    assert_true(near(r.ratio, sqrt(quotient[N * M / 2 - 1] * quotient[N * M / 2])));
    assert_true(near(r.p, p));
}

/* Too few for any interval at 95 %. */
static void three_say_nothing(void **state)
{
    const double x[] = {1, 2, 3}, y[] = {4, 5, 6};
    (void)state;
    locl_ratio r = ratio_of(x, 3, y, 3);
    assert_true(r.low <= 0 && isinf(r.high));
}

static void many_at_once(void **state)
{
    double p[] = {0.04, 0.01, 0.03, 0.005};
    locl_error err;
    (void)state;
    ok(locl_holm(p, 4, &err), &err);
    assert_true(near(p[3], 0.02) && near(p[1], 0.03) && near(p[2], 0.06) && near(p[0], 0.06));
}

/* ---- made-up results ---- */

enum { ROWS = 30, SAMPLES = 9 };

/* Makes a report of rows of times, each with its own noise from 0.5 % to 6 %; one row in ten has outliers. */
static locl_report *make(uint32_t *at, double factor, size_t samples)
{
    locl_report *report;
    locl_error err;
    const locl_bench_device device = {.device = "0:0", .name = "a device", .id = "a device"};
    ok(locl_report_open(LOCL_BENCH_SUITE, "default", &report, &err), &err);
    locl_report_put_device(report, &device);
    for (int r = 0; r < ROWS; r++) {
        double value[64], noise = 0.005 + 0.055 * r / ROWS;
        for (size_t i = 0; i < samples; i++) {
            double late = r % 10 == 0 && i % 4 == 3 ? 1.3 : 1;
            value[i] = (100 + r) * factor * late * exp(noise * draw(at));
        }
        locl_spread s;
        ok(locl_steady_spread(value, samples, &s, &err), &err);
        locl_bench_row row = {.device = "0:0", .kind = "kernel", .unit = "us", .runs = samples};
        snprintf(row.name, sizeof row.name, "row %d", r);
        row.q1 = s.q1;
        row.median = s.median;
        row.q3 = s.q3;
        locl_report_put(report, &row);
        locl_report_samples(report, value, samples);
    }
    return report;
}

static locl_compare *compare(const locl_report *a, const locl_report *b)
{
    locl_compare *c;
    locl_error err;
    const locl_compare_input input[] = {{"a", &a->public}, {"b", &b->public}};
    ok(locl_compare_open(input, 2, &c, &err), &err);
    assert_int_equal(c->pairs, 1);
    assert_int_equal(c->pair[0].rows, ROWS);
    assert_true(c->pair[0].same_device);
    return c;
}

/* Of 200 pairs of equals at most one of twenty has any row that is called different. */
static void equals_are_equal(void **state)
{
    uint32_t at = 0;
    int different = 0;
    (void)state;
    for (int pair = 0; pair < 200; pair++) {
        locl_report *a = make(&at, 1, SAMPLES), *b = make(&at, 1, SAMPLES);
        locl_compare *c = compare(a, b);
        different += c->pair[0].faster + c->pair[0].slower > 0;
        locl_compare_close(c);
        locl_bench_free(&a->public);
        locl_bench_free(&b->public);
    }
    print_message("%d of 200 pairs of equals called different\n", different);
    assert_true(different <= 10);
}

/* A tenth slower shows in quiet rows with 9 samples, five hundredths with 31; nothing is called faster. */
static void slower_is_slower(void **state)
{
    uint32_t at = 1 << 20;
    const struct {
        double factor;
        size_t samples;
    } cases[] = {{1.1, 9}, {1.05, 31}};
    (void)state;
    for (int k = 0; k < 2; k++) {
        for (int pair = 0; pair < 10; pair++) {
            locl_report *a = make(&at, 1, cases[k].samples),
                        *b = make(&at, cases[k].factor, cases[k].samples);
            locl_compare *c = compare(a, b);
            const locl_compare_pair *p = &c->pair[0];
            assert_true(p->slower >= ROWS / 4);
            assert_int_equal(p->faster, 0);
            assert_true(p->mean[0].speed.high < 1 && p->mean[0].speed.low > 0.85);
            assert_true(fabs(p->mean[0].speed.ratio * cases[k].factor - 1) < 0.02);
            locl_compare_close(c);
            locl_bench_free(&a->public);
            locl_bench_free(&b->public);
        }
    }
}

static void too_few_samples_decide_nothing(void **state)
{
    uint32_t at = 7;
    (void)state;
    locl_report *a = make(&at, 1, 8), *b = make(&at, 2, 8);
    locl_compare *c = compare(a, b);
    assert_int_equal(c->pair[0].few, ROWS);
    assert_int_equal(c->pair[0].faster + c->pair[0].slower + c->pair[0].alike, 0);
    assert_true(isnan(c->pair[0].row[0].speed.low));
    locl_compare_close(c);
    locl_bench_free(&a->public);
    locl_bench_free(&b->public);
}

/* Rows of other work, and rows that failed, are no rows to compare. */
static void only_the_same_is_compared(void **state)
{
    uint32_t at = 7;
    locl_error err;
    locl_compare *c;
    (void)state;
    locl_report *a = make(&at, 1, SAMPLES), *b = make(&at, 1, SAMPLES);
    locl_report_text(b, "work", "batch 64"); /* of the last row */
    b->row[0].outcome = LOCL_BENCH_ERROR;
    const locl_compare_input input[] = {{"a", &a->public}, {"b", &b->public}};
    ok(locl_compare_open(input, 2, &c, &err), &err);
    assert_int_equal(c->pair[0].rows, ROWS - 2);
    assert_int_equal(c->pair[0].only_base, 2);
    assert_int_equal(c->pair[0].only_other, 1);
    locl_compare_close(c);
    assert_int_equal(locl_compare_open(input, 1, &c, &err), LOCL_E_USAGE);
    assert_null(c);
    locl_bench_free(&a->public);
    locl_bench_free(&b->public);
}

/* Rows of the same work, as products of one shape are, are compared in their order, each with one other. */
static void the_same_in_its_order(void **state)
{
    const double times[2][3] = {{1, 2, 3}, {10, 40, 0}};
    locl_report *report[2];
    locl_error err;
    locl_compare *c;
    (void)state;
    for (int k = 0; k < 2; k++) {
        uint32_t at = 7;
        report[k] = make(&at, 1, SAMPLES);
        for (int i = 0; i < 3 && times[k][i] > 0; i++) {
            locl_bench_row row = {.device = "0:0", .kind = "product", .name = "nn", .unit = "us", .runs = 1};
            row.q1 = row.median = row.q3 = times[k][i];
            locl_report_put(report[k], &row);
        }
    }
    const locl_compare_input input[] = {{"a", &report[0]->public}, {"b", &report[1]->public}};
    ok(locl_compare_open(input, 2, &c, &err), &err);
    const locl_compare_pair *p = &c->pair[0];
    assert_int_equal(p->rows, ROWS + 2);
    assert_true(near(p->row[ROWS].speed.ratio, 0.1) && near(p->row[ROWS + 1].speed.ratio, 0.05));
    assert_int_equal(p->only_base, 1);
    assert_int_equal(p->only_other, 0);
    locl_compare_close(c);
    locl_bench_free(&report[0]->public);
    locl_bench_free(&report[1]->public);
}

/* ---- the race that the samples come from ---- */

/* Says how long it takes without taking it: row 0 is steady, row 1 never, row 2 fails, row 3 is far too slow. */
typedef struct fake {
    int row, calls;
    uint32_t at;
} fake;

static int order[4096], ordered;

static locl_status sample(void *user, size_t replays, double *seconds, locl_error *err)
{
    fake *f = user;
    f->calls++;
    if (ordered < 4096) {
        order[ordered++] = f->row;
    }
    double noise = f->row == 1 ? 0.3 * (f->calls % 4) : 0;
    *seconds = (double)replays * (f->row == 3 ? 100 : 1e-3) * (1 + noise);
    return f->row == 2 && f->calls > 12 ? locl_fail(err, LOCL_E_OPENCL, "out of luck") : LOCL_OK;
}

static void race(uint64_t seed, locl_steady_runner runner[4], fake user[4])
{
    locl_error err;
    locl_steady_runner *all[4];
    const locl_steady_options options = {
        .rounds = 20, .least = 9, .seconds = 60, .spread = 0.025, .seed = seed};
    for (int i = 0; i < 4; i++) {
        user[i] = (fake){.row = i};
        runner[i] = (locl_steady_runner){.sample = sample, .user = &user[i], .least = 0.01};
        all[i] = &runner[i];
        locl_steady_prepare(&runner[i], 30, 9);
    }
    ordered = 0;
    ok(locl_steady_run(all, 4, &options, &err), &err);
}

static void rows_end_each_for_itself(void **state)
{
    locl_steady_runner runner[4];
    fake user[4];
    (void)state;
    race(5, runner, user);
    assert_true(runner[0].steady && runner[0].samples == 9 && runner[0].warm && runner[0].replays >= 8);
    assert_true(!runner[1].steady && runner[1].samples == 20 && !runner[1].failed);
    assert_string_equal(runner[2].failed->message, "out of luck");
    assert_true(runner[3].too_slow && runner[3].samples == 0 && user[3].calls == 2);
    for (int i = 0; i < 4; i++) {
        locl_steady_release(&runner[i]);
    }
}

/* The order is that of the seed, and not that of the rows. */
static void order_is_the_seeds(void **state)
{
    locl_steady_runner runner[4];
    fake user[4];
    int first[4096], count;
    (void)state;
    race(5, runner, user);
    memcpy(first, order, sizeof first);
    count = ordered;
    for (int i = 0; i < 4; i++) {
        locl_steady_release(&runner[i]);
    }
    race(5, runner, user);
    assert_int_equal(count, ordered);
    assert_memory_equal(first, order, (size_t)count * sizeof *first);
    for (int i = 0; i < 4; i++) {
        locl_steady_release(&runner[i]);
    }
    race(6, runner, user);
    assert_true(count != ordered || memcmp(first, order, (size_t)count * sizeof *first) != 0);
    for (int i = 0; i < 4; i++) {
        locl_steady_release(&runner[i]);
    }
}

static void outliers_are_counted(void **state)
{
    const double value[] = {10, 10.1, 9.9, 10, 30, 10.1, 9.9, 10, 10.1};
    locl_spread s;
    locl_error err;
    (void)state;
    ok(locl_steady_spread(value, 9, &s, &err), &err);
    assert_int_equal(locl_steady_outliers(value, 9, &s), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chances_counted_out),
        cmocka_unit_test(interval_from_the_table),
        cmocka_unit_test(many_samples_by_all_quotients),
        cmocka_unit_test(three_say_nothing),
        cmocka_unit_test(many_at_once),
        cmocka_unit_test(equals_are_equal),
        cmocka_unit_test(slower_is_slower),
        cmocka_unit_test(too_few_samples_decide_nothing),
        cmocka_unit_test(only_the_same_is_compared),
        cmocka_unit_test(the_same_in_its_order),
        cmocka_unit_test(rows_end_each_for_itself),
        cmocka_unit_test(order_is_the_seeds),
        cmocka_unit_test(outliers_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
