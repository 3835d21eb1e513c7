/* Device selectors on made-up machines: no OpenCL call. */
#include "base/text.h"
#include "device/identity.h"
#include "device/select.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { GPU = CL_DEVICE_TYPE_GPU, CPU = CL_DEVICE_TYPE_CPU, ACCELERATOR = CL_DEVICE_TYPE_ACCELERATOR };
enum { AMD_VENDOR = 0x1002, NVIDIA_VENDOR = 0x10de };

typedef struct made_up {
    size_t platform, device;
    const char *platform_name, *vendor, *name;
    int type;
    cl_uint units, clock, vendor_id;
    cl_ulong memory;
    const char *pci;
    bool can_partition;
} made_up;

/* Two AMD cards under ROCm and rusticl, an NVIDIA one, a processor under three platforms, an accelerator. */
static const made_up workstation[] = {
    {0, 0, "Portable Computing Language", "GenuineIntel", "pthread-skylake", CPU, 8, 4000, 0x8086, 32, "",
     true},
    {1, 0, "NVIDIA CUDA", "NVIDIA Corporation", "GeForce RTX 3060", GPU, 28, 1777, NVIDIA_VENDOR, 12,
     "0000:01:00.0", false},
    {2, 0, "AMD APP", "Advanced Micro Devices", "gfx1030", GPU, 40, 2500, AMD_VENDOR, 16, "", false},
    {2, 1, "AMD APP", "Advanced Micro Devices", "gfx1030", GPU, 40, 2500, AMD_VENDOR, 16, "", false},
    {3, 0, "rusticl", "AMD", "Radeon RX 6800 (navi21)", GPU, 30, 2500, AMD_VENDOR, 16, "", false},
    {3, 1, "rusticl", "AMD", "Radeon RX 6800 (navi21)", GPU, 30, 2500, AMD_VENDOR, 16, "", false},
    {3, 2, "rusticl", "Mesa/X.org", "llvmpipe (LLVM 15.0.6)", CPU, 400, 3000, 0, 32, "", false},
    {4, 0, "Intel(R) OpenCL", "Intel(R) Corporation", "Xeon Gold", CPU, 8, 3900, 0x8086, 32, "", true},
    {5, 0, "FPGA SDK", "Maker", "Board", ACCELERATOR, 1, 100, 0x7777, 4, "", false},
};
/* The same processor only. */
static const made_up laptop[] = {
    {0, 0, "rusticl", "Mesa/X.org", "llvmpipe (LLVM 15.0.6)", CPU, 400, 3000, 0, 32, "", false},
    {1, 0, "Portable Computing Language", "AuthenticAMD", "pthread-AMD Ryzen", CPU, 6, 3000, 0, 32, "", true},
};

static locl_inventory *make(const made_up *rows, size_t count)
{
    locl_inventory *inventory = calloc(1, sizeof *inventory);
    inventory->info = calloc(count + 1, sizeof *inventory->info);
    inventory->count = count;
    for (size_t i = 0; i < count; i++) {
        const made_up *row = &rows[i];
        locl_device_info *info = &inventory->info[i];
        info->platform_index = row->platform;
        info->device_index = row->device;
        snprintf(info->selector, sizeof info->selector, "%zu:%zu", row->platform, row->device);
        snprintf(info->platform, sizeof info->platform, "%s", row->platform_name);
        snprintf(info->vendor, sizeof info->vendor, "%s", row->vendor);
        snprintf(info->name, sizeof info->name, "%s", row->name);
        snprintf(info->pci, sizeof info->pci, "%s", row->pci);
        info->vendor_id = row->vendor_id;
        info->caps.type = (cl_device_type)row->type;
        info->caps.cpu = row->type == CPU;
        info->caps.units = row->units;
        info->caps.clock_mhz = row->clock;
        info->caps.memory = row->memory << 30;
        info->caps.can_partition = row->can_partition;
    }
    locl_inventory_find_twins(inventory);
    locl_identity_name(inventory);
    return inventory;
}
#define MAKE(rows) make(rows, sizeof(rows) / sizeof((rows)[0]))

