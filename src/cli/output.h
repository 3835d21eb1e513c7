/* What verbs print: results on standard output, log events and errors on standard error. */
#ifndef LOCL_CLI_OUTPUT_H
#define LOCL_CLI_OUTPUT_H

#include "cli/verb.h"

/* Runs the verb with standard output for its own results alone. Whatever else writes there from now on
 * (compilers in drivers do) ends on standard error. Log events go to standard error too: warnings, and with
 * --verbose all. LOCL_E_IO: its results could not be written. */
locl_status locl_cli_run(const locl_cli_verb *verb, const void *options, locl_error *err);

/* Prints "locl train: <where>: <message>", "  remedy: ..." on standard error and returns the exit code. */
int locl_cli_fail(const char *verb, const locl_error *err);

/* Prints "locl plot: warning: ..." on standard error, of the verb that runs. */
void locl_cli_warn(const char *format, ...) LOCL_PRINTF(1, 2);

/* Prints a line of text, malloc'd, and frees it. LOCL_E_IO. */
locl_status locl_cli_print(FILE *out, char *text, locl_error *err);

/* Returns the columns of the terminal that `out` is; 80 where it is none. */
int locl_cli_columns(FILE *out);

/* Returns the share of a step's seconds in which a device waits; rounding never makes it less than 0. */
double locl_cli_idle(double busy_seconds, double step_seconds);

/* Writes "1:02:03" or "2:03". */
void locl_cli_time(double seconds, char *buffer, size_t size);

#endif
