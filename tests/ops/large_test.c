/* Indices past 2^31 bytes: tensors over 2 GiB of which only the end is looked
 * at. What is read before it is whatever the memory held. Skipped where a buffer can't be so large, and on
 * simulators. */
#include "base/philox.h"
#include "device/call.h"
#include "ops/draw.h"
#include "ops/head.h"
#include "ops/layernorm.h"
#include "ops/sum.h"
#include "support/kernel_check.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { N = 512, END = 4, ROWS = (1 << 20) + (1 << 17) + END /* of N floats: 2.25 GiB */ };

static const size_t values = (size_t)ROWS * N, bytes = (size_t)ROWS * N * sizeof(float);
static const size_t end_offset = (size_t)(ROWS - END) * N * sizeof(float);

/* A queue and a command buffer over buffers of their own. */
typedef struct bench {
    locl_device *device;
    locl_queue queue;
    locl_arena *workspace;
    locl_command_buffer *cmd;
    locl_tensor tensor[4];
    size_t tensors;
} bench;

static void check(locl_status status, const locl_error *err)
{
    if (status != LOCL_OK) {
        fail_msg("%s: %s", err->where, err->message);
    }
}

static bench open_bench(size_t large)
{
    locl_error err = {0};
    bench b = {.device = locl_check_device()};
    const locl_caps *caps = &b.device->caps;
    if (caps->largest_buffer < bytes || caps->memory / 2 < large * bytes || locl_check_small()) {
        skip();
    }
    check(locl_queue_create(b.device, LOCL_QUEUE_PLAIN, &b.queue, &err), &err);
    check(locl_arena_create("scratch", caps, &b.workspace, &err), &err);
    check(locl_command_buffer_create(b.device, b.workspace, &b.cmd, &err), &err);
    return b;
}

static const locl_tensor *add(bench *b, size_t size)
{
    locl_error err = {0};
    locl_tensor *t = &b->tensor[b->tensors++];
    *t = (locl_tensor){.bytes = size, .external = -1};
    check(locl_buffer_create(b->device, size, "large", &t->mem, &err), &err);
    return t;
}

static void write_at(bench *b, const locl_tensor *t, size_t offset, const float *x, size_t count)
{
    locl_error err = {0};
    check(locl_buffer_write(&b->queue, t->mem, offset, count * sizeof *x, x, LOCL_BLOCKING, NULL, NULL, &err),
          &err);
}

static void read_at(bench *b, const locl_tensor *t, size_t offset, float *x, size_t count)
{
    locl_error err = {0};
    check(locl_buffer_read(&b->queue, t->mem, offset, count * sizeof *x, x, LOCL_BLOCKING, NULL, NULL, &err),
          &err);
}

static void run(bench *b)
{
    locl_error err = {0};
    locl_bindings bindings = {.step = 0};
    check(locl_arena_bind(b->workspace, b->device, &err), &err);
    check(locl_command_buffer_bind(b->cmd, &err), &err);
    check(locl_command_buffer_enqueue(b->cmd, &b->queue, &bindings, &err), &err);
}

static void close_bench(bench *b)
{
    locl_command_buffer_release(b->cmd);
    locl_arena_release(b->workspace);
    for (size_t i = 0; i < b->tensors; i++) {
        locl_buffer_release(&b->tensor[i].mem);
    }
    locl_queue_release(&b->queue);
}

static void check_near(const float *got, const float *want, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!(fabs((double)got[i] - (double)want[i]) <= 1e-4)) {
            fail_msg("value %zu of the end: %g, reference %g", i, (double)got[i], (double)want[i]);
        }
    }
}

static void draws_at_the_end(void **state)
{
    float got[END * N], want[END * N];
    bench b = open_bench(1);
    const locl_tensor *out = add(&b, bytes);
    (void)state;
    locl_draw_fill(b.cmd, LOCL_NOISE_RADEMACHER, 1, 0, 0, 1, 0, 0, 1, values, out);
    run(&b);
    read_at(&b, out, end_offset, got, END * N);
    locl_draw(LOCL_NOISE_RADEMACHER, 1, 0, 0, (uint64_t)(ROWS - END) * N, END * N, want);
    assert_memory_equal(got, want, sizeof want);
    close_bench(&b);
}

static void sums_of_the_last_rows(void **state)
{
    float x[END * N], got[END], want[END];
    bench b = open_bench(1);
    const locl_tensor *large = add(&b, bytes), *out = add(&b, ROWS * sizeof(float));
    (void)state;
    locl_draw(LOCL_NOISE_GAUSSIAN, 2, 0, 0, 0, END * N, x);
    locl_sum_rows_ref(x, want, END, N);
    write_at(&b, large, end_offset, x, END * N);
    locl_sum_rows(b.cmd, large, out, ROWS, N);
    run(&b);
    read_at(&b, out, (ROWS - END) * sizeof(float), got, END);
    check_near(got, want, END);
    close_bench(&b);
}

static void layernorm_of_the_last_rows(void **state)
{
    float x[END * N], got[END * N], want[END * N];
    bench b = open_bench(2);
    const locl_tensor *large = add(&b, bytes), *out = add(&b, bytes);
    (void)state;
    locl_draw(LOCL_NOISE_GAUSSIAN, 3, 0, 0, 0, END * N, x);
    locl_layernorm_dual_ref(x, NULL, want, NULL, NULL, END, N, 0);
    write_at(&b, large, end_offset, x, END * N);
    locl_layernorm_dual(b.cmd, large, NULL, out, NULL, NULL, ROWS, N, 0);
    run(&b);
    read_at(&b, out, end_offset, got, END * N);
    check_near(got, want, END * N);
    close_bench(&b);
}

/* The last tangents of many: [M,B,P,G,w] with one small image. */
static void head_of_the_last_tangents(void **state)
{
    enum { B = 1, P = 2, G = 1, M = ROWS / (B * P * G) };
    float x[P * N], dx[END * N], f[N], got[END], want[END];
    bench b = open_bench(1);
    locl_head head = {.batch = B, .patches = P, .groups = G, .width = N};
    const locl_tensor *large = add(&b, bytes), *dl = add(&b, ROWS * sizeof(float)),
                      *dev_f = add(&b, sizeof f);
    (void)state;
    head.x = add(&b, sizeof x);
    locl_draw(LOCL_NOISE_GAUSSIAN, 4, 0, 0, 0, END * N, dx);
    locl_draw(LOCL_NOISE_GAUSSIAN, 4, 0, 1, 0, N, f);
    locl_draw(LOCL_NOISE_GAUSSIAN, 4, 0, 2, 0, P * N, x);
    locl_head_jvp_ref(&head, x, dx, f, END / P, want);
    write_at(&b, large, end_offset, dx, END * N);
    write_at(&b, dev_f, 0, f, N);
    write_at(&b, head.x, 0, x, P * N);
    locl_head_jvp(b.cmd, &head, large, dev_f, M, dl, 0, 1);
    run(&b);
    read_at(&b, dl, (ROWS - END) * sizeof(float), got, END);
    check_near(got, want, END);
    close_bench(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_at_the_end),
        cmocka_unit_test(sums_of_the_last_rows),
        cmocka_unit_test(layernorm_of_the_last_rows),
        cmocka_unit_test(head_of_the_last_tangents),
    };
    return cmocka_run_group_tests(tests, NULL, locl_check_close);
}
