/* The generator against its published vectors, and the statistics of the noise that is made from it. Bounds
 * are six standard errors. */
#include "base/philox.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { DRAWS = 1 << 22, PIECE = 1 << 16 };

static const double sigmas = 6;

static void known_answers(void **state)
{
    /* Random123's kat_vectors, philox 4x32, 10 rounds */
    static const struct {
        uint32_t counter[4], key[2], word[4];
    } known[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        locl_philox_block block = locl_philox4x32(known[i].counter, known[i].key);
        assert_memory_equal(block.word, known[i].word, sizeof block.word);
    }
}

static void a_draw_is_named_by_its_counter(void **state)
{
    const uint32_t counter[4] = {0x243f6a88, 0x05a308d3, 0x13198a2e, 0x03707344},
                   key[2] = {0xa4093822, 0x299f31d0};
    const uint64_t element = 4 * ((uint64_t)counter[1] << 32 | counter[0]),
                   seed = (uint64_t)key[1] << 32 | key[0];
    locl_philox_block block = locl_philox4x32(counter, key);
    float pairs[4], drawn[4];
    (void)state;
    locl_draw(LOCL_NOISE_GAUSSIAN, seed, counter[2], counter[3], element, 4, drawn);
    locl_gaussian_pair(block.word[0], block.word[1], pairs);
    locl_gaussian_pair(block.word[2], block.word[3], pairs + 2);
    assert_memory_equal(drawn, pairs, sizeof pairs);
    locl_draw(LOCL_NOISE_RADEMACHER, seed, counter[2], counter[3], element, 4, drawn);
    for (size_t i = 0; i < 4; i++) {
        assert_true(drawn[i] == (block.word[i] >> 31 ? -1.0f : 1.0f));
    }
}

static void tags_keep_apart(void **state)
{
    (void)state;
    assert_int_equal(locl_draw_tag(LOCL_STREAM_NOISE, 0, 0, 0), 0);
    assert_int_equal(locl_draw_tag(LOCL_STREAM_FEEDBACK, 0, 0, 0), 3u << 28);
    assert_int_equal(locl_draw_tag(LOCL_STREAM_NOISE, 4095, 0, 0), 0xFFFu << 16);
    assert_int_equal(locl_draw_tag(LOCL_STREAM_NOISE, 0, 4095, 0), 0xFFFu << 4);
    assert_int_equal(locl_draw_tag(LOCL_STREAM_NOISE, 0, 0, 2), 2);
}

static void any_split_gives_the_same_draws(void **state)
{
    static const uint64_t firsts[] = {0, 3, 0x3FFFFFFF0 /* the counter's second word begins inside */,
                                      UINT64_MAX - 999};
    float whole[900], part[900];
    (void)state;
    for (int noise = LOCL_NOISE_GAUSSIAN; noise <= LOCL_NOISE_RADEMACHER; noise++) {
        for (size_t k = 0; k < sizeof firsts / sizeof firsts[0]; k++) {
            locl_draw((locl_noise)noise, 7, 1, 2, firsts[k], 900, whole);
            for (uint64_t done = 900, step = 1; done; step = step * 2 + 1) { /* from the end */
                uint64_t count = step < done ? step : done;
                done -= count;
                locl_draw((locl_noise)noise, 7, 1, 2, firsts[k] + done, count, part + done);
            }
            assert_memory_equal(part, whole, sizeof whole);
        }
    }
}

/* Raw moments 1 to 4, and how many values are beyond 1 to 5 standard deviations. */
typedef struct moments {
    double sum[5], product;
    double beyond[6];
} moments;

static moments moments_of(locl_noise noise)
{
    moments m = {.product = 0};
    float *x = malloc(PIECE * sizeof *x);
    assert_non_null(x);
    for (uint64_t first = 0; first < DRAWS; first += PIECE) {
        locl_draw(noise, 12345, 6, locl_draw_tag(LOCL_STREAM_NOISE, 1, 2, 1), first, PIECE, x);
        for (size_t i = 0; i < PIECE; i++) {
            double power = 1;
            assert_true(isfinite(x[i]));
            for (int k = 1; k <= 4; k++) {
                power *= x[i];
                m.sum[k] += power / DRAWS;
            }
            for (int k = 1; k <= 5; k++) {
                m.beyond[k] += fabs((double)x[i]) > k;
            }
            m.product += i % 2 ? (double)x[i] * x[i - 1] / (DRAWS / 2) : 0;
        }
    }
    free(x);
    return m;
}

