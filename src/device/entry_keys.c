#include "device/entry_keys.h"

#include "device/select.h"

static const char *const types[] = {"gpu", "cpu", "accelerator", NULL};
static const char *const engines[] = {"auto", "native", "clblast", NULL};
static const char *const flags[] = {"true", "false", NULL};

#define ROW(kind, member, text)                                                                              \
    .path = #member, .type = (kind), .offset = offsetof(locl_device_spec, member), .help = (text)
#define TEXT(member, text) ROW(LOCL_KEY_TEXT, member, text), .size = sizeof(((locl_device_spec *)0)->member)
#define INTEGER(member, least, most, text)                                                                   \
    {                                                                                                        \
        ROW(LOCL_KEY_INT, member, text), .low = (least), .high = (most)                                      \
    }
#define FLAG(member, text)                                                                                   \
    {                                                                                                        \
        TEXT(member, text), .choices = flags                                                                 \
    }

static const locl_key keys[] = {
    {TEXT(device, "a selector: one of those that it names")},
    {TEXT(platform, "part of the platform's name")},
    {TEXT(vendor, "part of the vendor's name")},
    {TEXT(name, "part of the device's or its board's name")},
    {TEXT(type, "kind of device"), .choices = types},
    {TEXT(memory, "its memory: `8 GiB` (at least that), `\"< 16 GiB\"`, `at most 4 GiB`")},
    {TEXT(largest_buffer, "the largest buffer, a size as `memory`")},
    {TEXT(local_memory, "local memory of a work-group, a size as `memory`")},
    {TEXT(units, "compute units: `20` (at least that), `\"< 64\"`, `at most 128`")},
    {TEXT(work_group, "most work-items of a work-group, a number as `units`")},
    FLAG(fp16, "whether it computes in half precision"),
    FLAG(fp64, "whether it computes in double precision"),
    FLAG(sub_groups, "whether it has sub-groups"),
    FLAG(unified_memory, "whether it shares the host's memory"),
    FLAG(can_partition, "whether it can be split"),
    INTEGER(index, 0, 1023, "which one of those that match"),
    INTEGER(split, 1, 4096, "into how many equal sub-devices"),
    INTEGER(part, 0, 4095, "keep this one of them only"),
    {TEXT(engine, "engine of products on it"), .choices = engines},
    {0},
};
static const locl_key shorthand = {TEXT(text, "a selector")};
static const locl_device_spec initial = {.index = -1, .part = -1};
const locl_key_record locl_device_record = {
    .keys = keys, .size = sizeof(locl_device_spec), .initial = &initial, .shorthand = &shorthand};
