#include "data/unpack.h"

#include "data/foreign.h"
#include "data/gz.h"
#include "data/packed_end.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 1 << 18, XZ_PADDING = 4, TAR_RECORD = 512, LOOK_AHEAD = 64 };

struct locl_unpack {
    const char *path;
    locl_gz *gz;
    struct archive *raw;
    locl_status status; /* a failure of the file, which libarchive sees as -1 */
    locl_error err;
    size_t fed, size; /* bytes given to libarchive; bytes in the block */
    size_t limit;     /* most bytes to give; padding follows them */
    size_t zeros;     /* zeros at the end of the bytes given */
    bool at_end;
    uint8_t before[LOOK_AHEAD]; /* last bytes of the block before */
    uint8_t block[BLOCK];
};

static bool is_filter(const locl_unpack *file, int code)
{
    return archive_filter_code(file->raw, 0) == code;
}

/* Completes xz padding to a multiple of four, which xz requires. It never pads the data themselves: those end
 * with "YZ". */
static size_t pad(locl_unpack *file)
{
    if (!is_filter(file, ARCHIVE_FILTER_XZ)) {
        return 0;
    }
    memset(file->block, 0, XZ_PADDING);
    return (XZ_PADDING - file->zeros % XZ_PADDING) % XZ_PADDING;
}

static la_ssize_t feed(struct archive *raw, void *user, const void **block)
{
    locl_unpack *file = user;
    size_t got, zeros = 0;
    size_t room = file->limit - file->fed < BLOCK ? file->limit - file->fed : BLOCK;
    uint8_t last[LOOK_AHEAD] = {0};
    if (file->size >= LOOK_AHEAD) {
        memcpy(last, file->block + file->size - LOOK_AHEAD, LOOK_AHEAD);
    }
    file->status = locl_gz_read(file->gz, file->block, room, &got, &file->err);
    if (file->status != LOCL_OK) {
        archive_set_error(raw, EIO, "%s", file->err.message);
        return -1;
    }
    while (zeros < got && file->block[got - 1 - zeros] == 0) {
        zeros++;
    }
    if (got) {
        memcpy(file->before, last, LOOK_AHEAD);
    }
    got = got ? got : pad(file);
    file->zeros = zeros == got ? file->zeros + zeros : zeros;
    file->fed += got;
    file->size = got ? got : file->size; /* the last block stays at the end */
    *block = file->block;
    return (la_ssize_t)got;
}

/* Checks what follows at `end`, behind padding. *more: data of the same kind follow, which must be read, too.
 * LOCL_E_DATA: something else follows. */
static locl_status check_behind(const char *path, FILE *raw, int64_t end, const char *kind, bool *more,
                                locl_error *err)
{
    uint8_t bytes[TAR_RECORD];
    char what[LOCL_FOREIGN_TEXT];
    int c = 0;
    *more = false;
    fseeko(raw, (off_t)end, SEEK_SET);
    while ((c = getc(raw)) == 0) {
    }
    if (c == EOF) {
        return LOCL_OK;
    }
    bytes[0] = (uint8_t)c;
    size_t size = 1 + fread(bytes + 1, 1, sizeof bytes - 1, raw);
    locl_foreign_describe(bytes, size, what);
    *more = strncmp(what, kind, strlen(kind)) == 0;
    if (*more) {
        return LOCL_OK;
    }
    locl_fail(err, LOCL_E_DATA, "%s: its %s are followed by something else: %s", path, kind, what);
    return locl_remedy(err, "get the file again, or take away what follows");
}

static locl_status fail_packed(const locl_unpack *file, locl_error *err)
{
    const char *text = archive_error_string(file->raw);
    if (file->status != LOCL_OK) {
        if (err) {
            *err = file->err;
        }
        return file->status;
    }
    FILE *raw = fopen(file->path, "rb");
    int64_t end = raw && locl_is_xz(raw) ? locl_xz_end(raw) : 0;
    bool more;
    locl_status status = end ? check_behind(file->path, raw, end, "xz data", &more, err) : LOCL_OK;
    if (raw) {
        fclose(raw);
    }
    if (status != LOCL_OK) {
        return status;
    }
    locl_fail(err, LOCL_E_DATA, "%s: its compressed data are damaged or truncated: %s", file->path,
              text ? text : "unknown failure");
    return locl_remedy(err, "get the file again");
}

