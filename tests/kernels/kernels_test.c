/* The descriptors of kernels against cl/: names, kinds and order of arguments as the compiler sees them, and
 * tables that make sense. */
#include "kernels/kernels.h"

#include "device/program.h"
#include "device/program_build.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
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

/* Every setting is listed once; samples are values that there are; `with` names a switch. */
static void tables_make_sense(void **state)
{
    (void)state;
    for (size_t i = 0; locl_kernels[i]; i++) {
        const locl_kernel *k = locl_kernels[i];
        assert_ptr_equal(locl_kernel_find(k->name), k);
        for (size_t v = 0; v < locl_kernel_variants(k); v++) {
            uint32_t setting[LOCL_KERNEL_SWITCHES] = {0};
            locl_kernel_variant(k, v, setting);
            if (locl_kernel_variant_of(k, setting) != v) {
                fail_msg("%s: variant %zu is listed before, as %zu", k->name, v,
                         locl_kernel_variant_of(k, setting));
            }
        }
        for (const locl_kernel_geometry *g = k->geometry; g && g->name; g++) {
            assert_true(locl_kernel_geometry_allows(g, g->sample));
            assert_false(locl_kernel_geometry_allows(g, (size_t)g->high + 1));
            assert_true(g - k->geometry < LOCL_KERNEL_GEOMETRIES);
        }
        for (const locl_kernel_arg *a = k->args; a->kind != LOCL_ARG_NONE; a++) {
            bool found = !a->with;
            for (size_t s = 0; a->with && k->switches && k->switches[s]; s++) {
                found = found || !strcmp(k->switches[s], a->with);
            }
            assert_true(found);
            assert_true(a - k->args < LOCL_KERNEL_ARGS);
        }
    }
}

/* A buffer that is written is not const; one that is read alone is. Labels are int, counts uint. */
static void check_arg(const locl_kernel *k, cl_kernel kernel, cl_uint index)
{
    const locl_kernel_arg *arg = &k->args[index];
    static const char *const types[] = {
        [LOCL_ARG_NONE] = "",      [LOCL_ARG_IN] = "",        [LOCL_ARG_OUT] = "",
        [LOCL_ARG_IN_OUT] = "",    [LOCL_ARG_U32] = "uint",   [LOCL_ARG_I32] = "int",
        [LOCL_ARG_U64] = "ulong",  [LOCL_ARG_F32] = "float",  [LOCL_ARG_STEP] = "uint",
        [LOCL_ARG_RATE] = "float", [LOCL_ARG_VALID] = "uint", [LOCL_ARG_FIRST] = "ulong"};
    char name[128] = "", type[128] = "";
    cl_kernel_arg_address_qualifier space = 0;
    cl_kernel_arg_type_qualifier qualifier = 0;
    assert_int_equal(clGetKernelArgInfo(kernel, index, CL_KERNEL_ARG_NAME, sizeof name, name, NULL), 0);
    assert_int_equal(clGetKernelArgInfo(kernel, index, CL_KERNEL_ARG_TYPE_NAME, sizeof type, type, NULL), 0);
    assert_int_equal(
        clGetKernelArgInfo(kernel, index, CL_KERNEL_ARG_ADDRESS_QUALIFIER, sizeof space, &space, NULL), 0);
    assert_int_equal(
        clGetKernelArgInfo(kernel, index, CL_KERNEL_ARG_TYPE_QUALIFIER, sizeof qualifier, &qualifier, NULL),
        0);
    /* PoCL renames what is called like a built-in function */
    const char *own = !strncmp(name, "_cl_", 4) ? name + 4 : name;
    if (strcmp(own, arg->name) != 0) {
        fail_msg("%s: argument %u is \"%s\" in cl/, \"%s\" in its descriptor", k->name, index, name,
                 arg->name);
    }
    bool buffer = arg->kind == LOCL_ARG_IN || arg->kind == LOCL_ARG_OUT || arg->kind == LOCL_ARG_IN_OUT;
    bool constant = qualifier & CL_KERNEL_ARG_TYPE_CONST;
    if (buffer != (space == CL_KERNEL_ARG_ADDRESS_GLOBAL) ||
        (buffer && constant != (arg->kind == LOCL_ARG_IN)) ||
        (!buffer && strcmp(types[arg->kind], type) != 0)) {
        fail_msg("%s: argument \"%s\" is of type %s%s%s in cl/, of another kind in its descriptor", k->name,
                 name, constant ? "const " : "", space == CL_KERNEL_ARG_ADDRESS_GLOBAL ? "global " : "",
                 type);
    }
}

