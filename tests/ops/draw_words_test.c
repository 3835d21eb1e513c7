/* The map from words to Gaussian pairs in cl/draw.clh against locl_gaussian_pair(), bit for bit, on chosen
 * words: the extremes that no draw of a test would meet. For each number of lanes. */
#include "base/philox.h"
#include "device/call.h"
#include "device/device.h"
#include "device/program.h"
#include "support/kernel_folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define KERNEL                                                                                               \
    "#include \"draw.clh\"\n"                                                                                \
    "kernel void words(global const lanes_u *a, global const lanes_u *b, global lanes_f *n0, global "        \
    "lanes_f *n1)\n"                                                                                         \
    "{\n"                                                                                                    \
    "    size_t i = get_global_id(0);\n"                                                                     \
    "    lanes_f x, y;\n"                                                                                    \
    "    draw_gaussian_pair(a[i], b[i], &x, &y);\n"                                                          \
    "    n0[i] = x;\n"                                                                                       \
    "    n1[i] = y;\n"                                                                                       \
    "}\n"

enum { EDGES = 5 * 32, WORDS = EDGES * EDGES, A = 0, B, N0, N1, BUFFERS };

/* 2^k - 1, 2^k, 2^k + 1, the top of a word below 2^k + 2^(k-1), and where its fraction passes sqrt(2) */
static uint32_t edge(size_t i)
{
    uint32_t power = 1u << (i % 32), top = (uint32_t)(0xB504F3ull << 8 >> (31 - i % 32));
    switch (i / 32) {
    case 0:
        return power - 1;
    case 1:
        return power;
    case 2:
        return power + 1;
    case 3:
        return power | (power - 1);
    default:
        return top;
    }
}

static void check_lanes(locl_device *device, unsigned chunk, const uint32_t *a, const uint32_t *b, float *n0,
                        float *n1)
{
    locl_error err = {0};
    locl_queue queue;
    cl_mem buffer[BUFFERS];
    cl_kernel kernel;
    char options[32];
    const void *in[] = {a, b};
    float *out[] = {n0, n1};
    size_t bytes = WORDS * sizeof *a, items = WORDS / (chunk < 4 ? 1 : chunk / 4);
    snprintf(options, sizeof options, "-D CHUNK=%u", chunk);
    assert_int_equal(locl_queue_create(device, LOCL_QUEUE_PLAIN, &queue, &err), LOCL_OK);
    if (locl_kernel_create(device, "words.cl", "words", options, 1, &kernel, &err) != LOCL_OK) {
        fail_msg("%s", err.message);
    }
    for (cl_uint i = 0; i < BUFFERS; i++) {
        assert_int_equal(locl_buffer_create(device, bytes, "words", &buffer[i], &err), LOCL_OK);
        assert_int_equal(clSetKernelArg(kernel, i, sizeof(cl_mem), &buffer[i]), CL_SUCCESS);
        if (i < N0) {
            assert_int_equal(
                locl_buffer_write(&queue, buffer[i], 0, bytes, in[i], LOCL_BLOCKING, NULL, NULL, &err),
                LOCL_OK);
        }
    }
    assert_int_equal(clEnqueueNDRangeKernel(queue.cl, kernel, 1, NULL, &items, NULL, 0, NULL, NULL),
                     CL_SUCCESS);
    for (cl_uint i = N0; i < BUFFERS; i++) {
        assert_int_equal(
            locl_buffer_read(&queue, buffer[i], 0, bytes, out[i - N0], LOCL_BLOCKING, NULL, NULL, &err),
            LOCL_OK);
    }
    for (cl_uint i = 0; i < BUFFERS; i++) {
        locl_buffer_release(&buffer[i]);
    }
    clReleaseKernel(kernel);
    locl_queue_release(&queue);
}

static void extreme_words_map_alike(void **state)
{
    static const unsigned chunks[] = {64, 32, 16, 4, 1};
    static uint32_t a[WORDS], b[WORDS];
    static float n0[WORDS], n1[WORDS];
    locl_error err = {0};
    locl_devices *devices = NULL;
    (void)state;
    if (locl_devices_open(NULL, 0, &devices, &err) != LOCL_OK) {
        fail_msg("%s: %s", err.where, err.message);
    }
    for (size_t i = 0; i < WORDS; i++) {
        a[i] = edge(i / EDGES);
        b[i] = edge(i % EDGES);
    }
    for (size_t k = 0; k < sizeof chunks / sizeof chunks[0]; k++) {
        check_lanes(devices->device[0], chunks[k], a, b, n0, n1);
        for (size_t i = 0; i < WORDS; i++) {
            float pair[2];
            locl_gaussian_pair(a[i], b[i], pair);
            if (memcmp(&n0[i], pair, sizeof *pair) || memcmp(&n1[i], pair + 1, sizeof *pair)) {
                fail_msg("chunk %u, words %08x %08x: %a %a, reference %a %a", chunks[k], a[i], b[i],
                         (double)n0[i], (double)n1[i], (double)pair[0], (double)pair[1]);
            }
        }
    }
    locl_devices_close(devices);
}

static int set_up(void **state)
{
    *state = locl_kernel_folder_make();
    locl_kernel_folder_write(*state, "words.cl", KERNEL);
    return 0;
}

static int tear_down(void **state)
{
    locl_kernel_folder_remove(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(extreme_words_map_alike)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
