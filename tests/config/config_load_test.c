/* Good configurations: the fields they fill, defaults, the resolved text, and where keys stand. */
#include "config/config.h"

#include "base/file.h"
#include "base/log.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static locl_config *parse_with(const char *text, const char *const *sets, size_t count,
                               locl_config_purpose purpose)
{
    locl_config *config;
    locl_error err = {0};
    if (locl_config_parse("dir/some name.yaml", text, strlen(text), sets, count, purpose, &config, &err)) {
        print_error("%s\n", err.message);
        fail();
    }
    return config;
}

static locl_config *parse(const char *text)
{
    return parse_with(text, NULL, 0, LOCL_CONFIG_TRAIN);
}

static void the_spec_example_fills_the_fields(void **state)
{
    locl_config *config =
        parse("seed: 7\n"
              "model:  {preset: M/8/16, image: [32, 32, 3], classes: 10}\n"
              "rule:   {name: lg-fg-a, noise: rademacher, passes: 3, norm_grad: false,\n"
              "         exact_last: true, tangents: {channel: 32},\n"
              "         losses: {block: true, patch: false, group: false}, epsilon: 1.0e-3}\n"
              "data:   {name: cifar10, path: some/where, batch: 128, mean: [.5, 5e-1, 0.5],\n"
              "         std: [1, 2, 3]}\n"
              "optimizer: {name: adamw, lr: 0.05, momentum: 0.9, weight_decay: 1.0e-4,\n"
              "            schedule: warmup_cosine, warmup_epochs: 0.5}\n"
              "train:  {epochs: 10, steps: 4000000000}\n"
              "run:    {dir: runs/name}\n"
              "engine: native\n");
    (void)state;
    assert_int_equal(config->seed, 7);
    assert_string_equal(config->model.preset, "M/8/16");
    assert_int_equal(config->model.blocks, 4);
    assert_int_equal(config->model.hidden, 512);
    assert_int_equal(config->model.image[0], 32);
    assert_int_equal(config->data.image[2], 3);
    assert_int_equal(config->model.classes, 10);
    assert_int_equal(config->rule.noise, LOCL_NOISE_RADEMACHER);
    assert_int_equal(config->rule.passes, 3);
    assert_false(config->rule.norm_grad);
    assert_true(config->rule.exact_last);
    assert_int_equal(config->rule.channel_tangents, 32);
    assert_true(config->rule.loss_block);
    assert_false(config->rule.loss_patch);
    assert_false(config->rule.loss_group);
    assert_int_equal(config->data.name, LOCL_DATA_CIFAR10);
    assert_string_equal(config->data.path, "some/where");
    assert_int_equal(config->data.mean_count, 3);
    assert_true(config->data.mean[1] == 0.5 && config->data.std[2] == 3.0);
    assert_int_equal(config->optimizer.kind, LOCL_OPTIMIZER_ADAMW);
    assert_int_equal(config->optimizer.schedule, LOCL_SCHEDULE_WARMUP_COSINE);
    assert_true(config->optimizer.warmup_epochs == 0.5 && config->optimizer.weight_decay == 1e-4);
    assert_int_equal(config->train.steps, 4000000000);
    assert_string_equal(config->run.dir, "runs/name");
    assert_int_equal(config->engine, LOCL_ENGINE_NATIVE);
    locl_config_free(config);
}

static void presets_can_be_changed_in_part(void **state)
{
    locl_config *config = parse("{model: {preset: L/8/64, blocks: 2, channels: 128}, data: {name: mnist}}");
    (void)state;
    assert_int_equal(config->model.blocks, 2);
    assert_int_equal(config->model.patches, 8);
    assert_int_equal(config->model.channels, 128);
    assert_int_equal(config->model.hidden, 128);
    assert_int_equal(config->model.groups, 64);
    locl_config_free(config);
    config =
        parse("{model: {blocks: 3, patches: 2, channels: 12, hidden: 18, groups: 6}, data: {name: mnist}}");
    assert_string_equal(config->model.preset, "");
    assert_int_equal(config->model.hidden, 18);
    locl_config_free(config);
}

