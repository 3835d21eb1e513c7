#include "cli/interrupt.h"

#include <pthread.h>
#include <stdio.h>

/* Seconds from the first SIGINT to one that ends the process. `timeout` and some shells send a signal twice
 * at once. */
#define IMPATIENT_SECONDS 1.0

enum { SIGNALS = 5 };
static const int watched[SIGNALS] = {SIGHUP, SIGINT, SIGTERM, SIGXCPU, SIGUSR2};

typedef enum mode {
    MODE_DEFAULT, /* a signal has its default action */
    MODE_HOLD,    /* it is kept for the run to come */
    MODE_RUN      /* it stops the run */
} mode;

static struct {
    pthread_mutex_t lock;
    sigset_t set;
    bool ignored[SIGNALS]; /* when the command started */
    mode mode;
    const char *command;
    locl_run *run;
    bool asked;         /* by any signal */
    double interrupted; /* time of the first SIGINT; 0: none */
} state = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool is_ignored(int number)
{
    for (int i = 0; i < SIGNALS; i++) {
        if (watched[i] == number) {
            return state.ignored[i];
        }
    }
    return false;
}

/* Ends the process as the signal does where nobody handles it. */
static void act_by_default(int number)
{
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, number);
    signal(number, SIG_DFL);
    pthread_sigmask(SIG_UNBLOCK, &one, NULL);
    raise(number);
}

static bool is_impatient(int number)
{
    double now = locl_clock_seconds();
    if (number != SIGINT) {
        return false;
    }
    if (state.interrupted > 0) {
        return now - state.interrupted >= IMPATIENT_SECONDS;
    }
    state.interrupted = now;
    return false;
}

/* Handles a signal, under the lock. */
static void take(int number)
{
    if (state.mode == MODE_DEFAULT || number == SIGUSR2 || is_impatient(number)) {
        act_by_default(number);
        return;
    }
    if (state.mode == MODE_RUN) {
        locl_run_stop(state.run);
    } else if (!state.asked) {
        fprintf(stderr, "locl %s: asked to end: it will, saved, once the run is open%s\n", state.command,
                number == SIGINT ? "; Ctrl-C again ends it at once" : "");
    }
    state.asked = true;
}

static void *wait_for_signals(void *unused)
{
    int number;
    while (sigwait(&state.set, &number) == 0) {
        if (!is_ignored(number)) {
            pthread_mutex_lock(&state.lock);
            take(number);
            pthread_mutex_unlock(&state.lock);
        }
    }
    return unused;
}

void locl_cli_watch_signals(void)
{
    pthread_t thread;
    signal(SIGXFSZ, SIG_IGN); /* a file that grows too large is an error of write(), not the end */
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&state.set);
    for (int i = 0; i < SIGNALS; i++) {
        struct sigaction before;
        state.ignored[i] = sigaction(watched[i], NULL, &before) == 0 && before.sa_handler == SIG_IGN;
        sigaddset(&state.set, watched[i]);
    }
    pthread_sigmask(SIG_BLOCK, &state.set, NULL);
    if (pthread_create(&thread, NULL, wait_for_signals, NULL) == 0) {
        pthread_detach(thread);
    } else {
        pthread_sigmask(SIG_UNBLOCK, &state.set, NULL); /* so they have their default action */
    }
}

static void set_mode(mode new_mode, locl_run *run)
{
    pthread_mutex_lock(&state.lock);
    state.mode = new_mode;
    state.run = run;
    if (new_mode == MODE_RUN && state.asked) {
        locl_run_stop(run);
    }
    pthread_mutex_unlock(&state.lock);
}

void locl_cli_hold_interrupts(const char *command)
{
    state.command = command;
    set_mode(MODE_HOLD, NULL);
}

void locl_cli_begin_interrupts(locl_run *run)
{
    set_mode(MODE_RUN, run);
}

void locl_cli_end_interrupts(void)
{
    pthread_mutex_lock(&state.lock);
    state.mode = state.asked ? MODE_HOLD : MODE_DEFAULT; /* a signal may come twice while the end is told */
    state.run = NULL;
    pthread_mutex_unlock(&state.lock);
}

void locl_cli_child_signals(sigset_t *mask, sigset_t *defaults)
{
    sigemptyset(mask);
    sigemptyset(defaults);
    sigaddset(defaults, SIGPIPE);
    sigaddset(defaults, SIGXFSZ);
}
