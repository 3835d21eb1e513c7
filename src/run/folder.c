#include "run/folder.h"

#include "base/file.h"
#include "run/checkpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* The checkpoints of a run. While one is written there is one more. */
static const char *const files[] = {"last.safetensors", "previous.safetensors", "best.safetensors"};
enum { CHECKPOINTS = sizeof files / sizeof *files };

locl_status locl_folder_path(const char *folder, const char *name, char out[PATH_MAX], locl_error *err)
{
    if (snprintf(out, PATH_MAX, "%s/%s", folder, name) >= PATH_MAX) {
        return locl_fail(err, LOCL_E_IO, "the path %s/%s is too long", folder, name);
    }
    return LOCL_OK;
}

static bool is_configuration(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot && (!strcmp(dot, ".yaml") || !strcmp(dot, ".yml")) && !locl_file_is_folder(path);
}

bool locl_folder_around(const char *path, char out[PATH_MAX])
{
    enum { LEVELS = 3 };
    char config[PATH_MAX];
    locl_error too_long;
    size_t length = strlen(path);
    if (is_configuration(path) || length >= PATH_MAX) {
        return false;
    }
    memcpy(out, path, length + 1);
    for (int level = 0; level < LEVELS; level++) {
        while (length > 1 && out[length - 1] == '/') {
            out[--length] = '\0';
        }
        if (locl_folder_path(out, "config.yaml", config, &too_long) == LOCL_OK && locl_file_exists(config)) {
            return true;
        }
        char *slash = strrchr(out, '/');
        if (!slash || slash == out) {
            return false;
        }
        *slash = '\0';
        length = (size_t)(slash - out);
    }
    return false;
}

static locl_status refuse_checkpoint(const char *path, locl_error *err)
{
    if (!locl_checkpoint_exists(path)) {
        return LOCL_OK;
    }
    locl_fail(err, LOCL_E_USAGE, "the run folder %s holds a checkpoint already", path);
    return locl_remedy(err,
                       "go on with it: locl train --resume %s; or start in another folder: --set "
                       "run.dir=FOLDER",
                       path);
}

static locl_status take_lock(locl_folder *folder, locl_error *err)
{
    char path[PATH_MAX];
    LOCL_TRY(locl_folder_path(folder->path, "lock", path, err));
    folder->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (folder->lock < 0) {
        return locl_fail_errno(err, LOCL_E_IO, "create", path);
    }
    if (flock(folder->lock, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK) {
        locl_fail(err, LOCL_E_USAGE, "another process is training in the run folder %s", folder->path);
        return locl_remedy(err, "wait for it, or choose another folder: --set run.dir=FOLDER");
    }
    return LOCL_OK;
}

/* Writes and removes a file, as a checkpoint will be, to fail now, not after an epoch. */
static locl_status try_writing(const char *folder, locl_error *err)
{
    char path[PATH_MAX];
    LOCL_TRY(locl_folder_path(folder, "trial", path, err));
    LOCL_TRY(locl_file_write(path, "", 1, err));
    unlink(path);
    return LOCL_OK;
}

locl_status locl_folder_open(const char *path, locl_run_purpose purpose, locl_folder *out, locl_error *err)
{
    char checkpoints[PATH_MAX];
    locl_status status = LOCL_OK;
    *out = (locl_folder){.lock = -1};
    if (snprintf(out->path, sizeof out->path, "%s", path) >= (int)sizeof out->path) {
        LOCL_TRY_GOTO(status, locl_fail(err, LOCL_E_IO, "the path %s is too long", path));
    }
    if (purpose == LOCL_RUN_NEW) {
        LOCL_TRY_GOTO(status, refuse_checkpoint(path, err));
    }
    LOCL_TRY_GOTO(status, locl_folder_path(path, "checkpoints", checkpoints, err));
    LOCL_TRY_GOTO(status, locl_file_make_folders(checkpoints, err));
    LOCL_TRY_GOTO(status, take_lock(out, err));
    LOCL_TRY_GOTO(status, try_writing(checkpoints, err));
    locl_file_remove_leftovers(path);
    return LOCL_OK;
fail:
    if (status == LOCL_E_IO) {
        locl_error_where(err, "run folder %s", path);
        locl_remedy(err, "make it writable and make room, or choose another folder: --set run.dir=FOLDER");
    }
    locl_folder_close(out);
    return status;
}

void locl_folder_close(locl_folder *folder)
{
    if (folder->path[0] && folder->lock >= 0) {
        close(folder->lock);
    }
    *folder = (locl_folder){.lock = -1};
}

/* Returns how many checkpoints are yet to be written. */
static unsigned long long missing_checkpoints(const locl_folder *folder)
{
    unsigned long long missing = 1;
    for (size_t i = 0; i < CHECKPOINTS; i++) {
        char name[64], path[PATH_MAX];
        locl_error too_long;
        snprintf(name, sizeof name, "checkpoints/%s", files[i]);
        missing +=
            locl_folder_path(folder->path, name, path, &too_long) != LOCL_OK || !locl_file_exists(path);
    }
    return missing;
}

locl_status locl_folder_check_room(const locl_folder *folder, unsigned long long bytes, locl_error *err)
{
    struct statvfs info;
    unsigned long long missing = missing_checkpoints(folder);
    if (statvfs(folder->path, &info)) {
        return LOCL_OK; /* not every file system tells */
    }
    unsigned long long room = (unsigned long long)info.f_bavail * info.f_frsize;
    if (info.f_blocks > 0 && room < missing * bytes) {
        locl_fail(err, LOCL_E_IO,
                  "run folder %s: %.1f MiB are free, checkpoints, of which %llu are to come, need %.1f MiB",
                  folder->path, (double)room / 1048576, missing, (double)missing * (double)bytes / 1048576);
        return locl_remedy(err, "make room, or choose another folder: --set run.dir=FOLDER");
    }
    return LOCL_OK;
}
