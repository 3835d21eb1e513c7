/* What locl_probe() refuses: every tensor that is missing, unknown, misshaped, of another type or not finite,
 * labels out of range and empty batches, each named. */
#include "study/probe.h"
#include "support/step_case.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define YAML                                                                                                 \
    "model: {image: [4, 4, 1], classes: 3, blocks: 2, patches: 2, channels: 8, groups: 2}\n"                 \
    "rule: {name: lg-fg-a, passes: 2}\n"

/* Leaves out `drop`, puts `add` (rank, dims) in place of it or beside it. */
typedef struct change {
    const char *drop;
    const char *add;
    locl_dtype dtype;
    size_t rank, dim[4];
} change;

static void copy_changed(const locl_arrays *in, const change *c, locl_arrays *out)
{
    for (size_t i = 0; i < in->count; i++) {
        const locl_array *a = in->array[i];
        if (!c->drop || strcmp(a->name, c->drop) != 0) {
            locl_array *b = locl_arrays_add(out, a->name, a->dtype, a->rank, a->dim, NULL);
            assert_non_null(b);
            memcpy(b->data, a->data, locl_array_bytes(a));
        }
    }
    if (c->add) {
        assert_non_null(locl_arrays_add(out, c->add, c->dtype, c->rank, c->dim, NULL));
    }
}

static void expect_refused(const step_case *c, const locl_arrays *in, const char *first, const char *second)
{
    locl_error err = {0};
    locl_arrays out = {0};
    assert_int_equal(locl_probe(c->config, step_device(), in, &out, &err), LOCL_E_CHECKPOINT);
    if (!strstr(err.message, first) || !strstr(err.message, second)) {
        fail_msg("'%s' and '%s' are not in: %s", first, second, err.message);
    }
    assert_int_equal(out.count, 0);
    locl_arrays_free(&out);
}

static void tensors_that_do_not_fit(void **state)
{
    (void)state;
    static const struct {
        change change;
        const char *first, *second;
    } cases[] = {
        {{.drop = "images"}, "images", "missing"},
        {{.drop = "labels"}, "labels", "missing"},
        {{.drop = "blocks.1.token.weight"}, "blocks.1.token.weight", "missing"},
        {{.drop = "classifier.bias"}, "classifier.bias", "missing"},
        {{.drop = "noise.1.blocks.0.group"}, "noise.1.blocks.0.group", "missing"},
        {{.add = "blocks.2.head.bias", .rank = 1, .dim = {3}}, "blocks.2.head.bias", ""},
        {{.add = "blocks.0.token.weight", .rank = 2, .dim = {4, 4}}, "blocks.0.token.weight", ""},
        {{.add = "noise.2.blocks.0.group", .rank = 4, .dim = {3, 4, 2, 4}}, "noise.2.blocks.0.group", ""},
        {{.add = "noise.0.blocks.0.token", .rank = 3, .dim = {3, 4, 8}}, "noise.0.blocks.0.token", ""},
        {{.drop = "images", .add = "images", .rank = 4, .dim = {3, 4, 4, 2}}, "images", "[3,4,4,1]"},
        {{.drop = "images", .add = "images", .rank = 3, .dim = {3, 4, 4}}, "images", "[3,4,4,1]"},
        {{.drop = "images", .add = "images", .dtype = LOCL_I32, .rank = 4, .dim = {3, 4, 4, 1}},
         "images",
         "F32"},
        {{.drop = "images", .add = "images", .rank = 4, .dim = {0, 4, 4, 1}}, "images", "there are none"},
        {{.drop = "images", .add = "images", .rank = 0}, "images", ""},
        {{.drop = "labels", .add = "labels", .dtype = LOCL_I32, .rank = 1, .dim = {2}}, "labels", "[3]"},
        {{.drop = "labels", .add = "labels", .dtype = LOCL_I64, .rank = 1, .dim = {3}}, "labels", "I32"},
        {{.drop = "labels", .add = "labels", .rank = 1, .dim = {3}}, "labels", "I32"},
        {{.drop = "blocks.0.group.weight", .add = "blocks.0.group.weight", .rank = 2, .dim = {2, 16}},
         "blocks.0.group.weight",
         "[2,4,4]"},
        {{.drop = "noise.0.blocks.0.group", .add = "noise.0.blocks.0.group", .rank = 3, .dim = {3, 4, 8}},
         "noise.0.blocks.0.group",
         "[3,4,2,4]"},
    };
    step_case c;
    step_case_open(&c, YAML, 3, 1);
    step_case_add_draws(&c, 2);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        locl_arrays in = {0};
        copy_changed(&c.in, &cases[i].change, &in);
        expect_refused(&c, &in, cases[i].first, cases[i].second);
        locl_arrays_free(&in);
    }
    step_case_close(&c);
}