/* The choices as text: "2:0 0:0/1/2(native)". */
static locl_status choose(const locl_inventory *inventory, const locl_device_spec *specs, size_t count,
                          char *out, size_t size, locl_error *err)
{
    locl_device_choice *choices = NULL;
    size_t chosen = 0;
    locl_text text = {0};
    locl_status status = locl_select(inventory, specs, count, &choices, &chosen, err);
    for (size_t i = 0; i < chosen; i++) {
        const locl_device_choice *choice = &choices[i];
        locl_text_add(&text, "%s%s", i ? " " : "", choice->info->selector);
        if (choice->split) {
            locl_text_add(&text, "/%u/%u", choice->part, choice->split);
        }
        if (choice->engine[0]) {
            locl_text_add(&text, "(%s)", choice->engine);
        }
    }
    snprintf(out, size, "%s", text.data ? text.data : "");
    locl_text_free(&text);
    free(choices);
    return status;
}

static locl_status choose_text(const locl_inventory *inventory, const char *selectors, char *out, size_t size,
                               locl_error *err)
{
    locl_device_spec *specs = NULL;
    size_t count = 0;
    out[0] = '\0';
    LOCL_TRY(locl_device_specs_parse(selectors, &specs, &count, err));
    locl_status status = choose(inventory, specs, count, out, size, err);
    free(specs);
    return status;
}

static void check_all(const locl_inventory *inventory, const char *const (*cases)[2], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char found[256];
        locl_error err = {0};
        if (choose_text(inventory, cases[i][0], found, sizeof found, &err) != LOCL_OK) {
            fail_msg("%s: %s", cases[i][0], err.message);
        }
        if (strcmp(found, cases[i][1]) != 0) {
            fail_msg("%s: chose %s, expected %s", cases[i][0], found, cases[i][1]);
        }
    }
}

static void release(locl_inventory *inventory)
{
    locl_inventory_close(inventory);
}

static void texts_choose(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"auto", "2:0"},
        {"all", "0:0 1:0 2:0 2:1 5:0"},
        {"gpu", "1:0 2:0 2:1"},
        {"cpu", "0:0"},
        {"CPU", "0:0"},
        {"accelerator", "5:0"},
        {"3:1", "3:1"},
        {"nvidia", "1:0"},
        {"RTX", "1:0"},
        {"amd", "2:0 2:1"},
        {"rusticl", "3:0 3:1 3:2"},
        {"navi21", "3:0 3:1"},
        {"intel", "0:0"}, /* GenuineIntel's processor under PoCL and Intel's runtime */
        {"Intel(R)", "4:0"},
        {"0:0/1/2", "0:0/1/2"},
        {"0:0/0/1", "0:0"},
        {"0:0/3/4,4:0/0/4,0:0/2/4", "0:0/3/4 4:0/0/4 0:0/2/4"},
        {"1:0,auto", "1:0 2:0"},
        {"2:0, gpu", "2:0 1:0 2:1"},
        {"cpu,cpu,0:0", "0:0"},
        {"gpu,!2:0", "1:0 2:1 3:0"},
        {"gpu,!amd", "1:0"},
        {"!gpu", "0:0 5:0"},
        {"!gpu,!accelerator,!0:0", "4:0"},
        {"auto,!2:0", "2:1"},
        {"auto,!gpu", "5:0"},
        {"auto,!gpu,!accelerator", "0:0"},
        {"auto,!gpu,!accelerator,!pthread", "4:0"},
        {"auto,!gpu,!accelerator,!pthread,!xeon", "3:2"},
        {"gpu:0", "1:0"},
        {"gpu:1-2", "2:0 2:1"},
        {"amd:1", "2:1"},
        {"rusticl:0-1", "3:0 3:1"},
        {"all:4", "5:0"},
        {"gpu,!gpu:1", "1:0 2:1 3:0"}, /* as !2:0, whose hardware rusticl has, too */
        {"!gpu:0-2,!amd", "0:0 5:0"},
        {"pci:0000:01:00.0", "1:0"},
        {"PCI:01:00.0", "1:0"},
        {"pci:0000:01:00.0@cuda", "1:0"},
        {"name:amd-app:gfx1030", "2:0"},
        {"name:amd-app:gfx1030:1", "2:1"},
        {"name:rusticl:radeon-rx-6800-navi21:1", "3:1"},
        {"name:portable-computing-language:pthread-skylake/1/2", "0:0/1/2"},
        {"gpu,!pci:01:00.0", "2:0 2:1"},
        {"{type: gpu, memory: 16 GiB}", "2:0 2:1"},
        {"{type: gpu, memory: < 16 GiB}", "1:0"},
        {"[cpu, {device: gpu, memory: at most 12 GiB}]", "0:0 1:0"},
        {"{device: auto, memory: \"= 12 GiB\"}", "1:0"},
        {"{type: cpu, can_partition: false}", "3:2"},
        {"{name: '3060', engine: native}", "1:0(native)"},
    };
    locl_inventory *inventory = MAKE(workstation);
    check_all(inventory, cases, sizeof cases / sizeof cases[0]);
    release(inventory);
}

