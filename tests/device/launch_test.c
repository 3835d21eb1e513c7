/* A launch is held against its kernel's descriptor while recording; nothing here needs a device. */
#include "device/launch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const locl_kernel_arg args[] = {
    {.name = "x", .kind = LOCL_ARG_IN},
    {.name = "bias", .kind = LOCL_ARG_IN, .with = "MODE", .values = 4, .half = "HALF"},
    {.name = "y", .kind = LOCL_ARG_OUT, .half = "HALF"},
    {.name = "rows", .kind = LOCL_ARG_U32},
    {.name = "side", .kind = LOCL_ARG_I32},
    {.name = "step", .kind = LOCL_ARG_STEP},
    {.kind = LOCL_ARG_NONE}};
static const locl_kernel_geometry geometry[] = {
    {.name = "CHUNK", .low = 1, .high = 64, .only = {1, 4, 64}, .sample = 4}, {.name = NULL}};
static const char *const switches[] = {"NORM", "MODE", "HALF", NULL};
/* MODE 1 with any NORM, MODE 2 with NORM alone, and floats. */
static const locl_kernel_form forms[] = {{"one", {3, 2, 1}}, {"two", {2, 4, 1}}, {.name = NULL}};
static const locl_kernel kernel = {
    .file = "k.cl", .name = "k", .args = args, .geometry = geometry, .switches = switches, .forms = forms};

static locl_tensor tensor_of(size_t values, const char *name)
{
    locl_tensor t = {.bytes = values * sizeof(float), .external = -1};
    snprintf(t.name, sizeof t.name, "%s", name);
    return t;
}

/* How a launch differs from one that is right. */
typedef enum fault {
    NONE,
    UNKNOWN_ARGUMENT,
    MISSING_ARGUMENT,
    MISSING_BUFFER,
    TWICE,
    WRONG_KIND,
    SMALL_BUFFER,
    NULL_BUFFER,
    LARGE_UINT,
    LARGE_INT,
    UNKNOWN_MACRO,
    MISSING_MACRO,
    MACRO_TWICE,
    NO_SUCH_VARIANT,
    NO_SUCH_CHUNK,
    SPARE_BUFFER,
    MISSING_BIAS,
    HALVES_FOR_FLOATS,
    HALVES_BESIDE_FLOATS,
    NOT_RUN,
    FAULTS
} fault;

static void record(locl_command_buffer *cmd, fault f)
{
    static locl_tensor x, y;
    x = tensor_of(f == SMALL_BUFFER ? 11 : 12, "x's buffer");
    y = tensor_of(12, "y's buffer");
    x.half = f == HALVES_FOR_FLOATS;
    y.half = f == HALVES_BESIDE_FLOATS;
    locl_launch l = locl_launch_begin(cmd, &kernel);
    if (f == WRONG_KIND) {
        locl_launch_out(&l, "x", &x, 12);
    } else if (f != MISSING_BUFFER) {
        locl_launch_in(&l, "x", f == NULL_BUFFER ? NULL : &x, 12);
    }
    locl_launch_out(&l, "y", &y, 12);
    if (f == TWICE) {
        locl_launch_out(&l, "y", &y, 12);
    }
    if (f == SPARE_BUFFER || f == HALVES_BESIDE_FLOATS) {
        locl_launch_in(&l, "bias", &x, 4);
    }
    if (f != MISSING_ARGUMENT) {
        locl_launch_u32(&l, f == UNKNOWN_ARGUMENT ? "row" : "rows",
                        f == LARGE_UINT ? (size_t)UINT32_MAX + 1 : 3);
    }
    locl_launch_i32(&l, "side", f == LARGE_INT ? (size_t)INT32_MAX + 1 : 2);
    if (f != MISSING_MACRO) {
        locl_launch_macro(&l, "NORM", f != NO_SUCH_VARIANT);
    }
    locl_launch_macro(&l, "MODE",
                      f == NO_SUCH_VARIANT || f == MISSING_BIAS || f == HALVES_BESIDE_FLOATS ? 2 : 1);
    locl_launch_macro(&l, f == UNKNOWN_MACRO ? "CHUNKS" : "CHUNK", f == NO_SUCH_CHUNK ? 8 : 4);
    if (f == MACRO_TWICE) {
        locl_launch_macro(&l, "MODE", 1);
    }
    locl_launch_cost(&l, 24, 96);
    if (f != NOT_RUN) {
        locl_launch_run(&l, 3, 4);
    }
}

