#include "cli/bench_report.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/verb.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_ROUNDS 1000

typedef struct bench_options {
    locl_cli_common common;
    locl_cli_list rule, vary;
    const char *only, *rounds, *seconds, *once, *out;
    locl_bench_kind kind;
    unsigned round_count;
    double limit, began;
} bench_options;

static const locl_cli_option options[] = {
    {"--rule", "RULE", "step: a rule's name or '{name: lg-fg-a, passes: 4}', repeatable; they take turns",
     LOCL_CLI_LIST, offsetof(bench_options, rule), NULL},
    {"--vary", "KEY=VALUE",
     "step: a variant with this put over the configuration, repeatable; they take turns", LOCL_CLI_LIST,
     offsetof(bench_options, vary), NULL},
    {"--only", "PATTERN", "kernel: rows of the table by name, as 'layernorm_*'", LOCL_CLI_TEXT,
     offsetof(bench_options, only), NULL},
    {"--rounds", "N", "samples of each row, in turns (9; of copies 15, of starts 3)", LOCL_CLI_TEXT,
     offsetof(bench_options, rounds), NULL},
    {"--seconds", "S", "begin no further round after S seconds, but at least 3", LOCL_CLI_TEXT,
     offsetof(bench_options, seconds), NULL},
    {"--once", "CLOCK", "start: this process alone, which began when the monotonic clock said CLOCK; 0: now",
     LOCL_CLI_TEXT, offsetof(bench_options, once), NULL},
    LOCL_CLI_SET("data.batch=64"),
    LOCL_CLI_DEVICE("devices, each measured alone but by pipeline,"),
    LOCL_CLI_JSON("one JSON object instead of the tables"),
    {"--out", "FILE", "that JSON object into a file too", LOCL_CLI_TEXT, offsetof(bench_options, out), NULL},
    LOCL_CLI_QUIET("no progress"),
    LOCL_CLI_PROGRESS,
    LOCL_CLI_VERBOSE,
    {NULL},
};

static locl_status read_kind(bench_options *o, const char *arguments, locl_error *err)
{
#define NAME(id, name, text) name,
    static const char *const names[] = {LOCL_BENCH_TABLE(NAME) NULL};
#undef NAME
    if (o->common.positional.count == 0) {
        locl_fail(err, LOCL_E_USAGE, "what should be measured?");
        return locl_remedy(err, "locl bench %s", arguments);
    }
    const char *given = o->common.positional.value[0];
    if (locl_bench_kind_named(given, &o->kind)) {
        return LOCL_OK;
    }
    const char *nearest = locl_text_nearest(given, names);
    locl_fail(err, LOCL_E_USAGE, "%s: there is no such benchmark", given);
    return nearest ? locl_remedy(err, "locl bench %s? All of them: locl bench --help", nearest)
                   : locl_remedy(err, "all benchmarks: locl bench --help");
}

static bool read_number(const char *text, double least, double most, double *out)
{
    char *end = NULL;
    if (!text) {
        return true;
    }
    *out = strtod(text, &end);
    return end != text && !*end && isfinite(*out) && *out >= least && *out <= most;
}

static locl_status check(const locl_cli_verb *verb, void *given, locl_error *err)
{
    bench_options *o = given;
    double rounds = 0;
    LOCL_TRY(read_kind(o, verb->arguments, err));
    if (!read_number(o->rounds, 1, MOST_ROUNDS, &rounds) || floor(rounds) < rounds) {
        return locl_fail(err, LOCL_E_USAGE, "--rounds %s: should be an integer from 1 to %d", o->rounds,
                         MOST_ROUNDS);
    }
    o->round_count = (unsigned)rounds;
    if (!read_number(o->seconds, 0, HUGE_VAL, &o->limit)) {
        return locl_fail(err, LOCL_E_USAGE, "--seconds %s: should be a number of seconds", o->seconds);
    }
    if (!read_number(o->once, 0, HUGE_VAL, &o->began)) {
        return locl_fail(err, LOCL_E_USAGE, "--once %s: should be a number of seconds", o->once);
    }
    return LOCL_OK;
}

/* Shows a line such as "0:0 kernels 12/40". */
static void show(void *user, const locl_bench_event *event)
{
    char text[256];
    int length = snprintf(text, sizeof text, "%s %s", event->device, event->what);
    if (event->total > 0 && length > 0 && (size_t)length < sizeof text) {
        snprintf(text + length, sizeof text - (size_t)length, " %zu/%zu", event->done, event->total);
    }
    locl_progress_show(user, text);
}

static locl_status tell(const bench_options *o, FILE *out, const locl_bench_report *report, locl_error *err)
{
    char *json;
    LOCL_TRY(locl_bench_to_json(report, &json, err));
    locl_status status = o->out ? locl_file_write(o->out, json, strlen(json), err) : LOCL_OK;
    if (status == LOCL_OK && o->common.json) {
        return locl_cli_print(out, json, err);
    }
    free(json);
    if (status == LOCL_OK) {
        locl_bench_print(out, report);
    }
    return status;
}

static locl_status bench(const void *given, FILE *out, locl_error *err)
{
    const bench_options *o = given;
    const locl_cli_common *common = &o->common;
    locl_cli_common shown = {.quiet = common->quiet, .progress = common->progress};
    locl_progress progress;
    locl_bench_report *report;
    locl_bench_setup setup = {.kind = o->kind,
                              .config = common->positional.count > 1 ? common->positional.value[1] : NULL,
                              .set = common->set.value,
                              .sets = common->set.count,
                              .rule = o->rule.value,
                              .rules = o->rule.count,
                              .vary = o->vary.value,
                              .varied = o->vary.count,
                              .only = o->only,
                              .devices = common->devices,
                              .rounds = o->round_count,
                              .seconds = o->limit,
                              .command = o->once ? NULL : "/proc/self/exe",
                              .began = o->began,
                              .handler = show,
                              .user = &progress};
    locl_progress_start(&progress, stderr, &shown);
    locl_status status = locl_bench_run(&setup, &report, err);
    locl_progress_clear(&progress);
    if (status == LOCL_OK) {
        status = tell(o, out, report, err);
        locl_bench_free(report);
    }
    return status;
}

#define LINE(id, name, text) "  " name ": " text "\n"

const locl_cli_verb locl_cli_bench = {
    .name = "bench",
    .arguments = "product|kernel|step|memory|transfer|start|pipeline [CONFIG]",
    .summary = "what the device, its kernels and a step achieve, of what they could",
    .about =
        "Measures what a configuration's training does on a device, each row beside what was measured to be\n"
        "possible in the same run: medians and quartiles of samples that take turns. Without CONFIG: M/8/16\n"
        "under lg-fg-a, batch 128. No data set is opened. See docs/benchmarks.md.\n\n" LOCL_BENCH_TABLE(LINE),
    .options = options,
    .most = 2,
    .size = sizeof(bench_options),
    .check = check,
    .run = bench,
};
