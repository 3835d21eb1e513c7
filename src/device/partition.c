#include "device/partition.h"

#include "device/call.h"

#include <pthread.h>
#include <stdlib.h>

typedef struct partition {
    cl_device_id root;
    unsigned split;
    cl_device_id *parts; /* [split] */
    struct partition *next;
} partition;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static partition *first;

static partition *find(cl_device_id root, unsigned split)
{
    partition *at = first;
    while (at && (at->root != root || at->split != split)) {
        at = at->next;
    }
    return at;
}

static locl_status make(const locl_device_info *root, partition *made, locl_error *err)
{
    unsigned split = made->split;
    cl_device_partition_property how[] = {CL_DEVICE_PARTITION_EQUALLY,
                                          (cl_device_partition_property)(root->caps.units / split), 0};
    cl_uint count = 0;
    cl_int rc = clCreateSubDevices(root->id, how, split, made->parts, &count);
    if (rc == CL_SUCCESS && count < split) {
        for (cl_uint i = 0; i < count; i++) {
            clReleaseDevice(made->parts[i]);
        }
        rc = CL_DEVICE_PARTITION_FAILED;
    }
    return rc == CL_SUCCESS ? LOCL_OK : locl_fail_cl(err, "clCreateSubDevices", rc, NULL, root->selector);
}

static locl_status find_or_make(const locl_device_info *root, unsigned split, cl_device_id **parts,
                                locl_error *err)
{
    partition *found = find(root->id, split);
    if (!found) {
        found = calloc(1, sizeof *found);
        cl_device_id *ids = calloc(split, sizeof *ids);
        locl_status status = LOCL_OK;
        if (!found || !ids) {
            status = locl_fail_memory(err, sizeof *found + split * sizeof *ids);
        } else {
            *found = (partition){.root = root->id, .split = split, .parts = ids, .next = first};
            status = make(root, found, err);
        }
        if (status != LOCL_OK) {
            free(found);
            free(ids);
            return status;
        }
        first = found;
    }
    *parts = found->parts;
    return LOCL_OK;
}

locl_status locl_partition(const locl_device_info *root, unsigned split, cl_device_id **parts,
                           locl_error *err)
{
    pthread_mutex_lock(&lock);
    locl_status status = find_or_make(root, split, parts, err);
    pthread_mutex_unlock(&lock);
    return status;
}
