/* Recording a step: what it takes of the thread that does it. */
#include "sched/stage.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A sanitizer's frames are larger. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { FRAMES = 4 };
#else
enum { FRAMES = 1 };
#endif
enum { STACK = FRAMES * (128 << 10), USED = FRAMES * (32 << 10), PAINT = 0x5A };

typedef struct recording {
    locl_stage_options options;
    locl_devices *devices;
    locl_stage stage;
    locl_status status;
    locl_error err;
} recording;

static void *record(void *argument)
{
    recording *r = argument;
    locl_arena *workspace = NULL;
    locl_device *device = r->devices->device[0];
    r->status = locl_arena_create("workspace", &device->caps, &workspace, &r->err);
    if (r->status == LOCL_OK) {
        r->status = locl_stage_open(&r->options, device, workspace, &r->stage, &r->err);
        locl_stage_close(&r->stage);
    }
    locl_arena_release(workspace);
    return NULL;
}

/* Bytes at the low end of the stack that nobody wrote. */
static size_t untouched(const unsigned char *stack)
{
    size_t bytes = 0;
    while (bytes < STACK && stack[bytes] == PAINT) {
        bytes++;
    }
    return bytes;
}

/* The deepest network there is, all its blocks in one recording. */
static void fits_a_small_stack(void **state)
{
    locl_model_options o = locl_model_options_default();
    locl_model *model = malloc(sizeof *model);
    recording *r = calloc(1, sizeof *r);
    static _Alignas(4096) unsigned char stack[STACK];
    assert_true(model && r);
    (void)state;
    o.image[0] = o.image[1] = 4;
    o.image[2] = 1;
    o.classes = 3;
    o.blocks = LOCL_MODEL_MAX_BLOCKS;
    o.patches = 2;
    o.channels = 4;
    o.groups = 2;
    assert_int_equal(locl_model_open(&o, model, &r->err), LOCL_OK);
    assert_int_equal(locl_devices_open(NULL, 0, &r->devices, &r->err), LOCL_OK);
    for (locl_rule_kind kind = 0; kind < LOCL_RULES; kind++) {
        locl_rule_options rule = locl_rule_options_default();
        locl_optim_options optim = locl_optim_options_default();
        pthread_attr_t attributes;
        pthread_t thread;
        rule.kind = kind;
        rule.loss_block = kind != LOCL_RULE_LG_FG_A; /* what tells one recording of all blocks from many */
        r->options = (locl_stage_options){.model = model,
                                          .rule = &rule,
                                          .optim = &optim,
                                          .train = true,
                                          .products = {.engine = LOCL_ENGINE_NATIVE},
                                          .batch = 2,
                                          .last = LOCL_MODEL_MAX_BLOCKS,
                                          .classifier = true};
        memset(stack, PAINT, STACK);
        assert_int_equal(pthread_attr_init(&attributes), 0);
        assert_int_equal(pthread_attr_setstack(&attributes, stack, STACK), 0);
        assert_int_equal(pthread_create(&thread, &attributes, record, r), 0);
        pthread_join(thread, NULL);
        pthread_attr_destroy(&attributes);
        if (r->status != LOCL_OK) {
            fail_msg("%s: %s: %s", locl_rule_of(kind)->name, r->err.where, r->err.message);
        }
        size_t used = STACK - untouched(stack);
        if (used > USED) {
            fail_msg("%s: recording took %zu bytes of the stack, more than %d", locl_rule_of(kind)->name,
                     used, USED);
        }
    }
    locl_devices_close(r->devices);
    free(r);
    free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(fits_a_small_stack)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