static void arguments_are_those_of_the_sources(void **state)
{
    locl_error err = {0};
    (void)state;
    for (size_t i = 0; locl_kernels[i]; i++) {
        const locl_kernel *k = locl_kernels[i];
        uint32_t setting[LOCL_KERNEL_SWITCHES] = {0};
        locl_text options = {0};
        cl_program program;
        cl_uint args = 0, count = 0;
        cl_int rc;
        locl_kernel_variant(k, 0, setting);
        locl_kernel_options(k, setting, NULL, &options);
        locl_text_add(&options, " -cl-kernel-arg-info");
        assert_false(options.failed);
        check_ok(locl_program_get(devices->device[0], k->file, options.data, &program, &err), &err);
        cl_kernel kernel = clCreateKernel(program, k->name, &rc);
        if (rc != CL_SUCCESS) {
            fail_msg("%s has no kernel %s", k->file, k->name);
        }
        assert_int_equal(clGetKernelInfo(kernel, CL_KERNEL_NUM_ARGS, sizeof args, &args, NULL), 0);
        while (k->args[count].kind != LOCL_ARG_NONE) {
            count++;
        }
        if (args != count) {
            fail_msg("%s has %u arguments in cl/, %u in its descriptor", k->name, args, count);
        }
        for (cl_uint a = 0; a < args; a++) {
            check_arg(k, kernel, a);
        }
        clReleaseKernel(kernel);
        locl_text_free(&options);
    }
}

/* What each kernel's file declares is found, so that all of them may be parts of one program. */
static void all_kernels_can_be_merged(void **state)
{
    enum { MOST = 128 };
    locl_merge_part parts[MOST] = {{.file = NULL}};
    locl_text options[MOST] = {{.data = NULL}};
    locl_error err = {0};
    cl_program program;
    size_t count = 0;
    (void)state;
    for (size_t i = 0; locl_kernels[i]; i++) {
        const locl_kernel *k = locl_kernels[i];
        size_t variants = locl_kernel_variants(k);
        for (size_t v = 0; v<variants; v += variants> 1 ? variants - 1 : 1) { /* the first and the last */
            uint32_t setting[LOCL_KERNEL_SWITCHES] = {0};
            assert_true(count < MOST);
            locl_kernel_variant(k, v, setting);
            locl_kernel_options(k, setting, NULL, &options[count]);
            parts[count] = (locl_merge_part){k->file, options[count].data};
            assert_true(locl_merge_takes(options[count].data));
            count++;
        }
    }
    check_ok(locl_program_build_merged(devices->device[0], parts, count, &program, &err), &err);
    assert_int_equal(clReleaseProgram(program), CL_SUCCESS);
    while (count) {
        locl_text_free(&options[--count]);
    }
}

static int open_device(void **state)
{
    locl_error err = {0};
    (void)state;
    check_ok(locl_devices_open(NULL, 0, &devices, &err), &err);
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
        cmocka_unit_test(tables_make_sense),
        cmocka_unit_test(arguments_are_those_of_the_sources),
        cmocka_unit_test(all_kernels_can_be_merged),
    };
    return cmocka_run_group_tests(tests, open_device, close_device);
}
