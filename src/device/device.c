#include "device/device.h"

#include "base/number.h"
#include "base/text.h"

#include "device/call.h"
#include "device/caps.h"
#include "device/condition.h"
#include "device/partition.h"
#include "device/program.h"
#include "device/quirks.h"
#include "device/sets.h"
#include "locl/devices.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The largest LOCL_DEADLINE, in seconds. */
#define LOCL_LONGEST_DEADLINE 1e6

static void close_device(locl_device *device)
{
    if (device) {
        locl_program_cache_release(device->programs);
        free(device);
    }
}

void locl_devices_close(locl_devices *devices)
{
    if (!devices) {
        return;
    }
    for (size_t i = 0; i < devices->count; i++) {
        close_device(devices->device[i]);
    }
    for (size_t i = 0; i < devices->contexts; i++) {
        clReleaseContext(devices->context[i]);
    }
    free(devices->device);
    free(devices->context);
    free(devices);
}

static atomic_bool silent;

void locl_devices_note_silent(void)
{
    atomic_store(&silent, true);
}

bool locl_devices_silent(void)
{
    return atomic_load(&silent);
}

/* What is left of `devices` is as much as the lost device and the parts that share its context need. */
void locl_devices_abandon(locl_devices *devices, size_t lost)
{
    cl_context left = devices->device[lost]->context;
    for (size_t i = 0; i < devices->count; i++) {
        if (devices->device[i]->context != left) {
            close_device(devices->device[i]);
        }
    }
    for (size_t i = 0; i < devices->contexts; i++) {
        if (devices->context[i] != left) {
            clReleaseContext(devices->context[i]);
        }
    }
}

/* Opens the context of a root device, with all its chosen parts. */
static locl_status open_context(locl_devices *devices, const locl_device_choice *choices, size_t first,
                                locl_error *err)
{
    const locl_device_info *info = choices[first].info;
    cl_context_properties properties[] = {CL_CONTEXT_PLATFORM, (cl_context_properties)info->platform_id, 0};
    cl_uint count = 0;
    cl_int rc;
    cl_device_id *ids = calloc(devices->count, sizeof *ids);
    if (!ids) {
        return locl_fail_memory(err, devices->count * sizeof *ids);
    }
    for (size_t i = first; i < devices->count; i++) {
        if (choices[i].info == info) {
            ids[count++] = devices->device[i]->id;
        }
    }
    cl_context context = clCreateContext(properties, count, ids, NULL, NULL, &rc);
    free(ids);
    if (rc != CL_SUCCESS) {
        return locl_fail_cl(err, "clCreateContext", rc, NULL, info->selector);
    }
    devices->context[devices->contexts++] = context;
    for (size_t i = first; i < devices->count; i++) {
        if (choices[i].info == info) {
            devices->device[i]->context = context;
        }
    }
    return LOCL_OK;
}

/* Takes what the user's file says of a device. */
static void take_settings(locl_device *device, const locl_device_setting *setting)
{
    double bytes = 0;
    if (setting) {
        if (!device->engine[0]) {
            snprintf(device->engine, sizeof device->engine, "%s", setting->engine);
        }
        snprintf(device->build, sizeof device->build, "%s", setting->build);
        device->share = setting->share;
        device->wide_from = setting->large_buffers;
        device->headroom =
            setting->headroom[0] && locl_size_read(setting->headroom, &bytes) ? (cl_ulong)bytes : 0;
    }
    if (!device->engine[0]) {
        snprintf(device->engine, sizeof device->engine, "auto");
    }
}

static void name_device(locl_device *device, const locl_device_choice *choice, size_t index)
{
    const locl_device_info *info = choice->info;
    device->platform = info->platform_id;
    device->index = index;
    snprintf(device->selector, sizeof device->selector, "%s", info->selector);
    snprintf(device->stable, sizeof device->stable, "%s", info->stable);
    if (choice->split) {
        snprintf(device->stable, sizeof device->stable, "%s/%u/%u", info->stable, choice->part,
                 choice->split);
        snprintf(device->selector, sizeof device->selector, "%zu:%zu/%u/%u", info->platform_index,
                 info->device_index, choice->part, choice->split);
    }
    snprintf(device->name, sizeof device->name, "%s", info->name);
    snprintf(device->vendor, sizeof device->vendor, "%s", info->vendor);
    snprintf(device->platform_name, sizeof device->platform_name, "%s", info->platform);
    snprintf(device->driver, sizeof device->driver, "%s", info->driver);
    snprintf(device->version, sizeof device->version, "%s", info->version);
    snprintf(device->platform_version, sizeof device->platform_version, "%s", info->platform_version);
    snprintf(device->engine, sizeof device->engine, "%s", choice->engine);
}

