#include "cli/devices.h"

#include "base/json.h"
#include "device/caps.h"
#include "device/inventory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const usage =
    "usage: locl devices [--json]\n"
    "\n"
    "Lists the OpenCL devices of this machine: how to name each one in `devices:`, in --device and in\n"
    "LOCL_DEVICES, what it can do, what is wrong with it and the remedy.\n"
    "\n"
    "  --json   one JSON object on standard output: devices, problems\n"
    "  --help   this text\n"
    "\n"
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 no device.\n";

/* Compilers in drivers write to standard output; ours is to hold the listing alone. */
static locl_status open_inventory(locl_inventory **inventory, locl_error *err)
{
    fflush(stdout);
    int kept = dup(STDOUT_FILENO);
    if (kept >= 0) {
        dup2(STDERR_FILENO, STDOUT_FILENO);
    }
    locl_status status = locl_inventory_open(true, inventory, err);
    if (kept >= 0) {
        fflush(stdout);
        dup2(kept, STDOUT_FILENO);
        close(kept);
    }
    return status;
}

static locl_status fail_output(void)
{
    perror("locl devices: cannot write to standard output");
    return LOCL_E_IO;
}

static json_t *problems_json(const locl_problem *problem, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(array, json_pack("{s:o, s:o}", "text", locl_json_text(problem[i].text),
                                               "remedy", locl_json_text(problem[i].remedy)));
    }
    return array;
}

static json_t *device_json(const locl_device_info *info)
{
    json_t *object = json_object();
    json_object_set_new(object, "selector", json_string(info->selector));
    json_object_set_new(object, "type", json_string(locl_device_type_name(info->caps.type)));
    json_object_set_new(object, "name", locl_json_text(info->name));
    json_object_set_new(object, "vendor", locl_json_text(info->vendor));
    json_object_set_new(object, "platform", locl_json_text(info->platform));
    json_object_set_new(object, "platform_version", locl_json_text(info->platform_version));
    json_object_set_new(object, "version", locl_json_text(info->version));
    json_object_set_new(object, "driver", locl_json_text(info->driver));
    json_object_set_new(object, "same_as", info->twin ? json_string(info->twin->selector) : json_null());
#define NUMBER(field, kind) json_object_set_new(object, #field, json_integer((json_int_t)info->caps.field));
#define FLAG(field, kind) json_object_set_new(object, #field, json_boolean(info->caps.field));
    LOCL_CAPS_NUMBERS(NUMBER)
    LOCL_CAPS_FLAGS(FLAG)
#undef NUMBER
#undef FLAG
    json_object_set_new(object, "problems", problems_json(info->problem, info->problems));
    return object;
}

static locl_status print_json(const locl_inventory *inventory)
{
    json_t *devices = json_array(), *root = json_object();
    for (size_t i = 0; i < inventory->count; i++) {
        json_array_append_new(devices, device_json(&inventory->info[i]));
    }
    json_object_set_new(root, "devices", devices);
    json_object_set_new(root, "problems", problems_json(inventory->problem, inventory->problems));
    bool failed = json_dumpf(root, stdout, JSON_INDENT(2)) != 0;
    failed = putchar('\n') == EOF || fflush(stdout) != 0 || failed;
    json_decref(root);
    return failed ? fail_output() : LOCL_OK;
}

static void print_problem(FILE *to, const char *subject, const locl_problem *problem)
{
    fprintf(to, "\n%s%s%s\n  remedy: %s\n", subject, subject[0] ? ": " : "", problem->text, problem->remedy);
}

static void print_row(const locl_device_info *info, int name_width)
{
    const double gib = 1024.0 * 1024.0 * 1024.0;
    const locl_caps *caps = &info->caps;
    printf("%-8s  %-11s  %-*s  %5u  %5u  %6.1f  %6.1f  %4s  %4s  %10s  %7s  %s\n", info->selector,
           locl_device_type_name(caps->type), name_width, info->name, caps->units, caps->clock_mhz,
           (double)caps->memory / gib, (double)caps->largest_buffer / gib, caps->fp16 ? "yes" : "no",
           caps->fp64 ? "yes" : "no", caps->sub_groups ? "yes" : "no", caps->unified_memory ? "yes" : "no",
           info->driver);
}

static locl_status print_table(const locl_inventory *inventory)
{
    size_t width = strlen("name");
    for (size_t i = 0; i < inventory->count; i++) {
        size_t length = strlen(inventory->info[i].name);
        width = length > width ? length : width;
    }
    printf("%-8s  %-11s  %-*s  %5s  %5s  %6s  %6s  %4s  %4s  %10s  %7s  %s\n", "selector", "type", (int)width,
           "name", "units", "MHz", "GiB", "buffer", "fp16", "fp64", "sub-groups", "unified", "driver");
    for (size_t i = 0; i < inventory->count; i++) {
        print_row(&inventory->info[i], (int)width);
    }
    for (size_t i = 0; i < inventory->count; i++) {
        const locl_device_info *info = &inventory->info[i];
        for (size_t j = 0; j < info->problems; j++) {
            print_problem(stdout, info->selector, &info->problem[j]);
        }
    }
    for (size_t i = 0; i < inventory->problems; i++) {
        print_problem(stdout, "", &inventory->problem[i]);
    }
    return fflush(stdout) ? fail_output() : LOCL_OK;
}

static void print_no_device(const locl_inventory *inventory)
{
    fputs("locl devices: there is no OpenCL device\n", stderr);
    for (size_t i = 0; i < inventory->problems; i++) {
        print_problem(stderr, "", &inventory->problem[i]);
    }
}

int locl_cli_devices(int argc, char **argv)
{
    bool json = false;
    locl_error err = {0};
    locl_inventory *inventory = NULL;
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
            fputs(usage, stdout);
            return 0;
        }
        if (strcmp(argv[i], "--json") != 0) {
            fprintf(stderr, "locl devices: %s: there is no such option or argument\n%s", argv[i], usage);
            return locl_status_exit_code(LOCL_E_USAGE);
        }
        json = true;
    }
    locl_status status = open_inventory(&inventory, &err);
    if (status != LOCL_OK) {
        fprintf(stderr, "locl devices: %s\n  remedy: %s\n", err.message, err.remedy);
        return locl_status_exit_code(status);
    }
    if (json) {
        status = print_json(inventory);
    } else if (inventory->count) {
        status = print_table(inventory);
    } else {
        print_no_device(inventory);
    }
    if (status == LOCL_OK && !inventory->count) {
        status = LOCL_E_NODEVICE;
    }
    locl_inventory_close(inventory);
    return locl_status_exit_code(status);
}
