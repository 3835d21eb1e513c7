/* Which kind of channel joins two ends, what it takes from whom, and that each carries batches across in
 * order, unchanged, with no more of them under way than its slots. */
#include "sched/channel.h"
#include "device/in_place.h"
#include "support/step_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { BATCH = 3, ROW = 4, VALUES = BATCH * ROW, BATCHES = 7 };

/* Two ends, of two devices or of one, and the channel between them. Apart, it moves only some of the rows. */
typedef struct bench {
    locl_devices *devices;
    locl_lane_queues lane[2];
    locl_arena *arena[2];
    locl_inlet inlet;
    locl_outlet outlet;
    locl_channel channel;
    bool one_lane;
} bench;

static void ok(locl_status status, const locl_error *err)
{
    if (status != LOCL_OK) {
        fail_msg("%s: %s", err->where, err->message);
    }
}

/* All rows as they are, or the last two of three as rows 1 and 2 of four. */
static const locl_channel_rows all = {0, 0, BATCH}, some = {1, 1, 2};

static void bench_open(bench *b, locl_devices *devices, const locl_channel_kind *kind, locl_joint joint)
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
        ok(locl_queue_create(device, LOCL_QUEUE_PLAIN, &b->lane[i].back, &err), &err);
        ok(locl_arena_create("stage", &device->caps, &b->arena[i], &err), &err);
    }
    bool direct = joint == LOCL_JOINT_DIRECT, in_place = kind == &locl_channel_in_place;
    locl_lane_queues *to = &b->lane[b->one_lane ? 0 : 1];
    locl_inlet_open(&b->inlet, to, in_place ? NULL : b->arena[1], direct ? BATCH : BATCH + 1,
                    ROW * sizeof(float), direct && b->one_lane ? 1 : LOCL_CHANNEL_DEPTH);
    locl_outlet_open(&b->outlet, &b->lane[0], in_place ? NULL : b->arena[0], BATCH, ROW * sizeof(float),
                     kind->on_host ? LOCL_OUTLET_DEPTH
                     : direct      ? 0
                                   : 1);
    ok(locl_channel_open(&b->channel, &b->outlet, NULL, &b->inlet, direct ? all : some, joint, &err), &err);
    for (size_t i = 0; i < 2; i++) {
        ok(locl_arena_bind(b->arena[i], devices->device[b->one_lane ? 0 : i], &err), &err);
    }
    ok(locl_channel_bind(&b->channel, &err), &err);
}

