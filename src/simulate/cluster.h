/* A table of devices that need not be here: rates, links and memory, read from a YAML file. Used by simulate.c. */
#ifndef LOCL_SIMULATE_CLUSTER_H
#define LOCL_SIMULATE_CLUSTER_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum { LOCL_CLUSTER_MOST = 1024, LOCL_CLUSTER_NAME = 64 };

/* An entry of the table: `count` devices of a kind, each with a link of its own to a host that all reach. */
typedef struct locl_cluster_entry {
    char name[LOCL_CLUSTER_NAME];
    unsigned count;
    double gflops;    /* that a training step reaches */
    double gbs;       /* of its memory, 10^9 bytes a second */
    double memory;    /* GiB */
    double launch_us; /* of a kernel */
    double link_gbs, link_us;
    bool overlap; /* copies while it computes */
} locl_cluster_entry;

typedef struct locl_cluster {
    locl_cluster_entry *entry; /* [entries], owned */
    size_t entries, devices;
} locl_cluster;

/* Reads a table. *out is the caller's to release, on error too. LOCL_E_CONFIG: every problem with its place. */
locl_status locl_cluster_read(const char *path, locl_cluster *out, locl_error *err);
void locl_cluster_release(locl_cluster *cluster); /* zeroed is fine */
/* Returns the entry of a device, counted over all entries. */
const locl_cluster_entry *locl_cluster_device(const locl_cluster *cluster, size_t device);

#endif
