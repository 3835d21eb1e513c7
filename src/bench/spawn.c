#include "bench/spawn.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static locl_status fail(const char *const *argument, int failed, locl_error *err)
{
    return locl_fail(err, LOCL_E_FAILED, "cannot start %s: %s", argument[0], strerror(failed));
}

locl_status locl_spawn(const char *const *argument, char *const *variable, int out, int errors, pid_t *child,
                       locl_error *err)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    int failed = posix_spawn_file_actions_init(&actions);
    if (failed) {
        return fail(argument, failed, err);
    }
    failed = posix_spawnattr_init(&attributes);
    if (failed) {
        posix_spawn_file_actions_destroy(&actions);
        return fail(argument, failed, err);
    }
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    failed = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    failed = failed ? failed : posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
    failed = failed
                 ? failed
                 : posix_spawn(child, argument[0], &actions, &attributes, (char *const *)argument, variable);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return failed ? fail(argument, failed, err) : LOCL_OK;
}

/* ---- one that is watched ---- */

/* Lines as they come in. */
typedef struct lines {
    char text[256];
    size_t length;
    void (*tell)(void *user, const char *line);
    void *user;
    locl_spawned *out;
} lines;

static void take(lines *l, const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (bytes[i] == '\n') {
            l->text[l->length] = '\0';
            snprintf(l->out->last, sizeof l->out->last, "%s", l->text);
            l->tell(l->user, l->text);
            l->length = 0;
        } else if (l->length + 1 < sizeof l->text) {
            l->text[l->length++] = bytes[i];
        }
    }
}

/* Reads until the end, or until there is nothing for too long. */
static void watch(int from, double deadline, lines *l)
{
    char bytes[512];
    struct pollfd poller = {.fd = from, .events = POLLIN};
    for (;;) {
        int ready = poll(&poller, 1, (int)(1e3 * deadline));
        if (ready < 0 && errno == EINTR) {
            continue;
        }
        ssize_t count = ready > 0 ? read(from, bytes, sizeof bytes) : 0;
        l->out->silent = ready == 0;
        if (count <= 0) {
            return;
        }
        take(l, bytes, (size_t)count);
    }
}

/* Waits for the end of a process. One that does not even end when it is killed, stuck in a driver, is left. */
static void end_process(pid_t child, locl_spawned *out)
{
    const struct timespec pause = {.tv_nsec = 10000000};
    double start = locl_clock_seconds();
    if (out->silent) {
        kill(child, SIGKILL);
    }
    for (;;) {
        pid_t ended = waitpid(child, &out->state, out->silent ? WNOHANG : 0);
        bool left = ended == 0 && locl_clock_seconds() - start > 5;
        if (ended == child || left || (ended < 0 && errno != EINTR)) {
            return;
        }
        nanosleep(&pause, NULL);
    }
}

locl_status locl_spawn_watched(const char *const *argument, int errors, double deadline,
                               void (*tell)(void *user, const char *line), void *user, locl_spawned *out,
                               locl_error *err)
{
    int ends[2];
    pid_t child;
    lines l = {.tell = tell, .user = user, .out = out};
    *out = (locl_spawned){.state = 0};
    if (pipe(ends) != 0) {
        return locl_fail_errno(err, LOCL_E_FAILED, "make", "a pipe");
    }
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    locl_status status = locl_spawn(argument, environ, ends[1], errors, &child, err);
    close(ends[1]);
    if (status == LOCL_OK) {
        watch(ends[0], deadline, &l);
        end_process(child, out);
    }
    close(ends[0]);
    return status;
}

bool locl_spawned_fault(const locl_spawned *spawned, FILE *errors, char *out, size_t size)
{
    char line[512] = "it said nothing";
    const char *at = spawned->last[0] ? spawned->last : "its start";
    rewind(errors);
    if (fgets(line, sizeof line, errors)) {
        line[strcspn(line, "\n")] = '\0';
    }
    if (spawned->silent) {
        snprintf(out, size, "it hung and was ended, at: %s", at);
    } else if (WIFSIGNALED(spawned->state)) {
        snprintf(out, size, "its process was ended by signal %d, at: %s; %s", WTERMSIG(spawned->state), at,
                 line);
    } else if (WEXITSTATUS(spawned->state)) {
        snprintf(out, size, "its process ended with exit code %d, at: %s; %s", WEXITSTATUS(spawned->state),
                 at, line);
    } else {
        return false;
    }
    return true;
}