/* Sets the limit before the padding of zstd, which its reader must not get. */
static locl_status find_limit(locl_unpack *file, locl_error *err)
{
    FILE *raw = fopen(file->path, "rb");
    int64_t end = raw && locl_is_zstd(raw) ? locl_zstd_end(raw) : 0;
    bool more = true;
    locl_status status = end ? check_behind(file->path, raw, end, "zstd data", &more, err) : LOCL_OK;
    file->limit = more ? SIZE_MAX : (size_t)end;
    if (raw) {
        fclose(raw);
    }
    return status;
}

locl_status locl_unpack_open(const char *path, locl_unpack **out, locl_error *err)
{
    struct archive_entry *entry;
    locl_status status;
    *out = NULL;
    locl_unpack *file = calloc(1, sizeof *file);
    if (!file) {
        return locl_fail_memory(err, sizeof *file);
    }
    file->path = path;
    LOCL_TRY_GOTO(status, locl_gz_open(path, &file->gz, err));
    LOCL_TRY_GOTO(status, find_limit(file, err));
    file->raw = archive_read_new();
    if (!file->raw || archive_read_support_filter_all(file->raw) < ARCHIVE_WARN ||
        archive_read_support_format_raw(file->raw) < ARCHIVE_WARN ||
        archive_read_support_format_empty(file->raw) < ARCHIVE_WARN) {
        status = locl_fail(err, LOCL_E_MEMORY, "libarchive's reader of compressed files cannot be had");
        goto fail;
    }
    if (archive_read_open(file->raw, file, NULL, feed, NULL) != ARCHIVE_OK) {
        status = fail_packed(file, err);
        goto fail;
    }
    int code = archive_read_next_header(file->raw, &entry);
    file->at_end = code == ARCHIVE_EOF;
    if (code < ARCHIVE_WARN) {
        status = fail_packed(file, err);
        goto fail;
    }
    *out = file;
    return LOCL_OK;
fail:
    locl_unpack_close(file);
    return status;
}

void locl_unpack_close(locl_unpack *file)
{
    if (file) {
        archive_read_free(file->raw);
        locl_gz_close(file->gz);
        free(file);
    }
}

static locl_status check_zeros(const locl_unpack *file, const uint8_t *bytes, size_t size, locl_error *err)
{
    char what[LOCL_FOREIGN_TEXT];
    while (size && *bytes == 0) {
        bytes++;
        size--;
    }
    if (!size) {
        return LOCL_OK;
    }
    locl_foreign_describe(bytes, size, what);
    locl_fail(err, LOCL_E_DATA, "%s: its %s data are followed by something else: %s", file->path,
              archive_filter_name(file->raw, 0), what);
    return locl_remedy(err, "get the file again, or take away what follows");
}

/* Checks the rest of the file. Some readers of libarchive stop at the end of what they know and ignore the
 * rest. A few bytes of it, which they looked at, may have come with the block before. */
static locl_status check_rest(locl_unpack *file, locl_error *err)
{
    const void *block;
    la_ssize_t got;
    size_t left = file->fed - (size_t)archive_filter_bytes(file->raw, -1);
    size_t here = left < file->size ? left : file->size, before = left - here;
    before = before < LOOK_AHEAD ? before : LOOK_AHEAD;
    LOCL_TRY(check_zeros(file, file->before + LOOK_AHEAD - before, before, err));
    LOCL_TRY(check_zeros(file, file->block + file->size - here, here, err));
    while ((got = feed(file->raw, file, &block)) > 0) {
        LOCL_TRY(check_zeros(file, block, (size_t)got, err));
    }
    return got < 0 ? fail_packed(file, err) : LOCL_OK;
}

locl_status locl_unpack_next(locl_unpack *file, const uint8_t **block, size_t *size, locl_error *err)
{
    const void *bytes = NULL;
    la_int64_t offset;
    *size = 0;
    while (!file->at_end && *size == 0) {
        int code = archive_read_data_block(file->raw, &bytes, size, &offset);
        if (code == ARCHIVE_EOF) {
            file->at_end = true;
            *size = 0;
            LOCL_TRY(check_rest(file, err));
        } else if (code < ARCHIVE_WARN) {
            return fail_packed(file, err);
        }
    }
    *block = bytes;
    return LOCL_OK;
}

bool locl_unpack_is_packed(const locl_unpack *file)
{
    return locl_gz_is_packed(file->gz) || !is_filter(file, ARCHIVE_FILTER_NONE);
}

size_t locl_unpack_offset(const locl_unpack *file)
{
    return locl_gz_offset(file->gz);
}
