/* A file that may be gzip'd: what is not comes back as it is; what is ends, or is refused. */
#include "fuzz/fuzz.h"

#include "data/gz.h"

#include <string.h>

enum { BLOCK = 4096, MOST = 1 << 22 /* of content: a few bytes can stand for many */ };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t block[BLOCK];
    size_t done = 0, got = BLOCK;
    locl_gz *file;
    locl_error err = {0};
    const char *path = fuzz_write("file", data, size);
    locl_status status = locl_gz_open(path, &file, &err);
    while (status == LOCL_OK && got == BLOCK && done < MOST) {
        status = locl_gz_read(file, block, BLOCK, &got, &err);
        if (status == LOCL_OK) {
            FUZZ_CHECK(got <= BLOCK);
            FUZZ_CHECK(locl_gz_offset(file) <= size);
            FUZZ_CHECK(locl_gz_is_packed(file) || (done + got <= size && !memcmp(block, data + done, got)));
            done += got;
        }
    }
    if (status != LOCL_OK) {
        fuzz_check_error(status, &err);
    } else {
        FUZZ_CHECK(got == BLOCK || locl_gz_is_packed(file) || done == size);
    }
    locl_gz_close(file);
    return 0;
}
