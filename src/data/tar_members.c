#include "data/tar_members.h"

#include "data/foreign.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RECORD = 512, BLOCK = 1 << 14, NAME = 100, PREFIX_AT = 345, PREFIX = 155, MAGIC_AT = 257 };

static const struct {
    uint8_t magic[6];
    size_t length;
    const char *kind, *remedy;
} packings[] = {
    {{0x1f, 0x8b}, 2, "gzip", "gunzip"},
    {{0xfd, '7', 'z', 'X', 'Z', 0}, 6, "xz", "unxz"},
    {{0x28, 0xb5, 0x2f, 0xfd}, 4, "zstd", "unzstd --rm"},
    {{'B', 'Z', 'h'}, 3, "bzip2", "bunzip2"},
    {{0x04, 0x22, 0x4d, 0x18}, 4, "lz4", "lz4 -d"},
};

static size_t read_start(const char *path, uint8_t *bytes, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : pread(fd, bytes, size, 0);
    if (fd >= 0) {
        close(fd);
    }
    return got > 0 ? (size_t)got : 0;
}

/* Returns the place in `packings`, or their number. */
static size_t packing_of(const char *path)
{
    uint8_t start[sizeof packings[0].magic];
    size_t got = read_start(path, start, sizeof start), count = sizeof packings / sizeof *packings;
    for (size_t i = 0; i < count; i++) {
        if (got >= packings[i].length && !memcmp(start, packings[i].magic, packings[i].length)) {
            return i;
        }
    }
    return count;
}

bool locl_tar_is_packed(const char *path, const char **kind)
{
    size_t i = packing_of(path);
    bool packed = i < sizeof packings / sizeof *packings;
    *kind = packed ? packings[i].kind : "";
    return packed;
}

static locl_status fail_no_tar(const char *path, struct archive *tar, locl_error *err)
{
    uint8_t start[RECORD];
    char what[LOCL_FOREIGN_TEXT];
    size_t i = packing_of(path), got = read_start(path, start, sizeof start);
    const char *text = archive_error_string(tar);
    if (i < sizeof packings / sizeof *packings) {
        locl_fail(err, LOCL_E_DATA, "%s is compressed (%s): its images cannot be read one by one", path,
                  packings[i].kind);
        return locl_remedy(err,
                           "unpack archives once, which costs little space since images are compressed "
                           "themselves: %s",
                           packings[i].remedy);
    }
    locl_foreign_describe(start, got, what);
    locl_fail(err, LOCL_E_DATA, "%s is no tar archive, or a damaged one: %s; it begins with %s", path,
              text ? text : "unknown failure", what);
    return locl_remedy(err, "get the file again");
}

/* Checks the end: libarchive skips what is not there, and takes an archive without its end marker for whole. */
static locl_status check_end(const char *path, uint64_t end, locl_error *err)
{
    static const uint8_t zeros[RECORD];
    uint8_t marker[RECORD];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return locl_fail_errno(err, LOCL_E_DATA, "read", path);
    }
    end = (end + RECORD - 1) / RECORD * RECORD;
    ssize_t got = pread(fd, marker, sizeof marker, (off_t)end);
    close(fd);
    if (got != RECORD || memcmp(marker, zeros, sizeof zeros)) {
        locl_fail(err, LOCL_E_DATA, "%s is truncated: the end marker of tar is missing", path);
        return locl_remedy(err, "get the file again");
    }
    return LOCL_OK;
}

locl_status locl_tar_fail_sparse(const char *path, const char *name, locl_error *err)
{
    locl_fail(err, LOCL_E_DATA, "%s: the member %s is sparse", path, name);
    return locl_remedy(err, "make the archive without --sparse");
}

static locl_status visit_entry(const char *path, struct archive *tar, struct archive_entry *entry,
                               locl_tar_visitor visit, void *user, uint64_t *end, locl_error *err)
{
    const char *name = archive_entry_pathname(entry);
    locl_tar_member member = {.name = name ? name : archive_entry_pathname_utf8(entry),
                              .offset = (uint64_t)archive_filter_bytes(tar, 0),
                              .size = (uint64_t)archive_entry_size(entry),
                              .ordinary = archive_entry_filetype(entry) == AE_IFREG &&
                                          !archive_entry_hardlink(entry)};
    *end = member.offset + (member.ordinary ? member.size : 0);
    if (archive_entry_filetype(entry) == AE_IFDIR) {
        return LOCL_OK;
    }
    if (!member.name) {
        return locl_fail(err, LOCL_E_DATA, "%s: the name of a member at byte %llu cannot be read", path,
                         (unsigned long long)member.offset);
    }
    if (archive_entry_sparse_count(entry) > 0) {
        return locl_tar_fail_sparse(path, member.name, err);
    }
    return visit(user, &member, err);
}

static locl_status visit_all(const char *path, struct archive *tar, locl_tar_visitor visit, void *user,
                             locl_error *err)
{
    struct archive_entry *entry;
    uint64_t end = 0;
    int code;
    while ((code = archive_read_next_header(tar, &entry)) == ARCHIVE_OK || code == ARCHIVE_WARN) {
        LOCL_TRY(visit_entry(path, tar, entry, visit, user, &end, err));
    }
    if (code != ARCHIVE_EOF) {
        return fail_no_tar(path, tar, err);
    }
    return check_end(path, end, err);
}

locl_status locl_tar_visit(const char *path, locl_tar_visitor visit, void *user, locl_error *err)
{
    struct stat info;
    if (stat(path, &info)) {
        return locl_fail_errno(err, LOCL_E_DATA, "read", path);
    }
    if (info.st_size == 0) {
        return locl_fail(err, LOCL_E_DATA, "%s is empty", path);
    }
    struct archive *tar = archive_read_new();
    if (!tar || archive_read_support_format_tar(tar) < ARCHIVE_WARN ||
        archive_read_set_format_option(tar, "tar", "read_concatenated_archives", "1") != ARCHIVE_OK) {
        archive_read_free(tar);
        return locl_fail(err, LOCL_E_MEMORY, "libarchive's reader of tar archives cannot be had");
    }
    locl_status status = archive_read_open_filename(tar, path, BLOCK) == ARCHIVE_OK
                             ? visit_all(path, tar, visit, user, err)
                             : fail_no_tar(path, tar, err);
    archive_read_free(tar);
    return status;
}

bool locl_tar_name(const char *path, uint64_t offset, char name[LOCL_TAR_NAME])
{
    char header[RECORD];
    int fd = offset < RECORD ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    bool read = fd >= 0 && pread(fd, header, sizeof header, (off_t)(offset - RECORD)) == RECORD;
    if (fd >= 0) {
        close(fd);
    }
    if (!read || !header[0] || memcmp(header + MAGIC_AT, "ustar", 5) != 0) {
        return false;
    }
    bool posix = header[MAGIC_AT + 5] == '\0' && header[PREFIX_AT];
    snprintf(name, LOCL_TAR_NAME, "%.*s%s%.*s", posix ? PREFIX : 0, header + PREFIX_AT, posix ? "/" : "",
             NAME, header);
    return true;
}
