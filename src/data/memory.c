#include "data/readers.h"

#include "base/memory.h"

locl_status locl_data_check_memory(const locl_data_options *options, uint64_t bytes, const char *what,
                                   locl_error *err)
{
    locl_memory_free available = {locl_data_memory(options), false};
    bool given = available.bytes > 0;
    if (!given) {
        available = locl_memory_available();
    }
    if (bytes <= available.bytes) {
        return LOCL_OK;
    }
    const char *limit = given               ? "the limit given is"
                        : available.limited ? "the limit of this container or control group (cgroup) leaves"
                                            : "free are";
    locl_fail(err, LOCL_E_MEMORY, "%s need %.1f MiB of memory, %s %.1f", what, (double)bytes / 1048576.0,
              limit, (double)available.bytes / 1048576.0);
    locl_remedy(err, "smaller images (model.image), fewer images, or more memory (data.memory)");
    return LOCL_E_MEMORY;
}
