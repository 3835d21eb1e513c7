/* The machine around the drivers, as files of a folder that stand for it: device nodes, GPUs, NVIDIA's versions,
 * containers. */
#define _XOPEN_SOURCE 700
#include "base/file.h"
#include "doctor/machine.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char root[64];
static locl_drivers drivers;
static locl_findings rows;

/* Writes a file of the machine. */
static void put(const char *path, const char *text)
{
    char full[PATH_MAX], folder[PATH_MAX];
    locl_error err;
    snprintf(full, sizeof full, "%s%s", root, path);
    snprintf(folder, sizeof folder, "%s", full);
    *strrchr(folder, '/') = '\0';
    assert_int_equal(locl_file_make_folders(folder, &err), LOCL_OK);
    assert_int_equal(locl_file_write(full, text, strlen(text), &err), LOCL_OK);
}

static void put_gpu(const char *address, const char *vendor, const char *driver)
{
    char path[256], full[PATH_MAX], target[128];
    snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/class", address);
    put(path, "0x030000\n");
    snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/vendor", address);
    put(path, vendor);
    if (driver) {
        snprintf(full, sizeof full, "%s/sys/bus/pci/devices/%s/driver", root, address);
        snprintf(target, sizeof target, "../../../../bus/pci/drivers/%s", driver);
        assert_int_equal(symlink(target, full), 0);
    }
}

static int begin(void **state)
{
    (void)state;
    snprintf(root, sizeof root, "/tmp/locl-machine-XXXXXX");
    drivers = (locl_drivers){.listed = true};
    unsetenv("container");
    return mkdtemp(root) ? 0 : -1;
}

static int end(void **state)
{
    char command[128];
    (void)state;
    locl_findings_free(&rows);
    snprintf(command, sizeof command, "rm -r %s", root);
    return system(command);
}

/* Examines the machine and returns the row of that name; each that is not ok has a remedy. */
static const locl_finding *row(const char *name)
{
    const locl_finding *found = NULL;
    if (!rows.count) {
        locl_machine_examine(root, &drivers, &rows);
    }
    for (size_t i = 0; i < rows.count; i++) {
        assert_int_equal(rows.row[i].status == LOCL_FINDING_OK, !rows.row[i].remedy[0]);
        found = strcmp(rows.row[i].name, name) ? found : &rows.row[i];
    }
    assert_non_null(found);
    return found;
}

static void has(const locl_finding *finding, locl_finding_status status, const char *text)
{
    assert_int_equal(finding->status, status);
    assert_true(strstr(finding->detail, text) || strstr(finding->remedy, text));
}

static void an_empty_machine_has_no_gpu(void **state)
{
    (void)state;
    has(row("nodes"), LOCL_FINDING_SKIPPED, "no device node");
    has(row("container"), LOCL_FINDING_OK, "in none that is known");
}

static void nodes_are_told(void **state)
{
    (void)state;
    put("/dev/dri/renderD128", "");
    put("/dev/kfd", "");
    has(row("node /dev/dri/renderD128"), LOCL_FINDING_OK, "may be read");
    has(row("node /dev/kfd"), LOCL_FINDING_OK, "may be read");
}

static void a_node_of_others_is_a_warning(void **state)
{
    char path[128];
    (void)state;
    if (geteuid() == 0) {
        skip(); /* root may open everything */
    }
    put("/dev/dri/renderD128", "");
    snprintf(path, sizeof path, "%s/dev/dri/renderD128", root);
    assert_int_equal(chmod(path, 0), 0);
    has(row("node /dev/dri/renderD128"), LOCL_FINDING_WARNING, "usermod -aG");
}

static void gpus_are_held_against_devices(void **state)
{
    (void)state;
    put_gpu("0000:01:00.0", "0x1002\n", "amdgpu");
    put_gpu("0000:02:00.0", "0x10de\n", "nouveau");
    put_gpu("0000:03:00.0", "0x8086\n", NULL);
    put_gpu("0000:04:00.0", "0x10de\n", "vfio-pci");
    put_gpu("0000:05:00.0", "0x8086\n", "i915");
    put_gpu("0000:06:00.0", "0x1234\n", "bochs");
    drivers.seen[0] = (locl_seen){.type = "gpu", .vendor_id = 0x8086};
    drivers.count = 1;
    has(row("gpu 0000:01:00.0"), LOCL_FINDING_WARNING, "no OpenCL device shows it");
    has(row("gpu 0000:01:00.0"), LOCL_FINDING_WARNING, "RUSTICL_ENABLE=radeonsi");
    has(row("gpu 0000:02:00.0"), LOCL_FINDING_WARNING, "nouveau");
    has(row("gpu 0000:03:00.0"), LOCL_FINDING_WARNING, "without a kernel driver");
    has(row("gpu 0000:04:00.0"), LOCL_FINDING_WARNING, "given away");
    has(row("gpu 0000:05:00.0"), LOCL_FINDING_OK, "i915");
    for (size_t i = 0; i < rows.count; i++) {
        assert_null(strstr(rows.row[i].name, "06:00"));
    }
}

static const char *const module_version = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun "
                                          "May 12 19:39:15 UTC 2024\nGCC version:  gcc 12.2.0\n";

static void nvidias_library_has_to_be_the_modules(void **state)
{
    (void)state;
    put("/proc/driver/nvidia/version", module_version);
    snprintf(drivers.nvidia, sizeof drivers.nvidia, "/usr/lib/libnvidia-opencl.so.535.183.01");
    has(row("nvidia"), LOCL_FINDING_OK, "535.183.01");
    locl_findings_free(&rows);
    snprintf(drivers.nvidia, sizeof drivers.nvidia, "/usr/lib/libnvidia-opencl.so.550.54.14");
    has(row("nvidia"), LOCL_FINDING_ERROR, "550.54.14");
    locl_findings_free(&rows);
    drivers.nvidia[0] = '\0';
    has(row("nvidia"), LOCL_FINDING_WARNING, "nvidia-opencl-icd");
    locl_findings_free(&rows);
    put("/.dockerenv", "");
    has(row("nvidia"), LOCL_FINDING_WARNING, "NVIDIA_DRIVER_CAPABILITIES");
}

static void a_container_without_nodes_is_told(void **state)
{
    (void)state;
    put("/.dockerenv", "");
    put_gpu("0000:01:00.0", "0x1002\n", "amdgpu");
    has(row("container"), LOCL_FINDING_WARNING, "--device /dev/dri");
    locl_findings_free(&rows);
    put("/dev/dri/renderD128", "");
    has(row("container"), LOCL_FINDING_OK, "in docker");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(an_empty_machine_has_no_gpu),           TEST(nodes_are_told),
        TEST(a_node_of_others_is_a_warning),         TEST(gpus_are_held_against_devices),
        TEST(nvidias_library_has_to_be_the_modules), TEST(a_container_without_nodes_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
