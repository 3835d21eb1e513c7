/* Kernels built ahead of binding: merged into one program without a change of what they compute, or each on
 * its own, side by side; what could not be built is told when it is bound. */
#include "device/build.h"
#include "device/launch.h"
#include "device/merge.h"
#include "device/program.h"
#include "support/kernel_folder.h"
#include "support/opencl_layer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { VALUES = 2, KERNELS = 4 };

/* Whatever may stand at file scope, under names that every part has. */
static const char header[] =
    "#define TWICE(x) ((x) + (x))\n"
    "#if WIDE\n"
    "typedef struct pair { int a, b; } pair; /* { ( */\n"
    "#else\n"
    "typedef struct pair { int b; short a; } pair; // } )\n"
    "#endif\n"
    "enum { FIRST = WIDE, SECOND = (ADD, FIRST) + 2 };\n"
    "constant int table[2] = {ADD, SECOND};\n"
    "int look_up(int i);\n"
    "int look_up(int i) { pair p = {.a = 3, .b = i}; return TWICE(table[p.b]) + p.a; }\n";
static const char fill[] = "#include \"inner.clh\"\n"
                           "kernel void\n"
                           "#if WIDE\n"
                           "fill_wide(\n"
                           "#else\n"
                           "fill(\n"
                           "#endif\n"
                           "    global int *x) { x[get_global_id(0)] = look_up((int)get_global_id(0)); }\n";
static const char other[] =
    "#include \"inner.clh\"\n#define LATER look_up(1)\n"
    "kernel __attribute__((reqd_work_group_size(1, 1, 1))) void other(global int *x)\n"
    "{ x[get_global_id(0)] = 100 * LATER; }\n";

static const locl_kernel_arg args[] = {{.name = "x", .kind = LOCL_ARG_OUT}, {.kind = LOCL_ARG_NONE}};
static const char *const switches[] = {"WIDE", NULL};
static const locl_kernel_form narrow[] = {{"narrow", {1}}, {.name = NULL}};
static const locl_kernel_form wide[] = {{"wide", {2}}, {.name = NULL}};
static const locl_kernel_geometry geometry[] = {{.name = "ADD", .low = 1, .high = 99, .sample = 1},
                                                {.name = NULL}};
static const locl_kernel kernels[] = {{.file = "fill.cl",
                                       .name = "fill",
                                       .args = args,
                                       .geometry = geometry,
                                       .switches = switches,
                                       .forms = narrow},
                                      {.file = "fill.cl",
                                       .name = "fill_wide",
                                       .args = args,
                                       .geometry = geometry,
                                       .switches = switches,
                                       .forms = wide},
                                      {.file = "other.cl",
                                       .name = "other",
                                       .args = args,
                                       .geometry = geometry,
                                       .switches = switches,
                                       .forms = wide},
                                      {.file = "broken.cl",
                                       .name = "broken",
                                       .args = args,
                                       .geometry = geometry,
                                       .switches = switches,
                                       .forms = wide}};

/* A launch, and what it writes. */
typedef struct launch {
    const locl_kernel *kernel;
    unsigned wide, add;
    int values[VALUES];
} launch;

static const launch launches[KERNELS] = {{&kernels[0], 0, 20, {43, 7}},
                                         {&kernels[1], 1, 30, {63, 9}},
                                         {&kernels[0], 0, 21, {45, 7}},
                                         {&kernels[2], 1, 30, {900, 900}}};
static const launch broken = {&kernels[3], 1, 1, {0}};

/* A device with command buffers of which each has one launch. */
typedef struct recording {
    locl_devices *devices;
    locl_device *device;
    locl_arena *arena;
    locl_tensor *x;
    locl_command_buffer *cmd[KERNELS + 1]; /* [count] */
    size_t count;
} recording;

static void check_ok(locl_status status, const locl_error *err)
{
    if (status != LOCL_OK) {
        fail_msg("%s: %s", err->where, err->message);
    }
}

static void record(recording *r, const launch *what)
{
    locl_error err = {0};
    check_ok(locl_command_buffer_create(r->device, NULL, &r->cmd[r->count], &err), &err);
    locl_launch l = locl_launch_begin(r->cmd[r->count++], what->kernel);
    locl_launch_out(&l, "x", r->x, VALUES);
    locl_launch_macro(&l, "ADD", what->add);
    locl_launch_macro(&l, "WIDE", what->wide);
    locl_launch_run(&l, VALUES, 1);
}

static void open_recording(recording *r, bool late)
{
    locl_error err = {0};
    *r = (recording){.count = 0};
    check_ok(locl_devices_open_text("auto", &r->devices, &err), &err);
    r->device = r->devices->device[0];
    r->device->caps.builds_late = late;
    check_ok(locl_arena_create("x", &r->device->caps, &r->arena, &err), &err);
    r->x = locl_arena_take(r->arena, VALUES * sizeof(int), "x");
    for (size_t i = 0; i < KERNELS; i++) {
        record(r, &launches[i]);
    }
    check_ok(locl_arena_bind(r->arena, r->device, &err), &err);
}

static void close_recording(recording *r)
{
    for (size_t i = 0; i < r->count; i++) {
        locl_command_buffer_release(r->cmd[i]);
    }
    locl_arena_release(r->arena);
    locl_devices_close(r->devices);
}

