#include "cli/audit_report.h"
#include "cli/commands.h"
#include "cli/gnuplot.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "base/file.h"
#include "run/run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef struct audit_options {
    locl_cli_list positional, set, rule;
    const char *draws, *out, *plot, *devices;
    bool all, json, quiet, progress, verbose;
    uint64_t draw_count;
} audit_options;

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

static locl_status check(audit_options *o, const char *usage, locl_error *err)
{
    if (o->positional.count == 0) {
        locl_fail(err, LOCL_E_USAGE, "what should be audited?");
        return locl_remedy(err, "locl audit %s", usage);
    }
    LOCL_TRY(read_draws(o, err));
    return o->plot ? locl_gnuplot_check(o->plot, err) : LOCL_OK;
}

static locl_status parse(audit_options *o, int argc, char **argv, bool *help, locl_error *err)
{
    const locl_cli_option table[] = {
        {"--rule", "RULE",
         "a rule's name or '{name: lg-fg-a, passes: 4}', repeatable; without: the configuration's",
         .list = &o->rule},
        {"--all", NULL, "fg-w, lg-fg-w, fg-a, np-a, and lg-fg-a in its forms", .flag = &o->all},
        {"--draws", "N", "of each rule that draws (100)", .text = &o->draws},
        {"--json", NULL, "one JSON object instead of the table", .flag = &o->json},
        {"--out", "FILE", "that JSON object into a file too", .text = &o->out},
        {"--plot", "FILE", "a picture too, .svg or .png: error of each layer, and cost", .text = &o->plot},
        {"--set", "KEY=VALUE", "put over the configuration, repeatable: --set data.batch=64",
         .list = &o->set},
        {"--device", "SELECTOR", "the device instead of the configuration's, see locl devices",
         .text = &o->devices},
        {"--quiet", NULL, "the result alone, no progress", .flag = &o->quiet},
        {"--progress", NULL, "the live line even where there is no terminal", .flag = &o->progress},
        {"--verbose", NULL, "all log events, not only warnings", .flag = &o->verbose},
        {NULL}};
    const locl_cli_command command = {
        .name = "audit",
        .arguments = "RUN | CONFIG | CHECKPOINT CONFIG",
        .about =
            "How far a rule's estimate of the gradient is from the exact one on a batch of training, layer "
            "by\n"
            "layer, and what it costs: with the parameters of a run's last checkpoint, of any checkpoint, "
            "or\n"
            "the initial ones of a configuration. Ctrl-C ends it with what was drawn. See docs/audit.md.\n",
        .options = table,
        .positional = &o->positional,
        .most = 2};
    LOCL_TRY(locl_cli_parse(&command, argc, argv, help, err));
    if (*help) {
        locl_cli_help(&command);
        return LOCL_OK;
    }
    return check(o, command.arguments, err);
}

static locl_status write_json(const char *path, const locl_audit *audit, const char *network, locl_error *err)
{
    json_t *json = locl_audit_json(audit, network);
    char *text = json ? json_dumps(json, JSON_REAL_PRECISION(9)) : NULL;
    json_decref(json);
    if (!text) {
        return locl_fail_memory(err, 0);
    }
    locl_status status = locl_file_write(path, text, strlen(text), err);
    free(text);
    return status;
}

static locl_status tell(const audit_options *o, FILE *out, const locl_audit *audit, const char *network,
                        locl_error *err)
{
    if (o->json) {
        LOCL_TRY(locl_cli_print_json(out, locl_audit_json(audit, network), err));
    } else {
        locl_audit_print(out, audit, network);
    }
    if (o->out) {
        LOCL_TRY(write_json(o->out, audit, network, err));
    }
    return o->plot ? locl_audit_plot(o->plot, audit, network, err) : LOCL_OK;
}

static locl_status audit_and_tell(const void *user, FILE *out, locl_error *err)
{
    const audit_options *o = user;
    locl_progress progress;
    locl_run *run = NULL;
    locl_audit *audit = NULL;
    locl_status status;
    bool alone = o->positional.count == 2, folder = !alone && locl_file_is_folder(o->positional.value[0]);
    locl_run_setup setup = {.purpose = LOCL_RUN_EVALUATE,
                            .folder = folder ? o->positional.value[0] : NULL,
                            .checkpoint = alone ? o->positional.value[0] : NULL,
                            .config = folder ? NULL : o->positional.value[alone ? 1 : 0],
                            .set = o->set.value,
                            .sets = o->set.count,
                            .devices = o->devices,
                            .handler = locl_progress_event,
                            .user = &progress};
    locl_audit_setup how = {
        .rule = o->rule.value, .rules = o->rule.count, .all = o->all, .draws = o->draw_count};
    locl_progress_start(&progress, out, o->json, o->quiet, o->progress);
    LOCL_TRY_GOTO(status, locl_run_open(&setup, &run, err));
    locl_cli_begin_interrupts(run);
    status = locl_run_audit(run, &how, &audit, err);
    locl_cli_end_interrupts();
    locl_progress_clear(&progress);
    if (audit) {
        locl_error failed = {0};
        const char *preset = run->config->model.preset;
        locl_status told = tell(o, out, audit, preset[0] ? preset : "network", &failed);
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

int locl_cli_audit(int argc, char **argv)
{
    audit_options options = {.json = false};
    locl_error err = {0};
    bool help;
    locl_status status = parse(&options, argc, argv, &help, &err);
    if (status != LOCL_OK || help) {
        return status != LOCL_OK ? locl_cli_fail("audit", &err) : 0;
    }
    return locl_cli_run("audit", options.verbose, audit_and_tell, &options);
}
