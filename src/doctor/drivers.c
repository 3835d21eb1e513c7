#include "doctor/drivers.h"

#include "base/text.h"
#include "device/inventory.h"
#include "doctor/child.h"
#include "doctor/driver_row.h"
#include "doctor/examine.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SIDE_BY_SIDE = 8, FOLDER = 256 };

/* One driver's examination. */
typedef struct icd_job {
    const locl_icd *icd;
    const locl_child_setup *setup; /* what all have in common */
    char folder[FOLDER + 16];      /* the private one, "" where there is none */
    locl_driver_facts facts;
} icd_job;

/* All of them. */
typedef struct examination {
    icd_job *job; /* [icds.count] */
    locl_child_setup setup;
    char folder[FOLDER]; /* of the private folders */
    locl_drivers *drivers;
    locl_findings *rows;
} examination;

/* ---- each driver alone ---- */

/* Makes the folder with one ICD file. */
static bool fill_private(const icd_job *job)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/one.icd", job->folder);
    FILE *file = mkdir(job->folder, 0700) == 0 ? fopen(path, "w") : NULL;
    bool written = file && fprintf(file, "%s\n", job->icd->library) > 0;
    return file && fclose(file) == 0 && written;
}

static void remove_private(const icd_job *job)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/one.icd", job->folder);
    unlink(path);
    rmdir(job->folder);
}

static void *examine_one(void *user)
{
    icd_job *job = user;
    locl_child_setup setup = *job->setup;
    job->facts.examined = fill_private(job);
    if (job->facts.examined) {
        setup.vendors = job->folder;
        setup.task[0] = LOCL_EXAMINE_ICD;
        setup.task[1] = job->icd->library;
        locl_child_run(&setup, &job->facts.result);
    }
    return NULL;
}

/* Examines drivers side by side, so that several that hang cost the time of one. */
static void examine_alone(examination *x)
{
    size_t count = x->drivers->icds.count;
    for (size_t first = 0; first < count; first += SIDE_BY_SIDE) {
        pthread_t thread[SIDE_BY_SIDE];
        bool started[SIDE_BY_SIDE] = {false};
        for (size_t i = 0; i < SIDE_BY_SIDE && first + i < count; i++) {
            icd_job *job = &x->job[first + i];
            started[i] = !job->icd->flaw[0] && pthread_create(&thread[i], NULL, examine_one, job) == 0;
        }
        for (size_t i = 0; i < SIDE_BY_SIDE; i++) {
            if (started[i]) {
                pthread_join(thread[i], NULL);
            }
        }
    }
}

/* Returns the earlier driver whose library is the same file, or NULL. */
static const locl_icd *same_library(const examination *x, size_t index)
{
    const char *library = locl_driver_library(&x->job[index].facts);
    for (size_t i = 0; i < index && library[0]; i++) {
        if (!strcmp(locl_driver_library(&x->job[i].facts), library)) {
            return x->job[i].icd;
        }
    }
    return NULL;
}

static void tell_alone(examination *x)
{
    for (size_t i = 0; i < x->drivers->icds.count; i++) {
        icd_job *job = &x->job[i];
        const char *library = locl_driver_library(&job->facts);
        job->facts.twin = same_library(x, i);
        locl_driver_row(job->icd, &job->facts, x->setup.deadline, x->rows);
        if (strstr(library, "libnvidia-opencl")) {
            snprintf(x->drivers->nvidia, sizeof x->drivers->nvidia, "%s", library);
        }
    }
}

/* ---- all together ---- */

static void note_platform(locl_drivers *drivers, const json_t *platform, size_t index)
{
    const json_t *devices = json_object_get(platform, "devices");
    for (size_t d = 0; d < json_array_size(devices) && drivers->count < LOCL_SEEN_MOST; d++) {
        const json_t *device = json_array_get(devices, d);
        locl_seen *seen = &drivers->seen[drivers->count++];
        snprintf(seen->selector, sizeof seen->selector, "%zu:%zu", index, d);
        snprintf(seen->platform, sizeof seen->platform, "%s", locl_message_text(platform, "name"));
        snprintf(seen->name, sizeof seen->name, "%s", locl_message_text(device, "name"));
        snprintf(seen->driver, sizeof seen->driver, "%s", locl_message_text(device, "driver"));
        snprintf(seen->type, sizeof seen->type, "%s", locl_message_text(device, "type"));
        seen->vendor_id = (long)json_integer_value(json_object_get(device, "vendor_id"));
    }
}

