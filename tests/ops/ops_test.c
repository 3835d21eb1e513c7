/* Every row of the table of operations on every shape of it, as the device is, and cut as for GPUs. */
#include "support/kernel_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROWS = 32, FIRST_SEED = 41 };

/* PoCL takes seconds to build a kernel with barriers: cut as for GPUs, a share of the shapes has to do,
 * unless LOCL_TEST_ALL is set. */
static bool is_due(size_t shape, locl_check_caps caps)
{
    return caps == LOCL_CHECK_AS_IS || shape % 6 == 3 || getenv("LOCL_TEST_ALL");
}

static void agrees_with_its_reference(void **state)
{
    const locl_op *op = *state;
    for (locl_check_caps caps = LOCL_CHECK_AS_IS; caps < LOCL_CHECK_CAPS; caps++) {
        for (size_t i = 0; i < op->shapes; i++) {
            if (is_due(i, caps) && !locl_check_skips(op, op->shape[i])) {
                locl_check_shape(op, op->shape[i], FIRST_SEED + i, caps);
            }
        }
    }
}

/* The checks have to notice what they are for. */
static void a_spoiled_value_is_noticed(void **state)
{
    const locl_op *op = locl_op_find("layernorm_dual");
    const size_t dim[LOCL_OP_DIMS] = {31, 17, 3};
    char text[1024];
    locl_op_case *c = locl_check_make(op, dim, FIRST_SEED, true);
    locl_op_tensor *dy = locl_op_case_find(c, "dy");
    (void)state;
    locl_op_case_expect(c);
    locl_check_run(c, LOCL_CHECK_AS_IS);
    assert_true(locl_op_case_near(c, "0:0", text, sizeof text));
    float kept = dy->got[40];
    const float wrong[] = {NAN, INFINITY, kept + 0.001f};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        dy->got[40] = wrong[i];
        assert_false(locl_op_case_near(c, "0:0", text, sizeof text));
        assert_non_null(strstr(text, "FAIL layernorm_dual [31,17,3] seed 41 on 0:0: dy[2,6] = "));
        assert_non_null(strstr(text, "again: LOCL_DEVICES=0:0 ./locl.sh test ops_test"));
    }
    dy->got[40] = kept;
    dy->guards_intact = false;
    assert_false(locl_op_case_near(c, "0:0", text, sizeof text));
    locl_op_case_release(c);
}

int main(void)
{
    struct CMUnitTest tests[ROWS];
    size_t count = 0;
    for (; locl_ops[count] && count < ROWS - 1; count++) {
        tests[count] = (struct CMUnitTest){locl_ops[count]->name, agrees_with_its_reference, NULL, NULL,
                                           (void *)(size_t)locl_ops[count]};
    }
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(a_spoiled_value_is_noticed);
    return _cmocka_run_group_tests("kernels against their references", tests, count, NULL, locl_check_close);
}
