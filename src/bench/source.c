#include "bench/source.h"

#include "base/file.h"
#include "yaml/yaml.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char usual[] = "model: {preset: M/8/16, image: [32, 32, 3], classes: 10}\n"
                            "rule: {name: lg-fg-a}\n"
                            "data: {batch: 128}\n";

/* Returns whether it can be read again. */
static bool is_lasting(const char *path)
{
    struct stat info;
    return strcmp(path, "-") != 0 && (stat(path, &info) != 0 || S_ISREG(info.st_mode));
}

locl_status locl_bench_source_open(const locl_bench_setup *setup, locl_bench_source *out, locl_error *err)
{
    const char *path = setup->config;
    *out = (locl_bench_source){.setup = setup, .name = path ? path : "default"};
    if (!path) {
        locl_text_add(&out->text, "%s", usual);
        return out->text.failed ? locl_fail_memory(err, sizeof usual) : LOCL_OK;
    }
    if (setup->kind == LOCL_BENCH_START && setup->command && !is_lasting(path)) {
        return locl_fail(err, LOCL_E_USAGE, "%s: every start reads it again, so it should be a file", path);
    }
    out->name = strcmp(path, "-") == 0 ? "standard input" : path;
    return locl_file_read_stream(path, LOCL_YAML_BYTES, LOCL_E_CONFIG, &out->text, err);
}

void locl_bench_source_close(locl_bench_source *source)
{
    locl_text_free(&source->text);
}

locl_status locl_bench_config(const locl_bench_source *source, const char *const *more, size_t count,
                              locl_config **out, locl_error *err)
{
    const locl_bench_setup *setup = source->setup;
    size_t sets = setup->sets + count;
    const char **all = calloc(sets + 1, sizeof *all);
    *out = NULL;
    if (!all) {
        return locl_fail_memory(err, (sets + 1) * sizeof *all);
    }
    for (size_t i = 0; i < sets; i++) {
        all[i] = i < setup->sets ? setup->set[i] : more[i - setup->sets];
    }
    locl_status status = locl_config_parse(source->name, source->text.data ? source->text.data : "",
                                           source->text.length, all, sets, LOCL_CONFIG_PROBE, out, err);
    free(all);
    return status;
}
