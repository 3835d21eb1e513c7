/* Draws are numbered by the image's place in the whole batch (SPEC 4): parts of a batch, each told its first
 * image, draw what the whole one draws. */
#include "device/call.h"
#include "ops/activation.h"
#include "ops/draw.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { IMAGES = 6, PATCHES = 3, FIRST_PART = 2, TANGENTS = 2 };

static locl_devices *devices;

static void check_ok(locl_status status, const locl_error *err)
{
    if (status != LOCL_OK) {
        fail_msg("%s: %s", err->where, err->message);
    }
}

static void put(locl_queue *queue, const locl_tensor *t, float value)
{
    locl_error err = {0};
    check_ok(locl_buffer_fill(queue, t->mem, 0, t->bytes, &value, sizeof value, &err), &err);
}

static void get(locl_queue *queue, const locl_tensor *t, float *out)
{
    locl_error err = {0};
    check_ok(locl_buffer_read(queue, t->mem, 0, t->bytes, out, LOCL_BLOCKING, NULL, NULL, &err), &err);
}

/* What images first, first + 1, ... of a layer of `width` channels draw. */
typedef struct drawn {
    float *kept,
        *dpost; /* [M,images,P,width] noted by the forward pass, and its tangents: z is 1, so they are u */
    float *estimate; /* [images,P,width] sum over m of u[m] */
    float *filled;   /* [M,images P width] by draw_fill */
} drawn;

static drawn draw(size_t first, size_t images, size_t width, locl_noise_source source)
{
    locl_device *device = devices->device[0];
    locl_error err = {0};
    locl_queue queue = {0};
    locl_arena *arena = NULL;
    locl_command_buffer *cmd = NULL;
    size_t values = images * PATCHES * width;
    drawn d = {calloc(TANGENTS * values, sizeof(float)), calloc(TANGENTS * values, sizeof(float)),
               calloc(values, sizeof(float)), calloc(TANGENTS * values, sizeof(float))};
    assert_true(d.kept && d.dpost && d.estimate && d.filled);
    check_ok(locl_arena_create("arena", &device->caps, &arena, &err), &err);
    check_ok(locl_queue_create(device, LOCL_QUEUE_PLAIN, &queue, &err), &err);
    check_ok(locl_command_buffer_create(device, arena, &cmd, &err), &err);
    const locl_tensor *z = locl_command_buffer_scratch(cmd, values, "z"),
                      *post = locl_command_buffer_scratch(cmd, values, "post"),
                      *dpost = locl_command_buffer_scratch(cmd, TANGENTS * values, "dpost"),
                      *kept = locl_command_buffer_scratch(cmd, TANGENTS * values, "kept"),
                      *filled = locl_command_buffer_scratch(cmd, TANGENTS * values, "filled"),
                      *q = locl_command_buffer_scratch(cmd, values, "q"),
                      *dl = locl_command_buffer_scratch(cmd, TANGENTS * images, "dl");
    uint32_t tag = locl_draw_tag(LOCL_STREAM_NOISE, 0, 1, LOCL_LAYER_CHANNEL);
    locl_perturbation u = {.source = source, .drawn = {.seed = 7, .tag = tag, .first_image = first}};
    locl_activation a = {.shape = {.layer = LOCL_LAYER_CHANNEL,
                                   .batch = images,
                                   .patches = PATCHES,
                                   .groups = 1,
                                   .width = width},
                         .z = z,
                         .post = post};
    locl_activation_motion motion = {.kind = LOCL_MOTION_ACTIVITY_TANGENT,
                                     .activity = {.count = TANGENTS, .dpost = dpost, .u = u, .kept = kept}};
    locl_estimate e = {.dl = dl, .lp = 1, .lg = 1, .tangents = TANGENTS, .side = 1, .u = u};
    locl_activation_dual(cmd, &a, NULL, &motion);
    locl_activation_estimate(cmd, &a, &e, q);
    locl_draw_fill(cmd, source == LOCL_SOURCE_GAUSSIAN ? LOCL_NOISE_GAUSSIAN : LOCL_NOISE_RADEMACHER, 7, tag,
                   0, TANGENTS, first * PATCHES * width, PATCHES * width, 1, values, filled);
    check_ok(locl_arena_bind(arena, device, &err), &err);
    check_ok(locl_command_buffer_bind(cmd, &err), &err);
    put(&queue, z, 1);
    put(&queue, dl, (float)(TANGENTS * images)); /* undoes the mean */
    check_ok(locl_command_buffer_enqueue(cmd, &queue, &(locl_bindings){.step = 5}, &err), &err);
    get(&queue, kept, d.kept);
    get(&queue, dpost, d.dpost);
    get(&queue, q, d.estimate);
    get(&queue, filled, d.filled);
    locl_command_buffer_release(cmd);
    locl_arena_release(arena);
    locl_queue_release(&queue);
    return d;
}

