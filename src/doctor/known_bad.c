#include "doctor/known_bad.h"

#include <stddef.h>
#include <string.h>

static const locl_known_bad table[] = {
    {"rusticl", "22.3", "clFinish() of Mesa 22.3 can return before the work is done",
     "take Mesa 23.1 or later (Debian 12: bookworm-backports); locl waits for events and reads instead"},
    {"Clover", "", "Mesa's Clover is given up: it lacks what kernels need and is gone from Mesa 25",
     "take Mesa's rusticl (RUSTICL_ENABLE) or the vendor's driver, and leave it out (`!clover` in devices)"},
    {"Intel Gen OCL Driver", "", "Beignet is given up since 2018", "install intel-opencl-icd in its place"},
};

const locl_known_bad *locl_known_bad_find(const char *platform, const char *platform_version,
                                          const char *driver)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (!strcmp(platform, table[i].platform) &&
            (strstr(platform_version, table[i].part) || strstr(driver, table[i].part))) {
            return &table[i];
        }
    }
    return NULL;
}
