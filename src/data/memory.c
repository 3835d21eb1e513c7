#include "data/reading.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

/* MemAvailable counts what the kernel can take back from its caches; without it, all physical memory. */
static uint64_t free_memory(void)
{
    FILE *file = fopen("/proc/meminfo", "r");
    unsigned long long kilobytes = 0;
    char line[128];
    while (file && !kilobytes && fgets(line, sizeof line, file)) {
        if (sscanf(line, "MemAvailable: %llu", &kilobytes) != 1) {
            kilobytes = 0;
        }
    }
    if (file) {
        fclose(file);
    }
    if (kilobytes) {
        return kilobytes * 1024;
    }
    long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    return pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size : UINT64_MAX;
}

locl_status locl_data_check_memory(const locl_data_options *options, uint64_t bytes, const char *what,
                                   locl_error *err)
{
    uint64_t limit = options->memory ? options->memory : free_memory();
    if (bytes <= limit) {
        return LOCL_OK;
    }
    locl_fail(err, LOCL_E_MEMORY, "%s need %.1f MiB of memory, %s %.1f", what, (double)bytes / 1048576.0,
              options->memory ? "the limit given is" : "free are", (double)limit / 1048576.0);
    locl_remedy(err, "smaller images (model.image), fewer images, or more memory");
    return LOCL_E_MEMORY;
}
