#include "run/checkpoint.h"

#include "base/file.h"
#include "base/log.h"
#include "base/safetensors.h"
#include "base/text.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- files ---- */

static locl_status path_of(const char *run, const char *file, char path[PATH_MAX], locl_error *err)
{
    if (snprintf(path, PATH_MAX, "%s/checkpoints%s%s", run, *file ? "/" : "", file) >= PATH_MAX) {
        return locl_fail(err, LOCL_E_IO, "the path %s is too long", run);
    }
    return LOCL_OK;
}

static bool exists(const char *run, const char *file)
{
    char path[PATH_MAX];
    locl_error too_long;
    return path_of(run, file, path, &too_long) == LOCL_OK && locl_file_exists(path);
}

bool locl_checkpoint_exists(const char *run)
{
    return exists(run, "last.safetensors") || exists(run, "previous.safetensors");
}

/* Gives a second name to a file that is only ever replaced, or copies it where the file system has no
 * links. */
static locl_status duplicate(const char *from, const char *to, locl_error *err)
{
    char *data;
    size_t size;
    if (unlink(to) && errno != ENOENT) {
        return locl_fail_errno(err, LOCL_E_IO, "replace", to);
    }
    if (link(from, to) == 0) {
        return LOCL_OK;
    }
    LOCL_TRY(locl_file_read(from, SIZE_MAX, LOCL_E_IO, &data, &size, err));
    locl_status status = locl_file_write(to, data, size, err);
    free(data);
    return status;
}

static locl_status move(const char *from, const char *to, locl_error *err)
{
    return rename(from, to) ? locl_fail_errno(err, LOCL_E_IO, "rename to", to) : LOCL_OK;
}

/* Makes `next` the last checkpoint and the old last the previous one. There is a last at any moment. The old
 * previous goes only once the new last is in place, so a damaged last never replaces the only good one. */
static locl_status rotate(const char *run, const char *next, locl_error *err)
{
    char last[PATH_MAX], aside[PATH_MAX], previous[PATH_MAX];
    LOCL_TRY(path_of(run, "last.safetensors", last, err));
    LOCL_TRY(path_of(run, "aside.safetensors", aside, err));
    LOCL_TRY(path_of(run, "previous.safetensors", previous, err));
    bool had_last = locl_file_exists(last);
    if (had_last) {
        LOCL_TRY(duplicate(last, aside, err));
    }
    LOCL_TRY(move(next, last, err));
    LOCL_TRY(had_last ? move(aside, previous, err) : LOCL_OK);
    locl_file_sync_folder(last);
    return LOCL_OK;
}

/* Makes the checkpoint folder and removes leftovers from it. */
static locl_status make_folder(const char *run, locl_error *err)
{
    char folder[PATH_MAX];
    LOCL_TRY(path_of(run, "", folder, err));
    LOCL_TRY(locl_file_make_folders(folder, err));
    locl_file_remove_leftovers(folder);
    return LOCL_OK;
}

static locl_status failed_save(const char *run, locl_status status, locl_error *err)
{
    locl_error_where(err, "saving a checkpoint");
    if (status == LOCL_E_IO) {
        locl_remedy(err, "make room or give %s write permission; the checkpoint before it is as it was", run);
    }
    return status;
}

locl_status locl_checkpoint_save(const char *run, const locl_arrays *set, locl_error *err)
{
    char next[PATH_MAX];
    locl_status status;
    LOCL_TRY_GOTO(status, path_of(run, "next.safetensors", next, err));
    LOCL_TRY_GOTO(status, make_folder(run, err));
    LOCL_TRY_GOTO(status, locl_safetensors_write(next, set, err));
    LOCL_TRY_GOTO(status, rotate(run, next, err));
    return LOCL_OK;
fail:
    return failed_save(run, status, err);
}

locl_status locl_checkpoint_save_best(const char *run, const locl_arrays *set, locl_error *err)
{
    char path[PATH_MAX];
    locl_status status;
    LOCL_TRY_GOTO(status, path_of(run, "best.safetensors", path, err));
    LOCL_TRY_GOTO(status, make_folder(run, err));
    LOCL_TRY_GOTO(status, locl_safetensors_write(path, set, err));
    return LOCL_OK;
fail:
    return failed_save(run, status, err);
}

