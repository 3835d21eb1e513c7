#include "kernels/declare.h"

#include <string.h>

const locl_kernel *const locl_kernels[] = {
#define LOCL_KERNEL_ROW(name) &locl_kernel_##name,
    LOCL_KERNEL_TABLE(LOCL_KERNEL_ROW)
#undef LOCL_KERNEL_ROW
        NULL};

const locl_kernel_geometry locl_row_geometry[] = {LOCL_CHUNKS, LOCL_ITEMS, LOCL_TEAMS, {.name = NULL}};

const locl_kernel *locl_kernel_find(const char *name)
{
    for (size_t i = 0; locl_kernels[i]; i++) {
        if (!strcmp(locl_kernels[i]->name, name)) {
            return locl_kernels[i];
        }
    }
    return NULL;
}
