/* The commands, one file each; main.c lists them. argv[0] is the command's name; the exit code is returned.
 */
#ifndef LOCL_CLI_COMMANDS_H
#define LOCL_CLI_COMMANDS_H

#include "cli/devices.h"

int locl_cli_train(int argc, char **argv);
int locl_cli_eval(int argc, char **argv);
int locl_cli_probe(int argc, char **argv);
int locl_cli_audit(int argc, char **argv);

#endif
