#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "run/run.h"

typedef struct train_options {
    locl_cli_list positional, set;
    const char *resume, *devices;
    bool json, quiet, profile, verbose, progress;
} train_options;

static locl_status check(const train_options *o, const char *usage, locl_error *err)
{
    if (o->resume && o->positional.count > 0) {
        locl_fail(err, LOCL_E_USAGE, "%s: --resume takes the configuration of the run's folder",
                  o->positional.value[0]);
        return locl_remedy(err, "locl train --resume %s", o->resume);
    }
    if (!o->resume && o->positional.count == 0) {
        locl_fail(err, LOCL_E_USAGE, "no configuration is given");
        return locl_remedy(err, "locl train %s", usage);
    }
    return LOCL_OK;
}

static locl_status parse(train_options *o, int argc, char **argv, bool *help, locl_error *err)
{
    const locl_cli_option table[] = {
        {"--set", "KEY=VALUE", "put over the configuration, repeatable: --set data.batch=64",
         .list = &o->set},
        {"--resume", "RUN", "go on with the run of that folder", .text = &o->resume},
        {"--device", "SELECTOR", "devices instead of the configuration's, see locl devices",
         .text = &o->devices},
        {"--json", NULL, "the lines of metrics.jsonl and a last one of kind end", .flag = &o->json},
        {"--quiet", NULL, "no progress and no table", .flag = &o->quiet},
        {"--progress", NULL, "the live line even where there is no terminal", .flag = &o->progress},
        {"--profile", NULL, "time every kernel (slower) and print a table", .flag = &o->profile},
        {"--verbose", NULL, "all log events, not only warnings", .flag = &o->verbose},
        {NULL}};
    const locl_cli_command command = {
        .name = "train",
        .arguments = "CONFIG | --resume RUN",
        .about = "Trains as a configuration says; docs/configuration.md lists its keys. The run's folder "
                 "(run.dir)\ngets config.yaml, plan.json, metrics.jsonl and checkpoints/. Ctrl-C ends the "
                 "step and saves.\n",
        .options = table,
        .positional = &o->positional,
        .most = 1};
    LOCL_TRY(locl_cli_parse(&command, argc, argv, help, err));
    if (*help) {
        locl_cli_help(&command);
        return LOCL_OK;
    }
    return check(o, command.arguments, err);
}

/* Stages that follow each other on a device, in one line. */
static void print_stages(FILE *out, const locl_run *run)
{
    size_t stages = locl_pipeline_stages(run->pipeline);
    for (size_t i = 0, next; i < stages; i = next) {
        locl_stage_info first = locl_pipeline_stage_info(run->pipeline, i), last = first;
        const locl_device *device = run->devices->device[first.device];
        for (next = i + 1; next < stages; next++) {
            locl_stage_info stage = locl_pipeline_stage_info(run->pipeline, next);
            if (stage.device != first.device) {
                break;
            }
            last = stage;
        }
        fprintf(out, "block%s %zu", last.last - first.first > 1 ? "s" : "", first.first);
        if (last.last - first.first > 1) {
            fprintf(out, " to %zu", last.last - 1);
        }
        fprintf(out, "%s: device %zu, %s (%s)\n", last.classifier ? " and classifier" : "", first.device,
                device->name, device->selector);
    }
}

static void print_start(FILE *out, locl_run *run)
{
    locl_run_summary s;
    locl_run_summarise(run, &s);
    if (!run->pipeline) {
        fprintf(out, "nothing to do: all %llu steps are done\n", (unsigned long long)s.steps);
        return;
    }
    fprintf(out, "%s: %zu block%s, %llu values; %llu images, %llu steps an epoch\n",
            run->config->model.preset[0] ? run->config->model.preset : "network", s.blocks,
            s.blocks == 1 ? "" : "s", (unsigned long long)s.parameters, (unsigned long long)s.train_images,
            (unsigned long long)s.steps_per_epoch);
    print_stages(out, run);
    if (s.step > 0) {
        fprintf(out, "going on after step %llu of %llu\n", (unsigned long long)s.step,
                (unsigned long long)s.steps);
    }
    fflush(out);
}

static locl_status print_end(const train_options *o, FILE *out, locl_run *run, uint64_t first,
                             locl_error *err)
{
    locl_run_summary summary;
    locl_run_summarise(run, &summary);
    if (o->json) {
        return locl_cli_print_json(out, locl_report_json(&summary), err);
    }
    if (!o->quiet) {
        locl_report_print(out, &summary);
    }
    if (o->profile) {
        locl_profile_print(out, run, summary.step - first);
    }
    return LOCL_OK;
}

/* What a run has written to its folder is not lost with its output. */
static locl_status check_output(FILE *out, const locl_run *run, locl_error *err)
{
    if (!ferror(out) && !fflush(out)) {
        return LOCL_OK;
    }
    locl_fail(err, LOCL_E_IO, "cannot write to standard output");
    return locl_remedy(err, "the run itself is done and saved: locl eval %s", run->path);
}

static locl_status train_and_print(const void *user, FILE *out, locl_error *err)
{
    const train_options *o = user;
    locl_progress progress;
    locl_run *run = NULL;
    locl_status status;
    locl_error ignored;
    locl_run_setup setup = {.purpose = o->resume ? LOCL_RUN_RESUME : LOCL_RUN_NEW,
                            .config = o->resume ? NULL : o->positional.value[0],
                            .folder = o->resume,
                            .set = o->set.value,
                            .sets = o->set.count,
                            .devices = o->devices,
                            .profile = o->profile,
                            .handler = locl_progress_event,
                            .user = &progress};
    locl_progress_start(&progress, out, o->json, o->quiet, o->progress);
    locl_cli_hold_interrupts("train");
    status = locl_run_open(&setup, &run, err);
    locl_progress_clear(&progress);
    LOCL_TRY(status);
    if (!o->json && !o->quiet) {
        print_start(out, run);
    }
    uint64_t first = run->state.step;
    locl_cli_begin_interrupts(run);
    status = locl_run_train(run, err);
    locl_cli_end_interrupts();
    locl_progress_clear(&progress);
    if (status == LOCL_OK) {
        status = print_end(o, out, run, first, err);
        status = status == LOCL_OK ? check_output(out, run, err) : status;
    } else if (status == LOCL_E_INTERRUPTED) {
        print_end(o, out, run, first, &ignored);
    }
    locl_run_close(run);
    return status;
}

int locl_cli_train(int argc, char **argv)
{
    train_options options = {.json = false};
    locl_error err = {0};
    bool help;
    locl_status status = parse(&options, argc, argv, &help, &err);
    if (status != LOCL_OK || help) {
        return status != LOCL_OK ? locl_cli_fail("train", &err) : 0;
    }
    return locl_cli_run("train", options.verbose, train_and_print, &options);
}
