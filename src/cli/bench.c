#include "cli/bench_files.h"
#include "cli/bench_page.h"
#include "cli/bench_report.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/verb.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST_ROUNDS 1000

typedef struct bench_options {
    locl_cli_common common;
    locl_cli_list rule, vary;
    const char *only, *mllog, *rounds, *seconds, *once, *out, *seed, *deadline, *here, *report, *collect;
    bool quick, compare, markdown;
    locl_bench_kind kind;
    unsigned round_count;
    double limit, began, patience, order;
} bench_options;

static const locl_cli_option options[] = {
    {"--rule", "RULE", "step: a rule's name or '{name: lg-fg-a, passes: 4}', repeatable; they take turns",
     LOCL_CLI_LIST, offsetof(bench_options, rule), NULL},
    {"--vary", "KEY=VALUE",
     "step: a variant with this put over the configuration, repeatable; they take turns", LOCL_CLI_LIST,
     offsetof(bench_options, vary), NULL},
    {"--only", "PATTERN",
     "kernel: rows of the table by name, as 'layernorm_*'; train: mnist or fashion-mnist", LOCL_CLI_TEXT,
     offsetof(bench_options, only), NULL},
    {"--rounds", "N",
     "samples of each row, in turns (9; transfer 15, start 3, suite at most 31); train: seeds (5)",
     LOCL_CLI_TEXT, offsetof(bench_options, rounds), NULL},
    {"--seconds", "S", "begin no further round after S seconds, but at least 3 (the suite: 90, at least 9)",
     LOCL_CLI_TEXT, offsetof(bench_options, seconds), NULL},
    {"--quick", NULL, "the suite on a small network, 3 samples: to see that all works", LOCL_CLI_FLAG,
     offsetof(bench_options, quick), NULL},
    {"--seed", "N", "the suite: of the order of its rows; else another one each time", LOCL_CLI_TEXT,
     offsetof(bench_options, seed), NULL},
    {"--deadline", "S", "the suite: end a device's process that gives no sign for S seconds (600)",
     LOCL_CLI_TEXT, offsetof(bench_options, deadline), NULL},
    {"--mllog", "FILE", "train: logs as MLPerf has them, FILE_mnist_0.txt and so on", LOCL_CLI_TEXT,
     offsetof(bench_options, mllog), NULL},
    {"--once", "CLOCK", "start: this process alone, which began when the monotonic clock said CLOCK; 0: now",
     LOCL_CLI_TEXT, offsetof(bench_options, once), NULL},
    {"--here", "FILE",
     "in this process; what comes of it into FILE as it grows, what is done to standard output",
     LOCL_CLI_TEXT, offsetof(bench_options, here), NULL},
    {"--report", "FILE",
     "the results as a page (.html) too; with a result file instead of a kind: of that one", LOCL_CLI_TEXT,
     offsetof(bench_options, report), NULL},
    {"--collect", "FILE",
     "a page that ranks the devices of result files: --collect FILE.html A.json B.json ...", LOCL_CLI_TEXT,
     offsetof(bench_options, collect), NULL},
    {"--compare", NULL, "compare result files with the first one: --compare A.json B.json ...", LOCL_CLI_FLAG,
     offsetof(bench_options, compare), NULL},
    {"--markdown", NULL, "that comparison, or the headlines, as a table to paste", LOCL_CLI_FLAG,
     offsetof(bench_options, markdown), NULL},
    LOCL_CLI_SET("data.batch=64"),
    LOCL_CLI_DEVICE("devices, each measured alone but by pipeline,"),
    LOCL_CLI_JSON("one JSON object instead of the tables"),
    {"--out", "FILE", "that JSON object into a file too", LOCL_CLI_TEXT, offsetof(bench_options, out), NULL},
    LOCL_CLI_QUIET("no progress"),
    LOCL_CLI_PROGRESS,
    LOCL_CLI_VERBOSE,
    {NULL},
};

/* ---- what was given ---- */

/* Returns whether a text is a file's name rather than that of a kind of benchmark. */
static bool is_file(const char *text)
{
    return strpbrk(text, "./") != NULL;
}

/* Returns whether results are read from files instead of measured. */
static bool reads_files(const bench_options *o)
{
    const locl_cli_list *given = &o->common.positional;
    return o->compare || o->collect || (o->report && given->count > 0 && is_file(given->value[0]));
}

static locl_status read_kind(bench_options *o, locl_error *err)
{
#define NAME(id, name, text) name,
    static const char *const names[] = {LOCL_BENCH_TABLE(NAME) NULL};
#undef NAME
    const char *given = o->common.positional.count ? o->common.positional.value[0] : "suite";
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

static locl_status check_numbers(bench_options *o, locl_error *err)
{
    double rounds = 0;
    const struct {
        const char *name, *text, *should;
        double least, most;
        double *out;
    } numbers[] = {
        {"--seconds", o->seconds, "a number of seconds", 0, HUGE_VAL, &o->limit},
        {"--once", o->once, "a number of seconds", 0, HUGE_VAL, &o->began},
        {"--deadline", o->deadline, "a number of seconds above 0, at most a day", 1e-3, 86400, &o->patience},
        {"--seed", o->seed, "a number from 1 to 2^53", 1, 0x1p53, &o->order}};
    if (!read_number(o->rounds, 1, MOST_ROUNDS, &rounds) || floor(rounds) < rounds) {
        return locl_fail(err, LOCL_E_USAGE, "--rounds %s: should be an integer from 1 to %d", o->rounds,
                         MOST_ROUNDS);
    }
    o->round_count = (unsigned)rounds;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (!read_number(numbers[i].text, numbers[i].least, numbers[i].most, numbers[i].out)) {
            return locl_fail(err, LOCL_E_USAGE, "%s %s: should be %s", numbers[i].name, numbers[i].text,
                             numbers[i].should);
        }
    }
    return LOCL_OK;
}

