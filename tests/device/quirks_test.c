/* Each row of the table of drivers' habits, on a device that the OpenCL layer has claim to be of that driver; and
 * drivers that claim more than they have. */
#include "device/quirks.h"

#include "device/arena.h"
#include "device/call.h"
#include "device/device.h"
#include "device/program.h"
#include "device/select.h"
#include "ops/row.h"
#include "support/kernel_folder.h"
#include "support/opencl_layer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char settings[] = "/tmp/locl-quirks-test-XXXXXX";

static const char *const claimed[] = {
    "vendor",     "vendor_id", "platform",       "driver",       "type", "unified", "memory", "extensions",
    "work_group", "alignment", "largest_buffer", "local_memory", "pci",  "uuid",    "board"};

static void claim_nothing(void)
{
    for (size_t i = 0; i < sizeof claimed / sizeof claimed[0]; i++) {
        locl_layer_claim(claimed[i], NULL);
    }
    locl_layer_reset();
}

/* Claims to be a GPU of that driver. */
static void claim(const char *vendor, const char *vendor_id, const char *platform, const char *driver)
{
    claim_nothing();
    locl_layer_claim("vendor", vendor);
    locl_layer_claim("vendor_id", vendor_id);
    locl_layer_claim("platform", platform);
    locl_layer_claim("driver", driver);
    locl_layer_claim("type", "4");
    locl_layer_claim("unified", "0");
}

static void claim_nvidia(const char *driver)
{
    claim("NVIDIA Corporation", "0x10de", "NVIDIA CUDA", driver);
}

static locl_devices *open_first(void)
{
    locl_devices *devices = NULL;
    locl_error err = {0};
    if (locl_devices_open_text("0:0", &devices, &err) != LOCL_OK) {
        fail_msg("%s: %s", err.where, err.message);
    }
    return devices;
}

static locl_caps caps_of_first(void)
{
    locl_devices *devices = open_first();
    locl_caps caps = devices->device[0]->caps;
    locl_devices_close(devices);
    return caps;
}

/* Whether `locl devices` tells a problem of the first device that has that text. */
static bool tells(const char *text)
{
    locl_inventory *inventory;
    locl_error err = {0};
    bool found = false;
    assert_int_equal(locl_inventory_open(LOCL_INVENTORY_LIST, &inventory, &err), LOCL_OK);
    for (size_t i = 0; i < inventory->info[0].problems; i++) {
        found = found || strstr(inventory->info[0].problem[i].text, text);
    }
    locl_inventory_close(inventory);
    return found;
}

static void an_honest_device_has_no_quirks(void **state)
{
    (void)state;
    claim_nothing();
    locl_caps caps = caps_of_first();
    assert_true(caps.finishes || !caps.maps); /* rusticl's own rows */
    assert_true(caps.largest_fill == SIZE_MAX);
    assert_false(caps.wide_buffers);
}

static void nvidia_large_fill(void **state)
{
    (void)state;
    enum { VALUES = 2500, PIECE = 1001 }; /* bytes that are no whole number of values */
    float back[VALUES], pattern = 1.5f;
    locl_queue queue;
    cl_mem buffer;
    locl_error err = {0};
    claim_nvidia("470.256");
    locl_devices *devices = open_first();
    locl_device *device = devices->device[0];
    assert_int_equal(device->caps.largest_fill, (size_t)1 << 30);
    device->caps.largest_fill = PIECE;
    assert_int_equal(locl_queue_create(device, LOCL_QUEUE_PLAIN, &queue, &err), LOCL_OK);
    assert_int_equal(locl_buffer_create(device, sizeof back, "values", &buffer, &err), LOCL_OK);
    locl_layer_reset();
    assert_int_equal(locl_buffer_fill(&queue, buffer, 0, sizeof back, &pattern, sizeof pattern, &err),
                     LOCL_OK);
    assert_int_equal(locl_layer_count("clEnqueueFillBuffer"), 1);
    assert_int_equal(locl_layer_count("clEnqueueCopyBuffer"), 9);
    assert_int_equal(locl_buffer_read(&queue, buffer, 0, sizeof back, back, LOCL_BLOCKING, NULL, NULL, &err),
                     LOCL_OK);
    for (size_t i = 0; i < VALUES; i++) {
        assert_float_equal(back[i], pattern, 0);
    }
    locl_buffer_release(&buffer);
    locl_queue_release(&queue);
    locl_devices_close(devices);
}