/* Reads LOCL_DEADLINE, in seconds; 0 without it. */
static locl_status read_deadline(double *seconds, locl_error *err)
{
    const char *text = getenv("LOCL_DEADLINE");
    char *end;
    *seconds = 0;
    if (!text || !text[0]) {
        return LOCL_OK;
    }
    *seconds = locl_number_read(text, &end);
    if (*end || !(*seconds >= 0) || *seconds > LOCL_LONGEST_DEADLINE) {
        locl_fail(err, LOCL_E_CONFIG, "LOCL_DEADLINE: found \"%s\", should be seconds from 0 to %g", text,
                  LOCL_LONGEST_DEADLINE);
        return locl_remedy(err, "for example LOCL_DEADLINE=60; 0 waits as long as it takes");
    }
    return LOCL_OK;
}

/* Lets buffers be as large as the memory, where the user's file says so. */
static locl_status widen(locl_device *device, locl_error *err)
{
    locl_caps *caps = &device->caps;
    if (!device->wide_from) {
        return LOCL_OK;
    }
    if (!caps->wide_buffers) {
        locl_fail(err, LOCL_E_CONFIG, "large_buffers: the driver of %s (%s) has no way to ask for them",
                  device->name, device->platform_name);
        return locl_remedy(err, "leave large_buffers out for %s in the file of devices", device->stable);
    }
    device->wide_from = caps->largest_buffer + 1;
    caps->largest_buffer = caps->memory > caps->largest_buffer ? caps->memory : caps->largest_buffer;
    return LOCL_OK;
}

/* Keeps memory free, where the user's file says so. */
static locl_status leave_headroom(locl_device *device, locl_error *err)
{
    const double mib = 1024.0 * 1024.0;
    if (device->headroom >= device->caps.memory) {
        locl_fail(err, LOCL_E_CONFIG, "headroom of %.1f MiB leaves nothing of the %.1f MiB of %s",
                  (double)device->headroom / mib, (double)device->caps.memory / mib, device->name);
        return locl_remedy(err, "a smaller headroom for %s in the file of devices", device->stable);
    }
    device->caps.memory -= device->headroom;
    return LOCL_OK;
}

static locl_status open_device(locl_device *device, locl_error *err)
{
    const char *lower = getenv("LOCL_CAPS");
    LOCL_TRY(read_deadline(&device->deadline, err));
    LOCL_TRY(locl_caps_query(device->id, &device->caps, err));
    LOCL_TRY(leave_headroom(device, err));
    LOCL_TRY(widen(device, err));
    if (lower) {
        LOCL_TRY(locl_caps_lower(&device->caps, lower, err));
    }
    return locl_program_cache_create(device, &device->programs, err);
}

