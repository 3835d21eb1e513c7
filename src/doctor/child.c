#define _GNU_SOURCE /* pipe2(), sigabbrev_np() */
#include "doctor/child.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CHILD_PIPE = 3, LONGEST_MESSAGE = 1 << 20, TICK_MS = 20, MOST_PRINTED = 4096 };

/* Seconds for a killed process to go: one that waits in the kernel for a device may never. */
#define KILL_SECONDS 3.0

/* A child that runs. */
typedef struct child {
    pid_t pid;
    int said, printed; /* ends of its pipes; -1: closed */
    locl_text line;    /* of what it said, not yet whole */
    locl_text output;
    double heard; /* time of its last message */
    const locl_child_setup *setup;
    locl_child_result *result;
} child;

/* ---- what it hears and sees ---- */

static void take_message(child *c, const char *line, size_t length)
{
    json_t *message = json_loadb(line, length, 0, NULL);
    const char *doing = json_string_value(json_object_get(message, "doing"));
    if (doing) {
        snprintf(c->result->doing, sizeof c->result->doing, "%s", doing);
    }
    c->result->done = c->result->done || json_object_get(message, "done");
    c->heard = locl_clock_seconds();
    const json_t *of = json_object_get(message, "of");
    if (of && c->setup->heard) {
        c->setup->heard(c->setup->user, (size_t)json_integer_value(json_object_get(message, "part")),
                        (size_t)json_integer_value(of));
    }
    if (message && json_array_append_new(c->result->messages, message)) {
        return; /* out of memory: as if it had not said it */
    }
}

static void take_said(child *c, const char *bytes, size_t count)
{
    for (const char *end; count && (end = memchr(bytes, '\n', count)); bytes = end + 1) {
        size_t length = (size_t)(end - bytes);
        locl_text_add_bytes(&c->line, bytes, length);
        take_message(c, c->line.data, c->line.length);
        c->line.length = 0;
        count -= length + 1;
    }
    if (c->line.length + count < LONGEST_MESSAGE) {
        locl_text_add_bytes(&c->line, bytes, count);
    }
}

