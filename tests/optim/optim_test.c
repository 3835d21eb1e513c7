/* What an optimiser is made of: its reference against SPEC 6 by hand, names, segments that are refused. That
 * the kernels are right is checked by check/check_optimisers_test.c. */
#include "optim/optim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static locl_caps caps = {.cpu = true, .alignment = 64, .largest_buffer = 1 << 20};

#define OK(call)                                                                                             \
    do {                                                                                                     \
        locl_error ok_err = {0}, *err = &ok_err;                                                             \
        if ((call) != LOCL_OK) {                                                                             \
            fail_msg("%s: %s: %s", #call, ok_err.where, ok_err.message);                                     \
        }                                                                                                    \
    } while (0)

/* SPEC 6 by hand, on one weight and one bias: w 2, g 3, rate 0.1, decay 0.5, momentum 0.9, state m 1. */
static void reference_on_paper(void **state)
{
    (void)state;
    static const struct {
        locl_optimizer kind;
        double weight, bias; /* after the step */
    } cases[] = {
        {LOCL_OPTIMIZER_SGD, 2 - 0.1 * (0.9 + 3 + 0.5 * 2), 2 - 0.1 * (0.9 + 3)},
        /* t = 1, v 0: m 0.9 + 0.1 g, mean m / 0.1, root sqrt(0.001 g^2 / 0.001) = g */
        {LOCL_OPTIMIZER_ADAM, 2 - 0.1 * (0.9 + 0.4) / 0.1 / 4, 2 - 0.1 * (0.9 + 0.3) / 0.1 / 3},
        {LOCL_OPTIMIZER_ADAMW, 2 - 0.1 * 0.5 * 2 - 0.1 * (0.9 + 0.3) / 0.1 / 3,
         2 - 0.1 * (0.9 + 0.3) / 0.1 / 3},
        /* the weight's ratio 0.001 * 2 / 4 */
        {LOCL_OPTIMIZER_LARS, 2 - (0.9 + 0.1 * (0.0005 * 4)), 2 - (0.9 + 0.1 * 3)},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const locl_optim_segment two[] = {{.offset = 0, .count = 1, .rate = 0.5f, .weight = true},
                                          {.offset = 1, .count = 1, .rate = 0.5f, .weight = false}};
        float w[] = {2, 2}, m[] = {1, 1}, v[] = {0, 0};
        locl_optim_options options = locl_optim_options_default();
        options.kind = cases[i].kind;
        options.weight_decay = 0.5;
        locl_optim_update_ref(&options, two, 2, w, (const float[]){3, 3}, (float *[]){m, v}, 0, 0.2f);
        assert_float_equal(w[0], cases[i].weight, 1e-6);
        assert_float_equal(w[1], cases[i].bias, 1e-6);
    }
}

static void states_are_named(void **state)
{
    (void)state;
    locl_optim_options options = locl_optim_options_default();
    assert_int_equal(locl_optim_states(&options), 1);
    assert_string_equal(locl_optim_state_name(&options, 0), "momentum");
    options.kind = LOCL_OPTIMIZER_ADAMW;
    assert_int_equal(locl_optim_states(&options), 2);
    assert_string_equal(locl_optim_state_name(&options, 0), "adam_m");
    assert_string_equal(locl_optim_state_name(&options, 1), "adam_v");
}

static locl_status create(const locl_optim_segment *wrong, size_t count)
{
    locl_optim_options options = locl_optim_options_default();
    locl_optim *optim;
    locl_arena *arena;
    OK(locl_arena_create("state", &caps, &arena, err));
    locl_status status = locl_optim_create(&options, &caps, wrong, count, arena, &optim, NULL);
    assert_true((status == LOCL_OK) == (optim != NULL));
    locl_optim_release(optim);
    locl_arena_release(arena);
    return status;
}

static void wrong_segments_are_refused(void **state)
{
    (void)state;
    locl_optim_segment two[] = {{.offset = 0, .count = 4}, {.offset = 3, .count = 1}};
    assert_int_equal(create(two, 2), LOCL_E_FAILED);
    assert_int_equal(create(two, 0), LOCL_E_FAILED);
    two[1] = (locl_optim_segment){.offset = 4, .count = 0};
    assert_int_equal(create(two, 2), LOCL_E_FAILED);
    two[1] = (locl_optim_segment){.offset = UINT32_MAX, .count = 1};
    assert_int_equal(create(two, 2), LOCL_E_CONFIG);
    two[1] = (locl_optim_segment){.offset = SIZE_MAX, .count = 2};
    assert_int_equal(create(two, 2), LOCL_E_FAILED);
    two[1] = (locl_optim_segment){.offset = 4, .count = 2};
    assert_int_equal(create(two, 2), LOCL_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference_on_paper),
        cmocka_unit_test(states_are_named),
        cmocka_unit_test(wrong_segments_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
