#include "device/program.h"

#include "device/call.h"
#include "device/program_build.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct program_entry {
    char *file, *options; /* as the caller gave them */
    cl_program program;   /* NULL while a thread builds it */
    char suffix[16];      /* of the names of its kernels, in a merged program */
    struct program_entry *next;
} program_entry;

struct locl_program_cache {
    pthread_mutex_t lock;
    pthread_cond_t built; /* an entry has got its program, or is gone */
    program_entry *first;
};

locl_status locl_program_cache_create(locl_device *device, locl_program_cache **out, locl_error *err)
{
    (void)device;
    *out = calloc(1, sizeof **out);
    if (!*out) {
        return locl_fail_memory(err, sizeof **out);
    }
    pthread_mutex_init(&(*out)->lock, NULL);
    pthread_cond_init(&(*out)->built, NULL);
    return LOCL_OK;
}

static void release_entry(program_entry *entry)
{
    if (entry) {
        if (entry->program) {
            clReleaseProgram(entry->program);
        }
        free(entry->file);
        free(entry->options);
        free(entry);
    }
}

void locl_program_cache_release(locl_program_cache *cache)
{
    if (!cache) {
        return;
    }
    while (cache->first) {
        program_entry *next = cache->first->next;
        release_entry(cache->first);
        cache->first = next;
    }
    pthread_cond_destroy(&cache->built);
    pthread_mutex_destroy(&cache->lock);
    free(cache);
}

static program_entry *find_entry(const locl_program_cache *cache, const char *file, const char *options)
{
    program_entry *entry = cache->first;
    while (entry && (strcmp(entry->file, file) != 0 || strcmp(entry->options, options) != 0)) {
        entry = entry->next;
    }
    return entry;
}

/* Enters a program that the caller is about to build. NULL: out of memory. Under the lock. */
static program_entry *claim(locl_program_cache *cache, const char *file, const char *options)
{
    program_entry *entry = calloc(1, sizeof *entry);
    if (entry) {
        entry->file = strdup(file);
        entry->options = strdup(options);
        if (entry->file && entry->options) {
            entry->next = cache->first;
            cache->first = entry;
            return entry;
        }
        release_entry(entry);
    }
    return NULL;
}

/* Gives a claimed entry its program, or takes it out again without one, and wakes those who wait for it. Takes
 * a reference to the program. */
static void settle(locl_program_cache *cache, program_entry *entry, cl_program program)
{
    program_entry **at = &cache->first;
    pthread_mutex_lock(&cache->lock);
    if (program) {
        clRetainProgram(program);
        entry->program = program;
    } else {
        while (*at != entry) {
            at = &(*at)->next;
        }
        *at = entry->next;
        release_entry(entry);
    }
    pthread_cond_broadcast(&cache->built);
    pthread_mutex_unlock(&cache->lock);
}

/* The entry of a program, built by this thread or by another one that is waited for. It stays where it is. */
static locl_status get_entry(locl_device *device, const char *file, const char *options,
                             const program_entry **out, locl_error *err)
{
    locl_program_cache *cache = device->programs;
    program_entry *entry;
    cl_program program = NULL;
    options = options ? options : "";
    pthread_mutex_lock(&cache->lock);
    while ((entry = find_entry(cache, file, options)) && !entry->program) {
        pthread_cond_wait(&cache->built, &cache->lock);
    }
    *out = entry;
    if (!entry) {
        *out = entry = claim(cache, file, options);
        pthread_mutex_unlock(&cache->lock);
        if (!entry) {
            return locl_fail_memory(err, sizeof *entry + strlen(file) + strlen(options));
        }
        locl_status status = locl_program_build(device, file, options, &program, err);
        settle(cache, entry, program);
        if (program) {
            clReleaseProgram(program);
        }
        return status;
    }
    pthread_mutex_unlock(&cache->lock);
    return LOCL_OK;
}

locl_status locl_program_get(locl_device *device, const char *file, const char *options, cl_program *out,
                             locl_error *err)
{
    const program_entry *entry;
    *out = NULL;
    LOCL_TRY(get_entry(device, file, options, &entry, err));
    *out = entry->program;
    return LOCL_OK;
}

/* Claims those of the parts that are in no program yet, and that a merged one takes; the others' place in
 * `claimed` is NULL. Returns how many. `missing` gets them in order. */
