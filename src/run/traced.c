#include "locl/traced.h"

#include "base/file.h"
#include "base/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The largest file that is read. A thousand steps of a large network take less. */
#define MOST_BYTES ((size_t)1 << 30)

/* A row with the numbers that its events name it by. */
typedef struct place {
    json_int_t process, thread;
} place;

typedef struct reader {
    const char *path;
    locl_traced *out;
    locl_traced_row *row; /* [rows] */
    place *place;         /* [rows] */
    locl_traced_event *event;
    const json_t *list; /* traceEvents */
} reader;

static locl_status fail_event(const reader *r, size_t index, const char *what, locl_error *err)
{
    return locl_fail(err, LOCL_E_DATA, "%s: traceEvents[%zu]: %s", r->path, index, what);
}

static bool is_kind(const json_t *event, const char *phase)
{
    const char *ph = json_string_value(json_object_get(event, "ph"));
    return ph && !strcmp(ph, phase);
}

/* Returns the name that an event of kind M gives: of a thread, or of the process that it belongs to. */
static const char *given_name(const json_t *event, const char *what)
{
    const char *name = json_string_value(json_object_get(event, "name"));
    bool same = is_kind(event, "M") && name && !strcmp(name, what);
    return same ? json_string_value(json_object_get(json_object_get(event, "args"), "name")) : NULL;
}

static json_int_t number_of(const json_t *event, const char *key)
{
    return json_integer_value(json_object_get(event, key));
}

static const char *name_of_process(const reader *r, json_int_t process)
{
    for (size_t i = 0; i < json_array_size(r->list); i++) {
        const json_t *event = json_array_get(r->list, i);
        const char *name = given_name(event, "process_name");
        if (name && number_of(event, "pid") == process) {
            return name;
        }
    }
    return "?";
}

/* Makes a row of each thread that has a name. */
static void read_rows(reader *r)
{
    locl_traced *t = r->out;
    for (size_t i = 0; i < json_array_size(r->list); i++) {
        const json_t *event = json_array_get(r->list, i);
        const char *name = given_name(event, "thread_name");
        if (name) {
            place at = {number_of(event, "pid"), number_of(event, "tid")};
            const char *owner = name_of_process(r, at.process);
            r->place[t->rows] = at;
            r->row[t->rows++] = (locl_traced_row){owner, name, strncmp(owner, "device ", 7) == 0};
        }
    }
}

static bool find_row(const reader *r, const json_t *event, size_t *row)
{
    place at = {number_of(event, "pid"), number_of(event, "tid")};
    for (*row = 0; *row < r->out->rows; ++*row) {
        if (r->place[*row].process == at.process && r->place[*row].thread == at.thread) {
            return true;
        }
    }
    return false;
}

static bool find_kind(const json_t *event, locl_traced_kind *kind)
{
    static const char *const names[] = {"kernel", "copy", "host"};
    const char *name = json_string_value(json_object_get(event, "cat"));
    for (size_t i = 0; name && i < sizeof names / sizeof *names; i++) {
        if (!strcmp(name, names[i])) {
            *kind = (locl_traced_kind)i;
            return true;
        }
    }
    return false;
}

static locl_status read_event(reader *r, size_t index, const json_t *event, locl_error *err)
{
    const json_t *args = json_object_get(event, "args"), *stage = json_object_get(args, "stage");
    const json_t *start = json_object_get(event, "ts"), *length = json_object_get(event, "dur");
    locl_traced_event e = {.name = json_string_value(json_object_get(event, "name")), .stage = -1};
    json_int_t step = number_of(args, "step");
    if (!find_kind(event, &e.kind) || !find_row(r, event, &e.row) || !e.name) {
        return fail_event(r, index, "name, cat, pid or tid is missing, or none that locl train writes", err);
    }
    e.start = json_number_value(start);
    e.end = e.start + json_number_value(length);
    if (!json_is_number(start) || !json_is_number(length) || e.end < e.start || e.start < 0) {
        return fail_event(r, index, "ts or dur should be a number, and not negative", err);
    }
    if (step < 1) {
        return fail_event(r, index, "args.step should be a whole number from 1 on", err);
    }
    e.step = (uint64_t)step;
    e.stage = json_is_integer(stage) ? (int)json_integer_value(stage) : -1;
    e.host_timed = json_is_true(json_object_get(args, "host_timed"));
    r->event[r->out->events++] = e;
    return LOCL_OK;
}

/* The loader is ahead of the devices, so its events do not count. */
static void count_step(locl_traced *t, const locl_traced_event *e)
{
    if (e->kind != LOCL_TRACED_HOST) {
        t->first = t->first && t->first < e->step ? t->first : e->step;
        t->last = t->last > e->step ? t->last : e->step;
    }
}

static locl_status read_events(reader *r, locl_error *err)
{
    locl_traced *t = r->out;
    for (size_t i = 0; i < json_array_size(r->list); i++) {
        const json_t *event = json_array_get(r->list, i);
        if (is_kind(event, "X")) {
            LOCL_TRY(read_event(r, i, event, err));
            count_step(t, &r->event[t->events - 1]);
        } else if (!is_kind(event, "M")) {
            return fail_event(r, i, "should be an object whose ph is X or M", err);
        }
    }
    return LOCL_OK;
}

static locl_status parse(reader *r, const char *data, size_t size, locl_error *err)
{
    json_error_t wrong;
    json_t *root = json_loadb(data, size, 0, &wrong);
    r->out->own = root;
    if (!root) {
        locl_fail(err, LOCL_E_DATA, "%s:%d:%d: no JSON: %s", r->path, wrong.line, wrong.column, wrong.text);
        return locl_remedy(err, "a file that locl train --trace wrote");
    }
    r->list = json_object_get(root, "traceEvents");
    if (!json_is_array(r->list) || !json_object_get(json_object_get(root, "otherData"), "locl")) {
        locl_fail(err, LOCL_E_DATA,
                  "%s: JSON, but no trace of locl: traceEvents or otherData.locl is missing", r->path);
        return locl_remedy(err, "a file that locl train --trace wrote");
    }
    size_t most = json_array_size(r->list) + 1;
    r->out->row = r->row = calloc(most, sizeof *r->row);
    r->out->event = r->event = calloc(most, sizeof *r->event);
    r->place = calloc(most, sizeof *r->place);
    if (!r->row || !r->event || !r->place) {
        return locl_fail_memory(err, most * sizeof *r->event);
    }
    read_rows(r);
    return read_events(r, err);
}

locl_status locl_traced_read(const char *path, locl_traced **out, locl_error *err)
{
    LOCL_OWN_ERROR(err);
    char *data;
    size_t size;
    reader r = {.path = path};
    *out = NULL;
    LOCL_TRY(locl_file_read(path, MOST_BYTES, LOCL_E_DATA, &data, &size, err));
    r.out = calloc(1, sizeof *r.out);
    locl_status status = r.out ? parse(&r, data, size, err) : locl_fail_memory(err, sizeof *r.out);
    free(r.place);
    free(data);
    if (status != LOCL_OK) {
        locl_traced_free(r.out);
        return status;
    }
    *out = r.out;
    return LOCL_OK;
}

void locl_traced_free(locl_traced *traced)
{
    if (traced) {
        free((void *)traced->row);
        free((void *)traced->event);
        json_decref(traced->own);
        free(traced);
    }
}
