/* A configuration file for each purpose: refused with a message, or loaded, and then its resolved text loads as
 * the same. */
#include "fuzz/fuzz.h"

#include "config/config.h"

#include <string.h>

static void load(const char *text, size_t size, locl_config_purpose purpose)
{
    locl_config *config, *again;
    locl_error err = {0};
    locl_status status = locl_config_parse("f.yaml", text, size, NULL, 0, purpose, &config, &err);
    if (status != LOCL_OK) {
        fuzz_check_error(status, &err);
        FUZZ_CHECK(status == LOCL_E_CONFIG && !config);
        return;
    }
    locl_text resolved = {0}, twice = {0};
    FUZZ_CHECK(locl_config_text(config, &resolved, &err) == LOCL_OK);
    FUZZ_CHECK(locl_config_parse("f.yaml", resolved.data, resolved.length, NULL, 0, purpose, &again, &err) ==
               LOCL_OK);
    FUZZ_CHECK(locl_config_text(again, &twice, &err) == LOCL_OK);
    FUZZ_CHECK(strcmp(resolved.data, twice.data) == 0);
    locl_text_free(&resolved);
    locl_text_free(&twice);
    locl_config_free(again);
    locl_config_free(config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    load((const char *)data, size, LOCL_CONFIG_TRAIN);
    load((const char *)data, size, LOCL_CONFIG_EVALUATE);
    load((const char *)data, size, LOCL_CONFIG_PROBE);
    return 0;
}
