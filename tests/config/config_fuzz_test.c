/* Damaged configurations: cut anywhere, bytes changed, pieces doubled. Each either loads, and then its
 * resolved text loads too, or is refused with a message; the sanitizers' builds watch for the rest. */
#include "config/config.h"

#include "base/file.h"
#include "base/philox.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const char seed_text[] =
    "seed: 7\n"
    "model:\n  preset: M/8/16 # a comment\n  image: [32, 32, 3]\n  downsample: [1, 1, 1, 1]\n"
    "rule: {name: lg-fg-a, noise: \"rademacher\", tangents: {channel: 1}, losses: {block: true}}\n"
    "data:\n  name: 'cifar10'\n  path: >-\n    some\n    where\n  mean: [0.1, 2e-1, .3]\n  std: [1, 1, 1]\n"
    "devices: [!0:1, all, {name: arc, split: 2, part: 1}]\n"
    "placement: [{blocks: [0, 1, 2, 3], devices: [0]}]\n"
    "optimizer: {lr: 1.0e-1}\n";

static void check(const char *text, size_t size, size_t *loaded)
{
    locl_config *config;
    locl_error err = {0};
    locl_status status = locl_config_parse("f.yaml", text, size, NULL, 0, LOCL_CONFIG_TRAIN, &config, &err);
    if (status == LOCL_OK) {
        locl_text resolved = {0};
        locl_config *again;
        assert_int_equal(locl_config_text(config, &resolved, &err), LOCL_OK);
        assert_int_equal(locl_config_parse("f.yaml", resolved.data, resolved.length, NULL, 0,
                                           LOCL_CONFIG_TRAIN, &again, &err),
                         LOCL_OK);
        locl_config_free(again);
        locl_config_free(config);
        locl_text_free(&resolved);
        ++*loaded;
    } else {
        assert_int_equal(status, LOCL_E_CONFIG);
        assert_null(config);
        assert_true(strlen(err.message) > 0);
    }
}

static void cut_anywhere(void **state)
{
    size_t loaded = 0;
    (void)state;
    for (size_t size = 0; size < sizeof seed_text; size++) {
        check(seed_text, size, &loaded);
    }
    assert_true(loaded > 0); /* the whole text, at least */
}

/* `count` changes drawn from philox: overwrite, remove, or double a piece of `text` [size, capacity]. */
static size_t mutate(char *text, size_t size, size_t capacity, uint32_t round)
{
    static const char special[] = "{}[]:,#&*!|>'\"%@`-?\t\n \\~<0.e\x80\xff";
    for (uint32_t i = 0; i < 1 + round % 4; i++) {
        locl_philox_block draw = locl_philox4x32((uint32_t[4]){i, round, 0, 0}, (uint32_t[2]){17, 0});
        size_t at = draw.word[0] % size, length = draw.word[1] % 12;
        length = length < size - at ? length : size - at;
        if (draw.word[2] % 3 == 0) {
            text[at] = special[draw.word[3] % (sizeof special - 1)];
        } else if (draw.word[2] % 3 == 1 && length < size) {
            memmove(text + at, text + at + length, size - at - length);
            size -= length;
        } else if (size + length <= capacity) {
            memmove(text + at + length, text + at, size - at);
            size += length;
        }
    }
    return size;
}

static void changed_anywhere(void **state)
{
    enum { ROUNDS = 20000 };
    size_t loaded = 0;
    (void)state;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        char text[sizeof seed_text + 64];
        memcpy(text, seed_text, sizeof seed_text - 1);
        size_t size = mutate(text, sizeof seed_text - 1, sizeof text, round);
        char *exact = malloc(size); /* so that reading past the end is seen */
        assert_non_null(exact);
        memcpy(exact, text, size);
        check(exact, size, &loaded);
        free(exact);
    }
    assert_true(loaded > 0 && loaded < ROUNDS);
}

static void damaged_sets(void **state)
{
    static const char *const values[] = {"[",
                                         "{",
                                         "}",
                                         "{a",
                                         "'",
                                         "\"",
                                         "|",
                                         ">",
                                         "&a",
                                         "!",
                                         "!!",
                                         "!x y",
                                         "? a",
                                         "-",
                                         "- a",
                                         ":",
                                         "a: b",
                                         "%",
                                         "@",
                                         "`",
                                         "~",
                                         "\x80",
                                         "[[[[[[[[[[[[[[[[[[["};
    static const char *const keys[] = {
        "seed", "model", "model.image", "data.path", "devices",  "placement",   "",
        ".",    "..",    "a.",          ".a",        "model..x", "rule.losses", "rule.losses.block.x"};
    static const char text[] = "{model: {preset: S/1/1}, data: {name: mnist}}";
    (void)state;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        for (size_t j = 0; j < sizeof values / sizeof values[0]; j++) {
            locl_text set = {0};
            locl_config *config;
            locl_error err = {0};
            locl_text_add(&set, "%s=%s", keys[i], values[j]);
            const char *sets[] = {set.data, set.data};
            locl_status status =
                locl_config_parse("f.yaml", text, strlen(text), sets, 2, LOCL_CONFIG_TRAIN, &config, &err);
            assert_true(status == LOCL_OK || (status == LOCL_E_CONFIG && err.message[0]));
            locl_config_free(config);
            locl_text_free(&set);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut_anywhere),
        cmocka_unit_test(changed_anywhere),
        cmocka_unit_test(damaged_sets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
