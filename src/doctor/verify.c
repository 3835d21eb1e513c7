#include "locl/verify.h"

#include "base/json.h"
#include "check/passport.h"
#include "check/table.h"
#include "doctor/child.h"
#include "doctor/driver_row.h"
#include "doctor/verify_child.h"

#include <fnmatch.h>
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const double usual_deadline = 120;
enum { MOST_PARTS = 4, MOST_PLACES = 1000 };

struct locl_verification {
    json_t *rows; /* array of what children said, see verify_child.h */
};

static locl_status fail_as_told(const json_t *told, locl_error *err)
{
    locl_fail(err, (locl_status)json_integer_value(json_object_get(told, "error")), "%s%s%s",
              locl_message_text(told, "where"), locl_message_text(told, "where")[0] ? ": " : "",
              locl_message_text(told, "message"));
    return locl_remedy(err, "%s", locl_message_text(told, "remedy"));
}

/* Asks a child which devices there are; *out is the caller's. */
static locl_status select_devices(const locl_child_setup *common, const char *selectors, json_t **out,
                                  locl_error *err)
{
    char text[512];
    locl_child_result r;
    locl_child_setup setup = *common;
    locl_status status = LOCL_OK;
    setup.task[0] = LOCL_EXAMINE_SELECT;
    setup.task[1] = selectors ? selectors : "";
    locl_child_run(&setup, &r);
    const json_t *told = locl_message_with(&r, "error");
    *out = json_incref(json_object_get(locl_message_with(&r, "selected"), "selected"));
    if (told) {
        status = fail_as_told(told, err);
    } else if (!*out) {
        locl_child_describe(&r, common->deadline, text, sizeof text);
        locl_fail(err, LOCL_E_FAILED, "looking for devices in a process of its own: it %s", text);
        status = locl_remedy(err, "locl doctor says which driver it is");
    }
    locl_child_result_free(&r);
    return status;
}

static void add_row(json_t *rows, const char *device, const char *name, locl_finding_status status,
                    const char *remedy, const char *detail)
{
    char full[320];
    snprintf(full, sizeof full, "%s %s", device, name);
    const locl_finding finding = {full, status, detail, remedy};
    json_t *row = locl_finding_json(&finding);
    if (row) {
        json_object_set_new(row, "device", json_string(device));
    }
    json_array_append_new(rows, row);
}

/* Adds how a child ended that did not come to its end, as a row of the kernel that it was at. */
static void add_end(const locl_child_result *r, const char *device, double deadline, json_t *rows)
{
    char text[512], detail[2048], kernel[64] = "kernels";
    const json_t *told = locl_message_with(r, "error");
    size_t skip = strlen(device) + 1;
    if (!strncmp(r->doing, device, skip - 1) && strlen(r->doing) > skip) {
        snprintf(kernel, sizeof kernel, "%.*s", (int)strcspn(r->doing + skip, " ["), r->doing + skip);
    }
    if (told) {
        snprintf(detail, sizeof detail, "%s", locl_message_text(told, "message"));
    } else {
        locl_child_describe(r, deadline, text, sizeof text);
        snprintf(detail, sizeof detail, "the driver %s%s%s", text, r->printed[0] ? "; printed: " : "",
                 r->printed);
    }
    add_row(rows, device, kernel, LOCL_FINDING_ERROR,
            "update the device's driver, or leave the device out (`!P:D` in devices); locl doctor looks at "
            "the driver",
            detail);
}

/* Keeps the device's passport, and says so in a row. Where only a part was looked at, it is kept if that failed: what
 * was left out may be wrong. So it is where time ran out, which on a busy machine says nothing of the device. */
static void keep(const locl_child_result *r, const char *device, bool part, bool in_time, json_t *rows,
                 size_t errors)
{
    char path[PATH_MAX] = "", detail[PATH_MAX + 128];
    const json_t *told = locl_message_with(r, "key");
    locl_error err = {0};
    if (!in_time && !errors) {
        add_row(rows, device, "passport", LOCL_FINDING_WARNING,
                "verify the device again when it has nothing else to do",
                "none kept: not all kernels were looked at");
    }
    if (!told || ((part || !in_time) && !errors)) {
        return;
    }
    if (locl_passport_write(json_object_get(told, "key"), locl_message_text(told, "kernels"), rows, path,
                            sizeof path, &err) != LOCL_OK) {
        add_row(rows, device, "passport", LOCL_FINDING_WARNING,
                err.remedy[0] ? err.remedy : "make room for it", err.message);
        return;
    }
    snprintf(detail, sizeof detail, "%s, kept in %s",
             errors ? "failed: training refuses the device" : "passed", path);
    add_row(rows, device, "passport", errors ? LOCL_FINDING_WARNING : LOCL_FINDING_OK,
            errors ? "see the rows that are errors; to train nevertheless: run.failed_passport" : "", detail);
}

