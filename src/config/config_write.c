#include "config/config.h"

#include "base/file.h"
#include "config/keys.h"

#include <stdlib.h>
#include <string.h>

/* Adds the headers of those sections of `path` that the key before is not in. */
static void open_sections(const char *before, const char *path, locl_text *out)
{
    int depth = 0;
    for (const char *start = path, *dot = strchr(path, '.'); dot; start = dot + 1, dot = strchr(start, '.')) {
        if (strncmp(before, path, (size_t)(dot - path) + 1) != 0) {
            locl_text_add(out, "%*s%.*s:\n", 2 * depth, "", (int)(dot - start), start);
        }
        depth++;
    }
}

static int depth_of(const char *path)
{
    int depth = 0;
    for (; *path; path++) {
        depth += *path == '.';
    }
    return depth;
}

locl_status locl_config_text(const locl_config *config, locl_text *out, locl_error *err)
{
    const char *before = "";
    locl_text_add(out, "# Every option of this run, defaults included; it can be trained from as it is.\n");
    for (const locl_key *key = locl_keys; key->path; key++) {
        if (!locl_key_is_set(key, config)) {
            continue;
        }
        const char *name = strrchr(key->path, '.');
        open_sections(before, key->path, out);
        locl_text_add(out, "%*s%s: ", 2 * depth_of(key->path), "", name ? name + 1 : key->path);
        locl_key_value(key, config, out);
        locl_text_add(out, "\n");
        before = key->path;
    }
    return out->failed ? locl_fail_memory(err, out->length) : LOCL_OK;
}

locl_status locl_config_write(const locl_config *config, const char *path, locl_error *err)
{
    locl_text text = {0};
    locl_status status = locl_config_text(config, &text, err);
    if (status == LOCL_OK) {
        status = locl_file_write(path, text.data, text.length, err);
    }
    locl_text_free(&text);
    return status;
}
