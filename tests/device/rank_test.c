/* What `auto` takes on made-up machines: twenty published devices, as their drivers describe them, and what was
 * measured. No OpenCL call. */
#include "device/rank.h"
#include "device/traits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { GPU = CL_DEVICE_TYPE_GPU, CPU = CL_DEVICE_TYPE_CPU };
enum { NVIDIA = 0x10de, AMD = 0x1002, INTEL = 0x8086, ARM = 0x74021000, SOME_CPU = 0 };

/* Units and MHz as clinfo prints them, generation, vector width, and the published peak in float32 TFLOP/s. */
typedef struct published {
    const char *name, *vendor, *platform;
    unsigned vendor_id;
    int type;
    cl_uint units, mhz, major, minor, width;
    bool integrated;
    double tflops;
} published;

static const char cuda[] = "NVIDIA CUDA", rocm[] = "AMD Accelerated Parallel Processing",
                  neo[] = "Intel(R) OpenCL Graphics", mesa[] = "rusticl",
                  pocl[] = "Portable Computing Language";

/* In the order in which they win. */
static const published table[] = {
    {"gfx942 (MI300X)", "Advanced Micro Devices, Inc.", rocm, AMD, GPU, 304, 2100, 9, 4, 1, false, 163.4},
    {"NVIDIA GeForce RTX 4090", "NVIDIA Corporation", cuda, NVIDIA, GPU, 128, 2520, 8, 9, 1, false, 82.6},
    {"NVIDIA B300", "NVIDIA Corporation", cuda, NVIDIA, GPU, 148, 2032, 10, 3, 1, false, 77.0},
    {"NVIDIA H100 80GB HBM3", "NVIDIA Corporation", cuda, NVIDIA, GPU, 132, 1980, 9, 0, 1, false, 66.9},
    {"gfx1100 (RX 7900 XTX)", "Advanced Micro Devices, Inc.", rocm, AMD, GPU, 48, 2304, 11, 0, 1, false,
     28.3},
    {"Data Center GPU Max 1550", "Intel(R) Corporation", neo, INTEL, GPU, 512, 1600, 12, 60, 1, false, 26.2},
    {"gfx90a (MI250X, half)", "Advanced Micro Devices, Inc.", rocm, AMD, GPU, 110, 1700, 9, 0, 1, false,
     23.9},
    {"Intel(R) Arc(TM) A770", "Intel(R) Corporation", neo, INTEL, GPU, 512, 2400, 12, 55, 1, false, 19.7},
    {"NVIDIA A100-SXM4-40GB", "NVIDIA Corporation", cuda, NVIDIA, GPU, 108, 1410, 8, 0, 1, false, 19.5},
    {"Intel(R) Arc(TM) A750", "Intel(R) Corporation", neo, INTEL, GPU, 448, 2400, 12, 55, 1, false, 17.2},
    {"gfx1030 (RX 6800)", "Advanced Micro Devices, Inc.", rocm, AMD, GPU, 30, 2105, 10, 3, 1, false, 16.2},
    {"Tesla V100-SXM2-16GB", "NVIDIA Corporation", cuda, NVIDIA, GPU, 80, 1530, 7, 0, 1, false, 15.7},
    {"NVIDIA GeForce RTX 4060", "NVIDIA Corporation", cuda, NVIDIA, GPU, 24, 2460, 8, 9, 1, false, 15.1},
    {"Intel(R) Arc(TM) B580", "Intel(R) Corporation", neo, INTEL, GPU, 160, 2850, 20, 1, 1, false, 14.6},
    {"gfx906 (Radeon VII)", "Advanced Micro Devices, Inc.", rocm, AMD, GPU, 60, 1801, 9, 0, 1, false, 13.8},
    {"Tesla P100-SXM2-16GB", "NVIDIA Corporation", cuda, NVIDIA, GPU, 56, 1480, 6, 0, 1, false, 10.6},
    {"NVIDIA GeForce GTX 1080", "NVIDIA Corporation", cuda, NVIDIA, GPU, 20, 1733, 6, 1, 1, false, 8.9},
    {"Intel(R) Iris(R) Xe Graphics", "Intel(R) Corporation", neo, INTEL, GPU, 96, 1350, 12, 0, 1, true, 2.1},
    {"Mali-G78", "ARM", "ARM Platform", ARM, GPU, 20, 848, 0, 0, 4, true, 0.27},
    {"cpu-znver4-AMD EPYC 9654", "AuthenticAMD", pocl, SOME_CPU, CPU, 192, 2400, 0, 0, 16, true, 14.7},
};
enum { DEVICES = sizeof table / sizeof table[0] };

static locl_traits traits_of(const published *p)
{
    return (locl_traits){.maker = locl_maker_of(p->vendor_id, p->vendor),
                         .type = (cl_device_type)p->type,
                         .mesa = !strcmp(p->platform, mesa),
                         .major = p->major,
                         .minor = p->minor,
                         .width = p->width,
                         .integrated = p->integrated};
}

static void fill(locl_device_info *info, const published *p, size_t index)
{
    const locl_traits traits = traits_of(p);
    *info = (locl_device_info){.device_index = index};
    snprintf(info->name, sizeof info->name, "%s", p->name);
    info->caps = (locl_caps){.type = (cl_device_type)p->type,
                             .units = p->units,
                             .lanes = locl_traits_lanes(&traits),
                             .clock_mhz = p->mhz,
                             .unified_memory = p->integrated,
                             .can_partition = p->type == CPU};
}

