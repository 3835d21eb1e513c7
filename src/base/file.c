#include "base/file.h"

#include <ctype.h>
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
    int fd =
        open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe would be waited for until somebody writes */
    FILE *file = fd < 0 ? NULL : fdopen(fd, "rb");
    if (!file) {
        locl_fail_errno(err, status, "open", path);
        if (fd >= 0) {
            close(fd);
        }
        return status;
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

static locl_status read_to_end(FILE *file, const char *name, size_t limit, locl_status status, locl_text *out,
                               locl_error *err)
{
    char piece[4096];
    size_t got;
    while (out->length <= limit && (got = fread(piece, 1, sizeof piece, file)) > 0) {
        locl_text_add_bytes(out, piece, got);
        if (out->failed) {
            return locl_fail_memory(err, out->length + got);
        }
    }
    if (ferror(file)) {
        return locl_fail_errno(err, status, "read", name);
    }
    return out->length > limit ? locl_fail(err, status, "%s has more than %zu bytes", name, limit) : LOCL_OK;
}

locl_status locl_file_read_stream(const char *path, size_t limit, locl_status status, locl_text *out,
                                  locl_error *err)
{
    struct stat info;
    bool input = strcmp(path, "-") == 0;
    const char *name = input ? "standard input" : path;
    FILE *file = input ? stdin : fopen(path, "rb");
    if (!file) {
        return locl_fail_errno(err, status, "open", path);
    }
    if (fstat(fileno(file), &info) == 0 && S_ISDIR(info.st_mode)) {
        status = locl_fail(err, status, "%s is a folder, not a file", name);
    } else {
        status = read_to_end(file, name, limit, status, out, err);
    }
    if (!input) {
        fclose(file);
    }
    return status;
}

void locl_file_sync_folder(const char *path)
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

/* Creates and opens "<path>.<random>.new". The random name differs between processes, even of containers that
 * share the folder and have equal process ids. -1 on error. */
static int create_beside(const char *path, char beside[PATH_MAX], locl_error *err)
{
    unsigned long long random;
    int fd;
    do {
        if (getentropy(&random, sizeof random)) {
            locl_fail_errno(err, LOCL_E_IO, "name a file beside", path);
            return -1;
        }
        if (snprintf(beside, PATH_MAX, "%s.%016llx.new", path, random) >= PATH_MAX) {
            locl_fail(err, LOCL_E_IO, "the path %s is too long", path);
            return -1;
        }
        fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    } while (fd < 0 && errno == EEXIST);
    if (fd < 0) {
        locl_fail_errno(err, LOCL_E_IO, "create", beside);
    }
    return fd;
}

/* Writes all of a part, however often write() has to be asked. */
static locl_status write_part(int fd, const locl_file_part *part, const char *path, locl_error *err)
{
    for (size_t done = 0; done < part->size;) {
        ssize_t n = write(fd, (const char *)part->data + done, part->size - done);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return locl_fail_errno(err, LOCL_E_IO, "write", path);
        }
        done += (size_t)n;
    }
    return LOCL_OK;
}

locl_status locl_file_write(const char *path, const void *data, size_t size, locl_error *err)
{
    return locl_file_write_parts(path, &(locl_file_part){data, size}, 1, err);
}

/* Opens a file beside `path`, unless that is something which a rename would wrongly replace by a file. */
static int open_beside(const char *path, char beside[PATH_MAX], locl_error *err)
{
    struct stat info;
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode)) {
        locl_fail(err, LOCL_E_IO, "%s is not a regular file", path);
        return -1;
    }
    return create_beside(path, beside, err);
}

locl_status locl_file_check_writable(const char *path, locl_error *err)
{
    char beside[PATH_MAX];
    int fd = open_beside(path, beside, err);
    if (fd < 0) {
        return LOCL_E_IO;
    }
    close(fd);
    unlink(beside);
    return LOCL_OK;
}

locl_status locl_file_write_parts(const char *path, const locl_file_part *part, size_t parts, locl_error *err)
{
    char beside[PATH_MAX];
    int fd = open_beside(path, beside, err);
    if (fd < 0) {
        return LOCL_E_IO;
    }
    for (size_t i = 0; i < parts; i++) {
        if (write_part(fd, &part[i], beside, err) != LOCL_OK) {
            goto fail;
        }
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
    locl_file_sync_folder(path);
    return LOCL_OK;
fail:
    if (fd >= 0) {
        close(fd);
    }
    unlink(beside);
    return LOCL_E_IO;
}

/* Whether the name is "<name>.<16 hexadecimal digits>.new". */
static bool is_leftover(const char *name)
{
    enum { DIGITS = 16 };
    const char *end = strrchr(name, '.');
    if (!end || strcmp(end, ".new") || end - name < DIGITS + 2 || end[-DIGITS - 1] != '.') {
        return false;
    }
    for (const char *digit = end - DIGITS; digit < end; digit++) {
        if (!isxdigit((unsigned char)*digit)) {
            return false;
        }
    }
    return true;
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

size_t locl_file_read_at(int fd, uint64_t offset, void *bytes, size_t size)
{
    size_t done = 0;
    errno = 0;
    while (done < size) {
        ssize_t got = pread(fd, (char *)bytes + done, size - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR) {
            errno = 0;
        } else if (got <= 0) {
            break;
        } else {
            done += (size_t)got;
        }
    }
    return done;
}

bool locl_file_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}

bool locl_file_is_folder(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

bool locl_file_cache_folder(const char *name, char *path, size_t size)
{
    locl_error no_folder;
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int length;
    if (cache && cache[0] == '/') {
        length = snprintf(path, size, "%s/locl/v1/%s", cache, name);
    } else if (home && home[0] == '/') {
        length = snprintf(path, size, "%s/.cache/locl/v1/%s", home, name);
    } else {
        return false;
    }
    return length > 0 && (size_t)length < size && locl_file_make_folders(path, &no_folder) == LOCL_OK &&
           access(path, W_OK) == 0;
}

int64_t locl_file_changed(const struct stat *info)
{
    enum { BILLION = 1000000000 };
    return (int64_t)info->st_mtim.tv_sec * BILLION + info->st_mtim.tv_nsec;
}