static locl_status open_choices(const locl_device_choice *choices, size_t count, const locl_device_file *file,
                                locl_devices *devices, locl_error *err)
{
    devices->device = calloc(count, sizeof *devices->device);
    devices->context = calloc(count, sizeof *devices->context);
    if (!devices->device || !devices->context) {
        return locl_fail_memory(err, 2 * count * sizeof *devices->device);
    }
    for (size_t i = 0; i < count; i++) {
        locl_device *device = devices->device[i] = calloc(1, sizeof *device);
        if (!device) {
            return locl_fail_memory(err, sizeof *device);
        }
        devices->count++;
        name_device(device, &choices[i], i);
        take_settings(device, locl_device_file_find(file, choices[i].info));
        device->id = choices[i].info->id;
        if (choices[i].split) {
            cl_device_id *parts;
            LOCL_TRY(locl_partition(choices[i].info, choices[i].split, &parts, err));
            device->id = parts[choices[i].part];
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (!devices->device[i]->context) {
            LOCL_TRY(open_context(devices, choices, i, err));
        }
        locl_status status = open_device(devices->device[i], err);
        if (status != LOCL_OK) {
            locl_error_where(err, "device %s", devices->device[i]->selector);
            return status;
        }
    }
    return LOCL_OK;
}

/* Opens what *specs [*count], malloc'd, select; sets in it are replaced. */
static locl_status open_specs(locl_device_spec **specs, size_t *count, locl_devices **out, locl_error *err)
{
    locl_device_file *file = NULL;
    locl_inventory *inventory = NULL;
    locl_device_choice *choices = NULL;
    locl_devices *devices = NULL;
    size_t chosen = 0;
    locl_status status;
    *out = NULL;
    LOCL_TRY_GOTO(status, locl_sets_expand(NULL, specs, count, err));
    LOCL_TRY_GOTO(status, locl_device_file_read_own(&file, err));
    LOCL_TRY_GOTO(status, locl_inventory_open(LOCL_INVENTORY_LIST, &inventory, err));
    if (locl_device_specs_ask_half(*specs, *count)) {
        locl_quirks_probe_half(inventory);
    }
    LOCL_TRY_GOTO(status, locl_select(inventory, *specs, *count, &choices, &chosen, err));
    devices = calloc(1, sizeof *devices);
    if (!devices) {
        status = locl_fail_memory(err, sizeof *devices);
        goto fail;
    }
    LOCL_TRY_GOTO(status, open_choices(choices, chosen, file, devices, err));
    *out = devices;
    devices = NULL;
fail:
    locl_devices_close(devices);
    free(choices);
    locl_inventory_close(inventory);
    locl_device_file_free(file);
    return status;
}

locl_status locl_devices_open_text(const char *selectors, locl_devices **out, locl_error *err)
{
    locl_device_spec *specs = NULL;
    size_t count = 0;
    *out = NULL;
    LOCL_TRY(locl_device_specs_parse(selectors, &specs, &count, err));
    locl_status status = open_specs(&specs, &count, out, err);
    free(specs);
    return status;
}

static locl_status open_copy(const locl_device_spec *specs, size_t count, locl_devices **out, locl_error *err)
{
    locl_device_spec *own = calloc(count + 1, sizeof *own);
    *out = NULL;
    if (!own) {
        return locl_fail_memory(err, count * sizeof *own);
    }
    for (size_t i = 0; i < count; i++) {
        own[i] = specs[i];
    }
    locl_status status = open_specs(&own, &count, out, err);
    free(own);
    return status;
}

locl_status locl_devices_open(const locl_device_spec *specs, size_t count, locl_devices **out,
                              locl_error *err)
{
    const char *instead = getenv("LOCL_DEVICES");
    if (!instead || !instead[0]) {
        return open_copy(specs, count, out, err);
    }
    locl_status status = locl_devices_open_text(instead, out, err);
    if (status != LOCL_OK) {
        locl_error_where(err, "LOCL_DEVICES=%s", instead);
    }
    return status;
}

locl_status locl_devices_open_without(const locl_devices *devices, size_t lost, locl_devices **out,
                                      locl_error *err)
{
    locl_text text = {0};
    *out = NULL;
    for (size_t i = 0; i < devices->count; i++) {
        if (i != lost) {
            locl_text_add(&text, "%s%s", text.length ? "," : "", devices->device[i]->selector);
        }
    }
    locl_status status =
        text.failed ? locl_fail_memory(err, text.length) : locl_devices_open_text(text.data, out, err);
    for (size_t i = 0; status == LOCL_OK && i < (*out)->count; i++) {
        const locl_device *before = devices->device[i < lost ? i : i + 1];
        memcpy((*out)->device[i]->engine, before->engine, sizeof before->engine);
        (*out)->device[i]->deadline = before->deadline;
        (*out)->device[i]->caps.takes_matrix = before->caps.takes_matrix;
    }
    locl_text_free(&text);
    return status;
}

locl_status locl_device_prepare_once(locl_device *device, locl_device_prepare prepare, locl_error *err)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    locl_status status = LOCL_OK;
    pthread_mutex_lock(&lock);
    size_t i = 0;
    while (i < device->prepared_count && device->prepared[i] != prepare) {
        i++;
    }
    if (i == LOCL_DEVICE_PREPARES) {
        status = locl_fail(err, LOCL_E_FAILED, "more than %d libraries want to prepare device %s",
                           LOCL_DEVICE_PREPARES, device->selector);
    } else if (i == device->prepared_count) {
        status = prepare(device, err);
        if (status == LOCL_OK) {
            device->prepared[device->prepared_count++] = prepare;
        }
    }
    pthread_mutex_unlock(&lock);
    return status;
}
