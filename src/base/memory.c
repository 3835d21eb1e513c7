#include "base/memory.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The files of one version of control groups. Version 1 keeps memory in a tree of its own. */
typedef struct version {
    const char *tree; /* below the mount */
    const char *limits[2], *usage, *cache;
} version;

static const version versions[] = {
    {"/memory", {"memory.limit_in_bytes", NULL}, "memory.usage_in_bytes", "total_inactive_file"},
    {"", {"memory.max", "memory.high"}, "memory.current", "inactive_file"},
    {"/unified", {"memory.max", "memory.high"}, "memory.current", "inactive_file"}, /* both mounted */
};

/* Reads a file that holds one number. False for a missing file and for "max". */
static bool read_number(const char *folder, const char *name, uint64_t *out)
{
    char path[PATH_MAX];
    unsigned long long value;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "r");
    bool found = file && fscanf(file, "%llu", &value) == 1;
    if (file) {
        fclose(file);
    }
    *out = found ? value : 0;
    return found;
}

/* Returns the value of the line that starts with `key`, or 0. */
static uint64_t read_key(const char *path, const char *key, const char *format)
{
    FILE *file = fopen(path, "r");
    unsigned long long value = 0;
    char line[256];
    size_t length = strlen(key);
    while (file && !value && fgets(line, sizeof line, file)) {
        if (strncmp(line, key, length) || sscanf(line + length, format, &value) != 1) {
            value = 0;
        }
    }
    if (file) {
        fclose(file);
    }
    return value;
}

static uint64_t left_in(const version *v, const char *folder)
{
    char path[PATH_MAX];
    uint64_t left = UINT64_MAX, used, limit;
    if (!read_number(folder, v->usage, &used)) {
        return UINT64_MAX;
    }
    snprintf(path, sizeof path, "%s/memory.stat", folder);
    uint64_t cache = read_key(path, v->cache, " %llu");
    used -= cache < used ? cache : used;
    for (int i = 0; i < 2 && v->limits[i]; i++) {
        if (read_number(folder, v->limits[i], &limit)) {
            uint64_t more = limit > used ? limit - used : 0;
            left = more < left ? more : left;
        }
    }
    return left;
}

/* Returns the least left from the group up to the mount. A container may see its own group as the mount. The
 * path below it does not exist then, and the loop goes on further up. */
static uint64_t left_along(const version *v, const char *mount, const char *group)
{
    char path[PATH_MAX];
    uint64_t left = UINT64_MAX;
    size_t root = (size_t)snprintf(path, sizeof path, "%s%s", mount, v->tree);
    if (root + strlen(group) + 1 > sizeof path) {
        return left;
    }
    strcat(path, group);
    for (;;) {
        uint64_t more = left_in(v, path);
        left = more < left ? more : left;
        char *slash = strlen(path) > root ? strrchr(path + root, '/') : NULL;
        if (!slash) {
            return left;
        }
        *slash = '\0';
    }
}

/* Whether "memory" is in a list like "cpu,memory". */
static bool lists_memory(const char *list)
{
    static const char wanted[] = "memory";
    while (*list) {
        size_t length = strcspn(list, ",");
        if (length == sizeof wanted - 1 && strncmp(list, wanted, length) == 0) {
            return true;
        }
        list += length + (list[length] == ',');
    }
    return false;
}

/* Lines are "<number>:<controllers>:<path>"; version 2 has no controllers. */
uint64_t locl_memory_left_by_groups(const char *groups, const char *mount)
{
    uint64_t left = UINT64_MAX;
    char line[PATH_MAX];
    FILE *file = fopen(groups, "r");
    while (file && fgets(line, sizeof line, file)) {
        char *list = strchr(line, ':'), *path = list ? strchr(list + 1, ':') : NULL;
        if (!path) {
            continue;
        }
        *path++ = '\0';
        path[strcspn(path, "\n")] = '\0';
        bool second = !list[1];
        for (size_t i = second ? 1 : 0; i < (second ? 3 : lists_memory(list + 1)); i++) {
            uint64_t more = left_along(&versions[i], mount, strcmp(path, "/") ? path : "");
            left = more < left ? more : left;
        }
    }
    if (file) {
        fclose(file);
    }
    return left;
}

/* Returns the memory that is free. MemAvailable counts what the kernel can take back from its caches. Without
 * it, all physical memory is returned. */
static uint64_t free_on_machine(void)
{
    uint64_t kilobytes = read_key("/proc/meminfo", "MemAvailable:", "%llu");
    if (kilobytes) {
        return kilobytes * 1024;
    }
    long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    return pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size : UINT64_MAX;
}

locl_memory_free locl_memory_available(void)
{
    uint64_t machine = free_on_machine();
    uint64_t groups = locl_memory_left_by_groups("/proc/self/cgroup", "/sys/fs/cgroup");
    return (locl_memory_free){groups < machine ? groups : machine, groups < machine};
}
