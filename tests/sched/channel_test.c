/* Which kind of channel joins two ends, what it takes from whom, and that each carries batches across in
 * order, unchanged, with no more of them under way than its slots. */
#include "sched/channel.h"
#include "support/step_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { BATCH = 3, VALUES = 12, BATCHES = 7 };

/* Two ends, of two devices or of one, and the channel between them. */
typedef struct bench {
    locl_devices *devices;
    locl_lane_queues lane[2];
    locl_arena *arena[2];
    locl_channel channel;
    bool one_lane;
} bench;

static void ok(locl_status status, const locl_error *err)
{
    if (status != LOCL_OK) {
        fail_msg("%s: %s", err->where, err->message);
    }
}

static locl_channel_end end_of(bench *b, size_t i)
{
    return (locl_channel_end){&b->lane[b->one_lane ? 0 : i], b->arena[i]};
}

static void bench_open(bench *b, locl_devices *devices, const locl_channel_kind *kind)
{
    locl_error err;
    if (!devices) {
        skip();
    }
    *b = (bench){.devices = devices, .one_lane = kind == &locl_channel_queue};
    for (size_t i = 0; i < 2; i++) {
        locl_device *device = devices->device[b->one_lane ? 0 : i];
        ok(locl_queue_create(device, LOCL_QUEUE_PLAIN, &b->lane[i].compute, &err), &err);
        ok(locl_queue_create(device, LOCL_QUEUE_PLAIN, &b->lane[i].copy, &err), &err);
        ok(locl_arena_create("stage", &device->caps, &b->arena[i], &err), &err);
    }
    locl_channel_end from = end_of(b, 0), to = end_of(b, 1);
    ok(locl_channel_open(&b->channel, &from, &to, VALUES, BATCH, &err), &err);
    for (size_t i = 0; i < 2; i++) {
        ok(locl_arena_bind(b->arena[i], devices->device[b->one_lane ? 0 : i], &err), &err);
    }
    ok(locl_channel_bind(&b->channel, &err), &err);
}

static void bench_close(bench *b)
{
    locl_channel_close(&b->channel);
    for (size_t i = 0; i < 2; i++) {
        locl_arena_release(b->arena[i]);
        locl_queue_release(&b->lane[i].compute);
        locl_queue_release(&b->lane[i].copy);
    }
    locl_devices_close(b->devices);
}

/* Value i of batch n. */
static float value_of(uint64_t n, size_t i)
{
    return (float)(100 * n + i);
}

/* Writes batch n as a producer's step would; blocks, so that `x` may go. */
static void produce(bench *b, uint64_t n)
{
    locl_queue *queue = &b->lane[0].compute;
    locl_channel_batch to;
    locl_error err;
    float x[VALUES];
    int32_t labels[BATCH] = {(int32_t)n, (int32_t)n + 1, (int32_t)n + 2};
    for (size_t i = 0; i < VALUES; i++) {
        x[i] = value_of(n, i);
    }
    ok(locl_channel_produce(&b->channel, n, &to, &err), &err);
    ok(locl_buffer_write(queue, to.x, 0, sizeof x, x, LOCL_BLOCKING, NULL, NULL, &err), &err);
    ok(locl_buffer_write(queue, to.labels, 0, sizeof labels, labels, LOCL_BLOCKING, NULL, NULL, &err), &err);
    ok(locl_channel_send(&b->channel, n, BATCH - (size_t)n % 2, &err), &err);
    ok(locl_queue_flush(queue, &err), &err);
}

/* Reads batch n as a consumer's step would. */
static void consume(bench *b, uint64_t n)
{
    locl_queue *queue = &b->lane[b->one_lane ? 0 : 1].compute;
    locl_channel_batch from;
    locl_error err;
    cl_event done = NULL;
    float x[VALUES];
    int32_t labels[BATCH];
    ok(locl_channel_receive(&b->channel, n, &from, &err), &err);
    assert_int_equal(from.valid, BATCH - n % 2);
    ok(locl_buffer_read(queue, from.x, 0, sizeof x, x, LOCL_ASYNC, NULL, NULL, &err), &err);
    ok(locl_buffer_read(queue, from.labels, 0, sizeof labels, labels, LOCL_ASYNC, NULL, &done, &err), &err);
    ok(locl_channel_give_back(&b->channel, n, done, &err), &err);
    ok(locl_event_wait(queue->device, done, &err), &err);
    locl_event_release(&done);
    for (size_t i = 0; i < VALUES; i++) {
        assert_true(x[i] == value_of(n, i));
    }
    for (int i = 0; i < BATCH; i++) {
        assert_int_equal(labels[i], (int)n + i);
    }
}

