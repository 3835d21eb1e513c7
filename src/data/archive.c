#include "data/archive.h"

#include "data/gz.h"
#include "data/reading.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { BLOCK = 1 << 18, TAR_RECORD = 512, MEMORY_STEP = 1 << 26 };

/* What libarchive reads from: zlib undoes gzip (and compares its checksum), libarchive all else. */
typedef struct stream {
    locl_gz *gz;
    const char *path;
    const locl_data_options *options;
    locl_status status; /* a failure of the file itself, told to libarchive as -1 */
    locl_error err;
    size_t size, told; /* bytes of the file; of them at the last progress */
    size_t zeros;      /* trailing zero bytes so far */
    uint8_t block[BLOCK];
} stream;

static void count_zeros(stream *in, size_t got)
{
    size_t zeros = 0;
    while (zeros < got && in->block[got - 1 - zeros] == 0) {
        zeros++;
    }
    in->zeros = zeros == got ? in->zeros + zeros : zeros;
}

static la_ssize_t read_block(struct archive *archive, void *user, const void **block)
{
    stream *in = user;
    size_t got;
    in->status = locl_gz_read(in->gz, in->block, sizeof in->block, &got, &in->err);
    if (in->status != LOCL_OK) {
        archive_set_error(archive, EIO, "%s", in->err.message);
        return -1;
    }
    count_zeros(in, got);
    size_t offset = locl_gz_offset(in->gz);
    if (in->options->progress && offset - in->told >= BLOCK * 4) {
        in->told = offset;
        in->options->progress(in->options->progress_user, in->path, offset, in->size);
    }
    *block = in->block;
    return (la_ssize_t)got;
}

static locl_status fail_archive(struct archive *archive, const stream *in, const char *what, locl_error *err)
{
    if (in->status != LOCL_OK) {
        if (err) {
            *err = in->err;
        }
        return in->status;
    }
    const char *text = archive_error_string(archive);
    locl_fail(err, LOCL_E_DATA, "%s %s: %s", in->path, what, text ? text : "unknown failure");
    locl_remedy(err, "data.path should lead to a folder or to a whole tar archive, compressed or not");
    return LOCL_E_DATA;
}

/* Cleans `raw` into `name`: no leading "/", no "." and no empty parts. False: too long, or with "..". */
static bool clean_name(const char *raw, char *name, size_t capacity)
{
    size_t used = 0;
    while (*raw) {
        size_t length = strcspn(raw, "/");
        bool slash = raw[length] == '/';
        if (length == 2 && raw[0] == '.' && raw[1] == '.') {
            return false;
        }
        if (length && !(length == 1 && raw[0] == '.')) {
            if (used + length + 2 > capacity) {
                return false;
            }
            memcpy(name + used, raw, length);
            used += length;
            if (slash) {
                name[used++] = '/';
            }
        }
        raw += length + slash;
    }
    name[used] = '\0';
    return true;
}

static bool is_hidden(const char *name)
{
    for (const char *part = name; part; part = strchr(part, '/')) {
        part += part != name;
        if (part[0] == '.') {
            return true;
        }
    }
    return false;
}

static locl_status load(struct archive *archive, stream *in, size_t size, locl_member *member,
                        locl_error *err)
{
    size_t done = 0;
    member->bytes = malloc(size + 1);
    if (!member->bytes) {
        return locl_fail_memory(err, size);
    }
    while (done < size) {
        la_ssize_t got = archive_read_data(archive, member->bytes + done, size - done);
        if (got <= 0) {
            char what[LOCL_DATA_PATH];
            snprintf(what, sizeof what, "is damaged or truncated in %s", member->name);
            return fail_archive(archive, in, what, err);
        }
        done += (size_t)got;
    }
    member->size = size;
    return LOCL_OK;
}

static const char *name_of(struct archive_entry *entry)
{
    const char *name = archive_entry_pathname(entry);
    return name ? name : archive_entry_pathname_utf8(entry);
}

