#include "cli/gnuplot.h"
#include "cli/output.h"
#include "cli/plan_plot.h"
#include "cli/verb.h"

#include <stdlib.h>
#include <string.h>

typedef struct plan_options {
    locl_cli_common common;
    const char *memory_text;
    uint64_t memory; /* of that */
    bool workspace;
    const char *plot;
} plan_options;

static const locl_cli_option options[] = {
    LOCL_CLI_SET("data.microbatch=16"),
    LOCL_CLI_DEVICE("devices"),
    {"--memory", "SIZE", "what each device may use, as in 150M or 2G, for what would fit in it",
     LOCL_CLI_TEXT, offsetof(plan_options, memory_text), NULL},
    {"--workspace", NULL, "also the tensors of the workspace, with the launches that use them first and last",
     LOCL_CLI_FLAG, offsetof(plan_options, workspace), NULL},
    {"--plot", "FILE", "a picture, .svg or .png: which stages each device works on in a step", LOCL_CLI_TEXT,
     offsetof(plan_options, plot), NULL},
    LOCL_CLI_JSON("one JSON object: devices, stages, tensors and launches"),
    LOCL_CLI_VERBOSE,
    {NULL},
};

/* Reads "150M" or "1.5GiB", in powers of 1024. Returns false for what is neither. */
static bool parse_size(const char *text, uint64_t *out)
{
    static const char units[] = "KMGT";
    char *end;
    double value = strtod(text, &end), most = 0x1p62;
    const char *unit = *end ? strchr(units, *end) : NULL;
    for (const char *u = units; unit && u <= unit; u++) {
        value *= 1024;
    }
    end += unit ? 1 : 0;
    end += unit && !strncmp(end, "iB", 2) ? 2 : *end == 'B' ? 1 : 0;
    bool good = end != text && *end == '\0' && value >= 1 && value <= most;
    *out = good ? (uint64_t)value : 0;
    return good;
}

static locl_status check(const locl_cli_verb *verb, void *given, locl_error *err)
{
    plan_options *o = given;
    if (o->common.positional.count == 0) {
        locl_fail(err, LOCL_E_USAGE, "no configuration is given");
        return locl_remedy(err, "locl plan %s", verb->arguments);
    }
    if (o->memory_text && !parse_size(o->memory_text, &o->memory)) {
        return locl_fail(err, LOCL_E_USAGE, "--memory %s: should be a number of bytes, as in 150M or 2G",
                         o->memory_text);
    }
    return o->plot ? locl_gnuplot_check("--plot", o->plot, err) : LOCL_OK;
}

static double mib(uint64_t bytes)
{
    return (double)bytes / (1024.0 * 1024.0);
}

static void print_devices(FILE *out, const locl_run_plan *plan, const locl_plan_summary *s)
{
    fprintf(out, "\n%-6s %10s %10s %10s %10s %10s %10s  %s\n", "device", "workspace", "passing", "stages",
            "all MiB", "memory", "buffer", "name");
    for (size_t i = 0; i < s->devices; i++) {
        locl_plan_device d;
        locl_run_plan_describe_device(plan, i, &d);
        fprintf(out, "%-6zu %10.1f %10.1f %10.1f %10.1f %10.1f %10.1f  %s (%s)\n", i, mib(d.workspace_bytes),
                mib(d.passing_bytes), mib(d.stage_bytes), mib(d.bytes), mib(d.memory), mib(d.largest_buffer),
                d.name, d.selector);
    }
}

/* Writes "0", or "0 to 3 +". */
static void blocks_text(const locl_plan_stage *s, char *text, size_t size)
{
    int used = snprintf(text, size, "%zu", s->first);
    if (s->last - s->first > 1) {
        used += snprintf(text + used, size - (size_t)used, " to %zu", s->last - 1);
    }
    snprintf(text + used, size - (size_t)used, "%s", s->classifier ? " +" : "");
}

/* Prints what each device does in a step, as predicted, and what it sends and gets. */
static void print_work(FILE *out, const locl_run_plan *plan, const locl_plan_summary *s)
{
    fprintf(out, "\n%-6s %10s %8s %10s %10s\n", "device", "busy ms", "idle %", "sent MiB", "got MiB");
    for (size_t i = 0; i < s->devices; i++) {
        locl_plan_device d;
        locl_run_plan_describe_device(plan, i, &d);
        fprintf(out, "%-6zu %10.2f %8.1f %10.2f %10.2f\n", i, 1e3 * d.busy_seconds,
                100 * locl_cli_idle(d.busy_seconds, s->step_seconds), mib(d.sent_bytes),
                mib(d.received_bytes));
    }
    fprintf(out, "a step in %.2f ms, %.1f images/s, as measured stages lead one to expect\n",
            1e3 * s->step_seconds, (double)s->batch / s->step_seconds);
}