/* As far ahead as the slots allow, in two runs. */
static void check_channel(locl_devices *devices, const locl_channel_kind *kind)
{
    bench b;
    bench_open(&b, devices, kind);
    assert_string_equal(b.channel.kind->name, kind->name);
    assert_false(locl_channel_is_fetched(&b.channel));
    for (int run = 0; run < 2; run++) {
        for (uint64_t n = 0, sent = 0; n < BATCHES; n++) {
            for (; sent < BATCHES && sent < n + kind->depth; sent++) {
                produce(&b, sent);
            }
            consume(&b, n);
        }
        locl_channel_reset(&b.channel);
    }
    bench_close(&b);
}

/* Both of PoCL's devices. */
static locl_devices *two_contexts(void)
{
    locl_device_spec specs[2];
    for (int i = 0; i < 2; i++) {
        specs[i] = locl_device_spec_text("");
        snprintf(specs[i].platform, sizeof specs[i].platform, "Portable");
        specs[i].index = i;
    }
    return step_devices_of(specs, 2);
}

/* The halves of the one of them that can be split. */
static locl_devices *one_context(void)
{
    locl_devices *halves = NULL;
    for (int index = 0; index < 2 && !halves; index++) {
        locl_device_spec specs[2];
        for (int i = 0; i < 2; i++) {
            specs[i] = locl_device_spec_text("");
            snprintf(specs[i].platform, sizeof specs[i].platform, "Portable");
            specs[i].index = index;
            specs[i].split = 2;
            specs[i].part = i;
        }
        halves = step_devices_of(specs, 2);
    }
    return halves;
}

static void within_a_queue(void **state)
{
    (void)state;
    check_channel(step_whole(), &locl_channel_queue);
}

static void within_a_context(void **state)
{
    (void)state;
    check_channel(one_context(), &locl_channel_context);
}

static void between_contexts(void **state)
{
    (void)state;
    check_channel(two_contexts(), &locl_channel_host);
}

/* A ring of three batches: the channel holds two at most, and gives them back. */
static void from_the_loader(void **state)
{
    (void)state;
    step_run run;
    locl_error err;
    locl_loader *loader;
    locl_channel channel = {0};
    locl_lane_queues lane = {0};
    locl_arena *arena;
    step_run_begin(&run, step_whole());
    locl_device *device = run.devices->device[0];
    const locl_loader_options options = {
        .batch = STEP_RUN_BATCH, .patches = 2, .ring = 3, .training = true, .end = BATCHES};
    ok(locl_loader_open(&run.dataset, &options, &loader, &err), &err);
    ok(locl_queue_create(device, LOCL_QUEUE_PLAIN, &lane.compute, &err), &err);
    ok(locl_queue_create(device, LOCL_QUEUE_PLAIN, &lane.copy, &err), &err);
    ok(locl_arena_create("stage", &device->caps, &arena, &err), &err);
    locl_channel_end to = {&lane, arena};
    ok(locl_channel_open(&channel, NULL, &to, STEP_RUN_BATCH * 64, STEP_RUN_BATCH, &err), &err);
    ok(locl_arena_bind(arena, device, &err), &err);
    ok(locl_channel_bind(&channel, &err), &err);
    locl_channel_set_loader(&channel, loader);
    assert_string_equal(channel.kind->name, "loader");
    assert_true(locl_channel_is_fetched(&channel));
    for (uint64_t n = 0; n < BATCHES; n++) {
        locl_channel_batch from;
        float x[4];
        assert_true(locl_channel_fetch(&channel, n));
        ok(locl_channel_receive(&channel, n, &from, &err), &err);
        assert_int_equal(from.valid, STEP_RUN_BATCH);
        ok(locl_buffer_read(&lane.compute, from.x, 0, sizeof x, x, LOCL_BLOCKING, NULL, NULL, &err), &err);
    }
    assert_false(locl_channel_fetch(&channel, BATCHES));
    locl_channel_close(&channel);
    locl_loader_close(loader);
    locl_arena_release(arena);
    locl_queue_release(&lane.compute);
    locl_queue_release(&lane.copy);
    step_run_close(&run);
}

int main(void)
{
    setenv("POCL_DEVICES", "pthread basic", 0);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(within_a_queue),
        cmocka_unit_test(within_a_context),
        cmocka_unit_test(between_contexts),
        cmocka_unit_test(from_the_loader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