/* The batch is then what the labels say: nothing else is wrong. */
static void images_that_are_missing(void **state)
{
    (void)state;
    step_case c;
    locl_error err = {0};
    locl_arrays in = {0}, out = {0};
    step_case_open(&c, YAML, 3, 1);
    step_case_add_draws(&c, 2);
    copy_changed(&c.in, &(change){.drop = "images"}, &in);
    assert_int_equal(locl_probe(c.config, step_device(), &in, &out, &err), LOCL_E_CHECKPOINT);
    assert_string_equal(err.message, "these tensors don't fit the model:\n  missing: images");
    locl_arrays_free(&in);
    step_case_close(&c);
}

static void values_that_are_not_finite(void **state)
{
    (void)state;
    static const char *const names[] = {"images", "blocks.1.channel.bias", "classifier.weight",
                                        "noise.1.blocks.1.token"};
    step_case c;
    step_case_open(&c, YAML, 3, 1);
    step_case_add_draws(&c, 2);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const locl_array *a = locl_arrays_find(&c.in, names[i]);
        float *v = (float *)a->data + a->count - 1, kept = *v;
        *v = i % 2 ? INFINITY : NAN;
        expect_refused(&c, &c.in, names[i], "finite");
        *v = kept;
    }
    step_case_close(&c);
}

static void labels_out_of_range(void **state)
{
    (void)state;
    static const int32_t wrong[] = {-1, 3, INT32_MAX, INT32_MIN};
    step_case c;
    step_case_open(&c, YAML, 3, 1);
    int32_t *labels = locl_arrays_find(&c.in, "labels")->data;
    for (size_t i = 0; i < 4; i++) {
        char text[32];
        labels[2] = wrong[i];
        snprintf(text, sizeof text, "[2] is %d", (int)wrong[i]);
        expect_refused(&c, &c.in, "labels", text);
    }
    step_case_close(&c);
}

/* Draws that the rule does not use may be there: the group layer's under exact_last, all under lg-bp. */
static void draws_that_are_not_used(void **state)
{
    (void)state;
    static const char *const rules[] = {"name: lg-fg-a, passes: 2, exact_last: true", "name: lg-bp"};
    for (size_t i = 0; i < 2; i++) {
        char yaml[512];
        step_case c;
        locl_arrays out = {0};
        snprintf(yaml, sizeof yaml,
                 "model: {image: [4, 4, 1], classes: 3, blocks: 2, patches: 2, channels: 8, groups: 2}\n"
                 "rule: {%s}\n",
                 rules[i]);
        step_case_open(&c, yaml, 3, 1);
        step_case_add_draws(&c, 2);
        step_probe(&c, &out);
        assert_non_null(locl_arrays_find(&out, "grad.blocks.1.token.weight"));
        locl_arrays_free(&out);
        step_case_close(&c);
    }
}

/* A device that is too small is an error too, not a crash. */
static void a_device_with_too_little_memory(void **state)
{
    (void)state;
    step_case c;
    locl_error err = {0};
    locl_arrays out = {0};
    step_case_open(&c, YAML, 3, 1);
    locl_device *device = step_device();
    cl_ulong kept = device->caps.largest_buffer;
    device->caps.largest_buffer = 256;
    locl_status status = locl_probe(c.config, device, &c.in, &out, &err);
    device->caps.largest_buffer = kept;
    assert_int_equal(status, LOCL_E_TOO_LARGE);
    assert_true(err.message[0]);
    locl_arrays_free(&out);
    step_case_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tensors_that_do_not_fit),    cmocka_unit_test(images_that_are_missing),
        cmocka_unit_test(values_that_are_not_finite), cmocka_unit_test(labels_out_of_range),
        cmocka_unit_test(draws_that_are_not_used),    cmocka_unit_test(a_device_with_too_little_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