static void every_preset_resolves(void **state)
{
    (void)state;
    for (const locl_model_preset *preset = locl_model_presets; preset->name; preset++) {
        locl_model_options options = locl_model_options_default();
        locl_error err;
        snprintf(options.preset, sizeof options.preset, "%s", preset->name);
        assert_int_equal(locl_model_options_resolve(&options, &err), LOCL_OK);
        assert_int_equal(options.blocks, preset->blocks);
        assert_int_equal(options.hidden, preset->channels);
        assert_int_equal(options.hidden % options.groups, 0);
    }
    locl_model_options wrong = locl_model_options_default();
    locl_error err;
    snprintf(wrong.preset, sizeof wrong.preset, "X");
    assert_int_equal(locl_model_options_resolve(&wrong, &err), LOCL_E_CONFIG);
    assert_non_null(strstr(err.message, "S/1/1, M/1/16, M/8/16, L/8/64, L/32/64"));
}

static void absent_sections_have_defaults(void **state)
{
    locl_config *config = parse("{model: {preset: S/1/1}, data: {name: mnist}}");
    (void)state;
    assert_int_equal(config->data.batch, 128);
    assert_int_equal(config->rule.kind, LOCL_RULE_LG_FG_A);
    assert_int_equal(config->train.epochs, 10);
    assert_int_equal(config->train.save_steps, 200);
    assert_int_equal(config->device_count, 1);
    assert_string_equal(config->devices[0].text, "auto");
    assert_int_equal(config->placement_count, 0);
    assert_string_equal(config->run.dir, "runs/some-name");
    assert_true(config->optimizer.classifier_lr == 0.1 && config->optimizer.head_lr == 1.0);
    locl_config_free(config);
}

static void devices_take_all_forms(void **state)
{
    locl_config *config = parse("{model: {preset: S/1/1}, data: {name: mnist}, devices: 0:1}");
    (void)state;
    assert_int_equal(config->device_count, 1);
    assert_string_equal(config->devices[0].text, "0:1");
    locl_config_free(config);
    config =
        parse("model: {preset: S/1/1}\n"
              "data: {name: mnist}\n"
              "devices: [!0:1, 1:0/0/2, \"!arc a380\", !Intel CPU, {vendor: intel, type: gpu, index: 1}, "
              "{name: 'zen 4', split: 4, part: 3, engine: native}]\n");
    assert_int_equal(config->device_count, 6);
    assert_string_equal(config->devices[0].text, "!0:1");
    assert_string_equal(config->devices[1].text, "1:0/0/2");
    assert_string_equal(config->devices[2].text, "!arc a380");
    assert_string_equal(config->devices[3].text, "!Intel CPU");
    assert_string_equal(config->devices[4].text, "");
    assert_string_equal(config->devices[4].vendor, "intel");
    assert_string_equal(config->devices[4].type, "gpu");
    assert_int_equal(config->devices[4].index, 1);
    assert_int_equal(config->devices[4].split, 0);
    assert_int_equal(config->devices[4].part, -1);
    assert_int_equal(config->devices[5].split, 4);
    assert_int_equal(config->devices[5].part, 3);
    assert_string_equal(config->devices[5].engine, "native");
    locl_config_free(config);
}

static void sets_replace_and_add(void **state)
{
    const char *sets[] = {
        "data.batch=64",           "model.image=[28, 28, 1]", "devices={name: arc, split: 2}",
        "rule.losses.patch=false", "rule={passes: 2}",        "data.batch=32",
        "run.dir=runs/a b",        "train.steps=5",           "devices=[!0:1, all]"};
    locl_config *config =
        parse_with("{model: {preset: S/1/1}, data: {name: mnist}, rule: {exact_last: true}}", sets,
                   sizeof sets / sizeof sets[0], LOCL_CONFIG_TRAIN);
    (void)state;
    assert_int_equal(config->data.batch, 32);
    assert_int_equal(config->model.image[1], 28);
    assert_int_equal(config->data.image[2], 1);
    assert_int_equal(config->rule.passes, 2);
    assert_false(config->rule.exact_last); /* the section was replaced */
    assert_true(config->rule.loss_patch);
    assert_int_equal(config->device_count, 2);
    assert_string_equal(config->devices[0].text, "!0:1");
    assert_string_equal(config->run.dir, "runs/a b");
    assert_int_equal(config->train.steps, 5);
    locl_config_free(config);
}

