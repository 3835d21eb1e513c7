#include "run/event_message.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* Fields of the messages Event and Summary of TensorBoard, with their kinds, as protocol buffers have them. */
enum {
    KIND_VARINT = 0,
    KIND_FIXED64 = 1,
    KIND_BYTES = 2,
    KIND_FIXED32 = 5,
    EVENT_WALL_TIME = 1 << 3 | KIND_FIXED64,
    EVENT_STEP = 2 << 3 | KIND_VARINT,
    EVENT_FILE_VERSION = 3 << 3 | KIND_BYTES,
    EVENT_SUMMARY = 5 << 3 | KIND_BYTES,
    SUMMARY_VALUE = 1 << 3 | KIND_BYTES,
    VALUE_TAG = 1 << 3 | KIND_BYTES,
    VALUE_SIMPLE = 2 << 3 | KIND_FIXED32
};

/* The first event of each file says this. */
#define VERSION "brain.Event:2"

static void put_varint(locl_text *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7) {
        const unsigned char byte = (unsigned char)(value | 0x80);
        locl_text_add_bytes(out, &byte, 1);
    }
    const unsigned char byte = (unsigned char)value;
    locl_text_add_bytes(out, &byte, 1);
}

static void put_bytes(locl_text *out, unsigned field, const void *bytes, size_t count)
{
    put_varint(out, field);
    put_varint(out, count);
    locl_text_add_bytes(out, bytes, count);
}

/* Adds a field of fixed size, little-endian whatever the machine. */
static void put_fixed(locl_text *out, unsigned field, uint64_t bits, size_t bytes)
{
    put_varint(out, field);
    for (size_t i = 0; i < bytes; i++) {
        const unsigned char byte = (unsigned char)(bits >> (8 * i));
        locl_text_add_bytes(out, &byte, 1);
    }
}

static void put_float(locl_text *out, unsigned field, double value)
{
    float single = (float)value;
    uint32_t bits;
    memcpy(&bits, &single, sizeof bits);
    put_fixed(out, field, bits, sizeof bits);
}

static void put_now(locl_text *out)
{
    struct timespec now;
    uint64_t bits;
    clock_gettime(CLOCK_REALTIME, &now);
    double seconds = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
    memcpy(&bits, &seconds, sizeof bits);
    put_fixed(out, EVENT_WALL_TIME, bits, sizeof bits);
}

static void put_value(locl_text *summary, const char *tag, double number)
{
    locl_text value = {0};
    put_bytes(&value, VALUE_TAG, tag, strlen(tag));
    put_float(&value, VALUE_SIMPLE, number);
    put_bytes(summary, SUMMARY_VALUE, value.data, value.length);
    summary->failed = summary->failed || value.failed;
    locl_text_free(&value);
}

/* Adds loss and error of the classifier, or of a head. The part before the slash is a group of charts. */
static void put_score(locl_text *summary, const char *head, const locl_score *score)
{
    char tag[64];
    snprintf(tag, sizeof tag, "loss/%s", head);
    put_value(summary, tag, score->loss);
    snprintf(tag, sizeof tag, "error/%s", head);
    put_value(summary, tag, score->error);
}

static void put_summary(locl_text *event, const locl_result *result, double images_per_second)
{
    locl_text summary = {0};
    put_score(&summary, "classifier", &result->classifier);
    for (size_t k = 0; k < result->blocks; k++) {
        char head[32];
        snprintf(head, sizeof head, "block_%zu", k);
        put_score(&summary, head, &result->block[k]);
    }
    if (images_per_second > 0) {
        put_value(&summary, "images_per_second", images_per_second);
    }
    put_bytes(event, EVENT_SUMMARY, summary.data, summary.length);
    event->failed = event->failed || summary.failed;
    locl_text_free(&summary);
}

void locl_event_version(locl_text *event)
{
    put_now(event);
    put_bytes(event, EVENT_FILE_VERSION, VERSION, strlen(VERSION));
}

void locl_event_measured(locl_text *event, const locl_result *result, double images_per_second)
{
    put_now(event);
    put_varint(event, EVENT_STEP);
    put_varint(event, result->step);
    put_summary(event, result, images_per_second);
}

/* Reads a number of seven bits a byte. Returns false where it does not end. */
static bool take_varint(const unsigned char **at, const unsigned char *end, uint64_t *out)
{
    *out = 0;
    for (unsigned shift = 0; *at < end && shift < 64; shift += 7) {
        *out |= (uint64_t)(**at & 0x7f) << shift;
        if (!(*(*at)++ & 0x80)) {
            return true;
        }
    }
    return false;
}

bool locl_event_step(const char *record, size_t count, uint64_t *step)
{
    const unsigned char *at = (const unsigned char *)record, *end = at + count;
    uint64_t field, value = 0;
    *step = 0;
    while (at < end) {
        if (!take_varint(&at, end, &field)) {
            return false;
        }
        uint64_t kind = field & 7;
        if (kind == KIND_VARINT || kind == KIND_BYTES) {
            if (!take_varint(&at, end, &value)) {
                return false;
            }
            *step = field == EVENT_STEP ? value : *step;
        }
        uint64_t skip = kind == KIND_BYTES     ? value
                        : kind == KIND_FIXED64 ? sizeof(uint64_t)
                        : kind == KIND_FIXED32 ? sizeof(uint32_t)
                                               : 0;
        bool known = kind == KIND_VARINT || skip > 0 || kind == KIND_BYTES;
        if (!known || skip > (uint64_t)(end - at)) {
            return false;
        }
        at += skip;
    }
    return true;
}
