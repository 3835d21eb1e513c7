/* Parts of the suite that need no device: what the machine's files say, the energy of counters that wrap, the sum of
 * trainings, headlines. */
#include "bench/clocks.h"
#include "bench/energy.h"
#include "bench/machine.h"
#include "bench/train.h"

#include "base/file.h"

#include <dlfcn.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

/* ---- load ---- */

static void ticks_of_processors(void **state)
{
    locl_machine_load from = {.clock = 10, .busy = 100, .own = 5}, to = {.clock = 20, .busy = 125, .own = 20};
    (void)state;
    assert_true(locl_machine_busy_ticks("cpu  100 20 30 4000 50 6 7 8 9 10\n") == 171);
    assert_true(locl_machine_busy_ticks("cpu  1 2 3 4\n") == 6);
    assert_true(isnan(locl_machine_busy_ticks("intr 5")) && isnan(locl_machine_busy_ticks("")));
    assert_true(fabs(locl_machine_others(&from, &to) - 1) < 1e-12);
    to.own = 40; /* clocks that do not agree */
    assert_true(locl_machine_others(&from, &to) <= 0);
}

/* ---- energy ---- */

static char folder[] = "/tmp/locl-energy-XXXXXX";

/* Writes a file of the made-up /sys, with the folders that lead to it. */
static void write_text(const char *name, const char *text)
{
    char path[256];
    locl_error err;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    *strrchr(path, '/') = '\0';
    assert_int_equal(locl_file_make_folders(path, &err), LOCL_OK);
    path[strlen(path)] = '/';
    assert_int_equal(locl_file_write(path, text, strlen(text), &err), LOCL_OK);
}

static void write_number(const char *name, double value)
{
    char text[64];
    snprintf(text, sizeof text, "%.0f\n", value);
    write_text(name, text);
}

static int make_system(void **state)
{
    static const char *const folders[] = {
        "class/powercap/intel-rapl:0", "class/powercap/intel-rapl:1", "class/powercap/intel-rapl:2",
        "bus/pci/devices/0000:03:00.0/hwmon/hwmon4", "bus/pci/devices/0000:04:00.0/hwmon/hwmon5"};
    char path[256];
    locl_error err;
    (void)state;
    assert_non_null(mkdtemp(folder));
    for (int i = 0; i < 5; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, folders[i]);
        assert_int_equal(locl_file_make_folders(path, &err), LOCL_OK);
    }
    return 0;
}