/* Says how many devices there are, or what to do where there is none. */
static void tell_devices(const locl_drivers *drivers, size_t platforms, locl_findings *rows)
{
    locl_text text = {0};
    if (!drivers->count) {
        locl_inventory_add_variables(&text);
        locl_text_add(&text, "%s", locl_install_remedy);
        locl_findings_add(rows, LOCL_FINDING_ERROR, "devices", text.failed ? locl_install_remedy : text.data,
                          "there is no OpenCL device");
    } else {
        for (size_t i = 0; i < drivers->count; i++) {
            locl_text_add(&text, "%s%s %s", i ? ", " : "", drivers->seen[i].selector, drivers->seen[i].name);
        }
        locl_findings_add(rows, LOCL_FINDING_OK, "devices", "", "%zu on %zu platform%s: %s", drivers->count,
                          platforms, platforms == 1 ? "" : "s", text.failed ? "" : text.data);
    }
    locl_text_free(&text);
}

static void read_together(examination *x, const locl_child_result *r)
{
    size_t platforms = 0;
    for (size_t i = 0; i < json_array_size(r->messages); i++) {
        const json_t *message = json_array_get(r->messages, i),
                     *platform = json_object_get(message, "platform");
        if (platform) {
            note_platform(x->drivers, platform, platforms++);
        }
        if (json_object_get(message, "loader")) {
            locl_findings_add(x->rows, LOCL_FINDING_OK, "loader version", "", "%s",
                              locl_message_text(message, "loader"));
        }
    }
    x->drivers->listed = true;
    tell_devices(x->drivers, platforms, x->rows);
}

/* Returns a driver that ends every program that loads it, or NULL. */
static const locl_icd *deadly(const examination *x)
{
    for (size_t i = 0; i < x->drivers->icds.count; i++) {
        const locl_child_result *r = &x->job[i].facts.result;
        bool ended = r->end == LOCL_CHILD_EXITED || r->end == LOCL_CHILD_CRASHED || r->end == LOCL_CHILD_HUNG;
        if (x->job[i].facts.examined && ended && !r->done) {
            return x->job[i].icd;
        }
    }
    return NULL;
}

static bool any_flaw(const examination *x)
{
    for (size_t i = 0; i < x->drivers->icds.count; i++) {
        if (x->drivers->icds.icd[i].flaw[0]) {
            return true;
        }
    }
    return false;
}

/* Lists what programs see, with this process's variables: drivers may not go together. */
static void examine_together(examination *x)
{
    const locl_icd *bad = deadly(x);
    char text[512];
    locl_child_result result;
    locl_child_setup setup = x->setup;
    if (bad) {
        locl_findings_add(x->rows, LOCL_FINDING_SKIPPED, "devices",
                          "take that ICD file out of its folder, then run this again",
                          "all drivers in one process: not tried, since %s would end or hold up every "
                          "program that looks for devices",
                          bad->name);
        return;
    }
    setup.task[0] = LOCL_EXAMINE_TOGETHER;
    locl_child_run(&setup, &result);
    if (result.done) {
        read_together(x, &result);
    } else {
        locl_child_describe(&result, setup.deadline, text, sizeof text);
        locl_findings_add(
            x->rows, LOCL_FINDING_ERROR, "devices",
            any_flaw(x)
                ? "take the ICD files that are errors above out of their folder: loaders crash or wait at "
                  "some"
                : "some drivers do not go together: keep the ICD files of those that you use alone, in a "
                  "folder that OCL_ICD_VENDORS names",
            "all drivers in one process: it %s%s%s", text, result.printed[0] ? "; printed: " : "",
            result.printed);
    }
    locl_child_result_free(&result);
}

/* ---- each device ---- */

/* Writes how the rows of a device begin: "device 0:1", by its selector where programs see it. */
static void name_device(examination *x, const icd_job *job, const json_t *platform, size_t p, size_t d,
                        bool *claimed, char *out, size_t size)
{
    const json_t *device = json_array_get(json_object_get(platform, "devices"), d);
    for (size_t i = 0; i < x->drivers->count; i++) {
        const locl_seen *seen = &x->drivers->seen[i];
        if (!claimed[i] && !strcmp(seen->platform, locl_message_text(platform, "name")) &&
            !strcmp(seen->name, locl_message_text(device, "name"))) {
            claimed[i] = true;
            snprintf(out, size, "device %s", seen->selector);
            return;
        }
    }
    snprintf(out, size, "device %zu:%zu of %s", p, d, job->icd->name + strlen("icd "));
}