static void peaks_are_the_published_ones(void **state)
{
    (void)state;
    assert_int_equal(DEVICES, 20);
    for (size_t i = 0; i < DEVICES; i++) {
        locl_device_info info;
        fill(&info, &table[i], 0);
        double tflops = locl_rank_peak(&info.caps) / 1e12;
        if (tflops < 0.95 * table[i].tflops || tflops > 1.05 * table[i].tflops) {
            fail_msg("%s: estimated %.2f TFLOP/s, published %.2f", table[i].name, tflops, table[i].tflops);
        }
    }
}

/* Every pair, in both orders of the inventory. */
static void the_faster_of_each_pair_wins(void **state)
{
    (void)state;
    for (size_t i = 0; i < DEVICES; i++) {
        for (size_t j = i + 1; j < DEVICES; j++) {
            locl_device_info better, worse;
            fill(&better, &table[i], 1);
            fill(&worse, &table[j], 0);
            if (!locl_device_better(&better, &worse) || locl_device_better(&worse, &better)) {
                fail_msg("%s should win over %s", table[i].name, table[j].name);
            }
        }
    }
}

static void all_twenty_together(void **state)
{
    (void)state;
    locl_device_info info[DEVICES];
    bool in[DEVICES];
    const locl_inventory inventory = {.info = info, .count = DEVICES};
    for (size_t i = 0; i < DEVICES; i++) {
        fill(&info[DEVICES - 1 - i], &table[i], DEVICES - 1 - i);
        in[i] = true;
    }
    for (size_t i = 0; i < DEVICES; i++) { /* the best of those that remain, one after another */
        const locl_device_info *best = locl_rank_best(&inventory, in);
        assert_string_equal(best->name, table[i].name);
        in[best - info] = false;
    }
    assert_null(locl_rank_best(&inventory, in));
}

static void what_was_measured_goes_before_what_is_estimated(void **state)
{
    (void)state;
    locl_device_info info[3];
    bool in[3] = {true, true, true};
    const locl_inventory inventory = {.info = info, .count = 3};
    fill(&info[0], &table[12], 0); /* RTX 4060 */
    fill(&info[1], &table[13], 1); /* Arc B580 */
    fill(&info[2], &table[19], 2); /* EPYC 9654 */
    assert_ptr_equal(locl_rank_best(&inventory, in), &info[0]);
    info[0].rate = 5e12; /* less than half the peak of the other GPU */
    assert_ptr_equal(locl_rank_best(&inventory, in), &info[1]);
    info[2].rate = 9e12; /* a processor is not taken while a GPU is not measured */
    assert_ptr_equal(locl_rank_best(&inventory, in), &info[1]);
    info[1].rate = 4e12;
    assert_ptr_equal(locl_rank_best(&inventory, in), &info[2]);
    in[2] = false;
    assert_ptr_equal(locl_rank_best(&inventory, in), &info[0]);
}

static void units_of_mesa_are_others(void **state)
{
    (void)state;
    locl_traits navi = {.maker = LOCL_MAKER_AMD, .type = GPU, .major = 10, .minor = 3};
    assert_int_equal(locl_traits_lanes(&navi), 128);
    navi.mesa = true;
    assert_int_equal(locl_traits_lanes(&navi), 64);
    locl_traits arc = {.maker = LOCL_MAKER_INTEL, .type = GPU, .mesa = true};
    assert_int_equal(locl_traits_lanes(&arc), 64);
    const locl_traits unknown = {.type = CPU};
    assert_int_equal(locl_traits_lanes(&unknown), 4);
}

static void generations_of_amd_are_read_from_names(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool good;
        cl_uint major, minor;
    } cases[] = {{"gfx906", true, 9, 0},      {"gfx90a:sramecc+:xnack-", true, 9, 0},
                 {"gfx942", true, 9, 4},      {"gfx1030", true, 10, 3},
                 {"gfx1151", true, 11, 5},    {"gfx90", false, 0, 0},
                 {"gfx", false, 0, 0},        {"gfxx30", false, 0, 0},
                 {"gfx1030000", false, 0, 0}, {"Radeon RX 6800 (gfx1030)", false, 0, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cl_uint major = 0, minor = 0;
        assert_int_equal(locl_traits_read_gfx(cases[i].name, &major, &minor), cases[i].good);
        assert_true(!cases[i].good || (major == cases[i].major && minor == cases[i].minor));
    }
}

static void makers_are_known_by_id_or_name(void **state)
{
    (void)state;
    assert_int_equal(locl_maker_of(NVIDIA, "NVIDIA Corporation"), LOCL_MAKER_NVIDIA);
    assert_int_equal(locl_maker_of(AMD, "AuthenticSomething"), LOCL_MAKER_AMD);
    assert_int_equal(locl_maker_of(7, "Intel(R) Corporation"), LOCL_MAKER_INTEL);
    assert_int_equal(locl_maker_of(ARM, "ARM"), LOCL_MAKER_ARM);
    assert_int_equal(locl_maker_of(7, "QUALCOMM"), LOCL_MAKER_OTHER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(peaks_are_the_published_ones),
        cmocka_unit_test(the_faster_of_each_pair_wins),
        cmocka_unit_test(all_twenty_together),
        cmocka_unit_test(what_was_measured_goes_before_what_is_estimated),
        cmocka_unit_test(units_of_mesa_are_others),
        cmocka_unit_test(generations_of_amd_are_read_from_names),
        cmocka_unit_test(makers_are_known_by_id_or_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
