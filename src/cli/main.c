#include "cli/devices.h"
#include "locl/status.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "devices")) {
        return locl_cli_devices(argc - 1, argv + 1);
    }
    fputs("usage: locl COMMAND ...\n", stderr);
    return locl_status_exit_code(LOCL_E_USAGE);
}
