#include "cli/audit_report.h"
#include "cli/gnuplot.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/verb.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct audit_options {
    locl_cli_common common;
    locl_cli_list rule;
    const char *draws, *out, *plot;
    bool all;
    uint64_t draw_count;
} audit_options;

static const locl_cli_option options[] = {
    {"--rule", "RULE",
     "a rule's name or '{name: lg-fg-a, passes: 4}', repeatable; without: the configuration's", LOCL_CLI_LIST,
     offsetof(audit_options, rule), NULL},
    {"--all", NULL, "fg-w, lg-fg-w, fg-a, np-a, and lg-fg-a in its forms", LOCL_CLI_FLAG,
     offsetof(audit_options, all), NULL},
    {"--draws", "N", "of each rule that draws (100)", LOCL_CLI_TEXT, offsetof(audit_options, draws), NULL},
    LOCL_CLI_JSON("one JSON object instead of the table"),
    {"--out", "FILE", "that JSON object into a file too", LOCL_CLI_TEXT, offsetof(audit_options, out), NULL},
    {"--plot", "FILE", "a picture too, .svg or .png: error of each layer, and cost", LOCL_CLI_TEXT,
     offsetof(audit_options, plot), NULL},
    LOCL_CLI_SET("data.batch=64"),
    LOCL_CLI_DEVICE("the device"),
    LOCL_CLI_QUIET("the result alone, no progress"),
    LOCL_CLI_PROGRESS,
    LOCL_CLI_VERBOSE,
    {NULL},
};

static locl_status read_draws(audit_options *o, locl_error *err)
{
    char *end = NULL;
    errno = 0;
    o->draw_count = o->draws ? strtoull(o->draws, &end, 10) : 0;
    if (o->draws && (o->draws[strspn(o->draws, "0123456789")] || !o->draws[0] || errno || o->draw_count < 3 ||
                     o->draw_count > UINT32_MAX)) {
        return locl_fail(err, LOCL_E_USAGE, "--draws %s: should be an integer from 3 to %u", o->draws,
                         UINT32_MAX);
    }
    return LOCL_OK;
}

static locl_status check(const locl_cli_verb *verb, void *given, locl_error *err)
{
    audit_options *o = given;
    if (o->common.positional.count == 0) {
        locl_fail(err, LOCL_E_USAGE, "what should be audited?");
        return locl_remedy(err, "locl audit %s", verb->arguments);
    }
    LOCL_TRY(read_draws(o, err));
    return o->plot ? locl_gnuplot_check("--plot", o->plot, err) : LOCL_OK;
}

static locl_status write_json(const char *path, const locl_audit *audit, locl_error *err)
{
    char *json;
    LOCL_TRY(locl_audit_to_json(audit, &json, err));
    locl_status status = locl_file_write(path, json, strlen(json), err);
    free(json);
    return status;
}

static locl_status tell(const audit_options *o, FILE *out, const locl_audit *audit, locl_error *err)
{
    if (o->common.json) {
        char *json;
        LOCL_TRY(locl_audit_to_json(audit, &json, err));
        LOCL_TRY(locl_cli_print(out, json, err));
    } else {
        locl_audit_print(out, audit);
    }
    if (o->out) {
        LOCL_TRY(write_json(o->out, audit, err));
    }
    return o->plot ? locl_audit_plot(o->plot, audit, err) : LOCL_OK;
}

static bool is_folder(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static locl_status audit_and_tell(const void *given, FILE *out, locl_error *err)
{
    const audit_options *o = given;
    const locl_cli_common *common = &o->common;
    const char *const *positional = common->positional.value;
    locl_progress progress;
    locl_run *run = NULL;
    locl_audit *audit = NULL;
    locl_status status;
    bool alone = common->positional.count == 2, folder = !alone && is_folder(positional[0]);
    locl_run_setup setup = {.purpose = LOCL_RUN_EVALUATE,
                            .folder = folder ? positional[0] : NULL,
                            .checkpoint = alone ? positional[0] : NULL,
                            .config = folder ? NULL : positional[alone ? 1 : 0],
                            .set = common->set.value,
                            .sets = common->set.count,
                            .devices = common->devices,
                            .handler = locl_progress_event,
                            .user = &progress};
    locl_audit_setup how = {
        .rule = o->rule.value, .rules = o->rule.count, .all = o->all, .draws = o->draw_count};
    locl_progress_start(&progress, out, common);
    LOCL_TRY_GOTO(status, locl_run_open(&setup, &run, err));
    locl_cli_begin_interrupts(run);
    status = locl_run_audit(run, &how, &audit, err);
    locl_cli_end_interrupts();
    locl_progress_clear(&progress);
    if (audit) {
        locl_error failed = {0};
        locl_status told = tell(o, out, audit, &failed);
        if (told != LOCL_OK) {
            *err = failed;
            status = told;
        }
    }
fail:
    locl_progress_clear(&progress);
    locl_audit_free(audit);
    locl_run_close(run);
    return status;
}

const locl_cli_verb locl_cli_audit = {
    .name = "audit",
    .arguments = "RUN | CONFIG | CHECKPOINT CONFIG",
    .summary = "how far estimates are from the exact gradient, and what they cost",
    .about =
        "How far a rule's estimate of the gradient is from the exact one on a batch of training, layer by\n"
        "layer, and what it costs: with the parameters of a run's last checkpoint, of any checkpoint, or\n"
        "the initial ones of a configuration. Ctrl-C ends it with what was drawn. See docs/audit.md.\n",
    .options = options,
    .most = 2,
    .size = sizeof(audit_options),
    .check = check,
    .run = audit_and_tell,
};
