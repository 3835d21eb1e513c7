/* Matrix units, emulated: that they are taken once they were seen to be right, and not where they are wrong, are not
 * built, or are not there; what is computed by them then; and which devices have one. */
#include "tune/matrix.h"

#include "base/log.h"
#include "device/kernel_sources.h"
#include "device/matrix.h"
#include "gemm/policy.h"
#include "gemm/solver.h"
#include "support/kernel_folder.h"
#include "tune/trial.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char said[2048]; /* the last log event */

static void hear(void *user, locl_log_level level, const char *text)
{
    (void)user;
    (void)level;
    snprintf(said, sizeof said, "%s", text);
}

static locl_devices *open_devices(void)
{
    locl_devices *devices = NULL;
    locl_error err = {0};
    if (locl_devices_open(NULL, 0, &devices, &err) != LOCL_OK) {
        fail_msg("%s: %s", err.where, err.message);
    }
    return devices;
}

/* Opens the devices as if these were GPUs with an emulated unit, on which two kinds of tiles fit. */
static locl_devices *open_with(locl_matrix unit)
{
    char caps[64];
    snprintf(caps, sizeof caps, "cpu=0,work_group=64,broadcasts=0,emulated_matrix=%d", (int)unit);
    setenv("LOCL_CAPS", caps, 1);
    locl_devices *devices = open_devices();
    unsetenv("LOCL_CAPS");
    return devices;
}

static void take(locl_devices *devices)
{
    locl_error err = {0};
    said[0] = '\0';
    assert_int_equal(locl_matrix_take(devices, &err), LOCL_OK);
}

static const locl_gemm_shape shape = {
    .m = 70, .n = 90, .k = 300, .lda = 300, .ldb = 90, .ldc = 90, .batch = 1, .sum = 1, .alpha = 1};

/* Who computes the product on the device. */
static locl_gemm_choice choice_on(const locl_device *device)
{
    const locl_gemm_choices choices = {.engine = LOCL_ENGINE_AUTO};
    return locl_gemm_choose(&choices, &shape, &device->caps);
}

static locl_trial_verdict verdict_of(locl_trial *trial, const locl_gemm_choice *choice)
{
    locl_trial_runner *runner = NULL;
    locl_trial_verdict verdict;
    locl_error err = {0};
    assert_int_equal(locl_trial_runner_open(trial, choice, &runner, &err), LOCL_OK);
    assert_int_equal(locl_trial_check(runner, &verdict, &err), LOCL_OK);
    locl_trial_runner_close(runner);
    return verdict;
}

/* Returns a cut by that kernel with other tiles than `own`, but its sums. */
static locl_gemm_choice other_tiles(const locl_device *device, const locl_gemm_choice *own,
                                    locl_gemm_kernel kernel)
{
    locl_gemm_choice out = *own;
    for (size_t kind = 0; kind < LOCL_GEMM_TILE_KINDS; kind++) {
        if (locl_gemm_tile_cut(&shape, &device->caps, kernel, kind, &own->cut, &out.cut) &&
            out.cut.group_rows != own->cut.group_rows) {
            return out;
        }
    }
    fail_msg("no other tiles fit");
    return out;
}

/* Its products are by the unit then, tiles of one kind have the bits of another, and floats have others where the unit
 * rounds. */
static void a_right_one_is_taken(void **state)
{
    locl_matrix unit = *(const locl_matrix *)*state;
    locl_devices *devices = open_with(unit);
    locl_device *device = devices->device[0];
    locl_trial *trial = NULL;
    locl_error err = {0};
    assert_int_equal(device->caps.matrix, unit);
    assert_false(device->caps.takes_matrix);
    assert_int_equal(choice_on(device).cut.kernel, LOCL_GEMM_TILES);
    take(devices);
    if (!device->caps.takes_matrix) {
        fail_msg("%s", said);
    }
    assert_non_null(strstr(said, locl_matrix_name(unit)));
    assert_non_null(strstr(said, "seen to be right"));
    locl_gemm_choice own = choice_on(device), other = other_tiles(device, &own, LOCL_GEMM_MATRIX),
                     floats = other_tiles(device, &own, LOCL_GEMM_TILES);
    assert_int_equal(own.cut.kernel, LOCL_GEMM_MATRIX);
    assert_int_equal(locl_trial_open(device, &shape, NULL, &trial, &err), LOCL_OK);
    assert_int_equal(verdict_of(trial, &own), LOCL_TRIAL_SAME_BITS);
    assert_true(locl_gemm_same_bits(&own, &other));
    assert_int_equal(verdict_of(trial, &other), LOCL_TRIAL_SAME_BITS);
    assert_false(locl_gemm_same_bits(&own, &floats));
    locl_trial_verdict of_floats = verdict_of(trial, &floats);
    assert_int_not_equal(of_floats, LOCL_TRIAL_WRONG);
    assert_true(of_floats == LOCL_TRIAL_RIGHT || !locl_matrix_rounds(unit));
    locl_trial_close(trial);
    locl_devices_close(devices);
}

