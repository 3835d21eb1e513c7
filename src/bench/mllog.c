/* MLPerf's log lines. */
#include "bench/train.h"

#include <limits.h>
#include <stdio.h>
#include <time.h>

locl_status locl_mllog_open(locl_mllog *log, const char *prefix, size_t index, locl_error *err)
{
    char path[PATH_MAX];
    if (!prefix) {
        return LOCL_OK;
    }
    snprintf(path, sizeof path, "%s_%zu.txt", prefix, index);
    log->file = fopen(path, "we");
    return log->file ? LOCL_OK : locl_fail_errno(err, LOCL_E_IO, "write", path);
}

void locl_mllog_write(locl_mllog *log, const char *type, const char *key, const char *value,
                      const char *metadata)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    if (log->file) {
        fprintf(log->file,
                ":::MLLOG {\"namespace\": \"\", \"time_ms\": %lld, \"event_type\": \"%s\", \"key\": \"%s\", "
                "\"value\": %s, \"metadata\": {\"file\": \"train.c\", \"lineno\": 0%s%s}}\n",
                (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000, type, key, value,
                metadata[0] ? ", " : "", metadata);
    }
}

locl_status locl_mllog_close(locl_mllog *log, locl_error *err)
{
    bool failed = log->file && ferror(log->file);
    failed = (log->file && fclose(log->file) != 0) || failed;
    log->file = NULL;
    return failed ? locl_fail(err, LOCL_E_IO, "cannot write MLPerf's log") : LOCL_OK;
}