static size_t count_errors(const json_t *rows)
{
    size_t errors = 0;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        errors += !strcmp(locl_message_text(json_array_get(rows, i), "status"), "error");
    }
    return errors;
}

/* A child that verifies every `parts`-th kernel of a device: kernels are compiled side by side. */
typedef struct part_job {
    locl_child_setup setup;
    locl_child_result result;
    char part[32];
    struct verification_job *whole;
    size_t done, total; /* kernels */
    bool threaded;
    pthread_t thread;
} part_job;

/* All parts of a device. */
typedef struct verification_job {
    const locl_verify_setup *setup;
    pthread_mutex_t lock; /* of who tells */
    part_job part[MOST_PARTS];
    size_t parts;
} verification_job;

/* Adds up how far the parts are. */
static void hear(void *user, size_t done, size_t total)
{
    part_job *part = user;
    verification_job *whole = part->whole;
    size_t all_done = 0, all = 0;
    pthread_mutex_lock(&whole->lock);
    part->done = done;
    part->total = total;
    for (size_t i = 0; i < whole->parts; i++) {
        all_done += whole->part[i].done;
        all += whole->part[i].total;
    }
    if (whole->setup->tell) {
        whole->setup->tell(whole->setup->user, all_done, all);
    }
    pthread_mutex_unlock(&whole->lock);
}

static void *run_part(void *user)
{
    part_job *part = user;
    locl_child_run(&part->setup, &part->result);
    return NULL;
}

/* Runs the parts side by side, or in turn where no thread can be had. */
static void run_parts(verification_job *job, const locl_child_setup *common, const char *device)
{
    const char *only = job->setup->only;
    for (size_t i = 0; i < job->parts; i++) {
        part_job *part = &job->part[i];
        snprintf(part->part, sizeof part->part, "%zu/%zu", i, job->parts);
        part->whole = job;
        part->setup = *common;
        part->setup.heard = hear;
        part->setup.user = part;
        part->setup.task[0] = LOCL_EXAMINE_VERIFY;
        part->setup.task[1] = device;
        part->setup.task[2] = only ? only : "*";
        part->setup.task[3] = part->part;
        part->threaded = pthread_create(&part->thread, NULL, run_part, part) == 0;
    }
    for (size_t i = 0; i < job->parts; i++) {
        if (job->part[i].threaded) {
            pthread_join(job->part[i].thread, NULL);
        } else {
            run_part(&job->part[i]);
        }
    }
}

/* Adds the rows of all parts in the order of the table. */
static void add_rows(const verification_job *job, json_t *rows)
{
    size_t at[MOST_PARTS] = {0};
    for (json_int_t place = 0; place < MOST_PLACES; place++) {
        for (size_t i = 0; i < job->parts; i++) {
            const json_t *messages = job->part[i].result.messages, *message;
            while ((message = json_array_get(messages, at[i])) &&
                   (!json_object_get(message, "row") ||
                    json_integer_value(json_object_get(message, "place")) <= place)) {
                json_t *row = json_object_get(message, "row");
                if (row) {
                    json_array_append(rows, row);
                }
                at[i]++;
            }
        }
    }
}