/* Sub-groups whose items broadcast are taken unasked: they have the bits of items that multiply alone. */
static void broadcasts_have_the_bits_of_items(void **state)
{
    setenv("LOCL_CAPS", *state, 1);
    locl_devices *devices = open_devices();
    unsetenv("LOCL_CAPS");
    locl_device *device = devices->device[0];
    locl_gemm_choice own = choice_on(device), other = other_tiles(device, &own, LOCL_GEMM_TILES);
    locl_trial *trial = NULL;
    locl_error err = {0};
    assert_int_equal(own.cut.kernel, LOCL_GEMM_LANES);
    assert_true(locl_gemm_same_bits(&own, &other));
    assert_int_equal(locl_trial_open(device, &shape, NULL, &trial, &err), LOCL_OK);
    assert_int_equal(verdict_of(trial, &own), LOCL_TRIAL_SAME_BITS);
    assert_int_equal(verdict_of(trial, &other), LOCL_TRIAL_SAME_BITS);
    locl_trial_close(trial);
    locl_devices_close(devices);
}

/* Sees that the unit of the first device is not taken, and closes the devices. */
static void is_refused(locl_devices *devices, const char *why)
{
    const locl_device *device = devices->device[0];
    take(devices);
    assert_false(device->caps.takes_matrix);
    if (!strstr(said, "its products are in fp32") || !strstr(said, why)) {
        fail_msg("said: %s", said);
    }
    assert_int_not_equal(choice_on(device).cut.kernel, LOCL_GEMM_MATRIX);
    locl_devices_close(devices);
}

static void a_wrong_one_is_not(void **state)
{
    const locl_kernel_source *source = locl_kernel_sources;
    char *folder = locl_kernel_folder_make(), *text;
    (void)state;
    while (strcmp(source->name, "matrix.clh") != 0) {
        source++;
    }
    text = strdup(source->text);
    assert_non_null(text);
    char *at = strstr(text, "lane % 4 * row + lane / 4");
    assert_non_null(at);
    memcpy(at, "lane % 4 * row + lane / 8", strlen("lane % 4 * row + lane / 8"));
    locl_kernel_folder_write(folder, "matrix.clh", text);
    is_refused(open_with(LOCL_MATRIX_MMA), "is not what it should be");
    free(text);
    locl_kernel_folder_remove(folder);
}

/* No driver of CPUs knows the instruction. */
static void one_that_is_not_built_is_not(void **state)
{
    locl_devices *devices = open_with(LOCL_MATRIX_MFMA);
    (void)state;
    devices->device[0]->caps.emulates_matrix = false;
    is_refused(devices, "clBuildProgram");
}

static void a_device_without_has_floats(void **state)
{
    locl_devices *devices = open_with(LOCL_MATRIX_NONE);
    (void)state;
    is_refused(devices, "has no matrix unit");
    devices = open_devices();
    is_refused(devices, "has no matrix unit");
    devices = open_with(LOCL_MATRIX_DPAS);
    devices->device[0]->caps.work_group = 32;
    take(devices);
    assert_false(devices->device[0]->caps.takes_matrix);
    assert_non_null(strstr(said, "no tile fits"));
    locl_devices_close(devices);
}

/* A product by a unit may be as far off as its format is coarse, others may not. */
static void tolerances_are_those_of_the_format(void **state)
{
    locl_caps caps = {.matrix = LOCL_MATRIX_MMA};
    locl_gemm_choice by_unit = {.cut = {.kernel = LOCL_GEMM_MATRIX}},
                     by_items = {.cut = {.kernel = LOCL_GEMM_TILES}};
    (void)state;
    assert_true(locl_gemm_tolerance(&by_unit, &caps) > 9e-4 && locl_gemm_tolerance(&by_unit, &caps) < 1e-3);
    assert_true(locl_gemm_tolerance(&by_items, &caps) <= 1e-6);
    caps.matrix = LOCL_MATRIX_MFMA;
    assert_true(locl_gemm_tolerance(&by_unit, &caps) <= 1e-6);
}