static const char *const said[FAULTS] = {
    [UNKNOWN_ARGUMENT] = "k: it has no argument \"row\"",
    [MISSING_ARGUMENT] = "k: argument \"rows\" is missing",
    [MISSING_BUFFER] = "k: argument \"x\" is missing",
    [TWICE] = "k: argument \"y\" is given twice",
    [WRONG_KIND] = "k: argument \"x\" is an input, not an output",
    [SMALL_BUFFER] = "k: argument \"x\" takes 12 elements, but x's buffer has only 11",
    [NULL_BUFFER] = "k: argument \"x\" takes 12 elements, but there is no buffer",
    [LARGE_UINT] = "k: argument \"rows\": a size of 4294967296 is above 4294967295",
    [LARGE_INT] = "k: argument \"side\": a size of 2147483648 is above 2147483647",
    [UNKNOWN_MACRO] = "k: it is built with no macro CHUNKS",
    [MISSING_MACRO] = "k: macro NORM is missing",
    [MACRO_TWICE] = "k: macro MODE is given twice",
    [NO_SUCH_VARIANT] = "k: no variant is built with NORM=0 MODE=2 HALF=0",
    [NO_SUCH_CHUNK] = "k: CHUNK=8 is not a value that it is built with",
    [SPARE_BUFFER] = "k: argument \"bias\" is given, which MODE=1 does not have",
    [MISSING_BIAS] = "k: argument \"bias\" is missing, which MODE=2 needs",
    [HALVES_FOR_FLOATS] = "k: argument \"x\" takes floats, but x's buffer has halves",
    [HALVES_BESIDE_FLOATS] = "k: x's buffer and y's buffer are not both halves, or both floats",
    [NOT_RUN] = "k was begun and never run"};

static void each_fault_is_said(void **state)
{
    (void)state;
    for (fault f = NONE + 1; f < FAULTS; f++) {
        locl_device device = {0};
        locl_command_buffer *cmd = NULL;
        locl_error err = {0};
        assert_int_equal(locl_command_buffer_create(&device, NULL, &cmd, &err), LOCL_OK);
        locl_command_buffer_section(cmd, "block 2");
        record(cmd, f);
        record(cmd, NONE); /* the first error sticks */
        assert_true(locl_command_buffer_bind(cmd, &err) != LOCL_OK);
        if (f != NOT_RUN) { /* the next launch has said it, or binding does */
            assert_string_equal(err.message, said[f]);
        }
        assert_string_equal(err.where, "block 2");
        locl_command_buffer_release(cmd);
    }
}

static void not_run_is_said_when_bound(void **state)
{
    locl_device device = {0};
    locl_command_buffer *cmd = NULL;
    locl_error err = {0};
    (void)state;
    assert_int_equal(locl_command_buffer_create(&device, NULL, &cmd, &err), LOCL_OK);
    record(cmd, NOT_RUN);
    assert_int_equal(locl_command_buffer_bind(cmd, &err), LOCL_E_FAILED);
    assert_string_equal(err.message, said[NOT_RUN]);
    locl_command_buffer_release(cmd);
}

static void a_launch_can_be_looked_at(void **state)
{
    locl_device device = {0};
    locl_command_buffer *cmd = NULL;
    locl_error err = {0};
    locl_launch_info info;
    (void)state;
    assert_int_equal(locl_command_buffer_create(&device, NULL, &cmd, &err), LOCL_OK);
    record(cmd, NONE);
    assert_int_equal(locl_command_buffer_status(cmd, &err), LOCL_OK);
    assert_true(locl_command_buffer_launch(cmd, 0, &info));
    assert_false(locl_command_buffer_launch(cmd, 1, &info));
    assert_ptr_equal(info.kernel, &kernel);
    assert_int_equal(info.variant, 1);
    assert_string_equal(info.options, "-D CHUNK=4 -D NORM=1 -D MODE=1");
    assert_true(info.groups == 3 && info.items == 4);
    assert_true(info.flops == 24 && info.bytes == 96);
    locl_command_buffer_release(cmd);
}

static void variants_are_numbered(void **state)
{
    static const uint32_t expected[][2] = {{0, 1}, {1, 1}, {1, 2}};
    uint32_t setting[LOCL_KERNEL_SWITCHES] = {0};
    (void)state;
    assert_int_equal(locl_kernel_variants(&kernel), 3);
    for (size_t i = 0; i < 3; i++) {
        locl_kernel_variant(&kernel, i, setting);
        assert_memory_equal(setting, expected[i], sizeof expected[i]);
        assert_int_equal(locl_kernel_variant_of(&kernel, setting), i);
    }
    setting[1] = 40; /* past all bits */
    assert_true(locl_kernel_variant_of(&kernel, setting) == SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fault_is_said),
        cmocka_unit_test(not_run_is_said_when_bound),
        cmocka_unit_test(a_launch_can_be_looked_at),
        cmocka_unit_test(variants_are_numbered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