static void a_graphics_driver_on_the_cpu_comes_last(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"auto", "1:0"}, {"all", "1:0"}, {"cpu", "1:0"}, {"llvmpipe", "0:0"}, {"!pthread", "0:0"},
    };
    locl_inventory *inventory = MAKE(laptop);
    check_all(inventory, cases, sizeof cases / sizeof cases[0]);
    assert_ptr_equal(inventory->info[0].twin, &inventory->info[1]);
    assert_null(inventory->info[1].twin);
    assert_int_equal(inventory->info[0].problems, 1);
    assert_non_null(strstr(inventory->info[0].problem[0].text, "1:0"));
    release(inventory);
}

static void twins_pair_up(void **state)
{
    (void)state;
    locl_inventory *inventory = MAKE(workstation);
    assert_ptr_equal(inventory->info[4].twin, &inventory->info[2]);
    assert_ptr_equal(inventory->info[5].twin, &inventory->info[3]);
    assert_null(inventory->info[1].twin);
    release(inventory);
    /* PCI addresses settle it, whatever the order */
    made_up rows[4];
    memcpy(rows, &workstation[2], sizeof rows);
    rows[0].pci = rows[3].pci = "0000:03:00.0";
    rows[1].pci = rows[2].pci = "0000:04:00.0";
    inventory = MAKE(rows);
    assert_ptr_equal(inventory->info[2].twin, &inventory->info[1]);
    assert_ptr_equal(inventory->info[3].twin, &inventory->info[0]);
    release(inventory);
}

static locl_device_spec mapping(void)
{
    return locl_device_spec_text("");
}

static void mappings_choose(void **state)
{
    (void)state;
    char found[256];
    locl_error err = {0};
    locl_inventory *inventory = MAKE(workstation);
    locl_device_spec spec = mapping();
    snprintf(spec.type, sizeof spec.type, "gpu");
    snprintf(spec.engine, sizeof spec.engine, "native");
    assert_int_equal(choose(inventory, &spec, 1, found, sizeof found, &err), LOCL_OK);
    assert_string_equal(found, "1:0(native) 2:0(native) 2:1(native)");
    spec.index = 2;
    assert_int_equal(choose(inventory, &spec, 1, found, sizeof found, &err), LOCL_OK);
    assert_string_equal(found, "2:1(native)");
    spec.index = 3;
    assert_int_equal(choose(inventory, &spec, 1, found, sizeof found, &err), LOCL_E_NODEVICE);
    assert_non_null(strstr(err.message, "{type: gpu, index: 3}"));
    spec = mapping();
    snprintf(spec.platform, sizeof spec.platform, "PORTABLE");
    spec.split = 4;
    assert_int_equal(choose(inventory, &spec, 1, found, sizeof found, &err), LOCL_OK);
    assert_string_equal(found, "0:0/0/4 0:0/1/4 0:0/2/4 0:0/3/4");
    spec.part = 2;
    assert_int_equal(choose(inventory, &spec, 1, found, sizeof found, &err), LOCL_OK);
    assert_string_equal(found, "0:0/2/4");
    spec = mapping();
    snprintf(spec.vendor, sizeof spec.vendor, "maker");
    snprintf(spec.name, sizeof spec.name, "board");
    assert_int_equal(choose(inventory, &spec, 1, found, sizeof found, &err), LOCL_OK);
    assert_string_equal(found, "5:0");
    assert_int_equal(choose(inventory, NULL, 0, found, sizeof found, &err), LOCL_OK);
    assert_string_equal(found, "2:0");
    release(inventory);
}

static void bad_mappings_are_refused(void **state)
{
    (void)state;
    char found[256];
    locl_inventory *inventory = MAKE(workstation);
    locl_device_spec bad[5];
    for (size_t i = 0; i < 5; i++) {
        bad[i] = mapping();
    }
    snprintf(bad[0].type, sizeof bad[0].type, "tpu");
    snprintf(bad[1].engine, sizeof bad[1].engine, "blas");
    bad[2].part = 0;
    bad[3].split = 2, bad[3].part = 2;
    bad[4].split = -1;
    for (size_t i = 0; i < 5; i++) {
        locl_error err = {0};
        assert_int_equal(choose(inventory, &bad[i], 1, found, sizeof found, &err), LOCL_E_CONFIG);
        assert_string_not_equal(err.message, "");
    }
    release(inventory);
}

