/* Finds how much memory a process may still take: what the machine has free, and what the limits of its
 * control groups (containers, systemd) leave. Used by src/data before it reads images. */
#ifndef LOCL_BASE_MEMORY_H
#define LOCL_BASE_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

typedef struct locl_memory_free {
    uint64_t bytes;
    bool limited; /* a control group leaves less than the machine has */
} locl_memory_free;

/* Returns what this process may take now. UINT64_MAX bytes where it cannot be found out. */
locl_memory_free locl_memory_available(void);
/* Returns what the control groups leave: the least of the process's own group and all above it. Caches that
 * the kernel can take back count as free. `groups` is /proc/self/cgroup, `mount` /sys/fs/cgroup, of version
 * 1, 2 or both. UINT64_MAX: no limit. */
uint64_t locl_memory_left_by_groups(const char *groups, const char *mount);

#endif
