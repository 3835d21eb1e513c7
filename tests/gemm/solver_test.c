/* Who computes a product: the choice by engine, by shape, by what a device can; and what is done when. */
#include "gemm/solver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const locl_caps cpu = {.cpu = true, .units = 4, .work_group = 1024, .local_memory = 1 << 15},
                       gpu = {.units = 4, .work_group = 256, .local_memory = 1 << 15};

static locl_gemm_shape square(size_t n)
{
    return (locl_gemm_shape){
        .m = n, .n = n, .k = n, .lda = n, .ldb = n, .ldc = n, .batch = 1, .sum = 1, .alpha = 1};
}

static const char *chosen(const locl_gemm_choices *choices, size_t n, const locl_caps *caps)
{
    locl_gemm_shape x = square(n);
    return locl_gemm_solver_name(locl_gemm_choose(choices, &x, caps).solver);
}

static void the_engine_chooses(void **state)
{
    locl_gemm_choices automatic = {0}, native = {.engine = LOCL_ENGINE_NATIVE},
                      clblast = {.engine = LOCL_ENGINE_CLBLAST};
    (void)state;
    assert_string_equal(chosen(&automatic, 4, &cpu), "native");
    assert_string_equal(chosen(&automatic, 4, &gpu), "native");
    assert_string_equal(chosen(&native, 4, &gpu), "native");
    assert_string_equal(chosen(&clblast, 4, &cpu), "clblast");
}

static void a_known_shape_has_its_own(void **state)
{
    const locl_gemm_choice known[] = {{.shape = square(4), .solver = &locl_gemm_clblast},
                                      {.shape = square(5), .solver = &locl_gemm_native}};
    locl_gemm_choices choices = {.engine = LOCL_ENGINE_NATIVE, .known = known, .count = 2};
    (void)state;
    assert_string_equal(chosen(&choices, 4, &cpu), "clblast");
    assert_string_equal(chosen(&choices, 5, &cpu), "native");
    assert_string_equal(chosen(&choices, 6, &cpu), "native");
    choices.engine = LOCL_ENGINE_CLBLAST;
    assert_string_equal(chosen(&choices, 5, &cpu), "native");
    assert_string_equal(chosen(&choices, 6, &cpu), "clblast");
}

static void what_does_not_apply_is_passed_over(void **state)
{
    const locl_gemm_choice known[] = {{.shape = square(4), .solver = &locl_gemm_native}};
    locl_gemm_choices choices = {.engine = LOCL_ENGINE_NATIVE, .known = known, .count = 1};
    locl_caps small = gpu;
    small.local_memory = 64; /* too little for a tile */
    (void)state;
    assert_string_equal(chosen(&choices, 4, &small), "clblast");
}

static void solvers_are_found_by_name(void **state)
{
    locl_engine engine;
    (void)state;
    for (size_t i = 0; locl_gemm_solvers[i]; i++) {
        const char *name = locl_gemm_solver_name(locl_gemm_solvers[i]);
        assert_ptr_equal(locl_gemm_solver_named(name), locl_gemm_solvers[i]);
        assert_true(locl_engine_parse(name, &engine)); /* each is one of `engine`'s values */
    }
    assert_null(locl_gemm_solver_named("auto"));
}

static int prepared;

static locl_status count(locl_device *device, locl_error *err)
{
    (void)device;
    (void)err;
    prepared++;
    return LOCL_OK;
}

static void check_ok(locl_status status, const locl_error *err)
{
    if (status != LOCL_OK) {
        fail_msg("%s: %s", err->where, err->message);
    }
}

/* Recording leaves the device alone; binding prepares it, the first time. */
static void prepared_once_when_bound(void **state)
{
    locl_devices *devices = NULL;
    locl_error err = {0};
    (void)state;
    check_ok(locl_devices_open(NULL, 0, &devices, &err), &err);
    locl_device *device = devices->device[0];
    for (int round = 0; round < 2; round++) {
        locl_arena *arena = NULL;
        locl_command_buffer *cmd = NULL;
        const locl_gemm_choice *list;
        locl_gemm_shape x = square(8);
        check_ok(locl_arena_create("operands", &device->caps, &arena, &err), &err);
        check_ok(locl_command_buffer_create(device, arena, &cmd, &err), &err);
        assert_int_equal(locl_gemm_recorded(cmd, &list), 0);
        const locl_tensor *t = locl_command_buffer_scratch(cmd, 64, "t");
        locl_gemm_use(cmd, &(locl_gemm_choices){.engine = LOCL_ENGINE_CLBLAST});
        locl_command_buffer_require(cmd, count);
        locl_command_buffer_require(cmd, count);
        locl_gemm(cmd, &x, t, t, t);
        locl_gemm_use(cmd, &(locl_gemm_choices){.engine = LOCL_ENGINE_NATIVE});
        x.m = 7;
        locl_gemm(cmd, &x, t, t, t);
        assert_int_equal(prepared, round);
        assert_int_equal(device->prepared_count, 2 * round);
        assert_int_equal(locl_gemm_recorded(cmd, &list), 2);
        assert_string_equal(locl_gemm_solver_name(list[0].solver), "clblast");
        assert_int_equal(list[0].shape.m, 8);
        assert_string_equal(locl_gemm_solver_name(list[1].solver), "native");
        assert_int_equal(list[1].shape.m, 7);
        check_ok(locl_arena_bind(arena, device, &err), &err);
        check_ok(locl_command_buffer_bind(cmd, &err), &err);
        assert_int_equal(prepared, 1);
        assert_int_equal(device->prepared_count, 2);
        locl_command_buffer_release(cmd);
        locl_arena_release(arena);
    }
    locl_devices_close(devices);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_engine_chooses),
        cmocka_unit_test(a_known_shape_has_its_own),
        cmocka_unit_test(what_does_not_apply_is_passed_over),
        cmocka_unit_test(solvers_are_found_by_name),
        cmocka_unit_test(prepared_once_when_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