static void bad_texts_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",         "!",       "gpu,",     ",",         "!!gpu",
                                      "0:",       "0:x",     "0:0/",     "0:0/1",     "0:0/1/",
                                      "0:0/2/2",  "0:0/0/0", "0:0/-1/2", "0:0/0/2/3", "0:0 x",
                                      "!0:0/0/2", "!auto",   "!all",     "99999:0",   "0:99999"};
    locl_inventory *inventory = MAKE(workstation);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char found[256];
        locl_error err = {0};
        locl_status status = choose_text(inventory, bad[i], found, sizeof found, &err);
        if (status != LOCL_E_CONFIG) {
            fail_msg("\"%s\": %s, expected LOCL_E_CONFIG", bad[i], locl_status_name(status));
        }
        assert_string_not_equal(err.message, "");
        assert_non_null(strstr(err.remedy, "P:D/i/N"));
    }
    release(inventory);
}

static void what_matches_nothing_lists_what_there_is(void **state)
{
    (void)state;
    static const char *const cases[][2] = {{"gefroce", "geforce"},
                                           {"cpus", "cpu"},
                                           {"2:7", "2:0"},
                                           {"rustical", "rusticl"},
                                           {"quantum computer", ""}};
    locl_inventory *inventory = MAKE(workstation);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char found[256], meant[64];
        locl_error err = {0};
        assert_int_equal(choose_text(inventory, cases[i][0], found, sizeof found, &err), LOCL_E_NODEVICE);
        assert_non_null(strstr(err.message, cases[i][0]));
        assert_non_null(strstr(err.message, "2:1"));
        assert_non_null(strstr(err.message, "accelerator"));
        assert_non_null(strstr(err.message, "llvmpipe (LLVM 15.0.6)"));
        snprintf(meant, sizeof meant, "did you mean \"%s\"", cases[i][1]);
        if ((strstr(err.remedy, meant) != NULL) != (cases[i][1][0] != '\0')) {
            fail_msg("%s: %s", cases[i][0], err.remedy);
        }
    }
    release(inventory);
    inventory = MAKE(laptop);
    char found[256];
    locl_error err = {0};
    assert_int_equal(choose_text(inventory, "!cpu", found, sizeof found, &err), LOCL_E_NODEVICE);
    assert_non_null(strstr(err.message, "excluded"));
    assert_null(strstr(err.remedy, "did you mean")); /* not "all" for "all" */
    release(inventory);
}

static void an_empty_machine_says_what_to_install(void **state)
{
    (void)state;
    char found[256];
    locl_error err = {0};
    locl_inventory *inventory = make(NULL, 0);
    static const char *const packages[] = {"pocl-opencl-icd", "intel-opencl-icd", "nvidia-opencl-icd",
                                           "mesa-opencl-icd", "rocm-opencl-icd"};
    assert_int_equal(choose_text(inventory, "auto", found, sizeof found, &err), LOCL_E_NODEVICE);
    for (size_t i = 0; i < sizeof packages / sizeof packages[0]; i++) {
        assert_non_null(strstr(err.remedy, packages[i]));
    }
    release(inventory);
}

static void splits_have_to_fit(void **state)
{
    (void)state;
    char found[256];
    locl_error err = {0};
    locl_inventory *inventory = MAKE(workstation);
    assert_int_equal(choose_text(inventory, "0:0/0/3", found, sizeof found, &err), LOCL_E_NODEVICE);
    assert_non_null(strstr(err.message, "8 compute units"));
    assert_non_null(strstr(err.remedy, "2, 4, 8"));
    assert_int_equal(choose_text(inventory, "0:0/0/16", found, sizeof found, &err), LOCL_E_NODEVICE);
    assert_int_equal(choose_text(inventory, "1:0/0/2", found, sizeof found, &err), LOCL_E_NODEVICE);
    assert_non_null(strstr(err.remedy, "CL_DEVICE_PARTITION_EQUALLY"));
    release(inventory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_choose),
        cmocka_unit_test(a_graphics_driver_on_the_cpu_comes_last),
        cmocka_unit_test(twins_pair_up),
        cmocka_unit_test(mappings_choose),
        cmocka_unit_test(bad_mappings_are_refused),
        cmocka_unit_test(bad_texts_are_refused),
        cmocka_unit_test(what_matches_nothing_lists_what_there_is),
        cmocka_unit_test(an_empty_machine_says_what_to_install),
        cmocka_unit_test(splits_have_to_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
