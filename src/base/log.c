#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

static locl_log_handler handler;
static void *handler_user;

void locl_log_set_handler(locl_log_handler new_handler, void *user)
{
    handler = new_handler;
    handler_user = user;
}

void locl_log(locl_log_level level, const char *format, ...)
{
    char text[1024];
    va_list args;
    if (!handler) {
        return;
    }
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    handler(handler_user, level, text);
}