static void nvidia_half(void **state)
{
    (void)state;
    static const locl_device_spec half = {.text = "", .fp16 = "true", .index = -1, .part = -1};
    locl_inventory *inventory;
    locl_error err = {0};
    claim_nvidia("535.54.03");
    locl_layer_claim("extensions", "cl_khr_fp64");
    assert_int_equal(locl_inventory_open(LOCL_INVENTORY_LIST, &inventory, &err), LOCL_OK);
    assert_true(inventory->info[0].caps.probe_half);
    assert_false(inventory->info[0].caps.fp16);
    assert_int_equal(locl_layer_count("clBuildProgram"), 0);
    assert_true(locl_device_specs_ask_half(&half, 1));
    locl_quirks_probe_half(inventory);
    assert_true(locl_layer_count("clBuildProgram") > 0);
    assert_false(inventory->info[0].caps.probe_half);
    locl_inventory_close(inventory);
    claim_nvidia("470.256");
    locl_layer_claim("extensions", "cl_khr_fp64");
    assert_false(caps_of_first().probe_half);
    claim_nvidia("535.54.03");
    locl_layer_claim("extensions", "cl_khr_fp16 cl_khr_fp64");
    assert_false(caps_of_first().probe_half);
    assert_true(caps_of_first().fp16);
}

/* Writes through a mapping and reads back: the values are right and nothing was mapped. */
static void check_copies_for_mapping(void)
{
    enum { VALUES = 64 };
    float back[VALUES];
    void *host;
    locl_queue queue;
    cl_mem buffer;
    locl_error err = {0};
    locl_devices *devices = open_first();
    locl_device *device = devices->device[0];
    assert_false(device->caps.maps);
    assert_int_equal(locl_queue_create(device, LOCL_QUEUE_PLAIN, &queue, &err), LOCL_OK);
    assert_int_equal(locl_buffer_create(device, sizeof back, "values", &buffer, &err), LOCL_OK);
    assert_int_equal(locl_buffer_map(&queue, buffer, sizeof back, &host, &err), LOCL_OK);
    for (size_t i = 0; i < VALUES; i++) {
        ((float *)host)[i] = (float)i;
    }
    assert_int_equal(locl_buffer_unmap(&queue, buffer, sizeof back, host, &err), LOCL_OK);
    assert_int_equal(locl_buffer_read(&queue, buffer, 0, sizeof back, back, LOCL_BLOCKING, NULL, NULL, &err),
                     LOCL_OK);
    assert_int_equal(locl_layer_count("clEnqueueMapBuffer"), 0);
    for (size_t i = 0; i < VALUES; i++) {
        assert_float_equal(back[i], (float)i, 0);
    }
    locl_buffer_release(&buffer);
    locl_queue_release(&queue);
    locl_devices_close(devices);
}