static void sets_of_text_are_taken_as_given(void **state)
{
    static const struct {
        const char *set, *dir;
    } cases[] = {{"run.dir=run #2", "run #2"},
                 {"run.dir=\"run #2\"", "run #2"},
                 {"run.dir='it''s'", "it's"},
                 {"run.dir=[a]", "[a]"},
                 {"run.dir={a: b", "{a: b"},
                 {"run.dir=a: b", "a: b"},
                 {"run.dir= a ", " a "},
                 {"run.dir=!a", "!a"},
                 {"run.dir=- a", "- a"},
                 {"run.dir=a\nb", "a\nb"},
                 {"run.dir=null", "null"},
                 {"run.dir=~/a b", "/home/some one/a b"},
                 {"run.dir=~", "/home/some one"},
                 {"run.dir=./~/x", "./~/x"},
                 {"run.dir=a~", "a~"},
                 {"run.dir=100$", "100$"},
                 {"run.dir=\xc3\xa4\xc2\x85", "\xc3\xa4\xc2\x85"}};
    char before[512];
    (void)state;
    snprintf(before, sizeof before, "%s", getenv("HOME") ? getenv("HOME") : "/");
    setenv("HOME", "/home/some one", 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        locl_config *config =
            parse_with("{model: {preset: S/1/1}, data: {name: mnist}}", &cases[i].set, 1, LOCL_CONFIG_TRAIN);
        assert_string_equal(config->run.dir, cases[i].dir);
        locl_config_free(config);
    }
    locl_config *config =
        parse("{model: {preset: S/1/1}, data: {name: mnist, path: ~/data}, run: {dir: ~/runs/x}}");
    assert_string_equal(config->data.path, "/home/some one/data");
    assert_string_equal(config->run.dir, "/home/some one/runs/x");
    locl_config_free(config);
    setenv("HOME", before, 1);
}

/* Whatever bytes a path has, as long as they are UTF-8: what is written is read. */
static void every_path_is_read_back(void **state)
{
    static const char *const paths[] = {"~",
                                        "~/x",
                                        "$HOME",
                                        "a\302\205b", /* octal where a hexadecimal digit follows */
                                        "a\342\200\250b",
                                        "\357\273\277a",
                                        "a\xef\xbf\xbe",
                                        "\xf0\x9f\x98\x80",
                                        "\xf0\x9f\xbf\xbe",
                                        "\x7f\x01\t",
                                        "\"\\\"",
                                        " ",
                                        "#",
                                        "-",
                                        "a\xc2\xa0",
                                        "\xe2\x80\x8f",
                                        "\xc2\x80"};
    locl_config *config = parse("{model: {preset: S/1/1}, data: {name: mnist}}");
    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        locl_text text = {0};
        locl_error err;
        snprintf(config->run.dir, sizeof config->run.dir, "%s", paths[i]);
        assert_int_equal(locl_config_text(config, &text, &err), LOCL_OK);
        locl_config *again = parse_with(text.data, NULL, 0, LOCL_CONFIG_TRAIN);
        bool is_protected = paths[i][0] == '~' || paths[i][0] == '$';
        assert_string_equal(again->run.dir + (is_protected ? 2 : 0), paths[i]);
        locl_config_free(again);
        locl_text_free(&text);
    }
    locl_config_free(config);
}