static void check_near(double value, double expected, double standard_error)
{
    if (fabs(value - expected) > sigmas * standard_error) {
        fail_msg("%.9g is not %.9g +- %.2g", value, expected, sigmas * standard_error);
    }
}

static void gaussian_draws_are_normal(void **state)
{
    moments m = moments_of(LOCL_NOISE_GAUSSIAN);
    (void)state;
    check_near(m.sum[1], 0, sqrt(1.0 / DRAWS));
    check_near(m.sum[2], 1, sqrt(2.0 / DRAWS));
    check_near(m.sum[3], 0, sqrt(15.0 / DRAWS));
    check_near(m.sum[4], 3, sqrt(96.0 / DRAWS));
    check_near(m.product, 0, sqrt(2.0 / DRAWS)); /* of the two values of a pair */
    for (int k = 1; k <= 5; k++) {
        double share = erfc(k / sqrt(2));
        check_near(m.beyond[k], share * DRAWS, sqrt(share * DRAWS));
    }
}

static void rademacher_draws_are_balanced(void **state)
{
    moments m = moments_of(LOCL_NOISE_RADEMACHER);
    (void)state;
    check_near(m.sum[1], 0, sqrt(1.0 / DRAWS));
    check_near(m.product, 0, sqrt(2.0 / DRAWS));
    assert_true(m.sum[2] == 1.0);
    assert_true(m.beyond[1] == 0);
}

/* The pair of two words is the exact Box-Muller pair to float's precision, at the extremes too. */
static void extreme_words_give_numbers(void **state)
{
    static const uint32_t words[] = {0,          1,          2,          0xFF,       0x100,      0x3FFFFFFF,
                                     0x40000000, 0x7FFFFFFF, 0x80000000, 0x80000001, 0xBFFFFFFF, 0xC0000000,
                                     0xB504F300, 0xB504F400, 0xFFFFFF00, 0xFFFFFEFF, 0xFFFFFFFE, 0xFFFFFFFF};
    enum { WORDS = sizeof words / sizeof words[0] };
    const double pi = 3.14159265358979323846;
    (void)state;
    for (size_t i = 0; i < WORDS * WORDS; i++) {
        uint32_t a = words[i / WORDS], b = words[i % WORDS];
        float out[2];
        locl_gaussian_pair(a, b, out);
        double r = sqrt(-2 * log(ldexp((double)(float)(a | 1u), -32)));
        double angle =
            pi * ldexp((double)(float)(int32_t)(b << 1), -32); /* half a turn; b's sign has the side */
        double side = b >> 31 ? -1 : 1;
        assert_true(isfinite(out[0]) && isfinite(out[1]));
        assert_true(fabs(out[0] - side * r * cos(angle)) < 3e-6 * (r + 1));
        assert_true(fabs(out[1] - r * sin(angle)) < 3e-6 * (r + 1));
    }
}

static void extreme_counters_give_numbers(void **state)
{
    static const uint64_t firsts[] = {0, 0xFFFFFFFF, 0x3FFFFFFFF, UINT64_MAX - 4096, (uint64_t)1 << 63};
    static const uint32_t ends[] = {0, UINT32_MAX};
    float x[4096];
    (void)state;
    for (size_t i = 0; i < 5 * 8; i++) {
        uint64_t seed = i & 8 ? UINT64_MAX : 0;
        locl_draw(LOCL_NOISE_GAUSSIAN, seed, ends[i & 1], ends[i >> 1 & 1], firsts[i / 8], 4096, x);
        for (size_t j = 0; j < 4096; j++) {
            assert_true(isfinite(x[j]));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),
        cmocka_unit_test(a_draw_is_named_by_its_counter),
        cmocka_unit_test(tags_keep_apart),
        cmocka_unit_test(any_split_gives_the_same_draws),
        cmocka_unit_test(gaussian_draws_are_normal),
        cmocka_unit_test(rademacher_draws_are_balanced),
        cmocka_unit_test(extreme_words_give_numbers),
        cmocka_unit_test(extreme_counters_give_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