/* Tensors of a workspace share a buffer only with those that are not live; none but a view is a part of one. */
static void nvidia_overlap(void **state)
{
    (void)state;
    locl_arena *arena;
    locl_error err = {0};
    claim_nvidia("580.159.04");
    locl_devices *devices = open_first();
    assert_false(devices->device[0]->caps.overlaps);
    assert_int_equal(locl_arena_create("test", &devices->device[0]->caps, &arena, &err), LOCL_OK);
    const size_t unit = devices->device[0]->caps.alignment;
    locl_tensor *kept = locl_arena_take(arena, 3 * unit, "kept");
    locl_tensor *view = locl_arena_view(arena, kept, unit, unit, "view");
    locl_arena_mark mark = locl_arena_here(arena);
    locl_tensor *small = locl_arena_take(arena, unit, "small"),
                *large = locl_arena_take(arena, 8 * unit, "large");
    locl_arena_back(arena, mark);
    locl_tensor *again = locl_arena_take(arena, 2 * unit, "again"),
                *grown = locl_arena_take(arena, 4 * unit, "grown");
    locl_tensor *more = locl_arena_take(arena, 1, "more");
    locl_layer_reset();
    assert_int_equal(locl_arena_bind(arena, devices->device[0], &err), LOCL_OK);
    assert_int_equal(locl_layer_count("clCreateSubBuffer"), 1);
    assert_int_equal(locl_layer_count("clCreateBuffer"), 4);
    assert_ptr_equal(again->mem, large->mem); /* the smallest that holds it */
    assert_ptr_equal(grown->mem, small->mem); /* which has grown */
    assert_ptr_not_equal(kept->mem, view->mem);
    assert_ptr_not_equal(more->mem, again->mem);
    assert_ptr_not_equal(more->mem, grown->mem);
    assert_ptr_not_equal(more->mem, kept->mem);
    assert_int_equal(locl_arena_bytes(arena), (3 + 4 + 8 + 1) * unit);
    locl_arena_release(arena);
    locl_devices_close(devices);
}

static void nvidia_integrated(void **state)
{
    (void)state;
    claim_nvidia("580.95.05");
    assert_true(caps_of_first().maps);
    locl_layer_claim("unified", "1");
    check_copies_for_mapping();
}

static void arm_mapping(void **state)
{
    (void)state;
    claim("ARM", "0x74021000", "ARM Platform", "2.1");
    check_copies_for_mapping();
}

static void rusticl_mapping(void **state)
{
    (void)state;
    claim("AMD", "0x1002", "rusticl", "25.0.7");
    check_copies_for_mapping();
}

