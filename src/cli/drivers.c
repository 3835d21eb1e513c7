#include "cli/drivers.h"

#include <locl/locl.h>

#include <stdlib.h>
#include <unistd.h>

void locl_cli_prepare_drivers(char **argv)
{
    setenv("GPU_SINGLE_ALLOC_PERCENT", "100", 0); /* AMD's allow larger buffers then (docs/devices.md) */
    locl_driver_search *search = malloc(sizeof *search);
    if (!search) {
        return;
    }
    locl_doctor_find_drivers(search);
    if (search->vendors[0]) {
        setenv("OCL_ICD_VENDORS", search->vendors, 1);
    }
    if (search->libraries[0]) {
        setenv("LD_LIBRARY_PATH", search->libraries, 1);
        execv("/proc/self/exe", argv);
    }
    free(search);
}
