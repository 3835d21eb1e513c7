/* What a verb's table gives: parsing and --help. Used by main.c and man.c. */
#ifndef LOCL_CLI_OPTIONS_H
#define LOCL_CLI_OPTIONS_H

#include "cli/verb.h"

/* Fills in the zeroed options of the verb. Options and positional arguments come in any order. `--` ends the
 * options, --opt=value is taken too, and argv[0] is skipped. LOCL_E_USAGE names the nearest option. With
 * --help, sets *help and skips the rest. */
locl_status locl_cli_parse(const locl_cli_verb *verb, int argc, char **argv, void *options, bool *help,
                           locl_error *err);
void locl_cli_help(const locl_cli_verb *verb, FILE *out);

/* Reads the value of an option that takes steps: "FIRST..LAST", counted from 1. LOCL_E_USAGE. */
locl_status locl_cli_steps(const char *option, const char *text, uint64_t *first, uint64_t *last,
                           locl_error *err);

/* [LOCL_CLI_EXIT_CODES] what each exit code means */
enum { LOCL_CLI_EXIT_CODES = 7 };
extern const char *const locl_cli_exit_codes[LOCL_CLI_EXIT_CODES];

#endif
