#include "doctor/tell.h"

#include "base/json.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int pipe_fd = -1;

void locl_tell_through(int fd)
{
    pipe_fd = fd;
}

void locl_tell(json_t *message)
{
    char *line = message ? json_dumps(message, JSON_COMPACT) : NULL;
    size_t length = line ? strlen(line) : 0, written = 0;
    if (line) {
        line[length++] = '\n'; /* in the place of its end */
    }
    while (written < length) {
        ssize_t n = write(pipe_fd, line + written, length - written);
        if (n <= 0) {
            break;
        }
        written += (size_t)n;
    }
    free(line);
    json_decref(message);
}

void locl_tell_doing(const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    locl_tell(json_pack("{s:o}", "doing", locl_json_text(text)));
}
