#define _GNU_SOURCE /* ST_NOEXEC */
#include "doctor/caches.h"

#include "base/file.h"
#include "base/text.h"
#include "device/program_disk.h"
#include "tune/store.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { LEAST_MIB = 64 };

/* Says whether a folder has room. Returns false, with a row, where it has not. */
static bool has_room(const char *name, const char *folder, locl_findings *rows)
{
    struct statvfs disk;
    if (statvfs(folder, &disk) == 0) {
        unsigned long long mib = (unsigned long long)disk.f_bavail * disk.f_frsize >> 20;
        if (mib < LEAST_MIB) {
            locl_findings_add(rows, LOCL_FINDING_WARNING, name,
                              "make room there, or set XDG_CACHE_HOME to another disk",
                              "%s: %llu MiB are left on its disk", folder, mib);
            return false;
        }
    }
    return true;
}

/* Counts the files of a pattern in a folder, and those that are not sound; `first` gets the first of these. */
static size_t count_unsound(const char *folder, const char *pattern, bool (*sound)(const char *path),
                            size_t *files, char *first, size_t size)
{
    char full[PATH_MAX];
    size_t unsound = 0;
    glob_t paths = {0};
    snprintf(full, sizeof full, "%s/%s", folder, pattern);
    *files = glob(full, 0, NULL, &paths) == 0 ? paths.gl_pathc : 0;
    for (size_t i = 0; i < *files; i++) {
        if (!sound(paths.gl_pathv[i])) {
            snprintf(first, unsound ? 0 : size, "%s", paths.gl_pathv[i]);
            unsound++;
        }
    }
    globfree(&paths);
    return unsound;
}

static void look_at_own(const char *kind, const char *pattern, bool (*sound)(const char *path),
                        locl_findings *rows)
{
    char name[64], folder[PATH_MAX], first[PATH_MAX], remedy[PATH_MAX + 64];
    size_t files = 0;
    snprintf(name, sizeof name, "cache %s", kind);
    if (!locl_file_cache_folder(kind, folder, sizeof folder)) {
        locl_findings_add(
            rows, LOCL_FINDING_WARNING, name,
            "set XDG_CACHE_HOME to a folder that can be written, or make ~/.cache one",
            "no folder for it can be made or written below $XDG_CACHE_HOME or ~/.cache: it is not kept");
        return;
    }
    if (!has_room(name, folder, rows)) {
        return;
    }
    size_t unsound = count_unsound(folder, pattern, sound, &files, first, sizeof first);
    if (unsound) {
        snprintf(remedy, sizeof remedy, "rm '%s'%s: it is made again", first,
                 unsound > 1 ? " and the others" : "");
        locl_findings_add(rows, LOCL_FINDING_WARNING, name, remedy,
                          "%s: %zu of %zu files are damaged and left out", folder, unsound, files);
    } else {
        locl_findings_add(rows, LOCL_FINDING_OK, name, "", "%s: %zu file%s, none damaged", folder, files,
                          files == 1 ? "" : "s");
    }
}

/* Finds the folder in which PoCL keeps what it compiles, or would. */
static void find_pocl(char *out, size_t size)
{
    const char *own = getenv("POCL_CACHE_DIR"), *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (own && own[0]) {
        snprintf(out, size, "%s", own);
    } else if (cache && cache[0]) {
        snprintf(out, size, "%s/pocl", cache);
    } else if (home && home[0]) {
        snprintf(out, size, "%s/.cache/pocl", home);
    } else {
        snprintf(out, size, "/tmp/pocl");
    }
}

/* Cuts a path to the part of it that exists. */
static void cut_to_existing(char *path)
{
    for (char *slash; access(path, F_OK) && (slash = strrchr(path, '/')) && slash > path;) {
        *slash = '\0';
    }
}

static void look_at_pocl(locl_findings *rows)
{
    char folder[PATH_MAX], existing[PATH_MAX];
    struct statvfs disk;
    find_pocl(folder, sizeof folder);
    snprintf(existing, sizeof existing, "%s", folder);
    cut_to_existing(existing);
    if (access(existing, W_OK)) {
        locl_findings_add(
            rows, LOCL_FINDING_WARNING, "cache PoCL", "set POCL_CACHE_DIR to a folder that can be written",
            "%s cannot be written: kernels are compiled anew in each run, or not at all", folder);
    } else if (statvfs(existing, &disk) == 0 && (disk.f_flag & ST_NOEXEC)) {
        locl_findings_add(
            rows, LOCL_FINDING_WARNING, "cache PoCL", "set POCL_CACHE_DIR to a folder on another disk",
            "%s is on a disk that is mounted noexec: PoCL cannot load the kernels that it compiles", folder);
    } else if (has_room("cache PoCL", existing, rows)) {
        locl_findings_add(rows, LOCL_FINDING_OK, "cache PoCL", "", "%s can be written", folder);
    }
}

void locl_caches_examine(const locl_drivers *drivers, locl_findings *rows)
{
    bool pocl = false;
    for (size_t i = 0; i < drivers->count; i++) {
        pocl = pocl || !strcmp(drivers->seen[i].platform, "Portable Computing Language");
    }
    look_at_own("programs", "*.bin", locl_program_disk_sound, rows);
    look_at_own("tune", "*.json", locl_tune_store_sound, rows);
    if (pocl) {
        look_at_pocl(rows);
    }
}
