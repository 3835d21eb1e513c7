#include "data/gz.h"

enum { BUFFER = 1 << 17, PIECE = 1 << 30 };

locl_status locl_gz_open(const char *path, gzFile *out, locl_error *err)
{
    *out = gzopen(path, "rb");
    if (!*out) {
        return locl_fail_errno(err, LOCL_E_DATA, "open", path);
    }
    gzbuffer(*out, BUFFER);
    return LOCL_OK;
}

locl_status locl_gz_read(gzFile file, const char *path, void *bytes, size_t size, size_t *got,
                         locl_error *err)
{
    *got = 0;
    while (*got < size) {
        size_t left = size - *got;
        int count = gzread(file, (char *)bytes + *got, left < PIECE ? (unsigned)left : PIECE);
        int code;
        const char *text = gzerror(file, &code);
        if (code == Z_ERRNO) {
            return locl_fail_errno(err, LOCL_E_DATA, "read", path);
        }
        if (count < 0 || (code != Z_OK && code != Z_STREAM_END)) {
            locl_fail(err, LOCL_E_DATA, "%s: its gzip data is %s (%s)", path,
                      code == Z_BUF_ERROR ? "truncated" : "damaged", text);
            locl_remedy(err, "get the file again");
            return LOCL_E_DATA;
        }
        if (count == 0) {
            break;
        }
        *got += (size_t)count;
    }
    return LOCL_OK;
}
