#include "base/option_sink.h"

#include <stdarg.h>
#include <stdio.h>

void locl_option_report(locl_option_sink *sink, const char *key, const char *format, ...)
{
    char text[768];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    sink->report(sink->user, key, text);
    sink->reported++;
}

bool locl_option_wrong(const locl_option_sink *sink, const char *const *keys)
{
    for (; sink->is_wrong && *keys; keys++) {
        if (sink->is_wrong(sink->user, *keys)) {
            return true;
        }
    }
    return false;
}

const char *locl_option_given(const locl_option_sink *sink, const char *key, const char *instead)
{
    return !sink->is_given || sink->is_given(sink->user, key) ? key : instead;
}

static void keep_first(void *user, const char *key, const char *text)
{
    locl_error *err = user;
    if (err->status == LOCL_OK) {
        locl_fail(err, LOCL_E_CONFIG, "%s: %s", key, text);
        locl_error_key(err, key);
    }
}

locl_option_sink locl_option_sink_of(locl_error *err)
{
    *err = (locl_error){.status = LOCL_OK};
    return (locl_option_sink){.report = keep_first, .user = err};
}

locl_status locl_option_sink_status(const locl_option_sink *sink)
{
    return sink->reported ? LOCL_E_CONFIG : LOCL_OK;
}