/* Reads what is there now. Returns false once the other end is closed. */
static bool drain(child *c, int fd)
{
    char bytes[4096];
    ssize_t got = read(fd, bytes, sizeof bytes);
    if (got > 0 && fd == c->said) {
        take_said(c, bytes, (size_t)got);
    } else if (got > 0 && c->output.length < MOST_PRINTED) {
        locl_text_add_bytes(&c->output, bytes, (size_t)got);
    }
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

/* Waits for at most a tick, and reads. */
static void listen(child *c)
{
    struct pollfd fds[2] = {{.fd = c->said, .events = POLLIN}, {.fd = c->printed, .events = POLLIN}};
    if (poll(fds, 2, TICK_MS) <= 0) {
        return;
    }
    int *end[2] = {&c->said, &c->printed};
    for (int i = 0; i < 2; i++) {
        if (fds[i].revents && !drain(c, *end[i])) {
            close(*end[i]);
            *end[i] = -1;
        }
    }
}

/* Reads what was left in the pipes by a process that is over; others that it started may keep them open. */
static void listen_to_the_rest(child *c)
{
    int *end[2] = {&c->said, &c->printed};
    for (int i = 0; i < 2; i++) {
        struct pollfd fd = {.fd = *end[i], .events = POLLIN};
        for (int n = 0; n < LONGEST_MESSAGE / 4096 && *end[i] >= 0 && poll(&fd, 1, 0) > 0; n++) {
            if (!drain(c, *end[i])) {
                break;
            }
        }
        if (*end[i] >= 0) {
            close(*end[i]);
        }
    }
}

/* ---- how it ends ---- */

static void end_with(locl_child_result *r, locl_child_end end, int code)
{
    r->end = end;
    r->code = code;
}

/* Sleeps where nothing is left to be read, so that waiting costs no time. */
static void rest(const child *c)
{
    const struct timespec tick = {.tv_nsec = TICK_MS * 1000000L};
    if (c->said < 0 && c->printed < 0) {
        nanosleep(&tick, NULL);
    }
}

/* Waits for a process that was killed, but not for ever. */
static void bury(const child *c)
{
    double begin = locl_clock_seconds();
    const struct timespec tick = {.tv_nsec = TICK_MS * 1000000L};
    while (waitpid(c->pid, NULL, WNOHANG) == 0 && locl_clock_seconds() - begin < KILL_SECONDS) {
        nanosleep(&tick, NULL);
    }
}

static void follow(child *c, double deadline)
{
    int status = 0;
    c->heard = locl_clock_seconds();
    while (waitpid(c->pid, &status, WNOHANG) == 0) {
        listen(c);
        rest(c);
        if (locl_clock_seconds() - c->heard > deadline) {
            end_with(c->result, LOCL_CHILD_HUNG, 0);
            kill(-c->pid, SIGKILL);
            kill(c->pid, SIGKILL);
            bury(c);
            return;
        }
    }
    listen_to_the_rest(c);
    c->said = c->printed = -1;
    kill(-c->pid, SIGKILL); /* what it may have started */
    if (WIFSIGNALED(status)) {
        end_with(c->result, LOCL_CHILD_CRASHED, WTERMSIG(status));
    } else {
        end_with(c->result, c->result->done && !WEXITSTATUS(status) ? LOCL_CHILD_DONE : LOCL_CHILD_EXITED,
                 WEXITSTATUS(status));
    }
}

/* ---- how it starts ---- */

/* Makes the variables of a child that sees one folder alone. The array is the caller's; its strings are not. */
static char **variables(const char *only)
{
    static const char *const hidden[] = {"OCL_ICD_VENDORS=", "OCL_ICD_FILENAMES=", "OPENCL_VENDOR_PATH="};
    size_t count = 0, kept = 0;
    while (environ[count]) {
        count++;
    }
    char **out = calloc(count + 2, sizeof *out);
    for (size_t i = 0; out && i < count; i++) {
        bool hide = false;
        for (size_t j = 0; only && j < sizeof hidden / sizeof *hidden; j++) {
            hide = hide || !strncmp(environ[i], hidden[j], strlen(hidden[j]));
        }
        if (!hide) {
            out[kept++] = environ[i];
        }
    }
    if (out) {
        out[kept] = (char *)only;
    }
    return out;
}

static int set_up(posix_spawn_file_actions_t *files, posix_spawnattr_t *how, int said, int printed)
{
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int rc =
        posix_spawnattr_setflags(how, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    rc = rc ? rc : posix_spawnattr_setsigmask(how, &none);
    rc = rc ? rc : posix_spawnattr_setsigdefault(how, &all);
    rc = rc ? rc : posix_spawn_file_actions_addopen(files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    rc = rc ? rc : posix_spawn_file_actions_adddup2(files, printed, STDOUT_FILENO);
    rc = rc ? rc : posix_spawn_file_actions_adddup2(files, printed, STDERR_FILENO);
    return rc ? rc : posix_spawn_file_actions_adddup2(files, said, CHILD_PIPE);
}

/* Starts it with the ends of two pipes, which are numbered above those that it has. Returns 0 or an errno. */
static int spawn(const locl_child_setup *setup, int said, int printed, pid_t *pid)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    char number[8], only[PATH_MAX + 32];
    const char *argv[9] = {"locl", LOCL_CHILD_ARGUMENT, number};
    snprintf(number, sizeof number, "%d", CHILD_PIPE);
    snprintf(only, sizeof only, "OCL_ICD_VENDORS=%s", setup->vendors ? setup->vendors : "");
    for (size_t i = 0; i < 4 && setup->task[i]; i++) {
        argv[3 + i] = setup->task[i];
    }
    char **given = variables(setup->vendors ? only : NULL);
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&how);
    int rc = given ? set_up(&files, &how, said, printed) : ENOMEM;
    rc = rc ? rc : posix_spawn(pid, setup->program, &files, &how, (char **)argv, given);
    posix_spawnattr_destroy(&how);
    posix_spawn_file_actions_destroy(&files);
    free(given);
    return rc;
}

/* Makes a pipe whose ends are above those that a child has, so that one is not put over the other. */
static int open_pipe(int out[2])
{
    int low[2];
    if (pipe2(low, O_CLOEXEC)) {
        return errno;
    }
    for (int i = 0; i < 2; i++) {
        out[i] = fcntl(low[i], F_DUPFD_CLOEXEC, CHILD_PIPE + 1);
        close(low[i]);
    }
    fcntl(out[0], F_SETFL, O_NONBLOCK);
    return out[0] < 0 || out[1] < 0 ? EMFILE : 0;
}

static int start(const locl_child_setup *setup, child *c)
{
    int said[2] = {-1, -1}, printed[2] = {-1, -1};
    int rc = open_pipe(said);
    rc = rc ? rc : open_pipe(printed);
    rc = rc ? rc : spawn(setup, said[1], printed[1], &c->pid);
    c->said = said[0];
    c->printed = printed[0];
    for (int i = 0; i < 2; i++) {
        int end = i ? said[1] : printed[1];
        if (end >= 0) {
            close(end);
        }
    }
    return rc;
}

/* Keeps the first of what was printed as one line, with characters that can be seen. */
static void keep_printed(const locl_text *output, locl_child_result *r)
{
    locl_text line = {0};
    char *copy = calloc(1, output->length + 1);
    for (size_t i = 0, n = 0; copy && i < output->length; i++) {
        unsigned char c = (unsigned char)output->data[i];
        bool blank = c <= ' ';
        if (!blank || (n && copy[n - 1] != ' ')) {
            copy[n++] = blank ? ' ' : (char)c;
        }
    }
    if (copy) {
        locl_utf8_add_visible(&line, copy);
        snprintf(r->printed, sizeof r->printed, "%.200s", line.data ? line.data : "");
    }
    free(copy);
    locl_text_free(&line);
}

void locl_child_run(const locl_child_setup *setup, locl_child_result *out)
{
    child c = {.said = -1, .printed = -1, .setup = setup, .result = out};
    *out = (locl_child_result){.messages = json_array()};
    int rc = out->messages ? start(setup, &c) : ENOMEM;
    if (rc) {
        end_with(out, LOCL_CHILD_ABSENT, rc);
    } else {
        follow(&c, setup->deadline);
    }
    keep_printed(&c.output, out);
    if (c.said >= 0) {
        close(c.said);
    }
    if (c.printed >= 0) {
        close(c.printed);
    }
    locl_text_free(&c.line);
    locl_text_free(&c.output);
}

void locl_child_result_free(locl_child_result *result)
{
    json_decref(result->messages);
    *result = (locl_child_result){.messages = NULL};
}

void locl_child_describe(const locl_child_result *r, double deadline, char *text, size_t size)
{
    const char *doing = r->doing[0] ? r->doing : "starting", *signal = NULL;
    switch (r->end) {
    case LOCL_CHILD_CRASHED:
        signal = sigabbrev_np(r->code);
        snprintf(text, size, "crashed (%s%s) while %s", signal ? "SIG" : "signal", signal ? signal : "",
                 doing);
        break;
    case LOCL_CHILD_HUNG:
        snprintf(text, size, "did nothing for %g seconds while %s", deadline, doing);
        break;
    case LOCL_CHILD_EXITED:
        snprintf(text, size, "ended the process (exit code %d) while %s", r->code, doing);
        break;
    case LOCL_CHILD_ABSENT:
        snprintf(text, size, "could not be examined: no process could be started: %s", strerror(r->code));
        break;
    case LOCL_CHILD_DONE:
        snprintf(text, size, "did what it should");
        break;
    }
}
