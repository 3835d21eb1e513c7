/* The signals that ask the command to end: SIGINT (Ctrl-C), SIGTERM, SIGHUP, SIGXCPU (a limit of CPU time). A
 * thread of its own waits for them, and they are blocked everywhere else. So handlers never run which
 * compilers in drivers install (LLVM does, for these and SIGUSR2, whenever it is first used). What was
 * ignored when the command started (by nohup, or for a background job of a script) stays ignored. SIGPIPE is
 * ignored, so that output that goes away is an error of write(). */
#ifndef LOCL_CLI_INTERRUPT_H
#define LOCL_CLI_INTERRUPT_H

#include <locl/locl.h>

#include <signal.h>

/* Starts to watch. Called once, at the start of main(), before there is any other thread. Until a run is
 * begun, a signal ends the process as it would have without this. */
void locl_cli_watch_signals(void);

/* Keeps signals from here on for the run that is being opened. `command` is named in messages. */
void locl_cli_hold_interrupts(const char *command);
/* Makes signals stop this run until locl_cli_end_interrupts(), also one that was kept. However many arrive,
 * the run ends by itself. Only a SIGINT that comes a second or more after the first one ends the process at
 * once. */
void locl_cli_begin_interrupts(locl_run *run);
void locl_cli_end_interrupts(void);

/* Writes the signals that a child process should not block and those whose default action it should have, as
 * it should not inherit what this file has set. */
void locl_cli_child_signals(sigset_t *mask, sigset_t *defaults);

#endif
