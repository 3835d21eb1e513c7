#include "base/tfrecord.h"

enum { LENGTH = 8, CHECKSUM = 4 };

/* CRC-32C's polynomial, reflected, and what masks a checksum, so that one of checksums is no special case. */
#define POLYNOMIAL 0x82f63b78u
#define MASK 0xa282ead8u

static void put_little(char *out, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        out[i] = (char)(unsigned char)(value >> (8 * i));
    }
}

static uint64_t get_little(const char *bytes, size_t count)
{
    uint64_t value = 0;
    for (size_t i = count; i-- > 0;) {
        value = value << 8 | (unsigned char)bytes[i];
    }
    return value;
}

uint32_t locl_tfrecord_checksum(const void *bytes, size_t count)
{
    const unsigned char *byte = bytes;
    uint32_t crc = 0xffffffffu;
    for (size_t i = 0; i < count; i++) {
        crc ^= byte[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? POLYNOMIAL : 0);
        }
    }
    crc = ~crc;
    return (crc >> 15 | crc << 17) + MASK;
}

void locl_tfrecord_add(locl_text *out, const void *bytes, size_t count)
{
    char head[LENGTH + CHECKSUM], tail[CHECKSUM];
    put_little(head, count, LENGTH);
    put_little(head + LENGTH, locl_tfrecord_checksum(head, LENGTH), CHECKSUM);
    put_little(tail, locl_tfrecord_checksum(bytes, count), CHECKSUM);
    locl_text_add_bytes(out, head, sizeof head);
    locl_text_add_bytes(out, bytes, count);
    locl_text_add_bytes(out, tail, sizeof tail);
}

size_t locl_tfrecord_find(const char *data, size_t size, const char **record, size_t *count)
{
    const size_t frame = LENGTH + CHECKSUM + CHECKSUM;
    if (size < frame || get_little(data + LENGTH, CHECKSUM) != locl_tfrecord_checksum(data, LENGTH)) {
        return 0;
    }
    uint64_t length = get_little(data, LENGTH);
    if (length > size - frame) {
        return 0;
    }
    *record = data + LENGTH + CHECKSUM;
    *count = (size_t)length;
    return get_little(*record + *count, CHECKSUM) == locl_tfrecord_checksum(*record, *count) ? *count + frame
                                                                                             : 0;
}
