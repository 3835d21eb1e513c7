/* The files of cl/, embedded by cmake/embed.cmake. Read by source.c and by src/check, which spoils them. Ends
 * with a row of name NULL. */
#ifndef LOCL_DEVICE_KERNEL_SOURCES_H
#define LOCL_DEVICE_KERNEL_SOURCES_H

#include <stddef.h>

typedef struct locl_kernel_source {
    const char *name; /* "layernorm.cl", "row.clh" */
    const char *text; /* terminated */
    size_t length;
} locl_kernel_source;

extern const locl_kernel_source locl_kernel_sources[];

#endif