static void rusticl_finish(void **state)
{
    (void)state;
    static const struct {
        const char *driver;
        long finishes;
    } cases[] = {{"22.3.6", 0}, {"23.0.4", 0}, {"23.1.0", 1}, {"25.0.7-2", 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        locl_queue queue;
        locl_error err = {0};
        claim("AMD", "0x1002", "rusticl", cases[i].driver);
        locl_devices *devices = open_first();
        assert_int_equal(locl_queue_create(devices->device[0], LOCL_QUEUE_PLAIN, &queue, &err), LOCL_OK);
        locl_layer_reset();
        assert_int_equal(locl_queue_finish(&queue, &err), LOCL_OK);
        assert_int_equal(locl_layer_count("clFinish"), cases[i].finishes);
        assert_int_equal(locl_layer_count("clWaitForEvents"), !cases[i].finishes);
        locl_queue_release(&queue);
        locl_devices_close(devices);
    }
}

/* Chunks of rows of 64 values, which are as wide as can be elsewhere. */
static void rusticl_chunks(void **state)
{
    (void)state;
    static const struct {
        const char *platform, *type;
        unsigned chunk;
    } cases[] = {{"rusticl", "2", 4}, {"Intel(R) OpenCL", "2", 64}, {"rusticl", "4", 4}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        claim("Mesa", "0x10005", cases[i].platform, "22.3.6");
        locl_layer_claim("type", cases[i].type);
        locl_devices *devices = open_first();
        const locl_caps *caps = &devices->device[0]->caps;
        assert_int_equal(caps->wide_chunks, cases[i].chunk == 64 || !caps->cpu);
        assert_int_equal(locl_row_cut_for(caps, 8, 64, 64).chunk, cases[i].chunk);
        locl_devices_close(devices);
    }
}

static void write_settings(const char *text)
{
    FILE *file = fopen(settings, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void intel_wide_buffers(void **state)
{
    (void)state;
    cl_mem buffer;
    cl_kernel kernel;
    locl_error err = {0};
    claim("Intel(R) Corporation", "0x8086", "Intel(R) OpenCL Graphics", "24.35.30872");
    locl_layer_claim("pci", "0:3:0.0");
    locl_layer_claim("largest_buffer", "1048576");
    locl_devices *devices = open_first();
    assert_true(devices->device[0]->caps.wide_buffers);
    assert_int_equal(locl_buffer_create(devices->device[0], 2 << 20, "x", &buffer, &err), LOCL_E_TOO_LARGE);
    assert_non_null(strstr(err.remedy, "large_buffers: true"));
    locl_devices_close(devices);
    write_settings("settings: {pci:0000:03:00.0: {large_buffers: true}}\n");
    devices = open_first();
    assert_int_equal(devices->device[0]->caps.largest_buffer, devices->device[0]->caps.memory);
    /* The flag and the option are Intel's: other drivers refuse them. */
    assert_int_equal(locl_buffer_create(devices->device[0], 1 << 20, "x", &buffer, &err), LOCL_OK);
    locl_buffer_release(&buffer);
    if (locl_buffer_create(devices->device[0], 2 << 20, "x", &buffer, &err) == LOCL_OK) {
        cl_mem_flags flags = 0;
        clGetMemObjectInfo(buffer, CL_MEM_FLAGS, sizeof flags, &flags, NULL);
        assert_true(flags & (cl_mem_flags)1 << 23);
        locl_buffer_release(&buffer);
    } else {
        assert_non_null(strstr(err.message, "CL_INVALID_VALUE"));
    }
    if (locl_kernel_create(devices->device[0], "twice.cl", "twice", "", 1, &kernel, &err) == LOCL_OK) {
        clReleaseKernel(kernel);
    } else {
        assert_non_null(strstr(err.message, "-cl-intel-greater-than-4GB-buffer-required"));
    }
    locl_devices_close(devices);
    claim_nvidia("535.54.03"); /* whose driver has no such way */
    locl_layer_claim("pci", "0:3:0.0");
    assert_int_equal(locl_devices_open_text("0:0", &devices, &err), LOCL_E_CONFIG);
    assert_non_null(strstr(err.message, "large_buffers"));
    write_settings("");
}

static void amd_allocation(void **state)
{
    (void)state;
    unsetenv("GPU_SINGLE_ALLOC_PERCENT");
    claim("Advanced Micro Devices, Inc.", "0x1002", "AMD Accelerated Parallel Processing", "3380.6");
    locl_layer_claim("memory", "17179869184");
    locl_layer_claim("largest_buffer", "8589934592");
    assert_true(tells("allows small buffers only"));
    setenv("GPU_SINGLE_ALLOC_PERCENT", "100", 1);
    assert_false(tells("allows small buffers only"));
    unsetenv("GPU_SINGLE_ALLOC_PERCENT");
    locl_layer_claim("largest_buffer", "15000000000");
    assert_false(tells("allows small buffers only"));
}

static void beignet(void **state)
{
    (void)state;
    claim("Intel", "0x8086", "Intel Gen OCL Driver", "1.3");
    assert_true(tells("Beignet"));
}

static void clover(void **state)
{
    (void)state;
    claim("AMD", "0x1002", "Clover", "21.2.3");
    assert_true(tells("Clover"));
}

static void old_pocl(void **state)
{
    (void)state;
    claim_nothing();
    locl_layer_claim("platform", "Portable Computing Language");
    locl_layer_claim("driver", "1.4");
    assert_true(tells("this version of PoCL"));
    locl_layer_claim("driver", "3.1+debian");
    assert_false(tells("this version of PoCL"));
}

/* ---- drivers that claim more than there is ---- */

static void work_groups_that_are_too_large_fail_at_the_build(void **state)
{
    (void)state;
    enum { CLAIMED = 1 << 24 };
    cl_kernel kernel;
    locl_error err = {0};
    claim_nothing();
    locl_layer_claim("work_group", "16777216");
    locl_devices *devices = open_first();
    assert_int_equal(devices->device[0]->caps.work_group, CLAIMED);
    assert_int_equal(locl_kernel_create(devices->device[0], "twice.cl", "twice", "", CLAIMED, &kernel, &err),
                     LOCL_E_TOO_LARGE);
    assert_non_null(strstr(err.message, "CL_KERNEL_WORK_GROUP_SIZE"));
    locl_devices_close(devices);
}

static void local_memory_that_is_not_there_fails_at_the_build(void **state)
{
    (void)state;
    cl_kernel kernel;
    locl_error err = {0};
    claim_nothing();
    locl_devices *devices = open_first();
    devices->device[0]->caps.local_memory = 1000;
    assert_int_equal(locl_kernel_create(devices->device[0], "local.cl", "local_sum", "", 1, &kernel, &err),
                     LOCL_E_TOO_LARGE);
    assert_non_null(strstr(err.message, "local memory"));
    locl_devices_close(devices);
}

/* Returns a problem that trying a device out finds, with `part` in it. */
static bool finds(const char *part)
{
    locl_inventory *inventory;
    locl_error err = {0};
    bool found = false;
    assert_int_equal(locl_inventory_open(LOCL_INVENTORY_TRY, &inventory, &err), LOCL_OK);
    for (size_t i = 0; i < inventory->info[0].problems; i++) {
        found = found || strstr(inventory->info[0].problem[i].text, part);
    }
    locl_inventory_close(inventory);
    return found;
}

static void what_a_driver_claims_is_tried(void **state)
{
    (void)state;
    claim_nothing();
    assert_false(finds("claims"));
    locl_layer_fail("clCreateSubBuffer", 1, CL_MISALIGNED_SUB_BUFFER_OFFSET);
    assert_true(finds("parts of buffers may begin at multiples of"));
    locl_layer_reset();
    locl_layer_fail("clEnqueueNDRangeKernel", 2, CL_INVALID_WORK_GROUP_SIZE);
    assert_true(finds("work-items, but a kernel that uses that fails: clEnqueueNDRangeKernel"));
    locl_layer_reset();
    locl_layer_fail("clEnqueueNDRangeKernel", 3, CL_OUT_OF_RESOURCES);
    assert_true(finds("bytes of local memory, but a kernel that uses that fails"));
    locl_layer_reset();
    locl_layer_spoil(2);
    assert_true(finds("the kernel's result: wrong values"));
    locl_layer_reset();
}

/* ---- names for good ---- */

static void addresses_and_boards_are_read(void **state)
{
    (void)state;
    locl_inventory *inventory;
    locl_device_entry device;
    locl_error err = {0};
    claim("Advanced Micro Devices, Inc.", "0x1002", "AMD Accelerated Parallel Processing", "3380.6");
    locl_layer_claim("pci", "0:0a:1f.7");
    locl_layer_claim("uuid", "4fcac49b-bc5a-f781-9c02-889186926070");
    locl_layer_claim("board", "AMD Radeon RX 6800");
    assert_int_equal(locl_inventory_open(LOCL_INVENTORY_LIST, &inventory, &err), LOCL_OK);
    locl_inventory_describe(inventory, 0, &device);
    assert_string_equal(device.pci, "0000:0a:1f.7");
    assert_string_equal(device.uuid, "4fcac49b-bc5a-f781-9c02-889186926070");
    assert_string_equal(device.board, "AMD Radeon RX 6800");
    if (locl_inventory_devices(inventory) == 1) {
        locl_device_match match;
        assert_string_equal(device.stable, "pci:0000:0a:1f.7");
        assert_int_equal(locl_inventory_match(inventory, "radeon", &match, &err), LOCL_OK);
        assert_true(match.taken);
        assert_string_equal(match.why, "its board's name has \"radeon\"");
        assert_int_equal(locl_inventory_match(inventory, "pci:0a:1f.6", &match, &err), LOCL_E_NODEVICE);
        assert_non_null(strstr(err.remedy, "did you mean \"pci:0000:0a:1f.7\""));
    }
    locl_inventory_close(inventory);
}

static void settings_hold_where_a_device_is_opened(void **state)
{
    (void)state;
    locl_error err = {0};
    claim("Advanced Micro Devices, Inc.", "0x1002", "AMD Accelerated Parallel Processing", "3380.6");
    locl_layer_claim("pci", "0:3:0.0");
    locl_caps plain = caps_of_first();
    write_settings(
        "settings: {pci:03:00.0: {engine: native, headroom: 64 MiB, share: 3, build: -DMARK=7}}\n");
    locl_devices *devices = open_first();
    const locl_device *device = devices->device[0];
    assert_string_equal(device->engine, "native");
    assert_string_equal(device->build, "-DMARK=7");
    assert_int_equal(device->share, 3);
    assert_true(plain.memory - device->caps.memory == 64 << 20);
    locl_devices_close(devices);
    assert_int_equal(locl_devices_open_text("{device: \"0:0\", engine: clblast}", &devices, &err), LOCL_OK);
    assert_string_equal(devices->device[0]->engine, "clblast"); /* what a run says goes before */
    locl_devices_close(devices);
    write_settings("settings: {pci:03:00.0: {headroom: 900 TiB}}\n");
    assert_int_equal(locl_devices_open_text("0:0", &devices, &err), LOCL_E_CONFIG);
    assert_non_null(strstr(err.message, "headroom"));
    write_settings("");
}

/* ---- */

/* A row without a test would not be noticed otherwise. */
static void every_row_has_a_test(void **state)
{
    (void)state;
    static const char *const tested[] = {
        "nvidia-large-fill", "nvidia-half", "nvidia-overlap",  "nvidia-integrated", "intel-wide-buffers",
        "amd-allocation",    "arm-mapping", "rusticl-mapping", "rusticl-finish",    "rusticl-chunks",
        "beignet",           "clover",      "old-pocl"};
    size_t rows = 0;
    while (locl_quirk_name(rows)) {
        assert_true(rows < sizeof tested / sizeof tested[0]);
        assert_string_equal(locl_quirk_name(rows), tested[rows]);
        rows++;
    }
    assert_int_equal(rows, sizeof tested / sizeof tested[0]);
}

static int set_up(void **state)
{
    int file = mkstemp(settings);
    assert_true(file >= 0);
    close(file);
    setenv("LOCL_DEVICE_FILE", settings, 1);
    *state = locl_kernel_folder_make();
    locl_kernel_folder_write(*state, "twice.cl", "kernel void twice(global float *x) { x[0] *= 2.0f; }\n");
    locl_kernel_folder_write(*state, "local.cl",
                             "kernel void local_sum(global float *x) {\n"
                             "    local float l[1024];\n"
                             "    l[get_local_id(0)] = x[0];\n"
                             "    barrier(CLK_LOCAL_MEM_FENCE);\n"
                             "    x[0] = l[(uint)x[1] & 1023u];\n"
                             "}\n");
    return 0;
}

static int tear_down(void **state)
{
    claim_nothing();
    unlink(settings);
    locl_kernel_folder_remove(*state);
    return 0;
}

int main(int argc, char **argv)
{
    locl_layer_require(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_honest_device_has_no_quirks),
        cmocka_unit_test(nvidia_large_fill),
        cmocka_unit_test(nvidia_half),
        cmocka_unit_test(nvidia_overlap),
        cmocka_unit_test(nvidia_integrated),
        cmocka_unit_test(intel_wide_buffers),
        cmocka_unit_test(amd_allocation),
        cmocka_unit_test(arm_mapping),
        cmocka_unit_test(rusticl_mapping),
        cmocka_unit_test(rusticl_finish),
        cmocka_unit_test(rusticl_chunks),
        cmocka_unit_test(beignet),
        cmocka_unit_test(clover),
        cmocka_unit_test(old_pocl),
        cmocka_unit_test(work_groups_that_are_too_large_fail_at_the_build),
        cmocka_unit_test(local_memory_that_is_not_there_fails_at_the_build),
        cmocka_unit_test(what_a_driver_claims_is_tried),
        cmocka_unit_test(addresses_and_boards_are_read),
        cmocka_unit_test(settings_hold_where_a_device_is_opened),
        cmocka_unit_test(every_row_has_a_test),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
