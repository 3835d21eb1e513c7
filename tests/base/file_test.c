/* Files written beside their place and renamed into it. */
#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/locl-file-XXXXXX";
static char text[256];

static const char *in_folder(const char *name)
{
    snprintf(text, sizeof text, "%s/%s", folder, name);
    return text;
}

/* A device or a pipe is not replaced by a file of its name, nor read. */
static void leaves_what_is_no_file(void **state)
{
    (void)state;
    locl_error err = {0};
    struct stat info;
    assert_int_equal(mkfifo(in_folder("pipe"), 0600), 0);
    char *data;
    size_t size;
    assert_int_equal(locl_file_write(in_folder("pipe"), "x", 1, &err), LOCL_E_IO);
    assert_non_null(strstr(err.message, "is not a regular file"));
    /* nor waited for */
    assert_int_equal(locl_file_read(in_folder("pipe"), 10, LOCL_E_DATA, &data, &size, &err), LOCL_E_DATA);
    assert_non_null(strstr(err.message, "is not a regular file"));
    assert_int_equal(stat(in_folder("pipe"), &info), 0);
    assert_true(S_ISFIFO(info.st_mode));
    assert_int_equal(unlink(in_folder("pipe")), 0);
}

static void removes_leftovers_only(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool leftover;
    } cases[] = {{"config.yaml.0123456789abcdef.new", true},
                 {"last.safetensors.00000000000000ff.new", true},
                 {"config.yaml", false},
                 {"notes.new", false},
                 {"123.new", false},
                 {"a.b.new", false},
                 {"a.0123456789abcdeg.new", false},
                 {"0123456789abcdef.new", false},
                 {"a.12.news", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(locl_file_write(in_folder(cases[i].name), "x", 1, NULL), LOCL_OK);
    }
    locl_file_remove_leftovers(folder);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(locl_file_exists(in_folder(cases[i].name)), !cases[i].leftover);
        unlink(in_folder(cases[i].name));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_what_is_no_file),
        cmocka_unit_test(removes_leftovers_only),
    };
    if (!mkdtemp(folder)) {
        return 1;
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rmdir(folder);
    return failed;
}
