#include "data/gz.h"

#include "data/foreign.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { BUFFER = 1 << 17, PIECE = 1 << 30, GZIP_WINDOW = 15 + 16 };

struct locl_gz {
    const char *path;
    int fd;
    bool packed;  /* gzip'd */
    bool between; /* behind a member, where the end, padding or another member follows */
    bool at_end;  /* the file has been read to its end */
    size_t offset;
    z_stream z; /* next_in, avail_in: the unused part of the buffer, of plain files too */
    uint8_t buffer[BUFFER];
};

/* Fills the buffer when it is empty. */
static locl_status fill(locl_gz *file, locl_error *err)
{
    while (file->z.avail_in == 0 && !file->at_end) {
        ssize_t n = read(file->fd, file->buffer, sizeof file->buffer);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return locl_fail_errno(err, LOCL_E_DATA, "read", file->path);
        }
        file->at_end = n == 0;
        file->offset += (size_t)n;
        file->z.next_in = file->buffer;
        file->z.avail_in = (unsigned)n;
    }
    return LOCL_OK;
}

locl_status locl_gz_open(const char *path, locl_gz **out, locl_error *err)
{
    locl_status status;
    *out = NULL;
    locl_gz *file = calloc(1, sizeof *file);
    if (!file) {
        return locl_fail_memory(err, sizeof *file);
    }
    file->path = path;
    file->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (file->fd < 0) {
        LOCL_TRY_GOTO(status, locl_fail_errno(err, LOCL_E_DATA, "open", path));
    }
    LOCL_TRY_GOTO(status, fill(file, err));
    if (file->z.avail_in >= 2 && file->buffer[0] == 0x1f && file->buffer[1] == 0x8b) {
        if (inflateInit2(&file->z, GZIP_WINDOW) != Z_OK) {
            LOCL_TRY_GOTO(status, locl_fail(err, LOCL_E_MEMORY, "out of memory for zlib"));
        }
        file->packed = true;
    }
    *out = file;
    return LOCL_OK;
fail:
    locl_gz_close(file);
    return status;
}

void locl_gz_close(locl_gz *file)
{
    if (!file) {
        return;
    }
    if (file->packed) {
        inflateEnd(&file->z);
    }
    if (file->fd >= 0) {
        close(file->fd);
    }
    free(file);
}

static locl_status fail_packed(const locl_gz *file, const char *what, locl_error *err)
{
    locl_fail(err, LOCL_E_DATA, "%s: its gzip data is %s", file->path, what);
    locl_remedy(err, "get the file again");
    return LOCL_E_DATA;
}

static size_t copy_plain(locl_gz *file, uint8_t *bytes, size_t size)
{
    size_t n = size < file->z.avail_in ? size : file->z.avail_in;
    memcpy(bytes, file->z.next_in, n);
    file->z.next_in += n;
    file->z.avail_in -= (unsigned)n;
    return n;
}

static locl_status fail_followed(const locl_gz *file, locl_error *err)
{
    char what[LOCL_FOREIGN_TEXT];
    locl_foreign_describe(file->z.next_in, file->z.avail_in, what);
    locl_fail(err, LOCL_E_DATA, "%s: its gzip data is followed by something else: %s", file->path, what);
    return locl_remedy(err, "get the file again, or take away what follows");
}

/* Skips the zeros behind a member, which are padding. Another member or the end must follow. */
static locl_status pass_padding(locl_gz *file, locl_error *err)
{
    while (file->z.avail_in && *file->z.next_in == 0) {
        file->z.next_in++;
        file->z.avail_in--;
    }
    if (file->z.avail_in == 0) {
        return LOCL_OK;
    }
    if (file->z.next_in[0] != 0x1f || (file->z.avail_in > 1 && file->z.next_in[1] != 0x8b)) {
        return fail_followed(file, err);
    }
    inflateReset(&file->z);
    file->between = false;
    return LOCL_OK;
}

/* Calls inflate() once. *got may be 0 after a header or a checksum. */
static locl_status unpack(locl_gz *file, uint8_t *bytes, size_t size, size_t *got, locl_error *err)
{
    unsigned room = size < PIECE ? (unsigned)size : PIECE;
    if (file->between) {
        LOCL_TRY(pass_padding(file, err));
        if (file->between) {
            return LOCL_OK;
        }
    }
    file->z.next_out = bytes;
    file->z.avail_out = room;
    int code = inflate(&file->z, Z_NO_FLUSH);
    *got = room - file->z.avail_out;
    file->between = code == Z_STREAM_END;
    if (code == Z_MEM_ERROR) {
        return locl_fail(err, LOCL_E_MEMORY, "out of memory for zlib");
    }
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) {
        char what[128];
        snprintf(what, sizeof what, "damaged (%s)", file->z.msg ? file->z.msg : "it needs a dictionary");
        return fail_packed(file, what, err);
    }
    return LOCL_OK;
}

locl_status locl_gz_read(locl_gz *file, void *bytes, size_t size, size_t *got, locl_error *err)
{
    *got = 0;
    while (*got < size) {
        uint8_t *to = (uint8_t *)bytes + *got;
        size_t more = 0;
        LOCL_TRY(fill(file, err));
        if (file->z.avail_in == 0) {
            return file->packed && !file->between ? fail_packed(file, "truncated", err) : LOCL_OK;
        }
        if (file->packed) {
            LOCL_TRY(unpack(file, to, size - *got, &more, err));
        } else {
            more = copy_plain(file, to, size - *got);
        }
        *got += more;
    }
    return LOCL_OK;
}

bool locl_gz_is_packed(const locl_gz *file)
{
    return file->packed;
}

size_t locl_gz_offset(const locl_gz *file)
{
    return file->offset;
}
