/* Every operation of the table on every shape of it, as the device is, and cut as for GPUs. */
#include "support/kernel_check.h"

#include <math.h>
#include <string.h>

/* PoCL takes seconds to build a kernel with barriers: cut as for GPUs, a share of the shapes has to do. */
enum { EVERY = 6 };

static bool wanted(const locl_op *op)
{
    return locl_check_family_of(op) == LOCL_CHECK_OPERATION;
}

static void agrees_with_its_reference(void **state)
{
    locl_check_row(*state, EVERY);
}

/* The comparison has to notice what it is for. */
static void a_spoiled_value_is_noticed(void **state)
{
    char text[2048];
    locl_op_case *c = locl_check_make("layernorm_dual", "rows=31 n=17 tangents=3", 41, LOCL_OP_HARD);
    const locl_op_variant *v = c->op->variant;
    const locl_device *device = locl_check_device();
    (void)state;
    locl_check_expect(c);
    locl_check_run(c, NULL);
    assert_true(locl_op_case_near(c, device, v, text, sizeof text));
    locl_op_tensor *dy = locl_op_case_find(c, "dy");
    float kept = dy->got[40];
    const float wrong[] = {NAN, INFINITY, kept + 0.001f};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        dy->got[40] = wrong[i];
        assert_false(locl_op_case_near(c, device, v, text, sizeof text));
        assert_non_null(strstr(text, "FAIL layernorm_dual [rows=31 n=17 tangents=3 halves=no] seed 41 on "));
        assert_non_null(strstr(text, ", device: dy[2,6] = "));
        assert_non_null(strstr(text,
                               "again: build/bin/kernel_check --op layernorm_dual --shape \"rows=31 n=17 "
                               "tangents=3 halves=no\" --seed 41 --device "));
    }
    dy->got[40] = kept;
    dy->guards_intact = false;
    assert_false(locl_op_case_near(c, device, v, text, sizeof text));
    locl_op_case_release(c);
}

int main(void)
{
    const struct CMUnitTest more[] = {cmocka_unit_test(a_spoiled_value_is_noticed)};
    return locl_check_run_rows("operations against their references", agrees_with_its_reference, wanted, more,
                               1);
}
