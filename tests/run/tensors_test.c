/* Images and outputs of a run: what the network gives for images is what its evaluation measures. */
#include <locl/locl.h>

#include "support/data_files.h"

#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TRAIN = 40, TEST = 13, SIDE = 4, VALUES = SIDE * SIDE, MOST_CLASSES = 10, BLOCKS = 2 };

/* Opens a network with its initial values, whose batches are of 5 images. */
static locl_run *open_run(const char *rule, const char *norm)
{
    char text[1024];
    locl_run *run;
    locl_error err;
    snprintf(text, sizeof text,
             "model: {blocks: 2, patches: 2, channels: 16, groups: 4, norm: %s}\nrule: {name: %s}\n"
             "data: {name: mnist, path: %s, batch: 5}\ndevices: cpu\ntune: off\n",
             norm, rule, data_path("data"));
    data_write("config.yaml", text, strlen(text));
    const locl_run_setup setup = {.purpose = LOCL_RUN_EVALUATE, .config = data_path("config.yaml")};
    if (locl_run_open(&setup, &run, &err) != LOCL_OK) {
        fail_msg("%s", err.message);
    }
    return run;
}

/* Returns loss and error of logits [TEST,classes]. */
static locl_score score_of(const float *logits, const int32_t *labels, size_t classes)
{
    locl_score score = {0, 0};
    for (size_t n = 0; n < TEST; n++) {
        const float *row = logits + n * classes;
        size_t best = 0;
        double sum = 0;
        for (size_t k = 0; k < classes; k++) {
            best = row[k] > row[best] ? k : best;
            sum += exp((double)row[k]);
        }
        score.loss += (log(sum) - (double)row[labels[n]]) / TEST;
        score.error += (best != (size_t)labels[n]) / (double)TEST;
    }
    return score;
}

static void expect_score(const float *logits, const int32_t *labels, size_t classes,
                         const locl_score *expected)
{
    locl_score found = score_of(logits, labels, classes);
    assert_true(fabs(found.loss - expected->loss) < 1e-5);
    assert_true(fabs(found.error - expected->error) < 1e-9);
}

static void check(const char *rule, const char *norm)
{
    float images[TEST * VALUES], logits[TEST * MOST_CLASSES], heads[BLOCKS * TEST * MOST_CLASSES];
    float alone[MOST_CLASSES];
    int32_t labels[TEST];
    locl_run_shape shape;
    locl_result result;
    locl_run *run = open_run(rule, norm);
    assert_int_equal(locl_run_measure_split(run, "test", &shape, NULL), LOCL_OK);
    assert_int_equal(shape.images, TEST);
    assert_true(shape.height == SIDE && shape.width == SIDE && shape.channels == 1 && shape.blocks == BLOCKS);
    assert_true(shape.classes <= MOST_CLASSES);
    assert_int_equal(locl_run_images(run, "test", 0, TEST, images, labels, NULL), LOCL_OK);
    assert_int_equal(locl_run_logits(run, images, TEST, logits, heads, NULL), LOCL_OK);
    assert_int_equal(locl_run_evaluate(run, "test", &result, NULL), LOCL_OK);
    expect_score(logits, labels, shape.classes, &result.classifier);
    for (size_t k = 0; k < BLOCKS; k++) {
        expect_score(heads + k * TEST * shape.classes, labels, shape.classes, &result.block[k]);
    }
    assert_int_equal(locl_run_logits(run, images + 7 * VALUES, 1, alone, NULL, NULL), LOCL_OK);
    for (size_t k = 0; k < shape.classes; k++) {
        assert_true(fabsf(alone[k] - logits[7 * shape.classes + k]) < 1e-5f);
    }
    locl_run_close(run);
}

static void logits_are_those_that_evaluation_measures(void **unused)
{
    (void)unused;
    check("lg-fg-a", "layer");
    check("lg-fg-a", "batch");
    check("bp", "layer");
}

static void images_are_normalised_in_their_order(void **unused)
{
    (void)unused;
    float images[2 * VALUES];
    int32_t labels[2];
    uint8_t pixels[16 + TRAIN * VALUES];
    locl_run_shape shape;
    locl_run *run = open_run("lg-bp", "layer");
    assert_int_equal(locl_run_measure_split(run, "train", &shape, NULL), LOCL_OK);
    assert_int_equal(shape.images, TRAIN);
    assert_int_equal(locl_run_images(run, "train", 3, 2, images, labels, NULL), LOCL_OK);
    assert_int_equal(locl_run_images(run, "train", 3, 2, NULL, NULL, NULL), LOCL_OK);
    data_read("data/train-images-idx3-ubyte", pixels, sizeof pixels);
    for (size_t i = 0; i < 2 * VALUES; i++) {
        double pixel = pixels[16 + 3 * VALUES + i] / 255.0;
        assert_true(fabs(images[i] - (pixel - shape.mean[0]) / shape.std[0]) < 1e-5);
    }
    locl_run_close(run);
}

static void what_is_wrong_is_told(void **unused)
{
    (void)unused;
    float images[VALUES] = {0}, logits[MOST_CLASSES];
    locl_run_shape shape;
    locl_error err;
    locl_run *run = open_run("lg-bp", "layer");
    assert_int_equal(locl_run_measure_split(run, "all", &shape, &err), LOCL_E_USAGE);
    assert_non_null(strstr(err.message, "should be test or train"));
    assert_int_equal(locl_run_images(run, "test", TEST, 1, images, NULL, &err), LOCL_E_USAGE);
    assert_non_null(strstr(err.message, "split test has 13"));
    assert_int_equal(locl_run_images(run, "test", 1, SIZE_MAX, images, NULL, &err), LOCL_E_USAGE);
    assert_int_equal(locl_run_logits(run, images, 0, logits, NULL, &err), LOCL_E_USAGE);
    images[5] = INFINITY;
    assert_int_equal(locl_run_logits(run, images, 1, logits, NULL, &err), LOCL_E_USAGE);
    assert_non_null(strstr(err.message, "value 5 of image 0 is not finite"));
    locl_run_close(run);
}

static void network_is_told(void **unused)
{
    (void)unused;
    char *text;
    locl_run *run = open_run("lg-bp", "sample");
    assert_int_equal(locl_run_network_to_json(run, &text, NULL), LOCL_OK);
    json_t *json = json_loads(text, 0, NULL);
    const json_t *second = json_array_get(json_object_get(json, "blocks"), 1);
    assert_string_equal(json_string_value(json_object_get(json, "norm")), "sample");
    assert_true(json_is_true(json_object_get(json, "begin_ln")));
    assert_int_equal(json_integer_value(json_object_get(second, "width")), 16);
    assert_string_equal(json_string_value(json_object_get(second, "token")), "linear");
    json_decref(json);
    free(text);
    locl_run_close(run);
}

static int setup(void **state)
{
    (void)state;
    data_idx_set("data", false, TRAIN, TEST, SIDE, SIDE);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logits_are_those_that_evaluation_measures),
        cmocka_unit_test(images_are_normalised_in_their_order),
        cmocka_unit_test(what_is_wrong_is_told),
        cmocka_unit_test(network_is_told),
    };
    return cmocka_run_group_tests(tests, setup, data_folder_remove);
}
