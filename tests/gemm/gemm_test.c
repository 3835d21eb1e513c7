/* What the interface of products refuses, and the names of engines. That both engines are right is checked by
 * check/check_products_test.c. */
#include "check/product_shape.h"
#include "gemm/gemm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static locl_devices *devices;

static void check_ok(locl_status status, const locl_error *err)
{
    if (status != LOCL_OK) {
        fail_msg("%s: %s", err->where, err->message);
    }
}

/* What locl_gemm() says about a shape on tensors of `values` values each. */
static locl_status status_of(locl_gemm_shape x, size_t values, locl_error *err)
{
    locl_device *device = devices->device[0];
    locl_command_buffer *cmd = NULL;
    locl_tensor t = {.name = "t", .bytes = values * sizeof(float), .external = -1};
    check_ok(locl_command_buffer_create(device, NULL, &cmd, err), err);
    locl_gemm_use(cmd, &(locl_gemm_choices){.engine = LOCL_ENGINE_NATIVE});
    locl_gemm(cmd, &x, &t, &t, &t);
    locl_status status = locl_command_buffer_status(cmd, err);
    locl_command_buffer_release(cmd);
    return status;
}

static void test_bad_shapes(void **state)
{
    locl_error err = {0};
    (void)state;
    locl_gemm_shape x = locl_product_dense(LOCL_PRODUCT_NN, 4, 4, 4);
    assert_int_equal(status_of(x, 16, &err), LOCL_OK);
    assert_int_equal(status_of(x, 15, &err), LOCL_E_FAILED);
    assert_non_null(strstr(err.message, "A takes 16 values, but t has only 15"));
    x.ldb = 3;
    assert_int_equal(status_of(x, 16, &err), LOCL_E_FAILED);
    assert_non_null(strstr(err.message, "leading dimension of B"));
    x = locl_product_dense(LOCL_PRODUCT_NN, 4, 4, 4);
    x.batch = 2;
    assert_int_equal(status_of(x, 64, &err), LOCL_E_FAILED);
    x = locl_product_dense(LOCL_PRODUCT_NN, 4, 0, 4);
    assert_int_equal(status_of(x, 16, &err), LOCL_E_FAILED);
    x = locl_product_dense(LOCL_PRODUCT_TT, 4, 4, 4); /* needs scratch, but there is no workspace */
    assert_int_equal(status_of(x, 16, &err), devices->device[0]->caps.cpu ? LOCL_E_FAILED : LOCL_OK);
}

static void test_engine_names(void **state)
{
    locl_engine engine = LOCL_ENGINE_AUTO;
    (void)state;
    assert_true(locl_engine_parse("clblast", &engine));
    assert_int_equal(engine, LOCL_ENGINE_CLBLAST);
    assert_int_equal(locl_engine_resolve(engine), LOCL_ENGINE_CLBLAST);
    assert_true(locl_engine_parse("auto", &engine));
    assert_int_equal(locl_engine_resolve(engine), LOCL_ENGINE_NATIVE);
    assert_true(locl_engine_parse("native", &engine));
    assert_int_equal(engine, LOCL_ENGINE_NATIVE);
    assert_false(locl_engine_parse("Native", &engine));
}

static int open_device(void **state)
{
    const char *selector = getenv("LOCL_DEVICES");
    locl_error err = {0};
    (void)state;
    check_ok(locl_devices_open_text(selector ? selector : "auto", &devices, &err), &err);
    return 0;
}

static int close_device(void **state)
{
    (void)state;
    locl_devices_close(devices);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_engine_names),
        cmocka_unit_test(test_bad_shapes),
    };
    return cmocka_run_group_tests(tests, open_device, close_device);
}
