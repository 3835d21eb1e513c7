/* Sees to it that drivers are found, before OpenCL's first call. Included by main.c. */
#ifndef LOCL_CLI_DRIVERS_H
#define LOCL_CLI_DRIVERS_H

/* Sets the variables that drivers and their loader read at that call, unless the user did. Starts the program again,
 * once, where the linker has to look in more folders, since it reads its variable at the start alone. */
void locl_cli_prepare_drivers(char **argv);

#endif
