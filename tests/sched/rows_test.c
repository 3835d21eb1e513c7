/* How rows are dealt out: they sum up, follow the shares, and nobody with a share goes without. */
#include "sched/rows.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MOST = 6 };

static void expect(const double *share, size_t count, size_t rows, const size_t *expected)
{
    size_t out[MOST];
    locl_rows_deal(share, count, rows, out);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(out[i], expected[i]);
    }
}

static void known_shares(void **state)
{
    (void)state;
    expect((const double[]){3, 1}, 2, 128, (const size_t[]){96, 32});
    expect((const double[]){1, 0, 1}, 3, 5, (const size_t[]){3, 0, 2});
    expect((const double[]){0, 1e-9, 1}, 3, 128, (const size_t[]){0, 1, 127});
    expect((const double[]){1, 1, 1e-9, 1e-9}, 4, 4, (const size_t[]){1, 1, 1, 1});
    expect((const double[]){0.1, 0.2, 0.7}, 3, 10, (const size_t[]){1, 2, 7});
}

/* No row could go from one to another that lacks a whole one. */
static void any_shares(void **state)
{
    (void)state;
    srand(3);
    for (int i = 0; i < 2000; i++) {
        double share[MOST], sum = 0;
        size_t out[MOST], count = 1 + (size_t)rand() % MOST, rows = MOST + (size_t)rand() % 60, all = 0;
        for (size_t d = 0; d < count; d++) {
            share[d] = d > 0 && rand() % 4 == 0 ? 0 : 0.001 + rand() % 1000;
            sum += share[d];
        }
        locl_rows_deal(share, count, rows, out);
        for (size_t d = 0; d < count; d++) {
            double exact = share[d] / sum * (double)rows;
            all += out[d];
            assert_int_equal(out[d] > 0, share[d] > 0);
            assert_true((double)out[d] < exact + 1 || out[d] == 1);
        }
        assert_int_equal(all, rows);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_shares),
        cmocka_unit_test(any_shares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
