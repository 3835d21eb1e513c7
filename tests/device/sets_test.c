/* The user's file of devices: sets, settings and what is wrong with them. No OpenCL call. */
#include "base/text.h"
#include "device/sets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char path[] = "/tmp/locl-sets-test-XXXXXX";

static int set_up(void **state)
{
    (void)state;
    int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    return setenv("LOCL_DEVICE_FILE", path, 1);
}

static int tear_down(void **state)
{
    (void)state;
    return unlink(path);
}

static void write_file(const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* Expands selectors; the result as text: "gpu {memory: 8 GiB} !0:1". */
static locl_status expand(const locl_device_file *file, const char *selectors, char *out, size_t size,
                          locl_error *err)
{
    locl_device_spec *specs;
    size_t count;
    locl_text text = {0};
    LOCL_TRY(locl_device_specs_parse(selectors, &specs, &count, err));
    locl_status status = locl_sets_expand(file, &specs, &count, err);
    for (size_t i = 0; status == LOCL_OK && i < count; i++) {
        const locl_device_spec *s = &specs[i];
        locl_text_add(&text, "%s%s%s%s%s", i ? " " : "", s->text, s->type, s->memory[0] ? "/" : "",
                      s->memory);
    }
    snprintf(out, size, "%s", text.data ? text.data : "");
    locl_text_free(&text);
    free(specs);
    return status;
}

static void expect(const char *selectors, const char *expected)
{
    char found[256];
    locl_error err = {0};
    if (expand(NULL, selectors, found, sizeof found, &err) != LOCL_OK) {
        fail_msg("%s: %s", selectors, err.message);
    }
    assert_string_equal(found, expected);
}

static void expect_failure(const char *selectors, const char *message, const char *remedy)
{
    char found[256];
    locl_error err = {0};
    assert_int_equal(expand(NULL, selectors, found, sizeof found, &err), LOCL_E_CONFIG);
    if (!strstr(err.message, message) || !strstr(err.remedy, remedy)) {
        fail_msg("%s: %s (%s)", selectors, err.message, err.remedy);
    }
}

static void sets_stand_for_their_devices(void **state)
{
    (void)state;
    write_file("sets:\n"
               "  lab: [pci:0000:03:00.0, {type: gpu, memory: 8 GiB}]\n"
               "  both: [set:lab, \"!0:1\", cpu]\n"
               "  one: gpu:1\n");
    expect("set:lab", "pci:0000:03:00.0 gpu/8 GiB");
    expect("0:0,set:both,set:one", "0:0 pci:0000:03:00.0 gpu/8 GiB !0:1 cpu gpu:1");
    expect("gpu,cpu", "gpu cpu");
}

static void a_configurations_file_goes_before_the_users(void **state)
{
    (void)state;
    char other[] = "/tmp/locl-sets-other-XXXXXX", found[256];
    locl_device_file *file = NULL;
    locl_error err = {0};
    int handle = mkstemp(other);
    FILE *stream = fdopen(handle, "w");
    assert_non_null(stream);
    fputs("sets: {lab: [accelerator, set:mine]}\n", stream);
    fclose(stream);
    write_file("sets: {lab: gpu, mine: cpu}\n");
    assert_int_equal(locl_device_file_read(other, &file, &err), LOCL_OK);
    assert_int_equal(expand(file, "set:lab", found, sizeof found, &err), LOCL_OK);
    assert_string_equal(found, "accelerator cpu");
    locl_device_file_free(file);
    unlink(other);
}

static void sets_that_are_wrong_are_named(void **state)
{
    (void)state;
    write_file("sets: {lab: [set:lab], a: set:b, b: [cpu, set:c], c: set:a}\n");
    expect_failure("set:lab", "\"lab\" names itself: lab -> lab", "take set:lab out");
    expect_failure("set:b", "\"b\" names itself: b -> c -> a -> b", "");
    expect_failure("set:lba", "no set of devices is called \"lba\" in ", "did you mean set:lab?");
    expect_failure("!set:lab", "a set is not excluded", "");
    expect_failure("set:", "no name of a set", "");
    expect_failure("{device: \"set:lab\"}", "a mapping takes no set", "an entry of its own");
    setenv("LOCL_DEVICE_FILE", "", 1);
    expect_failure("set:lab", "there is no file of devices", "devices.yaml");
    setenv("LOCL_DEVICE_FILE", path, 1);
}

static void every_problem_of_a_file_has_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *problem;
    } cases[] = {
        {"set: {}\n", ":1:1: set: is an unknown key, should be sets or settings"},
        {"sets: [gpu]\n", ":1:7: sets: found a list of 1, should be a mapping of names"},
        {"sets: {my lab: gpu}\n", "\"my lab\" is no name of a set"},
        {"sets: {a-name-of-a-set-that-is-longer-than-forty-eight-of-them: gpu}\n",
         "should be at most 48 letters"},
        {"sets: {lab: []}\n", "sets.lab: found a list of 0"},
        {"sets:\n  lab: {memory: lots}\n",
         ":2:8: sets.lab[0]: device memory \"lots\": no condition on a size"},
        {"sets: {lab: {nam: x}}\n", "did you mean sets.lab[0].name?"},
        {"sets: {lab: pci:3}\n", "no PCI address"},
        {"settings: {gpu: {share: 2}}\n", "settings.gpu: names no device for good"},
        {"settings:\n  pci:01:00.0: {headroom: lots}\n", "headroom \"lots\" should be a size"},
        {"settings:\n  pci:01:00.0: {share: 0}\n", "found '0', should be an integer from 1"},
        {"settings:\n  pci:01:00.0: {engin: native}\n", "settings.pci:01:00.0.engin: is an unknown key"},
        {"settings:\n  pci:01:00.0: {build: -cl-fast-relaxed-math}\n", "build has fast-relaxed-math"},
        {"settings:\n  pci:01:00.0: 7\n", "found '7', should be a mapping of engine"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        locl_device_file *file;
        locl_error err = {0};
        write_file(cases[i].text);
        assert_int_equal(locl_device_file_read_own(&file, &err), LOCL_E_CONFIG);
        if (!strstr(err.message, cases[i].problem)) {
            fail_msg("%s\n%s", cases[i].text, err.message);
        }
    }
}

