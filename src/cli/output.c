#include "cli/output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool show_all;
static const char *verb_name;

static void show(void *user, locl_log_level level, const char *text)
{
    (void)user;
    if (level == LOCL_LOG_WARNING) {
        fprintf(stderr, "locl %s: warning: %s\n", verb_name, text);
    } else if (show_all) {
        fprintf(stderr, "locl %s: %s\n", verb_name, text);
    }
}

int locl_cli_fail(const char *verb, const locl_error *err)
{
    fprintf(stderr, "locl %s: %s%s%s\n", verb, err->where, err->where[0] ? ": " : "", err->message);
    if (err->remedy[0]) {
        fprintf(stderr, "  remedy: %s\n", err->remedy);
    }
    return locl_status_exit_code(err->status);
}

void locl_cli_warn(const char *format, ...)
{
    va_list args;
    fprintf(stderr, "locl %s: warning: ", verb_name);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

locl_status locl_cli_print(FILE *out, char *text, locl_error *err)
{
    bool failed = fprintf(out, "%s\n", text) < 0;
    free(text);
    failed = fflush(out) || failed;
    return failed ? locl_fail(err, LOCL_E_IO, "cannot write to standard output") : LOCL_OK;
}

int locl_cli_columns(FILE *out)
{
    enum { USUAL = 80 };
    struct winsize size;
    bool known = isatty(fileno(out)) == 1 && ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
    return known ? size.ws_col : USUAL;
}

double locl_cli_idle(double busy_seconds, double step_seconds)
{
    double idle = 1 - busy_seconds / step_seconds;
    return idle > 0 ? idle : 0;
}

void locl_cli_time(double seconds, char *buffer, size_t size)
{
    unsigned long s = seconds > 0 ? (unsigned long)(seconds + 0.5) : 0;
    if (s >= 3600) {
        snprintf(buffer, size, "%lu:%02lu:%02lu", s / 3600, s / 60 % 60, s % 60);
    } else {
        snprintf(buffer, size, "%lu:%02lu", s / 60, s % 60);
    }
}

static FILE *open_output(locl_error *err)
{
    fflush(stdout);
    int fd = dup(STDOUT_FILENO);
    FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (!out || dup2(STDERR_FILENO, STDOUT_FILENO) < 0) {
        locl_fail(err, LOCL_E_IO, "cannot write to standard output: %s", strerror(errno));
        return NULL;
    }
    return out;
}

locl_status locl_cli_run(const locl_cli_verb *verb, const void *options, locl_error *err)
{
    const locl_cli_common *common = options;
    verb_name = verb->name;
    show_all = common->verbose;
    locl_log_set_handler(show, NULL);
    FILE *out = open_output(err);
    if (!out) {
        return err->status;
    }
    locl_status status = verb->run(options, out, err);
    bool failed = ferror(out) != 0;
    failed = fclose(out) != 0 || failed;
    return failed && status == LOCL_OK ? locl_fail(err, LOCL_E_IO, "cannot write to standard output")
                                       : status;
}