static void check_values(recording *r)
{
    locl_error err = {0};
    locl_bindings bindings = {.step = 0};
    locl_queue queue;
    check_ok(locl_queue_create(r->device, LOCL_QUEUE_PLAIN, &queue, &err), &err);
    for (size_t i = 0; i < KERNELS; i++) {
        int values[VALUES] = {0};
        check_ok(locl_command_buffer_bind(r->cmd[i], &err), &err);
        check_ok(locl_command_buffer_enqueue(r->cmd[i], &queue, &bindings, &err), &err);
        check_ok(locl_buffer_read(&queue, r->x->mem, r->x->offset, sizeof values, values, LOCL_BLOCKING, NULL,
                                  NULL, &err),
                 &err);
        if (memcmp(values, launches[i].values, sizeof values) != 0) {
            fail_msg("launch %zu writes %d %d", i, values[0], values[1]);
        }
    }
    locl_queue_release(&queue);
}

static void begin(recording *r, locl_build **build)
{
    locl_error err = {0};
    check_ok(locl_build_begin(r->cmd, r->count, build, &err), &err);
}

static void builds_ahead(bool late, long programs)
{
    recording r;
    locl_build *build;
    open_recording(&r, late);
    locl_layer_reset();
    begin(&r, &build);
    assert_int_equal(locl_build_kernels(build), KERNELS);
    locl_build_end(build, NULL);
    assert_int_equal(locl_layer_count("clBuildProgram"), programs);
    check_values(&r);
    assert_int_equal(locl_layer_count("clBuildProgram"), programs);
    begin(&r, &build); /* all is there */
    locl_build_end(build, NULL);
    assert_int_equal(locl_layer_count("clBuildProgram"), programs);
    close_recording(&r);
}

static void late_devices_get_one_program(void **state)
{
    (void)state;
    builds_ahead(true, 1);
}

static void others_get_one_for_each_kernel(void **state)
{
    (void)state;
    builds_ahead(false, KERNELS);
}

/* Half of them are there already: the others go into a program of their own. */
static void a_program_takes_what_is_missing(void **state)
{
    recording r;
    locl_build *build;
    locl_error err = {0};
    (void)state;
    open_recording(&r, true);
    check_ok(locl_build_begin(r.cmd, KERNELS / 2, &build, &err), &err);
    locl_build_end(build, NULL);
    begin(&r, &build);
    locl_layer_reset();
    locl_build_end(build, NULL);
    check_values(&r);
    close_recording(&r);
}

typedef struct told {
    size_t calls, most, total;
} told;

static void tell(void *user, size_t done, size_t total)
{
    told *t = user;
    t->calls++;
    t->most = done > t->most ? done : t->most;
    t->total = total;
}

static void progress_is_told(void **state)
{
    recording r;
    locl_build *build;
    told t = {.calls = 0};
    (void)state;
    open_recording(&r, false);
    locl_layer_delay(20000, 3);
    begin(&r, &build);
    locl_command_buffer_watch watch = {.done = 5, .total = 50, .tell = tell, .user = &t};
    locl_build_end(build, &watch);
    locl_layer_delay(0, 0);
    assert_true(t.calls > 0);
    assert_true(t.most >= 5 && t.most <= 5 + KERNELS);
    assert_int_equal(t.total, 50);
    assert_int_equal(watch.done, 5 + KERNELS);
    close_recording(&r);
}

static void what_fails_is_told_when_bound(void **state)
{
    (void)state;
    for (int late = 0; late < 2; late++) {
        recording r;
        locl_build *build;
        locl_error err = {0};
        open_recording(&r, late);
        record(&r, &broken);
        begin(&r, &build);
        locl_build_end(build, NULL);
        check_values(&r);
        assert_int_equal(locl_command_buffer_bind(r.cmd[KERNELS], &err), LOCL_E_OPENCL);
        if (!strstr(err.message, "broken.cl") || !strstr(err.message, "WIDE=1") ||
            !strstr(err.message, "undeclared")) {
            fail_msg("%s", err.message);
        }
        close_recording(&r);
    }
}

static void cancelled_builds_end(void **state)
{
    (void)state;
    for (int late = 0; late < 2; late++) {
        recording r;
        locl_build *build;
        open_recording(&r, late);
        begin(&r, &build);
        locl_build_cancel(build);
        check_values(&r);
        close_recording(&r);
    }
    locl_build_cancel(NULL);
    locl_build_end(NULL, NULL);
}

static void options_that_are_no_macros_stay_alone(void **state)
{
    (void)state;
    assert_true(locl_merge_takes(""));
    assert_true(locl_merge_takes("-D A=1 -D B=-2 -DC"));
    assert_false(locl_merge_takes("-D A=1 -cl-opt-disable"));
    assert_false(locl_merge_takes("-cl-opt-disable"));
    assert_false(locl_merge_takes("-D F(x)=x"));
    assert_false(locl_merge_takes("-D"));
}

static int set_up(void **state)
{
    *state = locl_kernel_folder_make();
    locl_kernel_folder_write(*state, "inner.clh", header);
    locl_kernel_folder_write(*state, "fill.cl", fill);
    locl_kernel_folder_write(*state, "other.cl", other);
    locl_kernel_folder_write(*state, "broken.cl", "kernel void broken(global int *x) { x[0] = nowhere; }\n");
    return 0;
}

static int tear_down(void **state)
{
    locl_kernel_folder_remove(*state);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(late_devices_get_one_program),
        cmocka_unit_test(others_get_one_for_each_kernel),
        cmocka_unit_test(a_program_takes_what_is_missing),
        cmocka_unit_test(progress_is_told),
        cmocka_unit_test(what_fails_is_told_when_bound),
        cmocka_unit_test(cancelled_builds_end),
        cmocka_unit_test(options_that_are_no_macros_stay_alone),
    };
    locl_layer_require(argc, argv);
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
