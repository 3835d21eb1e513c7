#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name, *message;
    int exit_code;
} statuses[] = {
#define ROW(name, exit_code, message) {"LOCL_" #name, message, exit_code},
    LOCL_STATUS_TABLE(ROW)
#undef ROW
};

const char *locl_status_name(locl_status status)
{
    return (unsigned)status < LOCL_STATUS_COUNT ? statuses[status].name : "LOCL_E_UNKNOWN";
}

const char *locl_status_message(locl_status status)
{
    return (unsigned)status < LOCL_STATUS_COUNT ? statuses[status].message : "unknown status";
}

int locl_status_exit_code(locl_status status)
{
    return (unsigned)status < LOCL_STATUS_COUNT ? statuses[status].exit_code : 1;
}

locl_status locl_fail(locl_error *err, locl_status status, const char *format, ...)
{
    if (err) {
        va_list args;
        err->status = status;
        err->where[0] = err->remedy[0] = err->key[0] = '\0';
        err->device = err->stage = -1;
        err->step = -1;
        va_start(args, format);
        vsnprintf(err->message, sizeof err->message, format, args);
        va_end(args);
    }
    return status;
}

locl_status locl_remedy(locl_error *err, const char *format, ...)
{
    va_list args;
    if (!err) {
        return LOCL_E_FAILED;
    }
    va_start(args, format);
    vsnprintf(err->remedy, sizeof err->remedy, format, args);
    va_end(args);
    return err->status;
}

void locl_error_key(locl_error *err, const char *key)
{
    if (err) {
        snprintf(err->key, sizeof err->key, "%s", key);
    }
}

void locl_error_where(locl_error *err, const char *format, ...)
{
    char text[sizeof err->where];
    va_list args;
    if (!err) {
        return;
    }
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (err->where[0]) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, ": %s", err->where);
    }
    memcpy(err->where, text, sizeof text);
}

void locl_error_at(locl_error *err, int device, int stage, int64_t step)
{
    if (err) {
        err->device = err->device < 0 ? device : err->device;
        err->stage = err->stage < 0 ? stage : err->stage;
        err->step = err->step < 0 ? step : err->step;
    }
}

locl_status locl_fail_memory(locl_error *err, unsigned long long bytes)
{
    return locl_fail(err, LOCL_E_MEMORY, "out of memory: %llu bytes could not be allocated", bytes);
}

locl_status locl_fail_errno(locl_error *err, locl_status status, const char *verb, const char *path)
{
    return locl_fail(err, status, "cannot %s %s: %s", verb, path, strerror(errno));
}