static void settings_are_found_by_what_names_the_device(void **state)
{
    (void)state;
    locl_device_info info = {.pci = "0000:03:00.0", .called = "name:p:d"}, other = {.called = "name:p:e"};
    locl_device_file *file;
    locl_error err = {0};
    write_file("settings:\n"
               "  pci:0000:03:00.0: {engine: native, headroom: 512 MiB, share: 3, large_buffers: true, "
               "build: -DX=1}\n"
               "  name:p:e: {engine: clblast}\n");
    assert_int_equal(locl_device_file_read_own(&file, &err), LOCL_OK);
    const locl_device_setting *s = locl_device_file_find(file, &info);
    assert_non_null(s);
    assert_string_equal(s->engine, "native");
    assert_string_equal(s->headroom, "512 MiB");
    assert_string_equal(s->build, "-DX=1");
    assert_int_equal(s->share, 3);
    assert_true(s->large_buffers);
    assert_string_equal(locl_device_file_find(file, &other)->engine, "clblast");
    snprintf(other.called, sizeof other.called, "name:p:f");
    assert_null(locl_device_file_find(file, &other));
    locl_device_file_free(file);
}

static void an_empty_file_says_nothing(void **state)
{
    (void)state;
    locl_device_file *file;
    locl_error err = {0};
    write_file("# nothing yet\n");
    assert_int_equal(locl_device_file_read_own(&file, &err), LOCL_OK);
    locl_device_file_free(file);
    setenv("LOCL_DEVICE_FILE", "/nonexistent/devices.yaml", 1);
    assert_int_equal(locl_device_file_read_own(&file, &err),
                     LOCL_E_CONFIG); /* named, so it should be there */
    setenv("LOCL_DEVICE_FILE", path, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_stand_for_their_devices),
        cmocka_unit_test(a_configurations_file_goes_before_the_users),
        cmocka_unit_test(sets_that_are_wrong_are_named),
        cmocka_unit_test(every_problem_of_a_file_has_its_place),
        cmocka_unit_test(settings_are_found_by_what_names_the_device),
        cmocka_unit_test(an_empty_file_says_nothing),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
