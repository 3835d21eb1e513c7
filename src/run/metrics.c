#include "run/metrics.h"

#include "base/file.h"
#include "base/text.h"
#include "run/tally.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PRECISION = 9 };

/* Returns whether the line is whole and from before the checkpoint. */
static bool keeps(const char *line, size_t length, uint64_t step, uint64_t test_step)
{
    json_t *json = json_loadb(line, length, 0, NULL);
    const char *kind = json_string_value(json_object_get(json, "kind"));
    json_int_t at = json_integer_value(json_object_get(json, "step"));
    uint64_t last = kind && !strcmp(kind, "test") ? test_step : step;
    bool counts = at > 0 || (kind && at == 0 && !strcmp(kind, "devices"));
    bool kept = kind && counts && (uint64_t)at <= last;
    json_decref(json);
    return kept;
}

/* Copies the lines of the file that stay. */
static void cut(const char *data, size_t size, uint64_t step, uint64_t test_step, locl_text *kept)
{
    for (const char *line = data, *end; line < data + size; line = end + 1) {
        end = memchr(line, '\n', size - (size_t)(line - data));
        if (!end) {
            return;
        }
        if (keeps(line, (size_t)(end - line), step, test_step)) {
            locl_text_add_bytes(kept, line, (size_t)(end - line) + 1);
        }
    }
}

static locl_status cut_back(const char *path, uint64_t step, uint64_t test_step, locl_error *err)
{
    char *data = NULL;
    size_t size = 0;
    locl_text kept = {0};
    locl_status status;
    if (!locl_file_exists(path)) {
        return LOCL_OK;
    }
    LOCL_TRY_GOTO(status, locl_file_read(path, SIZE_MAX - 1, LOCL_E_IO, &data, &size, err));
    cut(data, size, step, test_step, &kept);
    if (kept.failed) {
        LOCL_TRY_GOTO(status, locl_fail_memory(err, size));
    }
    if (kept.length != size) {
        LOCL_TRY_GOTO(status, locl_file_write(path, kept.data, kept.length, err));
    }
fail:
    free(data);
    locl_text_free(&kept);
    return status;
}

locl_status locl_metrics_open(const char *path, uint64_t step, uint64_t test_step, locl_metrics *out,
                              locl_error *err)
{
    *out = (locl_metrics){0};
    if (snprintf(out->path, sizeof out->path, "%s", path) >= (int)sizeof out->path) {
        return locl_fail(err, LOCL_E_IO, "the path %s is too long", path);
    }
    LOCL_TRY(cut_back(path, step, test_step, err));
    out->file = fopen(path, "ae");
    return out->file ? LOCL_OK : locl_fail_errno(err, LOCL_E_IO, "open", path);
}

locl_status locl_metrics_append(locl_metrics *metrics, json_t *line, locl_error *err)
{
    free(metrics->line);
    metrics->line = line ? json_dumps(line, JSON_REAL_PRECISION(PRECISION)) : NULL;
    json_decref(line);
    if (!metrics->line) {
        return locl_fail_memory(err, 0);
    }
    if (fprintf(metrics->file, "%s\n", metrics->line) < 0 || fflush(metrics->file)) {
        locl_fail_errno(err, LOCL_E_IO, "write", metrics->path);
        return locl_remedy(err, "make room, then go on with: locl train --resume RUN");
    }
    return LOCL_OK;
}

locl_status locl_metrics_sync(const locl_metrics *metrics, locl_error *err)
{
    return fsync(fileno(metrics->file)) ? locl_fail_errno(err, LOCL_E_IO, "write", metrics->path) : LOCL_OK;
}

void locl_metrics_close(locl_metrics *metrics)
{
    if (metrics->file) {
        fclose(metrics->file);
    }
    free(metrics->line);
    *metrics = (locl_metrics){0};
}

json_t *locl_metrics_line(const locl_result *result, uint64_t epoch, double images_per_second)
{
    json_t *line = json_pack("{s:s, s:I, s:I, s:I}", "kind", result->split, "step", (json_int_t)result->step,
                             "epoch", (json_int_t)epoch, "images", (json_int_t)result->images);
    if (line) {
        locl_result_add_json(line, result);
        if (images_per_second >= 0) {
            json_object_set_new(line, "images_per_second",
                                images_per_second > 0 ? json_real(images_per_second) : json_null());
        }
    }
    return line;
}
