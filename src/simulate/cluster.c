#include "simulate/cluster.h"

#include "base/file.h"
#include "yaml/schema.h"

#include <stdlib.h>
#include <string.h>

#define TEXT(name_, member, help_)                                                                           \
    .path = name_, .help = help_, .type = LOCL_KEY_TEXT, .offset = offsetof(locl_cluster_entry, member),     \
    .size = sizeof((locl_cluster_entry *)0)->member
#define NUMBER(name_, member, least, most, help_)                                                            \
    .path = name_, .help = help_, .type = LOCL_KEY_NUMBER, .offset = offsetof(locl_cluster_entry, member),   \
    .from = least, .to = most

static const locl_key entry_keys[] = {
    {TEXT("name", name, "of the kind of device")},
    {.path = "count",
     .help = "devices of this kind",
     .type = LOCL_KEY_UNSIGNED,
     .offset = offsetof(locl_cluster_entry, count),
     .low = 1,
     .high = LOCL_CLUSTER_MOST},
    {NUMBER("gflops", gflops, 1e-3, 1e9, "GFLOP/s that a training step reaches: locl bench step")},
    {NUMBER("gbs", gbs, 1e-3, 1e6, "GB/s of its memory: locl bench memory")},
    {NUMBER("memory", memory, 1e-3, 1e6, "GiB")},
    {NUMBER("launch_us", launch_us, 0, 1e6, "microseconds of a kernel's launch")},
    {NUMBER("link_gbs", link_gbs, 1e-6, 1e6, "GB/s to and from the host: locl bench transfer")},
    {NUMBER("link_us", link_us, 0, 1e9, "microseconds of a smallest copy")},
    {.path = "overlap",
     .help = "copies while it computes",
     .type = LOCL_KEY_BOOL,
     .offset = offsetof(locl_cluster_entry, overlap)},
    {0},
};

/* Of a device that is here today; what differs most between devices has to be said. */
static const locl_cluster_entry usual = {.name = "device",
                                         .count = 1,
                                         .gbs = 100,
                                         .memory = 8,
                                         .launch_us = 5,
                                         .link_gbs = 10,
                                         .link_us = 20,
                                         .overlap = true};
static const locl_key_record entry_record = {
    .keys = entry_keys, .size = sizeof(locl_cluster_entry), .initial = &usual};

static const locl_key keys[] = {
    {.path = "devices",
     .help = "kinds of devices",
     .type = LOCL_KEY_RECORDS,
     .offset = offsetof(locl_cluster, entry),
     .counted = true,
     .count_offset = offsetof(locl_cluster, entries),
     .least = 1,
     .capacity = LOCL_CLUSTER_MOST,
     .record = &entry_record},
    {0},
};

static void check(locl_cluster *cluster, const locl_position *at, locl_problems *problems)
{
    if (cluster->entries == 0) {
        locl_problems_add(problems, at, "devices", "there is none; should be a list of kinds of devices");
    }
    for (size_t i = 0; i < cluster->entries; i++) {
        cluster->devices += cluster->entry[i].count;
        if (cluster->entry[i].gflops <= 0) {
            locl_problems_add(problems, at, "devices",
                              "%s (entry %zu) has no gflops, what a training step reaches",
                              cluster->entry[i].name, i);
        }
    }
    if (cluster->devices > LOCL_CLUSTER_MOST) {
        locl_problems_add(problems, at, "devices", "%zu devices; should be at most %d", cluster->devices,
                          LOCL_CLUSTER_MOST);
    }
}

locl_status locl_cluster_read(const char *path, locl_cluster *out, locl_error *err)
{
    char *text = NULL;
    size_t size;
    locl_yaml yaml = {0};
    locl_problems problems = {0};
    locl_givens givens = {0};
    *out = (locl_cluster){0};
    LOCL_TRY(locl_file_read(path, LOCL_YAML_BYTES, LOCL_E_CONFIG, &text, &size, err));
    locl_status status = locl_yaml_parse(&yaml, path, NULL, text, size, &problems, err);
    if (status == LOCL_OK && yaml.root && yaml.root->kind != LOCL_YAML_MAP) {
        char found[128];
        locl_yaml_describe(yaml.root, found, sizeof found);
        locl_problems_add_value(&problems, &yaml.root->at, "", found, "a mapping (devices: [...])");
    } else if (status == LOCL_OK && yaml.root) {
        locl_schema_reader reader = {.problems = &problems, .givens = &givens};
        status = locl_schema_read(keys, out, "", yaml.root, &reader);
        if (status == LOCL_OK && problems.total == 0) {
            check(out, &yaml.root->at, &problems);
        }
    }
    if (status == LOCL_OK) {
        status = locl_problems_report(&problems, err);
    }
    locl_problems_free(&problems);
    locl_givens_free(&givens);
    locl_yaml_free(&yaml);
    free(text);
    return status;
}

void locl_cluster_release(locl_cluster *cluster)
{
    free(cluster->entry);
    *cluster = (locl_cluster){0};
}

const locl_cluster_entry *locl_cluster_device(const locl_cluster *cluster, size_t device)
{
    const locl_cluster_entry *e = cluster->entry;
    for (; device >= e->count; e++) {
        device -= e->count;
    }
    return e;
}
