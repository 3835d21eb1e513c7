#include "run/events.h"

#include "base/file.h"
#include "base/tfrecord.h"
#include "run/event_message.h"
#include "run/folder.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* TensorBoard takes files whose names have `.tfevents.` */
#define NAME "events.out.tfevents.0.locl"

static const char *const splits[LOCL_EVENT_FILES] = {"train", "test"};

static locl_status write_event(FILE *file, const char *path, const locl_text *event, locl_error *err)
{
    locl_text record = {0};
    locl_tfrecord_add(&record, event->data, event->length);
    bool memory = event->failed || record.failed;
    bool failed = memory || fwrite(record.data, 1, record.length, file) != record.length || fflush(file);
    locl_status status = LOCL_OK;
    if (memory) {
        status = locl_fail_memory(err, event->length);
    } else if (failed) {
        locl_fail_errno(err, LOCL_E_IO, "write", path);
        status = locl_remedy(err, "make room, then go on with: locl train --resume RUN");
    }
    locl_text_free(&record);
    return status;
}

static locl_status write_version(FILE *file, const char *path, locl_error *err)
{
    locl_text event = {0};
    locl_event_version(&event);
    locl_status status = write_event(file, path, &event, err);
    locl_text_free(&event);
    return status;
}

/* Returns how many bytes of a file stay: whole events up to a step. */
static size_t kept(const char *data, size_t size, uint64_t last)
{
    size_t at = 0, taken, count;
    const char *record;
    uint64_t step;
    while ((taken = locl_tfrecord_find(data + at, size - at, &record, &count)) > 0 &&
           locl_event_step(record, count, &step) && step <= last) {
        at += taken;
    }
    return at;
}

/* Cuts a file back. *empty: nothing stays. */
static locl_status cut_back(const char *path, uint64_t last, bool *empty, locl_error *err)
{
    char *data;
    size_t size;
    *empty = true;
    if (!locl_file_exists(path)) {
        return LOCL_OK;
    }
    LOCL_TRY(locl_file_read(path, SIZE_MAX - 1, LOCL_E_IO, &data, &size, err));
    size_t stays = kept(data, size, last);
    free(data);
    *empty = stays == 0;
    return stays < size && truncate(path, (off_t)stays) ? locl_fail_errno(err, LOCL_E_IO, "cut", path)
                                                        : LOCL_OK;
}

static locl_status open_file(const char *folder, size_t index, uint64_t last, locl_events *out,
                             locl_error *err)
{
    char name[64], parent[PATH_MAX];
    bool empty;
    snprintf(name, sizeof name, "tensorboard/%s", splits[index]);
    LOCL_TRY(locl_folder_path(folder, name, parent, err));
    LOCL_TRY(locl_file_make_folders(parent, err));
    LOCL_TRY(locl_folder_path(parent, NAME, out->path[index], err));
    LOCL_TRY(cut_back(out->path[index], last, &empty, err));
    out->file[index] = fopen(out->path[index], "ae");
    if (!out->file[index]) {
        return locl_fail_errno(err, LOCL_E_IO, "open", out->path[index]);
    }
    return empty ? write_version(out->file[index], out->path[index], err) : LOCL_OK;
}

locl_status locl_events_open(const char *folder, uint64_t step, uint64_t test_step, locl_events *out,
                             locl_error *err)
{
    *out = (locl_events){0};
    LOCL_TRY(open_file(folder, 0, step, out, err));
    return open_file(folder, 1, test_step, out, err);
}

locl_status locl_events_add(locl_events *events, const locl_result *result, double images_per_second,
                            locl_error *err)
{
    size_t index = strcmp(result->split, splits[0]) ? 1 : 0;
    locl_text event = {0};
    if (!events->file[index]) {
        return LOCL_OK;
    }
    locl_event_measured(&event, result, images_per_second);
    locl_status status = write_event(events->file[index], events->path[index], &event, err);
    locl_text_free(&event);
    return status;
}

locl_status locl_events_sync(const locl_events *events, locl_error *err)
{
    for (size_t i = 0; i < LOCL_EVENT_FILES; i++) {
        if (events->file[i] && fsync(fileno(events->file[i]))) {
            return locl_fail_errno(err, LOCL_E_IO, "write", events->path[i]);
        }
    }
    return LOCL_OK;
}

void locl_events_close(locl_events *events)
{
    for (size_t i = 0; i < LOCL_EVENT_FILES; i++) {
        if (events->file[i]) {
            fclose(events->file[i]);
        }
    }
    *events = (locl_events){0};
}
