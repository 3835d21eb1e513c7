/* Event files go on where a checkpoint does, whatever a kill left in them. tests/cli/train/tensorboard.sh reads those
 * of real runs by other programs. */
#include "run/events.h"

#include "base/file.h"
#include "base/tfrecord.h"
#include "run/event_message.h"
#include "support/data_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TRAIN "run/tensorboard/train/events.out.tfevents.0.locl"
#define TEST "run/tensorboard/test/events.out.tfevents.0.locl"

static void add(locl_events *events, const char *split, uint64_t step)
{
    const locl_score block = {0.5, 0.25};
    const locl_result result = {split, 4, step, {1.5, 0.75}, &block, 1};
    assert_int_equal(locl_events_add(events, &result, 100, NULL), LOCL_OK);
}

static void open_at(locl_events *events, uint64_t step, uint64_t test_step)
{
    assert_int_equal(locl_events_open(data_path("run"), step, test_step, events, NULL), LOCL_OK);
}

/* Expects a file of whole events with these steps, up to a 0, after the one that says the version. */
static void expect_steps(const char *name, const uint64_t *steps)
{
    char *data;
    const char *record;
    size_t size, count, at;
    uint64_t step;
    assert_int_equal(locl_file_read(data_path(name), 100000, LOCL_E_IO, &data, &size, NULL), LOCL_OK);
    at = locl_tfrecord_find(data, size, &record, &count);
    assert_true(at > 0 && locl_event_step(record, count, &step) && step == 0);
    for (; *steps; steps++) {
        size_t taken = locl_tfrecord_find(data + at, size - at, &record, &count);
        assert_true(taken > 0 && locl_event_step(record, count, &step));
        assert_int_equal(step, *steps);
        at += taken;
    }
    assert_int_equal(at, size);
    free(data);
}

static void later_events_go(void **unused)
{
    (void)unused;
    locl_events events;
    open_at(&events, 0, 0);
    add(&events, "train", 50);
    add(&events, "train", 100);
    add(&events, "test", 100);
    add(&events, "train", 300); /* a step of two bytes */
    assert_int_equal(locl_events_sync(&events, NULL), LOCL_OK);
    expect_steps(TRAIN, (uint64_t[]){50, 100, 300, 0});
    expect_steps(TEST, (uint64_t[]){100, 0});
    locl_events_close(&events);
    open_at(&events, 300, 100);
    locl_events_close(&events);
    expect_steps(TRAIN, (uint64_t[]){50, 100, 300, 0});
    open_at(&events, 299, 50);
    add(&events, "train", 150);
    locl_events_close(&events);
    expect_steps(TRAIN, (uint64_t[]){50, 100, 150, 0});
    expect_steps(TEST, (uint64_t[]){0});
    open_at(&events, 0, 0);
    locl_events_close(&events);
    expect_steps(TRAIN, (uint64_t[]){0});
}

static void damaged_events_go(void **unused)
{
    (void)unused;
    locl_events events;
    char *data;
    size_t size;
    open_at(&events, 0, 0);
    add(&events, "train", 50);
    add(&events, "train", 100);
    locl_events_close(&events);
    assert_int_equal(locl_file_read(data_path(TRAIN), 100000, LOCL_E_IO, &data, &size, NULL), LOCL_OK);
    data_write(TRAIN, data, size - 3);
    open_at(&events, 1000, 0);
    add(&events, "train", 150);
    locl_events_close(&events);
    expect_steps(TRAIN, (uint64_t[]){50, 150, 0});
    data[2] ^= 1; /* the version's length */
    data_write(TRAIN, data, size);
    open_at(&events, 1000, 0);
    locl_events_close(&events);
    expect_steps(TRAIN, (uint64_t[]){0});
    free(data);
}

static void what_is_no_event_is_told(void **unused)
{
    (void)unused;
    static const struct {
        const char *bytes;
        size_t count;
    } broken[] = {
        {"\x10", 1},                                              /* a step that ends at once */
        {"\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12}, /* a number of more than 64 bits */
        {"\x09\x00\x00", 3},                                      /* half a time */
        {"\x2a\x05\x01", 3},                                      /* less than it says */
        {"\x13", 1},                                              /* a kind that is none */
    };
    uint64_t step;
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        assert_false(locl_event_step(broken[i].bytes, broken[i].count, &step));
    }
    assert_true(locl_event_step("\x1a\x01X\x10\x96\x01", 6, &step));
    assert_int_equal(step, 150);
}

static void nothing_is_written_unless_asked(void **unused)
{
    (void)unused;
    locl_events events = {0};
    add(&events, "train", 50);
    assert_int_equal(locl_events_sync(&events, NULL), LOCL_OK);
    locl_events_close(&events);
}

static void unwritable_files_are_errors(void **unused)
{
    (void)unused;
    locl_events events;
    locl_error err;
    data_write("full/tensorboard", "", 0);
    assert_int_equal(locl_events_open(data_path("full"), 0, 0, &events, &err), LOCL_E_IO);
    assert_non_null(strstr(err.message, "tensorboard"));
    locl_events_close(&events);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(later_events_go),
        cmocka_unit_test(damaged_events_go),
        cmocka_unit_test(what_is_no_event_is_told),
        cmocka_unit_test(nothing_is_written_unless_asked),
        cmocka_unit_test(unwritable_files_are_errors),
    };
    return cmocka_run_group_tests(tests, NULL, data_folder_remove);
}