static void bench_close(bench *b)
{
    locl_channel_close(&b->channel);
    locl_inlet_reset(&b->inlet);
    for (size_t i = 0; i < 2; i++) {
        locl_arena_release(b->arena[i]);
        locl_queue_release(&b->lane[i].compute);
        locl_queue_release(&b->lane[i].copy);
        locl_queue_release(&b->lane[i].back);
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
    ok(locl_outlet_produce(&b->outlet, &b->channel, 1, n, &to, &err), &err);
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
    const locl_channel_rows *r = &b->channel.rows;
    size_t row = ROW * sizeof(float), label = sizeof(int32_t);
    ok(locl_inlet_receive(&b->inlet, &b->channel, 1, n, &from, &err), &err);
    assert_int_equal(from.valid, r->count - n % 2);
    ok(locl_buffer_read(queue, from.x, r->to * row, r->count * row, x, LOCL_ASYNC, NULL, NULL, &err), &err);
    ok(locl_buffer_read(queue, from.labels, r->to * label, r->count * label, labels, LOCL_ASYNC, NULL, &done,
                        &err),
       &err);
    ok(locl_inlet_give_back(&b->inlet, n, done, &err), &err);
    ok(locl_event_wait(queue->device, done, &err), &err);
    locl_event_release(&done);
    for (size_t i = 0; i < r->count * ROW; i++) {
        assert_true(x[i] == value_of(n, r->from * ROW + i));
    }
    for (size_t i = 0; i < r->count; i++) {
        assert_int_equal(labels[i], n + r->from + i);
    }
}

/* As far ahead as the slots allow, in two runs. */
static void check_channel(locl_devices *devices, const locl_channel_kind *kind, locl_joint joint)
{
    bench b;
    bench_open(&b, devices, kind, joint);
    assert_string_equal(b.channel.kind->name, kind->name);
    for (int run = 0; run < 2; run++) {
        for (uint64_t n = 0, sent = 0; n < BATCHES; n++) {
            for (; sent < BATCHES && sent < n + b.inlet.depth; sent++) {
                produce(&b, sent);
            }
            consume(&b, n);
        }
        locl_channel_reset(&b.channel);
        locl_inlet_reset(&b.inlet);
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
    check_channel(step_whole(), &locl_channel_queue, LOCL_JOINT_DIRECT);
    check_channel(step_whole(), &locl_channel_queue, LOCL_JOINT_APART);
}

static void within_a_context(void **state)
{
    (void)state;
    check_channel(one_context(), &locl_channel_context, LOCL_JOINT_DIRECT);
    check_channel(one_context(), &locl_channel_context, LOCL_JOINT_APART);
}

/* Devices that do not say that their memory is the host's. */
static locl_devices *with_memory_of_their_own(void)
{
    locl_devices *devices = two_contexts();
    for (size_t i = 0; devices && i < devices->count; i++) {
        devices->device[i]->caps.unified_memory = false;
    }
    return devices;
}

static void between_contexts(void **state)
{
    (void)state;
    check_channel(with_memory_of_their_own(), &locl_channel_host, LOCL_JOINT_DIRECT);
    check_channel(two_contexts(), &locl_channel_host, LOCL_JOINT_APART);
}

static void in_place(void **state)
{
    (void)state;
    locl_devices *devices = two_contexts();
    if (!devices) {
        skip();
    }
    for (size_t i = 0; i < devices->count; i++) {
        assert_true(locl_device_in_place(devices->device[i]));
    }
    check_channel(devices, &locl_channel_in_place, LOCL_JOINT_DIRECT);
}

/* A ring of three batches: the feed holds two at most, and gives them back. The channel takes some of the rows. */
static void from_the_loader(void **state)
{
    (void)state;
    enum { FIRST = 5, ROWS = 3, CHECKED = 4 };
    step_run run;
    locl_error err;
    locl_channel channel = {0};
    locl_inlet inlet;
    locl_feed feed = {0};
    locl_lane_queues lane = {0};
    locl_arena *arena;
    step_run_begin(&run, step_whole());
    locl_device *device = run.devices->device[0];
    const locl_loader_options options = {
        .batch = STEP_RUN_BATCH, .patches = 2, .ring = 3, .training = true, .end = BATCHES};
    ok(locl_loader_open(&run.dataset, &options, &feed.loader, &err), &err);
    ok(locl_queue_create(device, LOCL_QUEUE_PLAIN, &lane.compute, &err), &err);
    ok(locl_queue_create(device, LOCL_QUEUE_PLAIN, &lane.copy, &err), &err);
    ok(locl_arena_create("stage", &device->caps, &arena, &err), &err);
    locl_inlet_open(&inlet, &lane, arena, ROWS, 64 * sizeof(float), LOCL_CHANNEL_DEPTH);
    ok(locl_channel_open(&channel, NULL, &feed, &inlet, (locl_channel_rows){FIRST, 0, ROWS}, LOCL_JOINT_APART,
                         &err),
       &err);
    ok(locl_arena_bind(arena, device, &err), &err);
    ok(locl_channel_bind(&channel, &err), &err);
    assert_string_equal(channel.kind->name, "loader");
    for (uint64_t n = 0; n < BATCHES; n++) {
        locl_channel_batch from;
        float x[CHECKED];
        if (n >= LOCL_CHANNEL_DEPTH) {
            ok(locl_channel_await_upload(&channel, n - LOCL_CHANNEL_DEPTH, &err), &err);
        }
        assert_true(locl_feed_fetch(&feed, n));
        ok(locl_inlet_receive(&inlet, &channel, 1, n, &from, &err), &err);
        assert_int_equal(from.valid, ROWS);
        ok(locl_buffer_read(&lane.compute, from.x, 0, sizeof x, x, LOCL_BLOCKING, NULL, NULL, &err), &err);
        for (size_t i = 0; i < CHECKED; i++) {
            assert_true(x[i] == locl_feed_batch(&feed, n)->x[FIRST * 64 + i]);
        }
    }
    assert_false(locl_feed_fetch(&feed, BATCHES));
    locl_channel_close(&channel);
    locl_loader *loader = feed.loader;
    locl_feed_reset(&feed, NULL);
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
        cmocka_unit_test(within_a_queue),   cmocka_unit_test(within_a_context),
        cmocka_unit_test(between_contexts), cmocka_unit_test(in_place),
        cmocka_unit_test(from_the_loader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
