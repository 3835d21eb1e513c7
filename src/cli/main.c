#include "locl/status.h"

#include <stdio.h>

int main(void)
{
    fputs("usage: locl COMMAND ...\n", stderr);
    return locl_status_exit_code(LOCL_E_USAGE);
}
