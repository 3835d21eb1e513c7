/* What commands print: results on standard output, log events and errors on standard error. */
#ifndef LOCL_CLI_OUTPUT_H
#define LOCL_CLI_OUTPUT_H

#include "base/error.h"
#include "locl/locl.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* What a command does: its results go to `out`. */
typedef locl_status (*locl_cli_body)(const void *options, FILE *out, locl_error *err);

/* Runs the body with standard output for its own results alone: whatever else writes there from now on
 * (compilers in drivers do) ends on standard error. Log events go to standard error too: warnings, and with
 * `verbose` all. An error is printed; returns the exit code. */
int locl_cli_run(const char *command, bool verbose, locl_cli_body body, const void *options);

/* "locl train: <where>: <message>", "  remedy: ..." on standard error; returns the exit code. */
int locl_cli_fail(const char *command, const locl_error *err);

/* One line of JSON; takes the object (NULL is out of memory). */
locl_status locl_cli_print_json(FILE *out, json_t *json, locl_error *err);

/* "1:02:03" or "2:03" */
void locl_cli_time(double seconds, char *buffer, size_t size);

#endif
