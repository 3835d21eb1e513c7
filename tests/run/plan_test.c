/* What a plan says (locl/plan.h) is what opening takes: its sums, its limits, the lifetimes of its tensors. */
#include "locl/locl.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A configuration in a file of its own. */
static const char *config_file(void)
{
    static const char text[] = "model: {image: [8, 8, 1], classes: 5, blocks: 4, patches: 2, channels: 96, "
                               "groups: 3}\nrule: {name: lg-fg-a}\ndata: {batch: 64}\n";
    static char path[] = "/tmp/locl-plan-test-XXXXXX";
    static bool made;
    if (!made) {
        made = true;
        int fd = mkstemp(path);
        FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
        assert_non_null(file);
        assert_true(fputs(text, file) >= 0);
        assert_int_equal(fclose(file), 0);
    }
    return path;
}

static locl_run_plan *open_plan(const char *set, uint64_t memory)
{
    locl_run_plan *plan;
    locl_error err = {0};
    locl_plan_setup setup = {.config = config_file(), .set = &set, .sets = set ? 1 : 0, .memory = memory};
    if (locl_run_plan_open(&setup, &plan, &err) != LOCL_OK) {
        fail_msg("%s: %s", err.where, err.message);
    }
    return plan;
}

static uint64_t bytes_of(const locl_run_plan *plan)
{
    locl_plan_device d;
    locl_run_plan_describe_device(plan, 0, &d);
    return d.bytes;
}

static void sums_add_up(void **state)
{
    static const char *const sets[] = {NULL, "data.microbatch=16", "rule.name=bp", "optimizer.name=adam"};
    (void)state;
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        locl_run_plan *plan = open_plan(sets[i], 0);
        locl_plan_summary s;
        locl_plan_device d;
        uint64_t own = 0;
        locl_run_plan_summarise(plan, &s);
        locl_run_plan_describe_device(plan, 0, &d);
        assert_int_equal(s.stages, i == 2 ? 1 : 4);
        assert_int_equal(s.microbatch, i == 1 ? 16 : 64);
        for (size_t k = 0; k < s.stages; k++) {
            locl_plan_stage t;
            locl_run_plan_describe_stage(plan, k, &t);
            assert_int_equal(t.own_bytes, t.parameter_bytes + t.optimizer_bytes + t.gradient_bytes +
                                              t.input_bytes + t.output_bytes + t.other_bytes);
            assert_true(t.parameter_bytes > 0 && t.other_bytes < t.own_bytes);
            assert_true((t.input_bytes > 0) == (k == 0));
            assert_true((t.gradient_bytes > 0) == (i == 1));
            assert_true(t.optimizer_bytes >= (i == 3 ? 2 : 1) * t.parameter_bytes / 2);
            assert_true(t.in_use_bytes <= d.workspace_bytes);
            assert_string_equal(t.input, k ? "queue" : "loader");
            own += t.own_bytes;
        }
        assert_int_equal(own, d.stage_bytes);
        assert_int_equal(d.workspace_bytes + d.passing_bytes + d.stage_bytes, d.bytes);
        assert_true((d.passing_bytes > 0) == (s.stages > 1));
        assert_true(s.fits);
        locl_run_plan_close(plan);
    }
}

/* Each tensor is used within the step, and the launches that use it first and last are there. */
static void lifetimes_lie_within_the_step(void **state)
{
    (void)state;
    locl_run_plan *plan = open_plan(NULL, 0);
    locl_plan_stage s;
    bool ended_early = false;
    locl_run_plan_describe_stage(plan, 1, &s);
    assert_true(s.tensors > 10 && s.recorded > 10);
    for (size_t i = 0; i < s.tensors; i++) {
        locl_plan_tensor t;
        locl_plan_launch l;
        locl_run_plan_describe_tensor(plan, 1, i, &t);
        assert_true(t.name[0] && t.bytes > 0);
        assert_true(t.first <= t.last && t.last < s.recorded);
        locl_run_plan_describe_launch(plan, 1, t.last, &l);
        assert_true(l.kernel[0] && l.section[0]);
        ended_early = ended_early || t.last + 1 < s.recorded;
        if (!strcmp(t.name, "gradients")) { /* which the update reads */
            assert_int_equal(t.last, s.recorded - 1);
        }
    }
    assert_true(ended_early);
    locl_run_plan_close(plan);
}

/* The largest micro-batch for a size needs no more, the next divisor does; and smaller sizes get smaller ones, down to
 * none. */
static void what_fits_is_the_largest(void **state)
{
    (void)state;
    size_t last = 64;
    locl_run_plan *whole = open_plan(NULL, 0);
    uint64_t memory = bytes_of(whole);
    locl_run_plan_close(whole);
    for (; last > 0; memory -= memory / 8) {
        char set[48];
        locl_plan_summary s, t;
        locl_run_plan *plan = open_plan(NULL, memory);
        locl_run_plan_summarise(plan, &s);
        locl_run_plan_close(plan);
        assert_true(s.largest_microbatch <= last);
        last = s.largest_microbatch;
        if (last == 0) {
            break;
        }
        snprintf(set, sizeof set, "data.microbatch=%zu", last);
        plan = open_plan(set, memory);
        locl_run_plan_summarise(plan, &t);
        assert_true(t.fits);
        assert_true(bytes_of(plan) <= memory);
        locl_run_plan_close(plan);
        if (last < 64) {
            snprintf(set, sizeof set, "data.microbatch=%zu", last * 2);
            plan = open_plan(set, memory);
            assert_true(bytes_of(plan) > memory);
            locl_run_plan_close(plan);
        }
    }
}

static void json_says_the_same(void **state)
{
    (void)state;
    locl_run_plan *plan = open_plan("data.microbatch=16", 0);
    locl_error err = {0};
    locl_plan_stage s;
    char *text;
    assert_int_equal(locl_run_plan_to_json(plan, &text, &err), LOCL_OK);
    json_t *json = json_loads(text, 0, NULL);
    assert_non_null(json);
    locl_run_plan_describe_stage(plan, 3, &s);
    const json_t *stage = json_array_get(json_object_get(json, "stages"), 3);
    const json_t *device = json_array_get(json_object_get(json, "devices"), 0);
    assert_int_equal(json_integer_value(json_object_get(json, "microbatch")), 16);
    assert_int_equal(json_integer_value(json_object_get(json, "largest_microbatch")), 64);
    assert_int_equal(json_array_size(json_object_get(stage, "workspace")), s.tensors);
    assert_int_equal(json_array_size(json_object_get(stage, "launches")), s.recorded);
    assert_int_equal(json_integer_value(json_object_get(stage, "launches_per_step")), s.launches);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(stage, "bytes"), "own")),
                     s.own_bytes);
    assert_int_equal(json_integer_value(json_object_get(device, "bytes")), bytes_of(plan));
    assert_true(json_is_true(json_object_get(stage, "classifier")));
    json_decref(json);
    free(text);
    locl_run_plan_close(plan);
}

static int remove_config(void **state)
{
    (void)state;
    return remove(config_file());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_add_up),
        cmocka_unit_test(lifetimes_lie_within_the_step),
        cmocka_unit_test(what_fits_is_the_largest),
        cmocka_unit_test(json_says_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, remove_config);
}
