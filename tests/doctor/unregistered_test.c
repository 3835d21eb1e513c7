/* Drivers that are installed without being registered, in roots of files that look like machines. */
#define _XOPEN_SOURCE 700
#include "base/file.h"
#include "doctor/unregistered.h"
#include "locl/doctor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define SYSTEM "/usr/lib/x86_64-linux-gnu"

static char root[64];
static locl_unregistered found;

static void in_root(const char *path, char *out, size_t size)
{
    char folder[4096];
    locl_error err;
    snprintf(out, size, "%s%s", root, path);
    snprintf(folder, sizeof folder, "%s", out);
    *strrchr(folder, '/') = '\0';
    assert_int_equal(locl_file_make_folders(folder, &err), LOCL_OK);
}

/* Puts a library of this machine there: the command itself is one to the linker. */
static void put_library(const char *path)
{
    char full[4096];
    in_root(path, full, sizeof full);
    assert_int_equal(symlink(LOCL_COMMAND, full), 0);
}

static void put_text(const char *path, const char *text)
{
    char full[4096];
    locl_error err;
    in_root(path, full, sizeof full);
    assert_int_equal(locl_file_write(full, text, strlen(text), &err), LOCL_OK);
}

static int make_root(void **state)
{
    (void)state;
    snprintf(root, sizeof root, "/tmp/locl-root-XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", root);
    return system(command);
}

/* Looks, and expects one library, or none for NULL, and these folders for the linker. */
static void expect(const char *path, const char *library, const char *folders)
{
    char full[4096] = "";
    locl_unregistered_find(root, path, &found);
    assert_int_equal(found.count, library ? 1 : 0);
    if (library) {
        snprintf(full, sizeof full, "%s%s", root, library);
        assert_string_equal(found.library[0], full);
    }
    snprintf(full, sizeof full, "%s%s", folders[0] ? root : "", folders);
    assert_string_equal(found.folders, full);
}

static void nothing_is_there(void **state)
{
    (void)state;
    expect(NULL, NULL, "");
}

static void where_the_linker_looks(void **state)
{
    (void)state;
    put_library(SYSTEM "/libnvidia-opencl.so.570.86.10");
    expect(NULL, SYSTEM "/libnvidia-opencl.so.570.86.10", "");
    put_library(SYSTEM "/libnvidia-opencl.so.1");
    expect(NULL, SYSTEM "/libnvidia-opencl.so.1", "");
}

static void where_it_does_not_look(void **state)
{
    (void)state;
    put_library("/usr/local/nvidia/lib64/libnvidia-opencl.so.1");
    expect(NULL, "/usr/local/nvidia/lib64/libnvidia-opencl.so.1", "/usr/local/nvidia/lib64");
    expect("nowhere:/usr/local/nvidia/lib64", "/usr/local/nvidia/lib64/libnvidia-opencl.so.1", "");
    put_text("/etc/ld.so.conf.d/nvidia.conf", "# added\n/usr/local/nvidia/lib64\n");
    expect(NULL, "/usr/local/nvidia/lib64/libnvidia-opencl.so.1", "");
}

static void one_that_is_registered(void **state)
{
    (void)state;
    put_text("/etc/OpenCL/vendors/nvidia.icd", "libnvidia-opencl.so.1\n");
    put_text("/dev/nvidiactl", "");
    put_library("/usr/local/nvidia/lib64/libnvidia-opencl.so.1");
    expect(NULL, NULL, "/usr/local/nvidia/lib64");
    put_library(SYSTEM "/libnvidia-opencl.so.1");
    expect(NULL, NULL, "");
}

static void one_beside_others(void **state)
{
    (void)state;
    put_text("/etc/OpenCL/vendors/pocl.icd", "libpocl.so.2\n");
    put_library("/opt/rocm-6.1.0/lib/libamdocl64.so");
    expect(NULL, NULL, ""); /* no such GPU: nobody misses it */
    put_text("/dev/kfd", "");
    expect(NULL, "/opt/rocm-6.1.0/lib/libamdocl64.so", "/opt/rocm-6.1.0/lib");
}

static void no_library_at_all(void **state)
{
    (void)state;
    put_text(SYSTEM "/intel-opencl/libigdrcl.so", "a text\n");
    expect(NULL, NULL, "");
    put_library("/usr/lib64/intel-opencl/libigdrcl.so");
    expect(NULL, "/usr/lib64/intel-opencl/libigdrcl.so", "/usr/lib64/intel-opencl");
}

static void variables_that_tell_are_heeded(void **state)
{
    locl_driver_search search;
    (void)state;
    setenv("OCL_ICD_VENDORS", "/nowhere", 1);
    locl_doctor_find_drivers(&search);
    assert_string_equal(search.vendors, "");
    assert_string_equal(search.libraries, "");
    assert_string_equal(search.found, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_is_there, make_root, remove_root),
        cmocka_unit_test_setup_teardown(where_the_linker_looks, make_root, remove_root),
        cmocka_unit_test_setup_teardown(where_it_does_not_look, make_root, remove_root),
        cmocka_unit_test_setup_teardown(one_that_is_registered, make_root, remove_root),
        cmocka_unit_test_setup_teardown(one_beside_others, make_root, remove_root),
        cmocka_unit_test_setup_teardown(no_library_at_all, make_root, remove_root),
        cmocka_unit_test(variables_that_tell_are_heeded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
