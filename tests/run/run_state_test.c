/* The position of a run in its checkpoints: comes back exactly, and nothing else is taken for one. */
#include "run/run_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { BLOCKS = 2 };

static void add(locl_tally *tally, uint64_t step, float loss)
{
    const locl_step_metrics record[BLOCKS + 1] = {{.loss = loss, .wrong = 3, .valid = 7},
                                                  {.loss = loss / 3, .wrong = 2},
                                                  {.loss = loss / 7, .wrong = 1}};
    const locl_step_report report = {.step = step - 1, .images = 7, .records = BLOCKS + 1, .record = record};
    locl_tally_add(tally, &report, step);
}

static locl_run_state example(void)
{
    locl_run_state state = {.step = 41, .train_images = 512, .best_error = 0.1 + 0.2, .best_step = 32};
    for (uint64_t step = 33; step <= 41; step++) {
        add(&state.window, step, 0.1F * (float)step);
        add(&state.epoch, step, 1.0F / (float)step);
    }
    return state;
}

static void assert_same(const locl_tally *a, const locl_tally *b)
{
    assert_int_equal(a->step, b->step);
    assert_int_equal(a->images, b->images);
    assert_int_equal(a->records, b->records);
    assert_memory_equal(a->loss, b->loss, sizeof a->loss);
    assert_memory_equal(a->wrong, b->wrong, sizeof a->wrong);
}

static void comes_back_exactly(void **unused)
{
    (void)unused;
    locl_arrays set = {0};
    locl_run_state state = example(), back;
    assert_int_equal(locl_run_state_save(&state, &set, NULL), LOCL_OK);
    assert_int_equal(locl_run_state_load(&back, BLOCKS, &set, NULL), LOCL_OK);
    assert_int_equal(back.step, state.step);
    assert_int_equal(back.train_images, state.train_images);
    assert_int_equal(back.best_step, state.best_step);
    assert_true(back.best_error == state.best_error);
    assert_same(&back.window, &state.window);
    assert_same(&back.epoch, &state.epoch);
    assert_same(&back.test, &state.test);
    locl_arrays_free(&set);
}

static void is_of_one_network(void **unused)
{
    (void)unused;
    locl_arrays set = {0};
    locl_error err;
    locl_run_state state = example(), back;
    assert_int_equal(locl_run_state_load(&back, BLOCKS, &set, &err), LOCL_E_CHECKPOINT);
    assert_int_equal(locl_run_state_save(&state, &set, NULL), LOCL_OK);
    assert_int_equal(locl_run_state_load(&back, BLOCKS + 1, &set, &err), LOCL_E_CHECKPOINT);
    assert_non_null(strstr(err.message, "3 blocks"));
    locl_arrays_free(&set);
}

static void nothing_else_is_taken(void **unused)
{
    (void)unused;
    static const char *const foreign[] = {
        "",
        "{",
        "[]",
        "{\"step\": 1}",
        "{\"step\":-1,\"train_images\":5,\"best_error\":0.5,\"best_step\":0,\"window\":{},\"epoch\":{},"
        "\"test\":{}}",
        "{\"step\":1,\"train_images\":5,\"best_error\":0.5,\"best_step\":0,"
        "\"window\":{\"step\":1,\"images\":1,\"loss\":[1,1,\"x\"],\"wrong\":[1,1,1]},"
        "\"epoch\":{\"step\":0,\"images\":0,\"loss\":[],\"wrong\":[]},"
        "\"test\":{\"step\":0,\"images\":0,\"loss\":[],\"wrong\":[]}}",
    };
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        locl_arrays set = {0};
        locl_run_state back;
        locl_error err;
        assert_int_equal(locl_arrays_set_meta(&set, "locl.run", foreign[i], NULL), LOCL_OK);
        assert_int_equal(locl_run_state_load(&back, BLOCKS, &set, &err), LOCL_E_CHECKPOINT);
        locl_arrays_free(&set);
    }
}

static void means_are_over_images(void **unused)
{
    (void)unused;
    locl_tally tally = {0};
    const locl_step_metrics big[2] = {{.loss = 1, .wrong = 30}, {.loss = 2, .wrong = 60}};
    const locl_step_metrics small[2] = {{.loss = 5, .wrong = 0}, {.loss = 10, .wrong = 10}};
    const locl_step_report reports[2] = {{.images = 90, .records = 2, .record = big},
                                         {.images = 10, .records = 2, .record = small}};
    assert_int_equal(locl_tally_result(&tally, "test").images, 0);
    locl_tally_add(&tally, &reports[0], 1);
    locl_tally_add(&tally, &reports[1], 2);
    locl_result result = locl_tally_result(&tally, "test");
    assert_int_equal(result.images, 100);
    assert_int_equal(result.blocks, 1);
    assert_float_equal(result.block[0].loss, 1.4, 1e-12);
    assert_float_equal(result.block[0].error, 0.3, 1e-12);
    assert_float_equal(result.classifier.loss, 2.8, 1e-12);
    assert_float_equal(result.classifier.error, 0.7, 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back_exactly),
        cmocka_unit_test(is_of_one_network),
        cmocka_unit_test(nothing_else_is_taken),
        cmocka_unit_test(means_are_over_images),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
