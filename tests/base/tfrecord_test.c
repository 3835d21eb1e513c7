/* Records are framed as TensorFlow frames them, and damage is found wherever it is. */
#include "base/tfrecord.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Undoes the mask. */
static uint32_t plain(uint32_t masked)
{
    uint32_t rotated = masked - 0xa282ead8u;
    return rotated >> 17 | rotated << 15;
}

static void checksums_are_those_of_rfc_3720(void **unused)
{
    (void)unused;
    char bytes[32];
    assert_int_equal(plain(locl_tfrecord_checksum("123456789", 9)), 0xe3069283u);
    memset(bytes, 0, sizeof bytes);
    assert_int_equal(plain(locl_tfrecord_checksum(bytes, sizeof bytes)), 0x8a9136aau);
    memset(bytes, 0xff, sizeof bytes);
    assert_int_equal(plain(locl_tfrecord_checksum(bytes, sizeof bytes)), 0x62a8ab43u);
}

static void records_come_back(void **unused)
{
    (void)unused;
    locl_text text = {0};
    const char *record;
    size_t count;
    locl_tfrecord_add(&text, "first", 5);
    locl_tfrecord_add(&text, "", 0);
    assert_int_equal(text.length, 5 + 16 + 16);
    assert_int_equal(locl_tfrecord_find(text.data, text.length, &record, &count), 21);
    assert_int_equal(count, 5);
    assert_memory_equal(record, "first", 5);
    assert_int_equal(locl_tfrecord_find(text.data + 21, text.length - 21, &record, &count), 16);
    assert_int_equal(count, 0);
    assert_int_equal(locl_tfrecord_find(text.data + 37, 0, &record, &count), 0);
    locl_text_free(&text);
}

static void damage_is_found(void **unused)
{
    (void)unused;
    locl_text text = {0};
    const char *record;
    size_t count;
    locl_tfrecord_add(&text, "record", 6);
    for (size_t size = 0; size < text.length; size++) {
        assert_int_equal(locl_tfrecord_find(text.data, size, &record, &count), 0);
    }
    for (size_t bit = 0; bit < 8 * text.length; bit++) {
        text.data[bit / 8] = (char)(text.data[bit / 8] ^ 1 << bit % 8);
        assert_int_equal(locl_tfrecord_find(text.data, text.length, &record, &count), 0);
        text.data[bit / 8] = (char)(text.data[bit / 8] ^ 1 << bit % 8);
    }
    locl_text_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checksums_are_those_of_rfc_3720),
        cmocka_unit_test(records_come_back),
        cmocka_unit_test(damage_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