/* By platform, maker, generation, name and extensions. */
static void who_has_one(void **state)
{
    static const struct {
        const char *platform, *name, *extensions;
        locl_traits traits;
        locl_matrix unit;
    } devices[] = {
        {"NVIDIA CUDA", "NVIDIA H200", "", {.maker = LOCL_MAKER_NVIDIA, .major = 9}, LOCL_MATRIX_MMA},
        {"NVIDIA CUDA", "NVIDIA A100", "", {.maker = LOCL_MAKER_NVIDIA, .major = 8}, LOCL_MATRIX_MMA},
        {"NVIDIA CUDA",
         "Tesla T4",
         "",
         {.maker = LOCL_MAKER_NVIDIA, .major = 7, .minor = 5},
         LOCL_MATRIX_NONE},
        {"rusticl", "NV174", "", {.maker = LOCL_MAKER_NVIDIA, .major = 8, .mesa = true}, LOCL_MATRIX_NONE},
        {"AMD Accelerated Parallel Processing",
         "gfx90a:sramecc+:xnack-",
         "",
         {.maker = LOCL_MAKER_AMD, .major = 9},
         LOCL_MATRIX_MFMA},
        {"AMD Accelerated Parallel Processing",
         "gfx942",
         "",
         {.maker = LOCL_MAKER_AMD, .major = 9, .minor = 4},
         LOCL_MATRIX_MFMA},
        {"AMD Accelerated Parallel Processing",
         "gfx906",
         "",
         {.maker = LOCL_MAKER_AMD, .major = 9},
         LOCL_MATRIX_NONE},
        {"AMD Accelerated Parallel Processing",
         "gfx1100",
         "",
         {.maker = LOCL_MAKER_AMD, .major = 11},
         LOCL_MATRIX_NONE},
        {"rusticl", "gfx90a", "", {.maker = LOCL_MAKER_AMD, .major = 9, .mesa = true}, LOCL_MATRIX_NONE},
        {"Intel(R) OpenCL Graphics",
         "Intel(R) Data Center GPU Max 1550",
         "cl_intel_subgroup_matrix_multiply_accumulate cl_intel_subgroup_matrix_multiply_accumulate_tf32",
         {.maker = LOCL_MAKER_INTEL, .major = 12, .minor = 60},
         LOCL_MATRIX_DPAS},
        {"Intel(R) OpenCL Graphics",
         "Intel(R) Arc(TM) A770",
         "cl_intel_subgroup_matrix_multiply_accumulate",
         {.maker = LOCL_MAKER_INTEL, .major = 12, .minor = 55},
         LOCL_MATRIX_NONE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++) {
        const locl_matrix_traits told = {devices[i].name, devices[i].platform, devices[i].extensions};
        locl_traits traits = devices[i].traits;
        assert_int_equal(locl_matrix_of(&traits, &told), LOCL_MATRIX_NONE); /* no GPU */
        traits.type = CL_DEVICE_TYPE_GPU;
        if (locl_matrix_of(&traits, &told) != devices[i].unit) {
            fail_msg("%s on %s: %s", devices[i].name, devices[i].platform,
                     locl_matrix_name(locl_matrix_of(&traits, &told)));
        }
    }
}

static void whose_sub_groups_broadcast(void **state)
{
    static const char both[] = "cl_intel_subgroups cl_intel_required_subgroup_size";
    const size_t sizes[] = {32, 16, 8};
    const locl_traits intel = {.maker = LOCL_MAKER_INTEL}, mesa = {.maker = LOCL_MAKER_INTEL, .mesa = true},
                      amd = {.maker = LOCL_MAKER_AMD};
    (void)state;
    assert_int_equal(locl_broadcasts_of(&intel, both, sizes, 3), 8);
    assert_int_equal(locl_broadcasts_of(&intel, both, sizes, 2), 16);
    assert_int_equal(locl_broadcasts_of(&intel, both, sizes, 1), 0);
    assert_int_equal(locl_broadcasts_of(&intel, "cl_intel_subgroups", sizes, 3), 0);
    assert_int_equal(locl_broadcasts_of(&mesa, both, sizes, 3), 0);
    assert_int_equal(locl_broadcasts_of(&amd, both, sizes, 3), 0);
}

int main(void)
{
    static locl_matrix mma = LOCL_MATRIX_MMA, mfma = LOCL_MATRIX_MFMA, dpas = LOCL_MATRIX_DPAS;
    static char of_8[] = "cpu=0,work_group=64,emulated_broadcasts=8",
                of_16[] = "cpu=0,work_group=64,emulated_broadcasts=16";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(a_right_one_is_taken, &mma),
        cmocka_unit_test_prestate(a_right_one_is_taken, &mfma),
        cmocka_unit_test_prestate(a_right_one_is_taken, &dpas),
        cmocka_unit_test_prestate(broadcasts_have_the_bits_of_items, of_8),
        cmocka_unit_test_prestate(broadcasts_have_the_bits_of_items, of_16),
        cmocka_unit_test(a_wrong_one_is_not),
        cmocka_unit_test(one_that_is_not_built_is_not),
        cmocka_unit_test(a_device_without_has_floats),
        cmocka_unit_test(tolerances_are_those_of_the_format),
        cmocka_unit_test(who_has_one),
        cmocka_unit_test(whose_sub_groups_broadcast),
    };
    locl_log_set_handler(hear, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
