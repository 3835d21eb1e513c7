#include "cli/interrupt.h"

#include <signal.h>
#include <stddef.h>

/* The run that a signal ends. */
static locl_run *running;

static void stop(int number)
{
    (void)number;
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    locl_run_stop(running); /* stores a flag. NOLINT(bugprone-signal-handler) */
}

void locl_cli_begin_interrupts(locl_run *run)
{
    running = run;
    signal(SIGINT, stop);
    signal(SIGTERM, stop);
}

void locl_cli_end_interrupts(void)
{
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    running = NULL;
}