static void print_stages(FILE *out, const locl_run_plan *plan, const locl_plan_summary *s)
{
    fprintf(out, "\n%-6s %-10s %-6s %-8s %6s %10s %10s %10s %10s %10s %10s %10s %9s %9s\n", "stage", "blocks",
            "device", "from", "images", "parameters", "optimizer", "gradients", "inputs", "outputs",
            "all MiB", "in use", "launches", "GFLOP");
    for (size_t i = 0; i < s->stages; i++) {
        locl_plan_stage stage;
        char blocks[32];
        locl_run_plan_describe_stage(plan, i, &stage);
        blocks_text(&stage, blocks, sizeof blocks);
        fprintf(out,
                "%-6zu %-10s %-6zu %-8s %6zu %10.2f %10.2f %10.2f %10.2f %10.2f %10.2f %10.1f %9zu %9.3f\n",
                stage.number, blocks, stage.device, stage.input, stage.rows, mib(stage.parameter_bytes),
                mib(stage.optimizer_bytes), mib(stage.gradient_bytes), mib(stage.input_bytes),
                mib(stage.output_bytes), mib(stage.own_bytes), mib(stage.in_use_bytes), stage.launches,
                stage.flops / 1e9);
    }
}

static void print_tensors(FILE *out, const locl_run_plan *plan, size_t index)
{
    locl_plan_stage stage;
    locl_plan_launch launch;
    locl_run_plan_describe_stage(plan, index, &stage);
    fprintf(out, "\nstage %zu: %zu launches\n%-24s %12s %6s %6s  %s\n", index, stage.recorded, "tensor",
            "MiB", "first", "last", "first used by");
    for (size_t i = 0; i < stage.tensors; i++) {
        locl_plan_tensor t;
        locl_run_plan_describe_tensor(plan, index, i, &t);
        locl_run_plan_describe_launch(plan, index, t.first, &launch);
        fprintf(out, "%-24s %12.3f %6zu %6zu  %s, %s\n", t.name, mib(t.bytes), t.first, t.last,
                launch.section, launch.kernel);
    }
    locl_run_plan_describe_launch(plan, index, stage.in_use_launch, &launch);
    fprintf(out, "at most %.1f MiB in use at once: launch %zu, %s, %s\n", mib(stage.in_use_bytes),
            stage.in_use_launch, launch.section, launch.kernel);
}

static void print_fit(FILE *out, const locl_plan_summary *s)
{
    fprintf(out, "\n%.1f MiB on the host for batches\n", mib(s->host_bytes));
    if (s->largest_microbatch == 0) {
        fprintf(out, "does not fit: not even with a data.microbatch of 1\n");
    } else if (!s->fits) {
        fprintf(out, "does not fit: data.microbatch: %zu would\n", s->largest_microbatch);
    } else if (s->largest_microbatch > s->microbatch) {
        fprintf(out, "fits; so would a data.microbatch of up to %zu\n", s->largest_microbatch);
    } else {
        fprintf(out, "fits%s\n", s->microbatch < s->batch ? "; a larger data.microbatch would not" : "");
    }
}

static void print_plan(FILE *out, const locl_run_plan *plan, const plan_options *o)
{
    locl_plan_summary s;
    locl_run_plan_summarise(plan, &s);
    fprintf(out, "%s: %zu block%s, %llu values; %s; batch %zu", s.network, s.blocks, s.blocks == 1 ? "" : "s",
            (unsigned long long)s.parameters, s.rule, s.batch);
    if (s.microbatch < s.batch) {
        fprintf(out, " in micro-batches of %zu", s.microbatch);
    }
    fputc('\n', out);
    if (s.way[0]) {
        fprintf(out, "%s\n", s.way);
    }
    print_devices(out, plan, &s);
    print_stages(out, plan, &s);
    if (s.step_seconds > 0) {
        print_work(out, plan, &s);
    }
    for (size_t i = 0; o->workspace && i < s.stages; i++) {
        print_tensors(out, plan, i);
    }
    print_fit(out, &s);
}

static locl_status show_plan(const void *given, FILE *out, locl_error *err)
{
    const plan_options *o = given;
    const locl_cli_common *common = &o->common;
    locl_plan_setup setup = {.config = common->positional.value[0],
                             .set = common->set.value,
                             .sets = common->set.count,
                             .devices = common->devices,
                             .memory = o->memory};
    locl_run_plan *plan;
    locl_status status = LOCL_OK;
    LOCL_TRY(locl_run_plan_open(&setup, &plan, err));
    if (o->plot) {
        status = locl_plan_plot(o->plot, plan, err);
    }
    if (status == LOCL_OK && common->json) {
        char *json;
        status = locl_run_plan_to_json(plan, &json, err);
        status = status == LOCL_OK ? locl_cli_print(out, json, err) : status;
    } else if (status == LOCL_OK) {
        print_plan(out, plan, o);
    }
    locl_run_plan_close(plan);
    return status;
}

const locl_cli_verb locl_cli_plan = {
    .name = "plan",
    .arguments = "CONFIG",
    .summary = "which stage goes where, in what memory, and what would fit",
    .about =
        "Places a configuration's stages on its devices and records their steps, without reading data or\n"
        "taking memory there, and tells what they would take: docs/memory.md has what the columns mean.\n",
    .options = options,
    .most = 1,
    .size = sizeof(plan_options),
    .check = check,
    .run = show_plan,
};
