#include "cli/output.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { PRECISION = 9 };

static bool show_all;
static const char *command_name;

static void show(void *user, locl_log_level level, const char *text)
{
    (void)user;
    if (level == LOCL_LOG_WARNING) {
        fprintf(stderr, "locl %s: warning: %s\n", command_name, text);
    } else if (show_all) {
        fprintf(stderr, "locl %s: %s\n", command_name, text);
    }
}

int locl_cli_fail(const char *command, const locl_error *err)
{
    fprintf(stderr, "locl %s: %s%s%s\n", command, err->where, err->where[0] ? ": " : "", err->message);
    if (err->remedy[0]) {
        fprintf(stderr, "  remedy: %s\n", err->remedy);
    }
    return locl_status_exit_code(err->status);
}

locl_status locl_cli_print_json(FILE *out, json_t *json, locl_error *err)
{
    int failed = json ? json_dumpf(json, out, JSON_REAL_PRECISION(PRECISION)) : 0;
    if (!json) {
        return locl_fail(err, LOCL_E_FAILED,
                         "the result cannot be written as JSON: memory ran out, or a value in it "
                         "has no place there");
    }
    json_decref(json);
    failed = fputc('\n', out) == EOF || fflush(out) || failed;
    return failed ? locl_fail(err, LOCL_E_IO, "cannot write to standard output") : LOCL_OK;
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

int locl_cli_run(const char *command, bool verbose, locl_cli_body body, const void *options)
{
    locl_error err = {0};
    command_name = command;
    show_all = verbose;
    locl_log_set_handler(show, NULL);
    FILE *out = open_output(&err);
    if (!out) {
        return locl_cli_fail(command, &err);
    }
    locl_status status = body(options, out, &err);
    bool failed = ferror(out) != 0;
    failed = fclose(out) != 0 || failed;
    if (failed && status == LOCL_OK) {
        status = locl_fail(&err, LOCL_E_IO, "cannot write to standard output");
    }
    return status != LOCL_OK ? locl_cli_fail(command, &err) : 0;
}