static void release(drawn *d)
{
    free(d->kept);
    free(d->dpost);
    free(d->estimate);
    free(d->filled);
}

/* The part's images of each of `passes` are those of the whole from image `first` on. */
static void same(const float *whole, const float *part, size_t passes, size_t first, size_t images,
                 size_t image, const char *what)
{
    for (size_t m = 0; m < passes; m++) {
        const float *from = whole + (m * IMAGES + first) * image;
        for (size_t i = 0; i < images * image; i++) {
            float x = from[i], y = part[m * images * image + i];
            if (!(fabsf(x - y) <= 1e-5f * fabsf(x)) || x == 0) {
                fail_msg("%s of %zu values an image, pass %zu, value %zu: %g of the part, %g of the whole",
                         what, image, m, i, (double)y, (double)x);
            }
        }
    }
}

static void parts_draw_what_the_whole_draws(void **state)
{
    static const size_t widths[] = {5, 12, 16, 64}; /* chunks of 1, 4, 16 and 64 values; of 1 and 4 on GPUs */
    size_t count = devices->device[0]->caps.cpu ? sizeof widths / sizeof widths[0] : 2;
    (void)state;
    for (size_t w = 0; w < count; w++) {
        for (locl_noise_source source = LOCL_SOURCE_GAUSSIAN; source <= LOCL_SOURCE_RADEMACHER; source++) {
            size_t image = PATCHES * widths[w], rest = IMAGES - FIRST_PART;
            drawn whole = draw(0, IMAGES, widths[w], source),
                  part[] = {draw(0, FIRST_PART, widths[w], source),
                            draw(FIRST_PART, rest, widths[w], source)};
            for (size_t p = 0; p < 2; p++) {
                size_t first = p ? FIRST_PART : 0, images = p ? rest : FIRST_PART;
                same(whole.kept, part[p].kept, TANGENTS, first, images, image, "draws kept");
                same(whole.dpost, part[p].dpost, TANGENTS, first, images, image, "tangents");
                same(whole.filled, part[p].filled, TANGENTS, first, images, image, "draws alone");
                if (source == LOCL_SOURCE_GAUSSIAN) { /* sums of signs may be 0 */
                    same(whole.estimate, part[p].estimate, 1, first, images, image, "the estimate");
                }
                release(&part[p]);
            }
            /* it would go unnoticed if all images drew the same */
            assert_memory_not_equal(whole.kept, whole.kept + FIRST_PART * image, image * sizeof(float));
            release(&whole);
        }
    }
}

static int open_device(void **state)
{
    locl_error err = {0};
    (void)state;
    check_ok(locl_devices_open(NULL, 0, &devices, &err), &err);
    return 0;
}

static int close_device(void **state)
{
    (void)state;
    locl_devices_close(devices);
    return 0;
}

/* Cut as for GPUs: chunks of 4, a few items. */
static int open_as_gpu(void **state)
{
    int failed = open_device(state);
    devices->device[0]->caps.cpu = false;
    devices->device[0]->caps.work_group = 4;
    return failed;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(parts_draw_what_the_whole_draws, open_device, close_device),
        cmocka_unit_test_setup_teardown(parts_draw_what_the_whole_draws, open_as_gpu, close_device),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
