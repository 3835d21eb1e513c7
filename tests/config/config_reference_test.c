/* docs/configuration.md is what the table of keys says. LOCL_UPDATE=1 rewrites the file. */
#include "config/config.h"

#include "base/file.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void reference_is_current(void **state)
{
    const char *path = LOCL_SOURCE_DIR "/docs/configuration.md";
    locl_text text = {0};
    locl_error err;
    char *page;
    size_t size;
    (void)state;
    assert_int_equal(locl_config_reference(&text, &err), LOCL_OK);
    if (getenv("LOCL_UPDATE")) {
        assert_int_equal(locl_file_write(path, text.data, text.length, &err), LOCL_OK);
    }
    assert_int_equal(locl_file_read(path, 1 << 20, LOCL_E_IO, &page, &size, &err), LOCL_OK);
    if (strcmp(page, text.data) != 0) {
        print_error("docs/configuration.md is stale; rewrite it with\n"
                    "  LOCL_UPDATE=1 build/tests/config_reference_test\n");
        fail();
    }
    free(page);
    locl_text_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reference_is_current)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