locl_status locl_checkpoint_load(const char *run, locl_arrays *set, locl_error *err)
{
    char last[PATH_MAX], previous[PATH_MAX];
    locl_error wrong = {0}, wrong_too = {0};
    LOCL_TRY(path_of(run, "last.safetensors", last, err));
    LOCL_TRY(path_of(run, "previous.safetensors", previous, err));
    locl_status status = locl_safetensors_read(last, set, &wrong);
    if (status == LOCL_E_CHECKPOINT) {
        status = locl_safetensors_read(previous, set, &wrong_too);
        if (status == LOCL_OK) {
            locl_log(LOCL_LOG_WARNING, "%s can't be used (%s); going on from %s", last, wrong.message,
                     previous);
        } else if (status == LOCL_E_CHECKPOINT) {
            locl_fail(err, status, "no good checkpoint in %s:\n  %s: %s\n  %s: %s", run, last, wrong.message,
                      previous, wrong_too.message);
            locl_remedy(err, "train from the start, or copy a good checkpoint to %s", last);
            return status;
        }
    }
    if (status != LOCL_OK && err) {
        *err = wrong_too.status != LOCL_OK ? wrong_too : wrong;
    }
    return status;
}

/* ---- content ---- */

/* One kind of complaint: a line that names tensors. */
typedef struct complaint {
    locl_text text;
    size_t count;
} complaint;

enum { NAMED = 16 }; /* tensors in a line */

/* Adds a name to the complaint, with `detail` in brackets where it is not NULL. Only the first NAMED are
 * named. */
static void complain(complaint *c, const char *what, const char *name, const char *detail)
{
    if (c->count == 0) {
        locl_text_add(&c->text, "%s ", what);
    }
    if (c->count < NAMED) {
        locl_text_add(&c->text, "%s%s", c->count ? ", " : "", name);
    }
    if (c->count < NAMED && detail) {
        locl_text_add(&c->text, " (%s)", detail);
    }
    c->count++;
}

/* Returns whether the array has the shape and type that are wanted, and complains if not. */
static bool same_shape(const locl_array *array, const locl_array_want *want, complaint *c)
{
    locl_text shapes = {0};
    bool same = locl_array_fits(array, want->dtype, want->rank, want->dim, &shapes);
    if (!same) {
        complain(c, "wrong shape:", want->name, shapes.failed ? NULL : shapes.data);
        locl_text_free(&shapes);
    }
    return same;
}

enum { MISSING, SHAPE, NONFINITE, UNKNOWN, COMPLAINTS };

static void compare(const locl_arrays *set, const locl_array_want *want, size_t count,
                    complaint all[COMPLAINTS])
{
    size_t known = 0;
    for (size_t i = 0; i < count; i++) {
        const locl_array *array = locl_arrays_find(set, want[i].name);
        if (!array) {
            complain(&all[MISSING], "missing:", want[i].name, NULL);
            continue;
        }
        known++;
        if (same_shape(array, &want[i], &all[SHAPE]) && locl_array_nonfinite(array)) {
            complain(&all[NONFINITE], "NaN or infinite:", want[i].name, NULL);
        }
    }
    for (size_t i = 0; i < set->count && known < set->count; i++) {
        bool found = false;
        for (size_t k = 0; k < count && !found; k++) {
            found = !strcmp(set->array[i]->name, want[k].name);
        }
        if (!found) {
            complain(&all[UNKNOWN], "unknown:", set->array[i]->name, NULL);
        }
    }
}

locl_status locl_checkpoint_check(const locl_arrays *set, const locl_array_want *want, size_t count,
                                  locl_error *err)
{
    complaint all[COMPLAINTS] = {0};
    locl_text text = {0};
    compare(set, want, count, all);
    for (int i = 0; i < COMPLAINTS; i++) {
        if (all[i].count) {
            locl_text_add(&text, "\n  %s", all[i].text.failed ? "(out of memory)" : all[i].text.data);
        }
        if (all[i].count > NAMED) {
            locl_text_add(&text, ", and %zu more", all[i].count - NAMED);
        }
        locl_text_free(&all[i].text);
    }
    bool bad = text.length || text.failed;
    if (bad) {
        locl_fail(err, LOCL_E_CHECKPOINT, "these tensors don't fit the model:%s",
                  text.failed ? " (out of memory)" : text.data);
        locl_remedy(err, "use the configuration that the file was made with");
    }
    locl_text_free(&text);
    return bad ? LOCL_E_CHECKPOINT : LOCL_OK;
}