/* Verifies one device in children. Its rows are added to `all`. */
static bool verify_device(const locl_verify_setup *setup, const locl_child_setup *common, const char *device,
                          json_t *all)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    json_t *rows = json_array();
    verification_job *job = calloc(1, sizeof *job);
    if (!job) {
        json_decref(rows);
        return false;
    }
    job->setup = setup;
    job->parts = processors < 2 ? 1 : processors < MOST_PARTS ? (size_t)processors : MOST_PARTS;
    pthread_mutex_init(&job->lock, NULL);
    run_parts(job, common, device);
    add_rows(job, rows);
    bool in_time = true;
    size_t errors = count_errors(rows);
    for (size_t i = 0; i < job->parts; i++) {
        const locl_child_result *r = &job->part[i].result;
        if (!r->done || locl_message_with(r, "error")) {
            bool killed = r->end == LOCL_CHILD_CRASHED && r->code == SIGKILL; /* as where memory runs out */
            bool late = !r->done && (r->end == LOCL_CHILD_HUNG || r->end == LOCL_CHILD_ABSENT || killed);
            in_time = in_time && !late;
            errors += !late;
            add_end(r, device, common->deadline, rows);
        }
    }
    keep(&job->part[0].result, device, setup->only != NULL, in_time, rows, errors);
    bool kept = rows && json_array_extend(all, rows) == 0;
    json_decref(rows);
    for (size_t i = 0; i < job->parts; i++) {
        locl_child_result_free(&job->part[i].result);
    }
    pthread_mutex_destroy(&job->lock);
    free(job);
    return kept;
}

/* A pattern that no kernel's name matches would be a verification of nothing. */
static locl_status check_only(const char *only, locl_error *err)
{
    bool any = !only;
    for (size_t i = 0; locl_ops[i] && !any; i++) {
        any = fnmatch(only, locl_ops[i]->name, 0) == 0;
    }
    if (!any) {
        locl_fail(err, LOCL_E_USAGE, "no kernel's name matches \"%s\"", only);
        return locl_remedy(err, "docs/kernels.md has their names; \"layernorm_*\" are some of them");
    }
    return LOCL_OK;
}

locl_status locl_verify_run(const locl_verify_setup *setup, locl_verification **out, locl_error *err)
{
    LOCL_OWN_ERROR(err);
    const locl_child_setup common = {.program = setup->program,
                                     .deadline = setup->deadline > 0 ? setup->deadline : usual_deadline};
    json_t *devices = NULL;
    *out = NULL;
    if (!setup->program) {
        return locl_fail(err, LOCL_E_USAGE, "no program is given that verifies devices");
    }
    LOCL_TRY(check_only(setup->only, err));
    LOCL_TRY(select_devices(&common, setup->devices, &devices, err));
    locl_verification *v = calloc(1, sizeof *v);
    bool good = v && (v->rows = json_array());
    for (size_t i = 0; good && i < json_array_size(devices); i++) {
        good = verify_device(setup, &common, json_string_value(json_array_get(devices, i)), v->rows);
    }
    json_decref(devices);
    if (!good) {
        locl_verification_free(v);
        return locl_fail(err, LOCL_E_MEMORY, "out of memory");
    }
    *out = v;
    return LOCL_OK;
}

void locl_verification_free(locl_verification *v)
{
    if (v) {
        json_decref(v->rows);
        free(v);
    }
}

size_t locl_verification_rows(const locl_verification *v)
{
    return json_array_size(v->rows);
}

static double number_of(const json_t *row, const char *key)
{
    const json_t *value = json_object_get(row, key);
    return json_is_null(value) ? INFINITY : json_number_value(value);
}

void locl_verification_describe(const locl_verification *v, size_t index, locl_verified *out)
{
    const json_t *row = json_array_get(v->rows, index);
    *out = (locl_verified){
        .finding = {locl_message_text(row, "name"),
                    locl_finding_status_find(locl_message_text(row, "status")),
                    locl_message_text(row, "detail"), locl_message_text(row, "remedy")},
        .device = locl_message_text(row, "device"),
        .kernel = locl_message_text(row, "kernel"),
        .variant = locl_message_text(row, "variant"),
        .shapes = (size_t)json_integer_value(json_object_get(row, "shapes")),
        .runs = (size_t)json_integer_value(json_object_get(row, "runs")),
        .ulp = number_of(row, "ulp"),
        .relative = number_of(row, "relative"),
        .tolerated = number_of(row, "tolerated"),
        .deterministic = json_is_true(json_object_get(row, "deterministic")),
    };
}

locl_status locl_verification_to_json(const locl_verification *v, char **out, locl_error *err)
{
    LOCL_OWN_ERROR(err);
    return locl_json_print(json_pack("{s:O}", "rows", v->rows), JSON_INDENT(2) | LOCL_JSON_RESULT, out, err);
}
