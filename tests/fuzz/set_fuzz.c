/* --set KEY=VALUE over a small file: one assignment a line. */
#include "fuzz/fuzz.h"

#include "config/config.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_SETS = 16 };

/* Cuts `text` at its newlines. */
static size_t cut(char *text, const char **sets)
{
    size_t count = 0;
    char *rest = text;
    while (rest && count < MOST_SETS) {
        sets[count++] = rest;
        rest = strchr(rest, '\n');
        if (rest) {
            *rest++ = '\0';
        }
    }
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char file[] = "{model: {preset: S/1/1}, data: {name: mnist}, rule: {name: lg-fg-a}}";
    const char *sets[MOST_SETS];
    locl_config *config;
    locl_error err = {0};
    char *text = malloc(size + 1);
    FUZZ_CHECK(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    size_t count = cut(text, sets);
    locl_status status =
        locl_config_parse("f.yaml", file, strlen(file), sets, count, LOCL_CONFIG_TRAIN, &config, &err);
    if (status == LOCL_OK) {
        locl_text resolved = {0};
        FUZZ_CHECK(locl_config_text(config, &resolved, &err) == LOCL_OK);
        locl_text_free(&resolved);
    } else {
        fuzz_check_error(status, &err);
        FUZZ_CHECK(status == LOCL_E_CONFIG && !config);
    }
    locl_config_free(config);
    free(text);
    return 0;
}
