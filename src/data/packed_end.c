#include "data/packed_end.h"

#include <stddef.h>
#include <string.h>
#include <zlib.h>

enum { BLOCK_HEADER = 3, CHECKSUM = 4, RLE = 1, RESERVED = 3, XZ_FOOTER = 12, CHUNK = 1 << 16 };

static uint32_t little_endian(const uint8_t *bytes, size_t size)
{
    uint32_t value = 0;
    while (size--) {
        value = value << 8 | bytes[size];
    }
    return value;
}

static bool read_at(FILE *file, int64_t at, uint8_t *bytes, size_t size)
{
    return fseeko(file, (off_t)at, SEEK_SET) == 0 && fread(bytes, 1, size, file) == size;
}

static bool starts_with(FILE *file, const char *magic, size_t size)
{
    uint8_t start[8];
    return read_at(file, 0, start, size) && memcmp(start, magic, size) == 0;
}

static bool is_skippable(uint32_t magic)
{
    return magic >> 4 == 0x184D2A5;
}

bool locl_is_zstd(FILE *file)
{
    return starts_with(file, "\x28\xb5\x2f\xfd", 4);
}

bool locl_is_xz(FILE *file)
{
    return starts_with(file,
                       "\xfd"
                       "7zXZ\0",
                       6);
}

/* Returns the bytes of the header of a frame behind its magic, by the byte that describes it (RFC 8878,
 * 3.1.1.1). */
static int64_t header_size(uint8_t descriptor)
{
    static const int dictionary[] = {0, 1, 2, 4}, content[] = {0, 2, 4, 8};
    bool single = descriptor >> 5 & 1;
    int size = content[descriptor >> 6];
    return 1 + !single + dictionary[descriptor & 3] + (single && size == 0 ? 1 : size);
}

/* Returns the end of the frame that starts at `at`; 0: it is not whole, or there is none. */
static int64_t frame_end(FILE *file, int64_t at, int64_t size)
{
    uint8_t head[8];
    if (!read_at(file, at, head, 5)) {
        return 0;
    }
    uint32_t magic = little_endian(head, 4);
    if (is_skippable(magic)) {
        int64_t end = read_at(file, at, head, 8) ? at + 8 + little_endian(head + 4, 4) : 0;
        return end <= size ? end : 0;
    }
    if (magic != 0xFD2FB528) {
        return 0;
    }
    uint8_t descriptor = head[4];
    at += 4 + header_size(descriptor);
    for (bool last = false; !last;) {
        if (!read_at(file, at, head, BLOCK_HEADER)) {
            return 0;
        }
        uint32_t block = little_endian(head, BLOCK_HEADER), type = block >> 1 & 3;
        last = block & 1;
        at += BLOCK_HEADER + (type == RLE ? 1 : block >> 3);
        if (type == RESERVED) {
            return 0;
        }
    }
    at += descriptor >> 2 & 1 ? CHECKSUM : 0;
    return at <= size ? at : 0;
}

static int64_t size_of(FILE *file)
{
    return fseeko(file, 0, SEEK_END) == 0 ? (int64_t)ftello(file) : 0;
}

int64_t locl_zstd_end(FILE *file)
{
    int64_t end = 0, size = size_of(file);
    for (int64_t next = 0; next < size && (next = frame_end(file, next, size));) {
        end = next;
    }
    return end;
}

static bool is_footer(const uint8_t *bytes)
{
    return bytes[10] == 'Y' && bytes[11] == 'Z' && little_endian(bytes, 4) == crc32(0, bytes + 4, 6);
}

int64_t locl_xz_end(FILE *file)
{
    uint8_t chunk[CHUNK];
    int64_t end = 0, at = 0;
    size_t kept = 0, got;
    rewind(file);
    while ((got = fread(chunk + kept, 1, sizeof chunk - kept, file))) {
        size_t size = kept + got;
        for (size_t i = 0; i + XZ_FOOTER <= size; i++) {
            end = is_footer(chunk + i) ? at + (int64_t)i + XZ_FOOTER : end;
        }
        kept = size < XZ_FOOTER ? size : XZ_FOOTER - 1;
        memmove(chunk, chunk + size - kept, kept);
        at += (int64_t)(size - kept);
    }
    return end;
}
