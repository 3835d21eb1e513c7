/* `locl devices [--json]`: what devices there are and what is wrong with them. Called by main.c. */
#ifndef LOCL_CLI_DEVICES_H
#define LOCL_CLI_DEVICES_H

/* argv[0] is "devices". Returns the exit code: 0, 1 failed, 2 usage, 3 no device. */
int locl_cli_devices(int argc, char **argv);

#endif