/* Adds one entry if the filter wants it; *size is what it holds in memory. */
static locl_status take_entry(struct archive *archive, struct archive_entry *entry, stream *in,
                              locl_source *source, locl_member_filter filter, void *user, size_t *size,
                              locl_error *err)
{
    char name[LOCL_DATA_PATH];
    const char *raw = name_of(entry);
    locl_member *member;
    bool folder = archive_entry_filetype(entry) == AE_IFDIR;
    *size = 0;
    if (!raw || !clean_name(raw, name, sizeof name - 1)) {
        locl_fail(err, LOCL_E_DATA, "%s: the member %s has a name with '..', or one that cannot be read",
                  in->path, raw ? raw : "?");
        locl_remedy(err, "make the archive again, from inside of its folder");
        return LOCL_E_DATA;
    }
    if (folder && name[0] && name[strlen(name) - 1] != '/') {
        strcat(name, "/");
    }
    locl_member_use use = name[0] && !is_hidden(name) ? filter(user, name) : LOCL_MEMBER_SKIP;
    if (use == LOCL_MEMBER_SKIP) {
        return LOCL_OK;
    }
    if (!folder && (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry))) {
        locl_fail(err, LOCL_E_DATA, "%s: the member %s is a link or a special file", in->path, name);
        locl_remedy(err, "store the files themselves: tar --dereference --hard-dereference");
        return LOCL_E_DATA;
    }
    if (archive_entry_size(entry) > LOCL_ARCHIVE_LARGEST_MEMBER) {
        return locl_fail(err, LOCL_E_DATA, "%s: the member %s has %lld bytes, at most %d are allowed",
                         in->path, name, (long long)archive_entry_size(entry), LOCL_ARCHIVE_LARGEST_MEMBER);
    }
    LOCL_TRY(locl_source_add(source, name, &member, err));
    if (folder || use == LOCL_MEMBER_LIST) {
        return LOCL_OK;
    }
    *size = (size_t)archive_entry_size(entry);
    return load(archive, in, *size, member, err);
}

static locl_status take_all(struct archive *archive, stream *in, locl_source *source,
                            locl_member_filter filter, void *user, locl_error *err)
{
    struct archive_entry *entry;
    size_t total = 0, checked = 0, size;
    for (;;) {
        int code = archive_read_next_header(archive, &entry);
        if (code == ARCHIVE_EOF) {
            return LOCL_OK;
        }
        if (code != ARCHIVE_OK && code != ARCHIVE_WARN) {
            return fail_archive(archive, in, "is no tar archive, or a damaged one", err);
        }
        LOCL_TRY(take_entry(archive, entry, in, source, filter, user, &size, err));
        total += size;
        if (total - checked >= MEMORY_STEP) {
            checked = total;
            LOCL_TRY(locl_data_check_memory(in->options, MEMORY_STEP, "the files in the archive", err));
        }
    }
}

/* libarchive stops at tar's end marker, and takes a file that ends between two members for whole. */
static locl_status check_end(struct archive *archive, stream *in, locl_error *err)
{
    const void *block;
    la_ssize_t got;
    bool plain = archive_filter_code(archive, 0) == ARCHIVE_FILTER_NONE;
    while ((got = read_block(archive, in, &block)) > 0) {
    }
    if (got < 0) {
        return fail_archive(archive, in, "is damaged", err);
    }
    if (plain && in->zeros < TAR_RECORD) {
        locl_fail(err, LOCL_E_DATA, "%s is truncated: the end marker of tar is missing", in->path);
        locl_remedy(err, "get the file again");
        return LOCL_E_DATA;
    }
    return LOCL_OK;
}

locl_status locl_archive_read(locl_source *source, const locl_data_options *options,
                              locl_member_filter filter, void *user, locl_error *err)
{
    struct stat info;
    struct archive *archive = NULL;
    locl_status status;
    stream *in = calloc(1, sizeof *in);
    if (!in) {
        return locl_fail_memory(err, sizeof *in);
    }
    in->path = source->path;
    in->options = options;
    LOCL_TRY_GOTO(status, locl_gz_open(in->path, &in->gz, err));
    if (stat(in->path, &info) || info.st_size == 0) {
        status = locl_fail(err, LOCL_E_DATA, "%s is empty", in->path);
        goto fail;
    }
    in->size = (size_t)info.st_size;
    archive = archive_read_new();
    if (!archive || archive_read_support_filter_all(archive) < ARCHIVE_WARN ||
        archive_read_support_format_tar(archive) < ARCHIVE_WARN) {
        status = locl_fail(err, LOCL_E_MEMORY, "libarchive's reader of tar archives cannot be had");
        goto fail;
    }
    if (archive_read_open(archive, in, NULL, read_block, NULL) != ARCHIVE_OK) {
        status = fail_archive(archive, in, "is no tar archive that can be read", err);
        goto fail;
    }
    LOCL_TRY_GOTO(status, take_all(archive, in, source, filter, user, err));
    status = check_end(archive, in, err);
fail:
    archive_read_free(archive);
    locl_gz_close(in->gz);
    free(in);
    return status;
}
