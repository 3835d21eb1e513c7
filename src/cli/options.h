/* Options of a command: one table gives parsing, --help and the messages. Used by every command's file. */
#ifndef LOCL_CLI_OPTIONS_H
#define LOCL_CLI_OPTIONS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum { LOCL_CLI_LIST = 256 };

/* Values of an option that may be repeated; they point into argv. */
typedef struct locl_cli_list {
    const char *value[LOCL_CLI_LIST];
    size_t count;
} locl_cli_list;

/* One of flag, text and list says what the option takes and where that goes. */
typedef struct locl_cli_option {
    const char *name;     /* "--set"; the table ends with NULL */
    const char *argument; /* "KEY=VALUE"; NULL for a flag */
    const char *help;     /* one line */
    bool *flag;
    const char **text;
    locl_cli_list *list;
} locl_cli_option;

typedef struct locl_cli_command {
    const char *name;      /* "train" */
    const char *arguments; /* "CONFIG | --resume RUN" */
    const char *about;     /* what --help says before the options; ends with a newline */
    const locl_cli_option *options;
    locl_cli_list *positional;
    size_t most; /* positional arguments */
} locl_cli_command;

/* Options and positional arguments in any order; `--` ends the options, --opt=value is taken too.
 * LOCL_E_USAGE names the nearest option. With --help, *help is set and the rest not looked at. */
locl_status locl_cli_parse(const locl_cli_command *command, int argc, char **argv, bool *help,
                           locl_error *err);
/* To standard output. */
void locl_cli_help(const locl_cli_command *command);

#endif