static size_t claim_missing(locl_program_cache *cache, const locl_merge_part *parts, size_t count,
                            program_entry **claimed, locl_merge_part *missing)
{
    size_t found = 0;
    pthread_mutex_lock(&cache->lock);
    for (size_t i = 0; i < count; i++) {
        bool wanted =
            locl_merge_takes(parts[i].options) && !find_entry(cache, parts[i].file, parts[i].options);
        program_entry *entry = wanted ? claim(cache, parts[i].file, parts[i].options) : NULL;
        if (entry) {
            claimed[found] = entry;
            missing[found++] = parts[i];
        }
    }
    pthread_mutex_unlock(&cache->lock);
    return found;
}

static locl_status get_merged(locl_device *device, const locl_merge_part *parts, size_t count,
                              locl_error *err)
{
    program_entry **claimed = calloc(count, sizeof *claimed);
    locl_merge_part *missing = calloc(count, sizeof *missing);
    cl_program program = NULL;
    locl_status status = LOCL_OK;
    if (claimed && missing) {
        size_t found = claim_missing(device->programs, parts, count, claimed, missing);
        if (found) {
            status = locl_program_build_merged(device, missing, found, &program, err);
        }
        for (size_t i = 0; i < found; i++) {
            snprintf(claimed[i]->suffix, sizeof claimed[i]->suffix, "_%zu", i);
            settle(device->programs, claimed[i], program);
        }
        if (program) {
            clReleaseProgram(program);
        }
    } else {
        status = locl_fail_memory(err, count * (sizeof *claimed + sizeof *missing));
    }
    free(claimed);
    free(missing);
    return status;
}

locl_status locl_program_get_all(locl_device *device, const locl_merge_part *parts, size_t count,
                                 locl_error *err)
{
    if (device->caps.builds_late && count > 1) {
        return get_merged(device, parts, count, err);
    }
    for (size_t i = 0; i < count; i++) {
        const program_entry *entry;
        LOCL_TRY(get_entry(device, parts[i].file, parts[i].options, &entry, err));
    }
    return LOCL_OK;
}

/* Checks the local memory that a kernel takes, as its driver says once it is built. */
static locl_status check_local_memory(const locl_device *device, cl_kernel kernel, const char *name,
                                      locl_error *err)
{
    cl_ulong bytes = 0;
    clGetKernelWorkGroupInfo(kernel, device->id, CL_KERNEL_LOCAL_MEM_SIZE, sizeof bytes, &bytes, NULL);
    if (bytes <= device->caps.local_memory) {
        return LOCL_OK;
    }
    locl_fail(
        err, LOCL_E_TOO_LARGE,
        "kernel %s needs %llu bytes of local memory, device %s (%s) has %llu (CL_DEVICE_LOCAL_MEM_SIZE)",
        name, (unsigned long long)bytes, device->selector, device->name,
        (unsigned long long)device->caps.local_memory);
    return locl_remedy(err, "leave the device out: !%s in `devices`", device->selector);
}

locl_status locl_kernel_create(locl_device *device, const char *file, const char *name, const char *options,
                               size_t items, cl_kernel *out, locl_error *err)
{
    const program_entry *entry;
    char full[128];
    cl_int rc;
    size_t most = 0;
    *out = NULL;
    LOCL_TRY(get_entry(device, file, options, &entry, err));
    snprintf(full, sizeof full, "%s%s", name, entry->suffix);
    cl_kernel kernel = clCreateKernel(entry->program, full, &rc);
    if (rc != CL_SUCCESS) {
        return locl_fail_cl(err, "clCreateKernel", rc, device, name);
    }
    rc = clGetKernelWorkGroupInfo(kernel, device->id, CL_KERNEL_WORK_GROUP_SIZE, sizeof most, &most, NULL);
    if (rc != CL_SUCCESS) {
        clReleaseKernel(kernel);
        return locl_fail_cl(err, "clGetKernelWorkGroupInfo", rc, device, name);
    }
    locl_status status = check_local_memory(device, kernel, name, err);
    if (status != LOCL_OK) {
        clReleaseKernel(kernel);
        return status;
    }
    most = most < device->caps.work_group ? most : device->caps.work_group;
    if (items > most) {
        clReleaseKernel(kernel);
        locl_fail(err, LOCL_E_TOO_LARGE,
                  "kernel %s of %s needs work-groups of %zu, device %s (%s) allows %zu for it "
                  "(CL_KERNEL_WORK_GROUP_SIZE)",
                  name, file, items, device->selector, device->name, most);
        return locl_remedy(err, "LOCL_CAPS=work_group=%zu, or leave the device out: !%s in `devices`", most,
                           device->selector);
    }
    *out = kernel;
    return LOCL_OK;
}
