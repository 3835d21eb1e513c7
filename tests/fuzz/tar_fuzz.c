/* A tree of images in an archive. Changes keep the checksums of the headers right, without which none gets past
 * libarchive. */
#include "fuzz/fuzz.h"

#include "fuzz/dataset.h"

#include <stdio.h>
#include <string.h>

enum { BLOCK = 512, SUM = 148, SUM_BYTES = 8, MAGIC = 257, MEMORY = 1 << 22 };

/* Over every block that says it is a header of ustar's or GNU's kind. */
static void mend_checksums(uint8_t *data, size_t size)
{
    for (size_t at = 0; at + BLOCK <= size; at += BLOCK) {
        uint8_t *block = data + at;
        unsigned sum = 0;
        if (memcmp(block + MAGIC, "ustar", 5) != 0) {
            continue;
        }
        memset(block + SUM, ' ', SUM_BYTES);
        for (size_t i = 0; i < BLOCK; i++) {
            sum += block[i];
        }
        snprintf((char *)block + SUM, SUM_BYTES, "%06o", sum);
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t capacity, unsigned seed)
{
    (void)seed;
    size = LLVMFuzzerMutate(data, size, capacity);
    mend_checksums(data, size);
    return size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_open_dataset(LOCL_DATA_FOLDER, fuzz_write("tree.tar", data, size), MEMORY);
    return 0;
}