/* Adds what a child said of a device, and how it ended where that is worth saying. */
static void tell_device(const examination *x, const char *name, const locl_child_result *r)
{
    char full[512], text[512];
    for (size_t i = 0; i < json_array_size(r->messages); i++) {
        const json_t *row = json_object_get(json_array_get(r->messages, i), "row");
        const char *trial = locl_message_text(row, "name");
        locl_finding_status status = locl_finding_status_find(locl_message_text(row, "status"));
        snprintf(full, sizeof full, "%s%s%s", name, strcmp(trial, "device") ? " " : "",
                 strcmp(trial, "device") ? trial : "");
        if (row && status != LOCL_FINDING_COUNT) {
            locl_findings_add(x->rows, status, full, locl_message_text(row, "remedy"), "%s",
                              locl_message_text(row, "detail"));
        }
    }
    const json_t *failed = locl_message_with(r, "failed");
    if (failed) {
        locl_findings_add(x->rows, LOCL_FINDING_ERROR, name, locl_message_text(failed, "remedy"), "%s",
                          locl_message_text(failed, "failed"));
    } else if (!r->done) {
        const char *trial = strstr(r->doing, "trying: ");
        snprintf(full, sizeof full, "%s%s%s", name, trial ? " " : "",
                 trial ? trial + strlen("trying: ") : "");
        locl_child_describe(r, x->setup.deadline, text, sizeof text);
        locl_findings_add(x->rows, LOCL_FINDING_ERROR, full,
                          "update or reinstall its driver, or leave the device out (`!P:D` in devices)",
                          "the driver %s; nothing further is tried on this device%s%s", text,
                          r->printed[0] ? "; printed: " : "", r->printed);
    }
}

static void try_platform(examination *x, const icd_job *job, const json_t *platform, size_t p, bool *claimed)
{
    char name[NAME_MAX + 64], number[2][16];
    for (size_t d = 0; d < json_array_size(json_object_get(platform, "devices")); d++) {
        locl_child_result result;
        locl_child_setup setup = x->setup;
        snprintf(number[0], sizeof number[0], "%zu", p);
        snprintf(number[1], sizeof number[1], "%zu", d);
        setup.vendors = job->folder;
        setup.task[0] = LOCL_EXAMINE_DEVICE;
        setup.task[1] = number[0];
        setup.task[2] = number[1];
        name_device(x, job, platform, p, d, claimed, name, sizeof name);
        locl_child_run(&setup, &result);
        tell_device(x, name, &result);
        locl_child_result_free(&result);
    }
}

/* Tries the devices one after another, since each may take much of the host. */
static void try_devices(examination *x)
{
    bool claimed[LOCL_SEEN_MOST] = {false};
    for (size_t i = 0; i < x->drivers->icds.count; i++) {
        const icd_job *job = &x->job[i];
        const json_t *messages = job->facts.result.messages;
        size_t p = 0;
        for (size_t m = 0; m < json_array_size(messages) && job->facts.result.done && !job->facts.twin; m++) {
            const json_t *platform = json_object_get(json_array_get(messages, m), "platform");
            if (platform) {
                try_platform(x, job, platform, p++, claimed);
            }
        }
    }
}

/* ---- all ---- */

static bool prepare(examination *x)
{
    const char *place = getenv("TMPDIR");
    snprintf(x->folder, sizeof x->folder, "%s/locl-doctor-XXXXXX", place && place[0] == '/' ? place : "/tmp");
    x->job = calloc(x->drivers->icds.count + 1, sizeof *x->job);
    bool made = mkdtemp(x->folder) != NULL;
    for (size_t i = 0; x->job && i < x->drivers->icds.count; i++) {
        x->job[i].icd = &x->drivers->icds.icd[i];
        x->job[i].setup = &x->setup;
        snprintf(x->job[i].folder, sizeof x->job[i].folder, "%s/%zu", x->folder, i);
    }
    if (!made) {
        locl_findings_add(x->rows, LOCL_FINDING_WARNING, "temporary folder",
                          "make room under /tmp, or set TMPDIR to a folder that can be written",
                          "%s cannot be made, so drivers are not examined: %s", x->folder, strerror(errno));
    }
    x->rows->failed = x->rows->failed || !x->job;
    return x->job;
}

void locl_drivers_examine(const locl_doctor_setup *setup, locl_drivers *out, locl_findings *rows)
{
    examination x = {
        .setup = {.program = setup->program, .deadline = setup->deadline}, .drivers = out, .rows = rows};
    if (!prepare(&x)) {
        return;
    }
    examine_alone(&x);
    tell_alone(&x);
    examine_together(&x);
    try_devices(&x);
    for (size_t i = 0; i < out->icds.count; i++) {
        remove_private(&x.job[i]);
        locl_child_result_free(&x.job[i].facts.result);
    }
    rmdir(x.folder);
    free(x.job);
}
