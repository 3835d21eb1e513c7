/* What is installed beside the command, made from the tables of the verbs: the manual page, and completion
 * for shells. Used by main.c (`locl help --man`, `locl help --completion bash`), which the build calls. */
#ifndef LOCL_CLI_PAGES_H
#define LOCL_CLI_PAGES_H

#include "cli/verb.h"

/* What the command is for. Ends with a newline. */
extern const char *const locl_cli_about;

/* Prints locl.1, for man(1). */
void locl_cli_print_man(FILE *out);
/* Prints the completion for `shell`: "bash", "zsh" or "fish". LOCL_E_USAGE: another one. */
locl_status locl_cli_print_completion(FILE *out, const char *shell, locl_error *err);

#endif
