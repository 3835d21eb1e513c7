#include "cli/output.h"
#include "cli/verb.h"

#include <stdlib.h>
#include <string.h>

typedef struct devices_options {
    locl_cli_common common;
    const char *match;
} devices_options;

static const locl_cli_option options[] = {
    {"--match", "SELECTOR", "what this takes of them and why, as in --device of other verbs", LOCL_CLI_TEXT,
     offsetof(devices_options, match), "auto all gpu cpu accelerator"},
    LOCL_CLI_JSON("one JSON object on standard output: devices, problems"),
    LOCL_CLI_VERBOSE,
    {NULL},
};

static void print_problem(FILE *to, const char *subject, const locl_problem *problem)
{
    fprintf(to, "\n%s%s%s\n  remedy: %s\n", subject, subject[0] ? ": " : "", problem->text, problem->remedy);
}

static const char *yes_or_no(bool value)
{
    return value ? "yes" : "no";
}

static void print_row(FILE *out, const locl_device_entry *d, int name_width)
{
    const double gib = 1024.0 * 1024.0 * 1024.0;
    fprintf(out, "%-8s  %-11s  %-*s  %5u  %5u  %6.1f  %6.1f  %4s  %4s  %6s  %10s  %7s  %s\n", d->selector,
            d->type, name_width, d->name, d->units, d->clock_mhz, (double)d->memory / gib,
            (double)d->largest_buffer / gib, yes_or_no(d->fp16), yes_or_no(d->fp64), d->matrix,
            yes_or_no(d->sub_groups), yes_or_no(d->unified_memory), d->driver);
}

/* Names drivers that locl found although nothing registers them. */
static void print_found(FILE *out)
{
    locl_driver_search *search = malloc(sizeof *search);
    if (search) {
        locl_doctor_find_drivers(search);
        if (search->found[0]) {
            fprintf(out, "\nfound, though no ICD file registers it: %s\n", search->found);
        }
    }
    free(search);
}

static void print_table(FILE *out, const locl_inventory *inventory)
{
    locl_device_entry device;
    size_t width = strlen("name"), count = locl_inventory_devices(inventory);
    for (size_t i = 0; i < count; i++) {
        locl_inventory_describe(inventory, i, &device);
        width = strlen(device.name) > width ? strlen(device.name) : width;
    }
    fprintf(out, "%-8s  %-11s  %-*s  %5s  %5s  %6s  %6s  %4s  %4s  %6s  %10s  %7s  %s\n", "selector", "type",
            (int)width, "name", "units", "MHz", "GiB", "buffer", "fp16", "fp64", "matrix", "sub-groups",
            "unified", "driver");
    for (size_t i = 0; i < count; i++) {
        locl_inventory_describe(inventory, i, &device);
        print_row(out, &device, (int)width);
    }
    fprintf(out, "\nto name one for good, in devices:, --device and LOCL_DEVICES:\n");
    for (size_t i = 0; i < count; i++) {
        locl_inventory_describe(inventory, i, &device);
        fprintf(out, "%-8s  %s%s%s\n", device.selector, device.stable, device.board[0] ? "  " : "",
                device.board);
    }
    for (size_t i = 0; i < count; i++) {
        locl_inventory_describe(inventory, i, &device);
        for (size_t j = 0; j < device.problems; j++) {
            print_problem(out, device.selector, &device.problem[j]);
        }
    }
    const locl_problem *problem;
    size_t problems = locl_inventory_problems(inventory, &problem);
    for (size_t i = 0; i < problems; i++) {
        print_problem(out, "", &problem[i]);
    }
    print_found(out);
}

/* Fails with a message that has every problem of the machine, each with its remedy. */
static locl_status fail_without_device(const locl_inventory *inventory, locl_error *err)
{
    const locl_problem *problem;
    char text[sizeof err->message] = "there is no OpenCL device";
    size_t problems = locl_inventory_problems(inventory, &problem), length = strlen(text);
    for (size_t i = 0; i < problems && length < sizeof text; i++) {
        int n = snprintf(text + length, sizeof text - length, "\n%s%s\n  remedy: %s", i ? "\n" : "",
                         problem[i].text, problem[i].remedy);
        length += n > 0 ? (size_t)n : 0;
    }
    return locl_fail(err, LOCL_E_NODEVICE, "%s", text);
}

static void print_matches(FILE *out, const locl_inventory *inventory, const locl_device_match *match)
{
    size_t count = locl_inventory_devices(inventory);
    fprintf(out, "%-8s  %-8s  %s\n", "place", "selector", "why");
    for (size_t i = 0; i < count; i++) {
        locl_device_entry device;
        locl_inventory_describe(inventory, i, &device);
        fprintf(out, "%-8s  %-8s  %s (%s)\n", match[i].taken ? match[i].places : "-", device.selector,
                match[i].why, device.name);
    }
}

/* Says what a selector takes. */
static locl_status show_match(const devices_options *o, const locl_inventory *inventory, FILE *out,
                              locl_error *err)
{
    char *json;
    if (o->common.json) {
        LOCL_TRY(locl_inventory_match_to_json(inventory, o->match, &json, err));
        return locl_cli_print(out, json, err);
    }
    locl_device_match *match = calloc(locl_inventory_devices(inventory) + 1, sizeof *match);
    if (!match) {
        return locl_fail(err, LOCL_E_MEMORY, "out of memory");
    }
    locl_status status = locl_inventory_match(inventory, o->match, match, err);
    if (status == LOCL_OK) {
        print_matches(out, inventory, match);
    }
    free(match);
    return status;
}

static locl_status list(const void *user, FILE *out, locl_error *err)
{
    const devices_options *o = user;
    locl_inventory *inventory = NULL;
    locl_status status;
    LOCL_TRY(locl_inventory_open(o->match ? LOCL_INVENTORY_LIST : LOCL_INVENTORY_TRY, &inventory, err));
    bool any = locl_inventory_devices(inventory) > 0;
    if (o->match && any) {
        LOCL_TRY_GOTO(status, show_match(o, inventory, out, err));
    } else if (o->common.json) {
        char *json;
        LOCL_TRY_GOTO(status, locl_inventory_to_json(inventory, &json, err));
        LOCL_TRY_GOTO(status, locl_cli_print(out, json, err));
    } else if (any) {
        print_table(out, inventory);
    }
    status = any ? LOCL_OK : fail_without_device(inventory, err);
fail:
    locl_inventory_close(inventory);
    return status;
}

const locl_cli_verb locl_cli_devices = {
    .name = "devices",
    .arguments = "[--match SELECTOR] [--json]",
    .summary = "what devices there are, what is wrong with them and the remedy",
    .about =
        "Lists the OpenCL devices of this machine: how to name each one in `devices:`, in --device and in\n"
        "LOCL_DEVICES, also for good, what it can do, what is wrong with it and the remedy. With --match it "
        "says\n"
        "which of them a selector takes, in which places, and why.\n",
    .options = options,
    .size = sizeof(devices_options),
    .run = list,
};