/* The resolved text loads as a configuration with the same text. */
static void check_round_trip(const locl_config *config, locl_config_purpose purpose)
{
    locl_text once = {0}, twice = {0};
    locl_error err;
    assert_int_equal(locl_config_text(config, &once, &err), LOCL_OK);
    locl_config *again = parse_with(once.data, NULL, 0, purpose);
    assert_int_equal(locl_config_text(again, &twice, &err), LOCL_OK);
    assert_string_equal(once.data, twice.data);
    assert_memory_equal(&config->model, &again->model, sizeof config->model);
    assert_memory_equal(&config->optimizer, &again->optimizer, sizeof config->optimizer);
    assert_int_equal(config->device_count, again->device_count);
    assert_memory_equal(config->devices, again->devices, config->device_count * sizeof config->devices[0]);
    assert_int_equal(config->placement_count, again->placement_count);
    for (size_t i = 0; i < config->placement_count; i++) {
        assert_memory_equal(&config->placement[i], &again->placement[i], sizeof config->placement[i]);
    }
    locl_config_free(again);
    locl_text_free(&once);
    locl_text_free(&twice);
}

static void resolved_configurations_load_again(void **state)
{
    const char *path = "data.path=\"a \\\"quoted\\\" \\\\ path\\twith: # every, [thing] \\u00e9\"";
    const char *sets[] = {path,
                          "optimizer.lr=0.1000000000000000055",
                          "optimizer.weight_decay=1.2345678901234567e-5",
                          "optimizer.head_lr=123456.78901234567",
                          "seed=18446744073709551615",
                          "model.downsample=[1, 1, 1, 1]",
                          "data.mean=[0.1, -0.2, 1e-7]",
                          "data.std=[1, 1, 1]",
                          "devices=[!0:1, 1:0/0/2, {name: 'zen 4', split: 4, part: 3, engine: native}]",
                          "placement=[{blocks: [3, 0], devices: [1]}, {blocks: [1, 2], devices: [0]}]"};
    locl_config *config = parse_with("{model: {preset: M/8/16}, data: {name: folder}}", sets,
                                     sizeof sets / sizeof sets[0], LOCL_CONFIG_TRAIN);
    (void)state;
    assert_string_equal(config->data.path, "a \"quoted\" \\ path\twith: # every, [thing] \xc3\xa9");
    assert_true(config->seed == UINT64_MAX);
    check_round_trip(config, LOCL_CONFIG_TRAIN);
    locl_config_free(config);
    config =
        parse_with("{model: {preset: S/1/1, image: [28, 28, 1], classes: 3}}", NULL, 0, LOCL_CONFIG_PROBE);
    check_round_trip(config, LOCL_CONFIG_PROBE);
    locl_config_free(config);
}

static void the_given_configurations_load(void **state)
{
    static const char *const names[] = {"fashion-mnist", "mnist-s", "mnist-m", "cifar10", "imagenet"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[512], dir[64];
        locl_config *config;
        locl_error err;
        snprintf(path, sizeof path, "%s/configs/%s.yaml", LOCL_SOURCE_DIR, names[i]);
        snprintf(dir, sizeof dir, "runs/%s", names[i]);
        if (locl_config_load(path, NULL, 0, LOCL_CONFIG_TRAIN, &config, &err)) {
            print_error("%s\n", err.message);
            fail();
        }
        assert_string_equal(config->run.dir, dir);
        assert_int_equal(config->rule.kind, LOCL_RULE_LG_FG_A);
        check_round_trip(config, LOCL_CONFIG_TRAIN);
        locl_config_free(config);
    }
}

static void a_written_file_loads(void **state)
{
    char folder[] = "/tmp/locl-config-XXXXXX", path[64];
    locl_config *config = parse("{model: {preset: S/1/1}, data: {name: mnist}}"), *again;
    locl_error err;
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/config.yaml", folder);
    assert_int_equal(locl_config_write(config, path, &err), LOCL_OK);
    assert_int_equal(locl_config_load(path, NULL, 0, LOCL_CONFIG_TRAIN, &again, &err), LOCL_OK);
    assert_string_equal(again->run.dir, config->run.dir);
    locl_config_free(again);
    unlink(path);
    rmdir(folder);
    assert_int_equal(locl_config_write(config, path, &err), LOCL_E_IO);
    locl_config_free(config);
}

