#include "cli/output.h"
#include "cli/verb.h"

#include <string.h>
typedef struct simulate_options {
    locl_cli_common common;
    const char *cluster;
    bool validate;
} simulate_options;

static const locl_cli_option options[] = {
    {"--devices", "FILE", "a table of devices: rates, links, memory", LOCL_CLI_TEXT,
     offsetof(simulate_options, cluster), NULL},
    {"--validate", NULL, "the configuration's devices, measured, beside a real training on them",
     LOCL_CLI_FLAG, offsetof(simulate_options, validate), NULL},
    LOCL_CLI_SET("model.blocks=64"),
    LOCL_CLI_JSON("one JSON object instead of the tables"),
    LOCL_CLI_VERBOSE,
    {NULL},
};

static locl_status check(const locl_cli_verb *verb, void *given, locl_error *err)
{
    const simulate_options *o = given;
    if (o->common.positional.count == 0) {
        locl_fail(err, LOCL_E_USAGE, "no configuration is given");
        return locl_remedy(err, "locl simulate %s", verb->arguments);
    }
    if (!o->cluster == !o->validate) {
        locl_fail(err, LOCL_E_USAGE,
                  o->cluster ? "--devices and --validate are two questions"
                             : "which devices? There is neither --devices nor --validate");
        return locl_remedy(err, "one of the two: a table of devices, or those that are here");
    }
    return LOCL_OK;
}

static double mib(double bytes)
{
    return bytes / (1024 * 1024);
}

/* Writes "2 to 3 (0.25, 0.50)": blocks, and the shares of the first and the last where they are not whole. */
static void work_text(const locl_simulation_device *d, char *text, size_t size)
{
    int used = 0;
    if (d->last == d->first) {
        snprintf(text, size, "-");
    } else if (d->last - d->first == 1) {
        used = snprintf(text, size, "%zu", d->first);
    } else {
        used = snprintf(text, size, "%zu to %zu", d->first, d->last - 1);
    }
    if (used > 0 && (d->first_share < 1 || d->last_share < 1)) {
        snprintf(text + used, size - (size_t)used, " (%.3g, %.3g)", d->first_share, d->last_share);
    }
}

enum { MOST_ROWS = 40 /* of devices; --json has all */ };

static void print_devices(FILE *out, const locl_simulation *s, const locl_simulation_summary *t)
{
    size_t name_width = 6;
    for (size_t i = 0; i < t->devices && i < MOST_ROWS; i++) {
        locl_simulation_device d;
        locl_simulation_describe_device(s, i, &d);
        size_t length = strlen(d.name);
        name_width = length > name_width ? length : name_width;
    }
    fprintf(out, "\n%-*s  %-24s %10s %8s %10s %10s %10s\n", (int)name_width, "device", "blocks (shares)",
            "busy ms", "idle %", "sent MiB", "got MiB", "keeps MiB");
    for (size_t i = 0; i < t->devices && i < MOST_ROWS; i++) {
        locl_simulation_device d;
        char work[64];
        locl_simulation_describe_device(s, i, &d);
        work_text(&d, work, sizeof work);
        fprintf(out, "%-*s  %-24s %10.2f %8.1f %10.2f %10.2f %10.1f\n", (int)name_width, d.name, work,
                1e3 * d.busy_seconds, 100 * locl_cli_idle(d.busy_seconds, t->step_seconds), mib(d.sent_bytes),
                mib(d.received_bytes), mib(d.bytes));
    }
    if (t->devices > MOST_ROWS) {
        fprintf(out, "... and %zu more: --json has all\n", t->devices - MOST_ROWS);
    }
}

static void print_schedules(FILE *out, const locl_simulation *s, const locl_simulation_summary *t)
{
    if (t->schedules) {
        fprintf(out, "\n%-24s %8s %12s %10s %10s %8s %12s\n", "backpropagation", "devices", "micro-batch",
                "ms", "images/s", "idle %", "keeps MiB");
    }
    for (size_t i = 0; i < t->schedules; i++) {
        locl_simulation_schedule x;
        locl_simulation_describe_schedule(s, i, &x);
        fprintf(out, "%-24s %8zu %12.3g %10.2f %10.1f %8.1f %12.1f\n", x.name, x.devices,
                (double)t->batch / (double)x.microbatches, 1e3 * x.step_seconds,
                (double)t->batch / x.step_seconds, 100 * x.idle, mib(x.activation_bytes));
    }
}

static void print(FILE *out, const locl_simulation *s)
{
    locl_simulation_summary t;
    locl_simulation_summarise(s, &t);
    double batch = (double)t.batch, idle = 0;
    for (size_t i = 0; i < t.devices; i++) {
        locl_simulation_device d;
        locl_simulation_describe_device(s, i, &d);
        idle += locl_cli_idle(d.busy_seconds, t.step_seconds);
    }
    fprintf(out, "%s: %zu blocks; %s; batch %zu; %zu devices, %s\n", t.network, t.blocks, t.rule, t.batch,
            t.devices, t.greedy ? "a pipeline of blocks" : "data-parallel");
    print_devices(out, s, &t);
    fprintf(out, "\na step in %.2f ms, %.1f images/s; %.2f times the fastest device alone; %.1f %% idle\n",
            1e3 * t.step_seconds, batch / t.step_seconds, t.alone_seconds / t.step_seconds,
            100 * idle / (double)t.devices);
    if (t.measured_seconds > 0) {
        fprintf(out, "measured %.2f ms, %.1f images/s: simulated is %.3f of it, placement predicted %.3f\n",
                1e3 * t.measured_seconds, batch / t.measured_seconds, t.measured_seconds / t.step_seconds,
                t.measured_seconds / t.predicted_seconds);
    }
    print_schedules(out, s, &t);
}

static locl_status simulate(const void *given, FILE *out, locl_error *err)
{
    const simulate_options *o = given;
    locl_simulation *simulation = NULL;
    locl_simulate_setup setup = {.config = o->common.positional.value[0],
                                 .set = o->common.set.value,
                                 .sets = o->common.set.count,
                                 .cluster = o->cluster};
    LOCL_TRY(locl_simulate(&setup, &simulation, err));
    locl_status status = LOCL_OK;
    if (o->common.json) {
        char *json = NULL;
        status = locl_simulation_to_json(simulation, &json, err);
        status = status == LOCL_OK ? locl_cli_print(out, json, err) : status;
    } else {
        print(out, simulation);
    }
    locl_simulation_free(simulation);
    return status;
}

const locl_cli_verb locl_cli_simulate = {
    .name = "simulate",
    .arguments = "CONFIG",
    .summary = "tell how a training would go on devices that need not be here",
    .about =
        "Places a configuration's blocks on the devices of a table and runs the pipeline's order of events\n"
        "by their rates and links: rate, idle share and traffic, beside backpropagation under GPipe, 1F1B\n"
        "and zero-bubble schedules on the same devices. --validate does so with the devices that are\n"
        "here, and trains on them. No data are opened. See docs/scaling.md.\n",
    .options = options,
    .most = 1,
    .size = sizeof(simulate_options),
    .check = check,
    .run = simulate,
};
