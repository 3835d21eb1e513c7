#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

locl_status locl_file_read(const char *path, size_t limit, locl_status status, char **data, size_t *size,
                           locl_error *err)
{
    struct stat info;
    char *bytes = NULL;
    size_t used = 0;
    *data = NULL;
    *size = 0;
    FILE *file = fopen(path, "rb");
    if (!file) {
        return locl_fail_errno(err, status, "open", path);
    }
    if (fstat(fileno(file), &info) || !S_ISREG(info.st_mode)) {
        locl_fail(err, status, "%s is not a regular file", path);
        goto fail;
    }
    if ((unsigned long long)info.st_size > limit) {
        locl_fail(err, status, "%s has %lld bytes, at most %zu are expected", path, (long long)info.st_size,
                  limit);
        goto fail;
    }
    bytes = malloc((size_t)info.st_size + 1);
    if (!bytes) {
        status = locl_fail_memory(err, (unsigned long long)info.st_size + 1);
        goto fail;
    }
    used = fread(bytes, 1, (size_t)info.st_size, file);
    if (used != (size_t)info.st_size) {
        locl_fail(err, status, "%s: only %zu of %lld bytes could be read", path, used,
                  (long long)info.st_size);
        goto fail;
    }
    fclose(file);
    bytes[used] = '\0';
    *data = bytes;
    *size = used;
    return LOCL_OK;
fail:
    free(bytes);
    fclose(file);
    return status;
}

static void sync_folder_of(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path + 1) : 1, slash ? path : ".");
    int fd = open(folder, O_RDONLY | O_DIRECTORY);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

locl_status locl_file_write(const char *path, const void *data, size_t size, locl_error *err)
{
    char beside[PATH_MAX];
    struct stat info;
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode)) { /* a rename would put a file in its place */
        return locl_fail(err, LOCL_E_IO, "%s is not a regular file", path);
    }
    if (snprintf(beside, sizeof beside, "%s.%ld.new", path, (long)getpid()) >= (int)sizeof beside) {
        return locl_fail(err, LOCL_E_IO, "the path %s is too long", path);
    }
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) {
        return locl_fail_errno(err, LOCL_E_IO, "create", beside);
    }
    for (size_t done = 0; done < size;) {
        ssize_t n = write(fd, (const char *)data + done, size - done);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            locl_fail_errno(err, LOCL_E_IO, "write", beside);
            goto fail;
        }
        done += (size_t)n;
    }
    if (fsync(fd)) {
        locl_fail_errno(err, LOCL_E_IO, "write", beside);
        goto fail;
    }
    if (close(fd)) {
        fd = -1;
        locl_fail_errno(err, LOCL_E_IO, "write", beside);
        goto fail;
    }
    fd = -1;
    if (rename(beside, path)) {
        locl_fail_errno(err, LOCL_E_IO, "rename to", path);
        goto fail;
    }
    sync_folder_of(path);
    return LOCL_OK;
fail:
    if (fd >= 0) {
        close(fd);
    }
    unlink(beside);
    return LOCL_E_IO;
}

/* Is it "<name>.<digits>.new"? */
static bool is_leftover(const char *name)
{
    const char *end = strrchr(name, '.'), *digit = end;
    if (!end || strcmp(end, ".new")) {
        return false;
    }
    while (digit > name && digit[-1] >= '0' && digit[-1] <= '9') {
        digit--;
    }
    return digit < end && digit > name + 1 && digit[-1] == '.';
}

void locl_file_remove_leftovers(const char *folder)
{
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        char path[PATH_MAX];
        if (is_leftover(entry->d_name) &&
            snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) < (int)sizeof path) {
            unlink(path);
        }
    }
    if (dir) {
        closedir(dir);
    }
}

locl_status locl_file_make_folders(const char *path, locl_error *err)
{
    char part[PATH_MAX];
    size_t length = strlen(path);
    if (length >= sizeof part) {
        return locl_fail(err, LOCL_E_IO, "the path %s is too long", path);
    }
    for (size_t i = 1; i <= length; i++) {
        if (path[i] == '/' || path[i] == '\0') {
            memcpy(part, path, i);
            part[i] = '\0';
            if (mkdir(part, 0777) && errno != EEXIST) {
                return locl_fail_errno(err, LOCL_E_IO, "create folder", part);
            }
        }
    }
    struct stat info;
    if (stat(path, &info) || !S_ISDIR(info.st_mode)) {
        return locl_fail(err, LOCL_E_IO, "%s is not a folder", path);
    }
    return LOCL_OK;
}

bool locl_file_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}

bool locl_file_cache_folder(const char *name, char *path, size_t size)
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int length;
    if (cache && cache[0] == '/') {
        length = snprintf(path, size, "%s/locl/v1/%s", cache, name);
    } else if (home && home[0] == '/') {
        length = snprintf(path, size, "%s/.cache/locl/v1/%s", home, name);
    } else {
        return false;
    }
    return length > 0 && (size_t)length < size && locl_file_make_folders(path, NULL) == LOCL_OK &&
           access(path, W_OK) == 0;
}