static locl_status check(const locl_cli_verb *verb, void *given, locl_error *err)
{
    bench_options *o = given;
    size_t most = reads_files(o) ? LOCL_CLI_LIST_MOST : 2;
    if (o->common.positional.count > most) {
        locl_fail(err, LOCL_E_USAGE, "%s: one argument too many", o->common.positional.value[most]);
        return locl_remedy(err, "locl bench %s", verb->arguments);
    }
    if ((o->compare || o->collect) && o->common.positional.count == 0) {
        locl_fail(err, LOCL_E_USAGE, "which results? No file is given");
        return locl_remedy(err, "make some: locl bench --out A.json");
    }
    if (!reads_files(o)) {
        LOCL_TRY(read_kind(o, err));
    }
    return check_numbers(o, err);
}

/* ---- measuring ---- */

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

/* Tells the process that started this one, which takes it as a sign of life; without it there is nothing to do here. */
static void show_parent(void *user, const locl_bench_event *event)
{
    FILE *out = user;
    if (fprintf(out, "%s\n", event->what) < 0 || fflush(out) != 0) {
        _exit(locl_status_exit_code(LOCL_E_IO));
    }
}

static locl_status write_json(const char *path, const char *json, locl_error *err)
{
    return path ? locl_file_write(path, json, strlen(json), err) : LOCL_OK;
}

static locl_status tell(const bench_options *o, FILE *out, const locl_bench_report *report, locl_error *err)
{
    char *json;
    LOCL_TRY(locl_bench_to_json(report, &json, err));
    locl_status status = write_json(o->out, json, err);
    status = status == LOCL_OK ? write_json(o->here, json, err) : status;
    if (status == LOCL_OK && o->report) {
        status = locl_bench_page(o->report, report, err);
    }
    if (status == LOCL_OK && o->common.json) {
        return locl_cli_print(out, json, err);
    }
    free(json);
    if (status == LOCL_OK && o->markdown) {
        locl_bench_markdown(out, report);
    } else if (status == LOCL_OK && !o->here) {
        locl_bench_print(out, report);
    }
    return status;
}

static locl_status measure(const bench_options *o, FILE *out, locl_error *err)
{
    const locl_cli_common *common = &o->common;
    locl_cli_common shown = {.quiet = common->quiet || o->here, .progress = common->progress};
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
                              .mllog = o->mllog,
                              .devices = common->devices,
                              .rounds = o->round_count,
                              .seconds = o->limit,
                              .command = o->once || o->here ? NULL : "/proc/self/exe",
                              .began = o->began,
                              .seed = (uint64_t)o->order,
                              .deadline = o->patience,
                              .quick = o->quick,
                              .partial = o->here,
                              .handler = o->here ? show_parent : show,
                              .user = o->here ? (void *)out : (void *)&progress};
    locl_progress_start(&progress, stderr, &shown);
    locl_status status = locl_bench_run(&setup, &report, err);
    locl_progress_clear(&progress);
    if (status == LOCL_OK) {
        status = tell(o, out, report, err);
        locl_bench_free(report);
    }
    return status;
}

/* ---- results of files ---- */

static locl_status use_files(const bench_options *o, const locl_bench_files *files, FILE *out,
                             locl_error *err)
{
    if (o->collect) {
        LOCL_TRY(locl_bench_collect_page(o->collect, files->input, files->count, err));
    }
    if (o->report) {
        LOCL_TRY(locl_bench_page(o->report, files->input[0].report, err));
    }
    return o->compare ? locl_bench_compare(files, o->common.json, o->markdown, o->out, out, err) : LOCL_OK;
}

static locl_status bench(const void *given, FILE *out, locl_error *err)
{
    const bench_options *o = given;
    locl_bench_files files;
    if (!reads_files(o)) {
        return measure(o, out, err);
    }
    locl_status status = locl_bench_files_read(&o->common.positional, &files, err);
    status = status == LOCL_OK ? use_files(o, &files, out, err) : status;
    locl_bench_files_free(&files);
    return status;
}

#define LINE(id, name, text) "  " name ": " text "\n"

const locl_cli_verb locl_cli_bench = {
    .name = "bench",
    .arguments = "[KIND [CONFIG]] | --compare A.json B.json ...",
    .summary = "what the device, its kernels and a step achieve, of what they could",
    .about =
        "Without a KIND, a suite of about two minutes a device, whose last lines are the headlines. With "
        "one,\n"
        "what a configuration's training does on a device, each row beside what was measured to be possible\n"
        "in the same run: medians and quartiles of samples that take turns. Without CONFIG: M/8/16 under\n"
        "lg-fg-a, batch 128. No data set is opened. See docs/benchmarks.md.\n\n" LOCL_BENCH_TABLE(LINE),
    .options = options,
    .most = LOCL_CLI_LIST_MOST,
    .size = sizeof(bench_options),
    .check = check,
    .run = bench,
};