static int remove_system(void **state)
{
    char command[64];
    (void)state;
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

/* Two processors, of which one counts over its end, and what contains both. */
static void rapl_wraps(void **state)
{
    char why[256] = "";
    (void)state;
    assert_null(locl_energy_open_rapl("/nowhere", why, sizeof why));
    assert_non_null(strstr(why, "there is no /nowhere/class/powercap"));
    assert_null(locl_energy_open_rapl(folder, why, sizeof why));
    assert_non_null(strstr(why, "can be read by root alone"));
    write_number("class/powercap/intel-rapl:0/energy_uj", 9e6);
    write_number("class/powercap/intel-rapl:0/max_energy_range_uj", 10e6);
    write_number("class/powercap/intel-rapl:1/energy_uj", 2e6);
    write_number("class/powercap/intel-rapl:1/max_energy_range_uj", 10e6);
    write_text("class/powercap/intel-rapl:1/name", "package-1\n");
    write_text("class/powercap/intel-rapl:2/name", "psys\n");
    write_number("class/powercap/intel-rapl:2/energy_uj", 1e6);
    locl_energy *e = locl_energy_open_rapl(folder, why, sizeof why);
    assert_non_null(e);
    assert_string_equal(locl_energy_source(e), "RAPL");
    assert_true(locl_energy_joules(e) == 0);
    write_number("class/powercap/intel-rapl:0/energy_uj", 1e6);
    write_number("class/powercap/intel-rapl:1/energy_uj", 5e6);
    write_number("class/powercap/intel-rapl:2/energy_uj", 9e6);
    assert_true(fabs(locl_energy_joules(e) - 5) < 1e-9);
    write_number("class/powercap/intel-rapl:1/energy_uj", 6e6);
    assert_true(fabs(locl_energy_joules(e) - 6) < 1e-9);
    locl_energy_close(e);
}

/* One that counts, one that tells its power alone, which is added up over time, one that tells nothing. */
static void gpus(void **state)
{
    const char *counts = "0000:03:00.0", *power = "0000:04:00.0", *none = "0000:05:00.0";
    char why[256] = "";
    (void)state;
    assert_null(locl_energy_open_hwmon(folder, none, why, sizeof why));
    assert_non_null(strstr(why, none));
    write_number("bus/pci/devices/0000:03:00.0/hwmon/hwmon4/energy1_input", 7e6);
    locl_energy *e = locl_energy_open_hwmon(folder, counts, why, sizeof why);
    assert_non_null(e);
    write_number("bus/pci/devices/0000:03:00.0/hwmon/hwmon4/energy1_input", 8.5e6);
    assert_true(fabs(locl_energy_joules(e) - 1.5) < 1e-9);
    locl_energy_close(e);
    write_number("bus/pci/devices/0000:04:00.0/hwmon/hwmon5/power1_average", 50e6);
    e = locl_energy_open_hwmon(folder, power, why, sizeof why);
    assert_non_null(e);
    double joules = 0;
    for (int i = 0; i < 2000 && joules <= 0; i++) {
        const struct timespec pause = {.tv_nsec = 10000000};
        nanosleep(&pause, NULL);
        joules = locl_energy_joules(e);
    }
    assert_true(joules > 0);
    locl_energy_close(e);
}

/* ---- clocks ---- */

/* Opens the clock of a made-up GPU. */
static locl_clocks *open_gpu(const char *address, const char *source)
{
    char why[256] = "";
    locl_clocks *c = locl_clocks_open_gpu(folder, address, why, sizeof why);
    if (!c) {
        fail_msg("%s: %s", address, why);
    }
    assert_string_equal(locl_clocks_source(c), source);
    return c;
}

/* What is seen when nothing changes. */
static void expect_seen(locl_clocks *c, double mhz, const char *held_back)
{
    locl_clocks_seen seen;
    locl_clocks_look(c, &seen); /* what was before */
    locl_clocks_look(c, &seen);
    assert_true(fabs(seen.mhz - mhz) < 1e-9);
    assert_string_equal(seen.held_back, held_back);
}

#define GPU(number) "bus/pci/devices/0000:" number ":00.0/"

static void clocks_of_amdgpu(void **state)
{
    (void)state;
    write_text(GPU("11") "pp_dpm_sclk", "0: 500Mhz\n1: 1800Mhz *\n2: 2100Mhz\n");
    locl_clocks *c = open_gpu("0000:11:00.0", "amdgpu");
    assert_false(locl_clocks_tells_reasons(c));
    expect_seen(c, 1800, "");
    write_text(GPU("11") "pp_dpm_sclk", "0: 500Mhz\n1: 1800Mhz\n2: 2100Mhz *\n");
    expect_seen(c, 2100, "");
    locl_clocks_close(c);
}

static void clocks_of_i915(void **state)
{
    (void)state;
    write_number(GPU("12") "drm/card0/gt_cur_freq_mhz", 900);
    locl_clocks *c = open_gpu("0000:12:00.0", "i915");
    assert_false(locl_clocks_tells_reasons(c));
    expect_seen(c, 900, "");
    locl_clocks_close(c);
    write_number(GPU("12") "drm/card0/gt/gt0/rps_act_freq_mhz", 1300);
    write_number(GPU("12") "drm/card0/gt/gt0/throttle_reason_status", 1);
    write_number(GPU("12") "drm/card0/gt/gt0/throttle_reason_pl1", 1);
    write_number(GPU("12") "drm/card0/gt/gt0/throttle_reason_thermal", 0);
    c = open_gpu("0000:12:00.0", "i915");
    assert_true(locl_clocks_tells_reasons(c));
    expect_seen(c, 1300, "pl1");
    write_number(GPU("12") "drm/card0/gt/gt0/throttle_reason_thermal", 1);
    expect_seen(c, 1300, "pl1, thermal");
    write_number(GPU("12") "drm/card0/gt/gt0/throttle_reason_pl1", 0);
    write_number(GPU("12") "drm/card0/gt/gt0/throttle_reason_thermal", 0);
    expect_seen(c, 1300, "");
    locl_clocks_close(c);
}

/* Two graphics tiles, of which one sleeps: the mean of all, and 0 of all is no clock. */
static void clocks_of_xe(void **state)
{
    char why[256] = "";
    (void)state;
    write_number(GPU("13") "tile0/gt0/freq0/act_freq", 0);
    assert_null(locl_clocks_open_gpu(folder, "0000:13:00.0", why, sizeof why));
    assert_non_null(strstr(why, "neither the GPU's driver in"));
    write_number(GPU("13") "tile0/gt0/freq0/act_freq", 2000);
    write_number(GPU("13") "tile0/gt1/freq0/act_freq", 1000);
    write_number(GPU("13") "tile0/gt0/freq0/throttle/reason_ratl", 1);
    locl_clocks *c = open_gpu("0000:13:00.0", "xe");
    expect_seen(c, 1500, "ratl");
    locl_clocks_close(c);
}

static void clocks_of_processors(void **state)
{
    char why[256] = "";
    (void)state;
    assert_null(locl_clocks_open_processors(folder, folder, why, sizeof why));
    assert_non_null(strstr(why, "cpuinfo tells a clock"));
    write_text("cpuinfo", "processor\t: 0\ncpu MHz\t\t: 2400.500\n\nprocessor\t: 1\ncpu MHz\t\t: 2600.500\n");
    locl_clocks *c = locl_clocks_open_processors(folder, folder, why, sizeof why);
    assert_non_null(c);
    assert_string_equal(locl_clocks_source(c), "/proc/cpuinfo");
    expect_seen(c, 2500.5, "");
    locl_clocks_close(c);
    write_number("devices/system/cpu/cpufreq/policy0/scaling_cur_freq", 3e6);
    write_number("devices/system/cpu/cpufreq/policy4/scaling_cur_freq", 2e6);
    write_number("devices/system/cpu/cpu0/thermal_throttle/package_throttle_count", 7);
    c = locl_clocks_open_processors(folder, folder, why, sizeof why);
    assert_non_null(c);
    assert_string_equal(locl_clocks_source(c), "cpufreq");
    expect_seen(c, 2500, "");
    write_number("devices/system/cpu/cpu0/thermal_throttle/package_throttle_count", 8);
    locl_clocks_seen seen;
    locl_clocks_look(c, &seen);
    assert_string_equal(seen.held_back, "thermal");
    expect_seen(c, 2500, "");
    locl_clocks_close(c);
}

/* A library of NVML's name that is loaded already is the one that is found. */
static void nvml(void **state)
{
    const char *there = "0000:06:00.0", *other = "0000:07:00.0";
    char why[256] = "";
    (void)state;
    void *library = dlopen(FAKE_NVML, RTLD_NOW | RTLD_LOCAL);
    assert_non_null(library);
    _Atomic long long *number = dlsym(library, "fake_nvml"); /* millijoules, MHz, reasons */
    assert_non_null(number);
    assert_null(locl_energy_open_nvml(other, why, sizeof why));
    assert_null(locl_clocks_open_gpu(folder, other, why, sizeof why));
    assert_null(locl_energy_open_nvml(there, why, sizeof why)); /* older GPUs do not tell it */
    assert_non_null(strstr(why, "NVML does not tell the energy of the GPU at 0000:06:00.0"));
    assert_null(locl_clocks_open_gpu(folder, there, why, sizeof why));
    number[0] = 5000;
    locl_energy *e = locl_energy_open_nvml(there, why, sizeof why);
    assert_non_null(e);
    assert_string_equal(locl_energy_source(e), "NVML");
    number[0] = 7500;
    assert_true(fabs(locl_energy_joules(e) - 2.5) < 1e-9);
    locl_energy_close(e);
    number[1] = 1410;
    locl_clocks *c = open_gpu(there, "NVML");
    expect_seen(c, 1410, "");
    number[2] = 0x1; /* idle */
    expect_seen(c, 1410, "");
    number[2] = 0x24;
    expect_seen(c, 1410, "power cap, thermal");
    locl_clocks_close(c);
    dlclose(library);
}

/* ---- trainings ---- */

static const locl_train_target target = {
    .name = "mnist", .error = 0.03, .most = 10, .epochs = 4, .deviation = 0.5, .reference = 10};

static locl_train_outcome outcome(bool reached, double seconds, unsigned epochs)
{
    return (locl_train_outcome){.reached = reached, .seconds = seconds, .epochs = epochs};
}

static void fastest_and_slowest_are_dropped(void **state)
{
    locl_train_outcome o[5] = {outcome(true, 10, 4), outcome(true, 12, 4), outcome(true, 11, 5),
                               outcome(true, 2, 3), outcome(true, 90, 4)};
    (void)state;
    locl_train_result r = locl_train_result_of(&target, o, 5);
    assert_true(r.counts && r.reached == 5 && fabs(r.seconds - 11) < 1e-12 && r.as_reference);
    assert_true(fabs(r.epochs - 4) < 1e-12 && fabs(r.deviation - sqrt(0.5)) < 1e-12);
    o[4].reached = false; /* that one is the slowest, then */
    r = locl_train_result_of(&target, o, 5);
    assert_true(r.counts && r.reached == 4 && fabs(r.seconds - 11) < 1e-12);
    o[0].reached = false;
    r = locl_train_result_of(&target, o, 5);
    assert_false(r.counts || r.as_reference);
    r = locl_train_result_of(&target, o + 1, 1);
    assert_true(r.counts && fabs(r.seconds - 12) < 1e-12);
    o[1].reached = false;
    assert_false(locl_train_result_of(&target, o + 1, 1).counts);
}

/* A device that takes a third more epochs computes something else. */
static void other_epochs_are_told(void **state)
{
    const locl_train_outcome slow[] = {outcome(true, 10, 6), outcome(true, 10, 5), outcome(true, 10, 6),
                                       outcome(true, 10, 5), outcome(true, 10, 5)},
                             fast[] = {outcome(true, 10, 3), outcome(true, 10, 3), outcome(true, 10, 3)};
    (void)state;
    assert_false(locl_train_result_of(&target, slow, 5).as_reference);
    assert_false(locl_train_result_of(&target, fast, 3).as_reference);
}

/* ---- headlines ---- */

static void add_training(locl_report *report, const char *name, double rate, double flops)
{
    locl_bench_row row = {
        .device = "1:0", .kind = "train", .unit = "images/s", .runs = 9, .peak_fraction = 0.5};
    snprintf(row.name, sizeof row.name, "%s", name);
    row.q1 = row.median = row.q3 = rate;
    locl_report_put(report, &row);
    locl_report_number(report, "images_per_second", rate);
    locl_report_number(report, "flops", flops);
}

static void headline_is_the_standard_or_the_largest(void **state)
{
    const locl_bench_device device = {.device = "1:0", .name = "a device", .id = "a device"};
    locl_report *report;
    locl_error err;
    char line[256];
    (void)state;
    assert_int_equal(locl_report_open(LOCL_BENCH_SUITE, "default", &report, &err), LOCL_OK);
    locl_report_put_device(report, &device);
    assert_null(locl_bench_headline(&report->public, "1:0"));
    add_training(report, "M/1/16", 9000, 1e9);
    add_training(report, "S/1/1", 20000, 1e8);
    assert_string_equal(locl_bench_headline(&report->public, "1:0")->name, "M/1/16");
    add_training(report, "M/8/16", 324.06, 1e10);
    add_training(report, "L/8/64", 20, 1e11);
    const locl_bench_row *row = locl_bench_headline(&report->public, "1:0");
    locl_bench_headline_text(&report->public, row, line, sizeof line);
    assert_string_equal(line, "locl-bench: images/s 324.1 M/8/16 device 1:0 of-peak 0.500 a device");
    assert_null(locl_bench_headline(&report->public, "0:0"));
    locl_bench_free(&report->public);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ticks_of_processors),
        cmocka_unit_test(rapl_wraps),
        cmocka_unit_test(gpus),
        cmocka_unit_test(clocks_of_amdgpu),
        cmocka_unit_test(clocks_of_i915),
        cmocka_unit_test(clocks_of_xe),
        cmocka_unit_test(clocks_of_processors),
        cmocka_unit_test(nvml),
        cmocka_unit_test(fastest_and_slowest_are_dropped),
        cmocka_unit_test(other_epochs_are_told),
        cmocka_unit_test(headline_is_the_standard_or_the_largest),
    };
    return cmocka_run_group_tests(tests, make_system, remove_system);
}
