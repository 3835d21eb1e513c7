/* What a report of the suite says of itself: the machine, the options, and what results have to share. */
#include "bench/machine.h"
#include "bench/suite.h"
#include "bench/suite_network.h"
#include "check/passport.h"

#include <stdio.h>
#include <time.h>

static void add_date(locl_report *report)
{
    char text[32];
    struct tm parts;
    time_t now = time(NULL);
    if (gmtime_r(&now, &parts) && strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)) {
        locl_report_group_text(report, LOCL_BENCH_HOST, "date", text);
    }
}

static void add_options(const locl_bench_setup *setup, uint64_t seed, locl_report *report)
{
    char text[32];
    snprintf(text, sizeof text, "%llu", (unsigned long long)seed);
    locl_report_group_text(report, LOCL_BENCH_OPTIONS, "seed", text);
    locl_report_group_text(report, LOCL_BENCH_OPTIONS, "devices", setup->devices ? setup->devices : "all");
    locl_report_group_number(report, LOCL_BENCH_OPTIONS, "rounds", setup->rounds);
    locl_report_group_number(report, LOCL_BENCH_OPTIONS, "seconds", setup->seconds);
    locl_report_group_text(report, LOCL_BENCH_OPTIONS, "quick", setup->quick ? "yes" : "no");
    for (size_t i = 0; i < setup->sets; i++) {
        char name[16];
        snprintf(name, sizeof name, "set %zu", i + 1);
        locl_report_group_text(report, LOCL_BENCH_OPTIONS, name, setup->set[i]);
    }
}

locl_status locl_suite_describe(const locl_bench_source *source, uint64_t seed, locl_report *report,
                                locl_error *err)
{
    const locl_model_preset *preset = locl_suite_standard(source->setup);
    locl_config *config;
    char work[160], precision[32], kernels[LOCL_HASH_TEXT];
    LOCL_TRY(locl_passport_kernels(kernels, err));
    LOCL_TRY(locl_suite_config(source, preset, &config, err));
    locl_config_rule_label(&config->rule, work, sizeof work);
    locl_suite_precision(config, precision, sizeof precision);
    locl_machine_describe(report);
    add_date(report);
    add_options(source->setup, seed, report);
    locl_report_group_number(report, LOCL_BENCH_FINGERPRINT, "schema", LOCL_BENCH_SCHEMA);
    locl_report_group_text(report, LOCL_BENCH_FINGERPRINT, "preset", preset->name);
    locl_report_group_text(report, LOCL_BENCH_FINGERPRINT, "rule", work);
    locl_report_group_number(report, LOCL_BENCH_FINGERPRINT, "batch", (double)config->data.batch);
    locl_report_group_text(report, LOCL_BENCH_FINGERPRINT, "precision", precision);
    locl_report_group_text(report, LOCL_BENCH_FINGERPRINT, "kernels", kernels);
    locl_config_free(config);
    return LOCL_OK;
}
