#include "cli/interrupt.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "cli/verb.h"

typedef struct train_options {
    locl_cli_common common;
    const char *resume;
    bool profile;
    const char *trace, *trace_steps;
    uint64_t trace_first, trace_last; /* of that */
} train_options;

static const locl_cli_option options[] = {
    LOCL_CLI_SET("data.batch=64"),
    {"--resume", "RUN", "go on with the run of that folder", LOCL_CLI_TEXT, offsetof(train_options, resume),
     NULL},
    LOCL_CLI_DEVICE("devices"),
    LOCL_CLI_JSON("the lines of metrics.jsonl and a last one of kind end"),
    LOCL_CLI_QUIET("no progress and no table"),
    LOCL_CLI_PROGRESS,
    {"--profile", NULL, "time every kernel (slower) and print a table", LOCL_CLI_FLAG,
     offsetof(train_options, profile), NULL},
    {"--trace", "FILE", "what devices and threads did in some steps, for Perfetto and locl plot",
     LOCL_CLI_TEXT, offsetof(train_options, trace), NULL},
    {"--trace-steps", "FIRST..LAST", "those steps, counted from 1; else the first 40 that are trained",
     LOCL_CLI_TEXT, offsetof(train_options, trace_steps), NULL},
    LOCL_CLI_VERBOSE,
    {NULL},
};

static locl_status check_trace(train_options *o, locl_error *err)
{
    if (o->trace_steps && !o->trace) {
        locl_fail(err, LOCL_E_USAGE, "--trace-steps goes with --trace FILE");
        return locl_remedy(err, "name the file, or leave out --trace-steps");
    }
    return o->trace_steps
               ? locl_cli_steps("--trace-steps", o->trace_steps, &o->trace_first, &o->trace_last, err)
               : LOCL_OK;
}

static locl_status check(const locl_cli_verb *verb, void *given, locl_error *err)
{
    train_options *o = given;
    const locl_cli_list *positional = &o->common.positional;
    if (o->resume && positional->count > 0) {
        locl_fail(err, LOCL_E_USAGE, "%s: --resume takes the configuration of the run's folder",
                  positional->value[0]);
        return locl_remedy(err, "locl train --resume %s", o->resume);
    }
    if (!o->resume && positional->count == 0) {
        locl_fail(err, LOCL_E_USAGE, "no configuration is given");
        return locl_remedy(err, "locl train %s", verb->arguments);
    }
    return check_trace(o, err);
}

/* Prints stages that follow each other on a device, with the same of their images, in one line. */
static void print_stages(FILE *out, const locl_run *run, size_t stages)
{
    for (size_t i = 0, next; i < stages; i = next) {
        locl_run_stage first, last;
        locl_run_device device;
        locl_run_describe_stage(run, i, &first);
        last = first;
        for (next = i + 1; next < stages; next++) {
            locl_run_stage stage;
            locl_run_describe_stage(run, next, &stage);
            if (stage.device != first.device || stage.images != first.images) {
                break;
            }
            last = stage;
        }
        locl_run_describe_device(run, first.device, &device);
        fprintf(out, "block%s %zu", last.last - first.first > 1 ? "s" : "", first.first);
        if (last.last - first.first > 1) {
            fprintf(out, " to %zu", last.last - 1);
        }
        fprintf(out, "%s: ", last.classifier ? " and classifier" : "");
        if (first.images < first.of) {
            fprintf(out, "%zu of %zu images: ", first.images, first.of);
        }
        fprintf(out, "device %zu, %s (%s)\n", first.device, device.name, device.selector);
    }
}

static void print_start(FILE *out, locl_run *run)
{
    locl_run_summary s;
    locl_run_summarise(run, &s);
    if (s.stages == 0) {
        fprintf(out, "nothing to do: all %llu steps are done\n", (unsigned long long)s.steps);
        return;
    }
    fprintf(out, "%s: %zu block%s, %llu values; %llu images, %llu steps an epoch\n", s.network, s.blocks,
            s.blocks == 1 ? "" : "s", (unsigned long long)s.parameters, (unsigned long long)s.train_images,
            (unsigned long long)s.steps_per_epoch);
    print_stages(out, run, s.stages);
    if (s.step > 0) {
        fprintf(out, "going on after step %llu of %llu\n", (unsigned long long)s.step,
                (unsigned long long)s.steps);
    }
    fflush(out);
}

static locl_status print_end(const train_options *o, FILE *out, locl_run *run, locl_error *err)
{
    locl_run_summary summary;
    locl_run_summarise(run, &summary);
    if (o->common.json) {
        char *json;
        LOCL_TRY(locl_run_summary_to_json(&summary, &json, err));
        return locl_cli_print(out, json, err);
    }
    if (!o->common.quiet) {
        locl_report_print(out, &summary);
    }
    return o->profile ? locl_report_print_profile(out, run, &summary, err) : LOCL_OK;
}

/* Checks the output. What a run has written to its folder is not lost with it. */
static locl_status check_output(FILE *out, locl_run *run, locl_error *err)
{
    locl_run_summary summary;
    if (!ferror(out) && !fflush(out)) {
        return LOCL_OK;
    }
    locl_run_summarise(run, &summary);
    locl_fail(err, LOCL_E_IO, "cannot write to standard output");
    return locl_remedy(err, "the run itself is done and saved: locl eval %s", summary.folder);
}

static locl_status train(const void *given, FILE *out, locl_error *err)
{
    const train_options *o = given;
    const locl_cli_common *common = &o->common;
    locl_progress progress;
    locl_run *run = NULL;
    locl_status status;
    locl_run_setup setup = {.purpose = o->resume ? LOCL_RUN_RESUME : LOCL_RUN_NEW,
                            .config = o->resume ? NULL : common->positional.value[0],
                            .folder = o->resume,
                            .set = common->set.value,
                            .sets = common->set.count,
                            .devices = common->devices,
                            .profile = o->profile,
                            .trace = o->trace,
                            .trace_first = o->trace_first,
                            .trace_last = o->trace_last,
                            .handler = locl_progress_event,
                            .user = &progress};
    locl_progress_start(&progress, out, common);
    locl_cli_hold_interrupts("train");
    status = locl_run_open(&setup, &run, err);
    locl_progress_clear(&progress);
    LOCL_TRY(status);
    if (!common->json && !common->quiet) {
        print_start(out, run);
    }
    locl_cli_begin_interrupts(run);
    status = locl_run_train(run, err);
    locl_cli_end_interrupts();
    locl_progress_clear(&progress);
    if (status == LOCL_OK) {
        status = print_end(o, out, run, err);
        status = status == LOCL_OK ? check_output(out, run, err) : status;
    } else if (status == LOCL_E_INTERRUPTED) {
        print_end(o, out, run, NULL);
    }
    locl_run_close(run);
    return status;
}

const locl_cli_verb locl_cli_train = {
    .name = "train",
    .arguments = "CONFIG | --resume RUN",
    .summary = "train a network as a configuration says",
    .about = "Trains as a configuration says; docs/configuration.md lists its keys. The run's folder "
             "(run.dir)\ngets config.yaml, plan.json, metrics.jsonl and checkpoints/. Ctrl-C ends the "
             "step and saves.\n",
    .options = options,
    .most = 1,
    .size = sizeof(train_options),
    .check = check,
    .run = train,
};