static void keys_are_found_again(void **state)
{
    const char *sets[] = {"optimizer.lr=0.5"};
    char where[256];
    locl_config *config = parse_with("model:\n  preset: S/1/1\ndata: {name: mnist,\n  batch: 640}\n"
                                     "devices: [auto, {name: arc}]\n",
                                     sets, 1, LOCL_CONFIG_TRAIN);
    (void)state;
    assert_true(locl_config_where(config, "data.batch", where, sizeof where));
    assert_string_equal(where, "dir/some name.yaml:4:10");
    assert_true(locl_config_where(config, "optimizer.lr", where, sizeof where));
    assert_string_equal(where, "--set optimizer.lr=0.5");
    assert_true(locl_config_where(config, "devices[1]", where, sizeof where));
    assert_string_equal(where, "dir/some name.yaml:5:17");
    assert_false(locl_config_where(config, "model.groups", where, sizeof where)); /* its section */
    assert_string_equal(where, "dir/some name.yaml:2:3");
    assert_false(locl_config_where(config, "rule.passes", where, sizeof where)); /* the file */
    assert_string_equal(where, "dir/some name.yaml:1:1");
    locl_config_free(config);
}

static void shapes_and_devices_are_checked_when_known(void **state)
{
    locl_config *config =
        parse("model: {preset: M/8/16}\n"
              "data: {name: folder, path: x}\n"
              "placement: [{blocks: [0, 1, 2], devices: [0]}, {blocks: [3], devices: [2]}]\n");
    locl_error err;
    (void)state;
    assert_int_equal(locl_config_set_shape(config, (unsigned[3]){32, 32, 3}, 10, &err), LOCL_OK);
    assert_int_equal(config->model.image[2], 3);
    assert_int_equal(config->model.classes, 10);
    config->model.image[0] = 0;
    assert_int_equal(locl_config_set_shape(config, (unsigned[3]){28, 28, 1}, 10, &err), LOCL_E_CONFIG);
    assert_string_equal(err.message,
                        "dir/some name.yaml:1:8: model.image: found 8 patches per side, which do not "
                        "divide an image of 28x28, should be one of 1, 2, 4, 7, 14, 28");
    assert_int_equal(locl_config_check_devices(config, 3, &err), LOCL_OK);
    assert_int_equal(locl_config_check_devices(config, 2, &err), LOCL_E_CONFIG);
    assert_string_equal(err.message,
                        "dir/some name.yaml:3:71: placement[1].devices: found device 2, should be from 0 "
                        "to 1: so many were chosen; placement: auto takes any");
    locl_config_free(config);
}

static void a_probe_needs_shapes(void **state)
{
    static const char text[] = "{model: {preset: M/8/16}, rule: {name: lg-bp}}";
    locl_config *config;
    locl_error err;
    (void)state;
    assert_int_equal(
        locl_config_parse("p.yaml", text, strlen(text), NULL, 0, LOCL_CONFIG_PROBE, &config, &err),
        LOCL_E_CONFIG);
    assert_string_equal(
        err.message,
        "2 problems\n"
        "  p.yaml:1:9: model.image: is missing, should be [height, width, channels]: no data give it "
        "here\n"
        "  p.yaml:1:9: model.classes: is missing, should be given: no data give it here");
    config = parse_with("{model: {preset: M/8/16}, data: {name: cifar10}}", NULL, 0, LOCL_CONFIG_PROBE);
    assert_int_equal(config->model.image[0], 32);
    assert_int_equal(config->model.classes, 10);
    locl_config_free(config);
}

static void note(void *user, locl_log_level level, const char *text)
{
    locl_text *seen = user;
    locl_text_add(seen, "%d %s\n", (int)level, text);
}

