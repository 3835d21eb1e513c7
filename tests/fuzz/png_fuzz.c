/* PNG images. Changes keep the checksums of the chunks right, without which none gets past libpng. */
#include "fuzz/fuzz.h"

#include "fuzz/image.h"

#include <zlib.h>

enum { MAGIC = 8, AROUND = 12 /* length, type and checksum of a chunk */ };

static void mend_checksums(uint8_t *data, size_t size)
{
    for (size_t at = MAGIC; at + AROUND <= size;) {
        uint8_t *chunk = data + at;
        size_t length = (size_t)chunk[0] << 24 | (size_t)chunk[1] << 16 | (size_t)chunk[2] << 8 | chunk[3];
        if (length > size - at - AROUND) {
            return;
        }
        uint32_t sum = (uint32_t)crc32(0, chunk + 4, (uInt)length + 4);
        for (size_t i = 0; i < 4; i++) {
            chunk[8 + length + i] = (uint8_t)(sum >> (24 - 8 * i));
        }
        at += length + AROUND;
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
    fuzz_image(data, size);
    return 0;
}
