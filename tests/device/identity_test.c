/* Names for good, on made-up machines: no OpenCL call. */
#include "device/identity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { GPU = CL_DEVICE_TYPE_GPU, CPU = CL_DEVICE_TYPE_CPU, MOST = 4 };

typedef struct row {
    size_t platform;
    int type;
    const char *platform_name, *name, *pci, *uuid;
    const char *stable, *called; /* expected */
} row;

#define UUID_A "4fcac49b-bc5a-f781-9c02-889186926070"
#define UUID_B "4fcac49b-bc5a-f781-9c02-889186926071"

static void check(const row *rows, size_t count)
{
    locl_device_info info[MOST] = {0};
    locl_inventory inventory = {.info = info, .count = count};
    for (size_t i = 0; i < count; i++) {
        info[i].platform_index = rows[i].platform;
        info[i].caps.type = (cl_device_type)rows[i].type;
        snprintf(info[i].platform, sizeof info[i].platform, "%s", rows[i].platform_name);
        snprintf(info[i].name, sizeof info[i].name, "%s", rows[i].name);
        snprintf(info[i].pci, sizeof info[i].pci, "%s", rows[i].pci);
        snprintf(info[i].uuid, sizeof info[i].uuid, "%s", rows[i].uuid);
    }
    locl_identity_name(&inventory);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(info[i].stable, rows[i].stable);
        assert_string_equal(info[i].called, rows[i].called);
    }
}

static void a_pci_address_goes_before_a_uuid_before_a_name(void **state)
{
    (void)state;
    static const row rows[] = {
        {0, GPU, "NVIDIA CUDA", "GeForce RTX 3060", "0000:01:00.0", UUID_A, "pci:0000:01:00.0",
         "name:nvidia-cuda:geforce-rtx-3060"},
        {0, GPU, "NVIDIA CUDA", "GeForce RTX 3060", "", UUID_B, "uuid:" UUID_B,
         "name:nvidia-cuda:geforce-rtx-3060:1"},
        {1, CPU, "Portable Computing Language", "pthread-AMD EPYC (9R14)", "", UUID_A,
         "name:portable-computing-language:pthread-amd-epyc-9r14",
         "name:portable-computing-language:pthread-amd-epyc-9r14"},
    };
    check(rows, 3);
}

static void hardware_of_two_platforms_is_named_with_its_platform(void **state)
{
    (void)state;
    static const row rows[] = {
        {0, GPU, "AMD APP", "gfx1030", "0000:03:00.0", "", "pci:0000:03:00.0@amd-app",
         "name:amd-app:gfx1030"},
        {1, GPU, "rusticl", "Radeon RX 6800", "0000:03:00.0", "", "pci:0000:03:00.0@rusticl",
         "name:rusticl:radeon-rx-6800"},
    };
    check(rows, 2);
}

static void tiles_that_share_an_address_are_named_by_what_differs(void **state)
{
    (void)state;
    static const row rows[] = {
        {0, GPU, "Intel", "Max 1550", "0000:03:00.0", UUID_A, "uuid:" UUID_A, "name:intel:max-1550"},
        {0, GPU, "Intel", "Max 1550", "0000:03:00.0", UUID_B, "uuid:" UUID_B, "name:intel:max-1550:1"},
    };
    static const row same[] = {
        {0, GPU, "Intel", "Max 1550", "0000:03:00.0", UUID_A, "name:intel:max-1550", "name:intel:max-1550"},
        {0, GPU, "Intel", "Max 1550", "0000:03:00.0", UUID_A, "name:intel:max-1550:1",
         "name:intel:max-1550:1"},
    };
    check(rows, 2);
    check(same, 2);
}

static void names_that_begin_alike_are_not_counted_as_the_same(void **state)
{
    (void)state;
    static const row rows[] = {
        {0, CPU, "P", "a 1", "", "", "name:p:a-1", "name:p:a-1"},
        {0, CPU, "P", "a 10", "", "", "name:p:a-10", "name:p:a-10"},
        {0, CPU, "P", "!!", "", "", "name:p:x", "name:p:x"},
    };
    check(rows, 3);
}

static void addresses_and_uuids_are_read(void **state)
{
    (void)state;
    char text[64];
    static const char *const wrong[] = {"",       "3:00.0", "0000:03:00", "0000:03:00.0x", "0000-03-00.0",
                                        "zz:00.0"};
    assert_true(locl_identity_pci("0A:1f.7", text, sizeof text));
    assert_string_equal(text, "0000:0a:1f.7");
    assert_true(locl_identity_pci("c001:0a:1f.7", text, sizeof text));
    assert_string_equal(text, "c001:0a:1f.7");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(locl_identity_pci(wrong[i], text, sizeof text));
    }
    assert_true(locl_identity_uuid("GPU-4FCAC49B-bc5a-f781-9c02-889186926070", text, sizeof text));
    assert_string_equal(text, UUID_A);
    assert_true(locl_identity_uuid("4fcac49bbc5af7819c02889186926070", text, sizeof text));
    assert_string_equal(text, UUID_A);
    assert_false(locl_identity_uuid("4fcac49bbc5af7819c0288918692607", text, sizeof text));
    assert_false(locl_identity_uuid("4fcac49bbc5af7819c028891869260700", text, sizeof text));
    assert_false(locl_identity_uuid("4fcac49bbc5af7819c0288918692607g", text, sizeof text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pci_address_goes_before_a_uuid_before_a_name),
        cmocka_unit_test(hardware_of_two_platforms_is_named_with_its_platform),
        cmocka_unit_test(tiles_that_share_an_address_are_named_by_what_differs),
        cmocka_unit_test(names_that_begin_alike_are_not_counted_as_the_same),
        cmocka_unit_test(addresses_and_uuids_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