static void options_without_effect_are_noted(void **state)
{
    locl_text seen = {0};
    (void)state;
    locl_log_set_handler(note, &seen);
    locl_config *config = parse("model: {preset: S/1/1}\n"
                                "data: {name: mnist}\n"
                                "rule: {name: lg-bp, exact_last: false, noise: gaussian}\n"
                                "optimizer: {name: adam, momentum: 0.5, warmup_epochs: 1}\n");
    locl_log_set_handler(NULL, NULL);
    assert_string_equal(
        seen.data,
        "2 dir/some name.yaml:4:35: optimizer.momentum has no effect with optimizer.name adam and "
        "adamw\n"
        "2 dir/some name.yaml:4:55: optimizer.warmup_epochs has no effect with schedules other than "
        "warmup_cosine\n");
    locl_config_free(config);
    locl_text_free(&seen);

    locl_log_set_handler(note, &seen);
    config = parse("model: {preset: S/1/1, blocks: 2, channel_ratio: [2, 3], group_ratio: [2, 1]}\n"
                   "data: {name: mnist}\n"
                   "rule: {name: bp}\n"
                   "optimizer: {head_lr: 2}\n");
    locl_log_set_handler(NULL, NULL);
    assert_string_equal(
        seen.data,
        "2 dir/some name.yaml:1:50: model.channel_ratio has no effect with the last block, after which "
        "nothing comes, in its last entry\n"
        "2 dir/some name.yaml:4:22: optimizer.head_lr has no effect with a rule that does not train the "
        "heads\n");
    locl_config_free(config);
    locl_text_free(&seen);

    locl_log_set_handler(note, &seen);
    config = parse("model: {preset: S/1/1}\n"
                   "data: {name: mnist}\n"
                   "task: {name: contrast}\n"
                   "optimizer: {classifier_lr: 1}\n");
    locl_log_set_handler(NULL, NULL);
    assert_string_equal(seen.data,
                        "2 dir/some name.yaml:4:28: optimizer.classifier_lr has no effect with task "
                        "contrast, whose classifier learns by itself\n");
    locl_config_free(config);
    locl_text_free(&seen);

    locl_log_set_handler(note, &seen);
    config = parse("model: {preset: S/1/1}\n"
                   "data: {name: mnist}\n"
                   "task: {temperature: 0.1, projection: 64}\n");
    locl_log_set_handler(NULL, NULL);
    assert_string_equal(seen.data,
                        "2 dir/some name.yaml:3:21: task.temperature has no effect with task classify\n"
                        "2 dir/some name.yaml:3:38: task.projection has no effect with task classify\n");
    locl_config_free(config);
    locl_text_free(&seen);
}

static void numbers_do_not_depend_on_the_locale(void **state)
{
    char *before = strdup(setlocale(LC_ALL, NULL));
    (void)state;
    assert_non_null(before);
    if (!setlocale(LC_ALL, "de_DE.UTF-8") && !setlocale(LC_ALL, "de_DE")) {
        free(before);
        skip();
    }
    locl_config *config = parse("{model: {preset: S/1/1}, data: {name: mnist}, optimizer: {lr: 0.25}}");
    assert_true(config->optimizer.lr == 0.25);
    check_round_trip(config, LOCL_CONFIG_TRAIN);
    locl_config_free(config);
    setlocale(LC_ALL, before);
    free(before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_spec_example_fills_the_fields),
        cmocka_unit_test(presets_can_be_changed_in_part),
        cmocka_unit_test(every_preset_resolves),
        cmocka_unit_test(absent_sections_have_defaults),
        cmocka_unit_test(devices_take_all_forms),
        cmocka_unit_test(sets_replace_and_add),
        cmocka_unit_test(sets_of_text_are_taken_as_given),
        cmocka_unit_test(every_path_is_read_back),
        cmocka_unit_test(resolved_configurations_load_again),
        cmocka_unit_test(the_given_configurations_load),
        cmocka_unit_test(a_written_file_loads),
        cmocka_unit_test(keys_are_found_again),
        cmocka_unit_test(shapes_and_devices_are_checked_when_known),
        cmocka_unit_test(a_probe_needs_shapes),
        cmocka_unit_test(options_without_effect_are_noted),
        cmocka_unit_test(numbers_do_not_depend_on_the_locale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
