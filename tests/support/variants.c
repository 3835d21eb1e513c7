#include "support/variants.h"

#include <stdlib.h>

static size_t index_of(const locl_kernel *kernel)
{
    size_t i = 0;
    while (locl_kernels[i] != kernel) {
        i++;
    }
    return i;
}

void variants_note(variants_seen *v, const locl_command_buffer *cmd)
{
    locl_launch_info info;
    for (size_t i = 0; locl_command_buffer_launch(cmd, i, &info); i++) {
        if (info.kernel) {
            size_t kernel = index_of(info.kernel);
            if (kernel >= VARIANTS_KERNELS || info.variant >= VARIANTS_MOST) {
                abort();
            }
            v->seen[kernel][info.variant] = true;
        }
    }
}

size_t variants_all(void)
{
    size_t count = 0;
    for (size_t i = 0; locl_kernels[i]; i++) {
        count += locl_kernel_variants(locl_kernels[i]);
    }
    return count;
}

size_t variants_missing(const variants_seen *v, locl_text *out)
{
    size_t count = 0;
    for (size_t i = 0; locl_kernels[i]; i++) {
        for (size_t j = 0; j < locl_kernel_variants(locl_kernels[i]); j++) {
            uint32_t setting[LOCL_KERNEL_SWITCHES] = {0};
            if (!v->seen[i][j]) {
                locl_kernel_variant(locl_kernels[i], j, setting);
                locl_text_add(out, "%s: ", locl_kernels[i]->name);
                locl_kernel_setting_text(locl_kernels[i], setting, out);
                locl_text_add(out, "\n");
                count++;
            }
        }
    }
    return count;
}
