/* What a steady-state training step asks of OpenCL: it waits for the step before last and for nothing else, copies
 * nothing blocking, allocates and builds nothing, also where steps are kept for checkpoints. Counted by the OpenCL
 * layer over 100 steps or more. / */
#include "support/opencl_layer.h"
#include "support/step_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { FIRST = 10, LAST = 174, STAGES = 4, KEPT_EVERY = 3 };

static const char *const forbidden[] = {
    "clFinish",
    "clEnqueueReadBuffer:blocking",
    "clEnqueueWriteBuffer:blocking",
    "clEnqueueMapBuffer:blocking",
    "clCreateBuffer",
    "clCreateSubBuffer",
    "clCreateKernel",
    "clCreateProgramWithSource",
    "clCreateProgramWithBinary",
    "clBuildProgram",
    "clCreateCommandQueue",
    "clCreateContext",
    "clCreateUserEvent",
};
enum { FORBIDDEN = sizeof forbidden / sizeof *forbidden };

typedef struct counts {
    long forbidden[FORBIDDEN];
    long waits;    /* of all steps */
    long launches; /* of the steps counted */
    long kept;
} counts;

static void take_counts(counts *c)
{
    for (size_t i = 0; i < FORBIDDEN; i++) {
        c->forbidden[i] = locl_layer_count(forbidden[i]) - c->forbidden[i];
    }
    c->launches = locl_layer_count("clEnqueueNDRangeKernel") - c->launches;
}

static void count(void *user, const locl_step_report *report)
{
    if (report->step == FIRST) {
        take_counts(user);
    }
}

static locl_status keep(void *user, uint64_t step, locl_error *err)
{
    counts *c = user;
    (void)step;
    (void)err;
    c->kept++;
    return LOCL_OK;
}

/* What is called from the report of step FIRST, which is there before step FIRST + 64 begins, to the end. */
static counts count_steps(locl_devices *devices, const unsigned *where, locl_engine engine)
{
    step_run run;
    counts c = {.waits = 0};
    uint64_t next;
    locl_error err = {0};
    step_run_begin(&run, devices);
    if (where) {
        step_run_place(&run, where);
    }
    run.engine = engine;
    step_run_open(&run);
    locl_layer_reset();
    step_ask ask = {.end = LAST, .handler = count, .kept = keep, .keep_every = {KEPT_EVERY}, .user = &c};
    assert_int_equal(step_run_try_train(&run, &ask, &next, &err), LOCL_OK);
    take_counts(&c);
    c.waits = locl_layer_count("clWaitForEvents");
    assert_int_equal(c.kept, (LAST - 1) / KEPT_EVERY);
    assert_true(c.launches > 10 * STAGES * (LAST - FIRST - 64));
    step_run_close(&run);
    return c;
}

static void assert_no_waits(const counts *c)
{
    for (size_t i = 0; i < FORBIDDEN; i++) {
        if (c->forbidden[i]) {
            fail_msg("%ld calls of %s", c->forbidden[i], forbidden[i]);
        }
    }
    assert_int_equal(c->waits, STAGES * LAST);
}

static void one_device_waits_for_nothing(void **state)
{
    (void)state;
    counts c = count_steps(step_whole(), NULL, LOCL_ENGINE_NATIVE);
    assert_no_waits(&c);
}

static void two_halves_wait_for_nothing(void **state)
{
    (void)state;
    const unsigned together[4] = {0, 0, 1, 1}, interleaved[4] = {0, 1, 0, 1};
    locl_devices *halves = step_halves();
    if (!halves) {
        skip();
    }
    counts c = count_steps(halves, together, LOCL_ENGINE_NATIVE);
    assert_no_waits(&c);
    c = count_steps(step_halves(), interleaved, LOCL_ENGINE_NATIVE);
    assert_no_waits(&c);
}

/* Not locl's own calls: said, not asserted. */
static void clblast_is_reported(void **state)
{
    (void)state;
    counts c = count_steps(step_whole(), NULL, LOCL_ENGINE_CLBLAST);
    for (size_t i = 0; i < FORBIDDEN; i++) {
        if (c.forbidden[i]) {
            print_message("CLBlast: %.1f calls of %s beside 100 launches\n",
                          100.0 * (double)c.forbidden[i] / (double)c.launches, forbidden[i]);
        }
    }
}

int main(int argc, char **argv)
{
    locl_layer_require(argc, argv);
    alarm(120);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_device_waits_for_nothing),
        cmocka_unit_test(two_halves_wait_for_nothing),
        cmocka_unit_test(clblast_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
