#include "device/caps.h"

#include "base/text.h"
#include "device/call.h"
#include "device/matrix.h"
#include "device/quirks.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SMALLEST_ALIGNMENT = 64 };

static void trim(char *text)
{
    size_t start = strspn(text, " \t\r\n"), length;
    memmove(text, text + start, strlen(text + start) + 1);
    for (length = strlen(text); length && isspace((unsigned char)text[length - 1]); length--) {
        text[length - 1] = '\0';
    }
}

/* Reads a text with the call `get`. A text longer than `size` is cut. */
#define READ_TEXT(get, id, what, out, size)                                                                  \
    do {                                                                                                     \
        size_t needed = 0;                                                                                   \
        char *whole = NULL;                                                                                  \
        (out)[0] = '\0';                                                                                     \
        if (get(id, what, 0, NULL, &needed) == CL_SUCCESS && needed && (whole = calloc(1, needed + 1)) &&    \
            get(id, what, needed, whole, NULL) == CL_SUCCESS) {                                              \
            trim(whole);                                                                                     \
            snprintf(out, size, "%s", whole);                                                                \
        }                                                                                                    \
        free(whole);                                                                                         \
    } while (0)

void locl_device_text(cl_device_id id, cl_device_info what, char *out, size_t size)
{
    READ_TEXT(clGetDeviceInfo, id, what, out, size);
}

void locl_platform_text(cl_platform_id id, cl_platform_info what, char *out, size_t size)
{
    READ_TEXT(clGetPlatformInfo, id, what, out, size);
}

const char *locl_device_type_name(cl_device_type type)
{
    if (type & CL_DEVICE_TYPE_GPU) {
        return "gpu";
    }
    if (type & CL_DEVICE_TYPE_ACCELERATOR) {
        return "accelerator";
    }
    return type & CL_DEVICE_TYPE_CPU ? "cpu" : "other";
}

static bool partitions_equally(cl_device_id id)
{
    cl_device_partition_property kinds[16] = {0};
    cl_uint most = 0;
    size_t bytes = 0;
    if (clGetDeviceInfo(id, CL_DEVICE_PARTITION_MAX_SUB_DEVICES, sizeof most, &most, NULL) != CL_SUCCESS ||
        most < 2 ||
        clGetDeviceInfo(id, CL_DEVICE_PARTITION_PROPERTIES, sizeof kinds, kinds, &bytes) != CL_SUCCESS) {
        return false;
    }
    for (size_t i = 0; i < bytes / sizeof kinds[0] && i < 16; i++) {
        if (kinds[i] == CL_DEVICE_PARTITION_EQUALLY) {
            return true;
        }
    }
    return false;
}

static void platform_name(cl_device_id id, char *out, size_t size)
{
    cl_platform_id platform = NULL;
    out[0] = '\0';
    if (clGetDeviceInfo(id, CL_DEVICE_PLATFORM, sizeof platform, &platform, NULL) == CL_SUCCESS) {
        locl_platform_text(platform, CL_PLATFORM_NAME, out, size);
    }
}

bool locl_device_is_of_platform(cl_device_id id, const char *name)
{
    char found[128];
    platform_name(id, found, sizeof found);
    return !strcmp(found, name);
}

static cl_uint query_broadcasts(cl_device_id id, const locl_traits *traits, const char *extensions)
{
    enum { SIZES = 0x4108, MOST = 16 }; /* CL_DEVICE_SUB_GROUP_SIZES_INTEL */
    size_t sizes[MOST], bytes = 0;
    bool told = clGetDeviceInfo(id, SIZES, sizeof sizes, sizes, &bytes) == CL_SUCCESS;
    return locl_broadcasts_of(traits, extensions, sizes, told ? bytes / sizeof *sizes : 0);
}

/* Reads what the driver's habits and the kind of its units are known by, and sets the caps that follow from it. */
static void query_driver(cl_device_id id, const char *extensions, locl_caps *out)
{
    char platform[128], version[128], name[128];
    locl_driver driver = {.platform = platform, .driver = version};
    platform_name(id, platform, sizeof platform);
    locl_device_text(id, CL_DRIVER_VERSION, version, sizeof version);
    locl_traits_read(id, &driver.traits);
    locl_device_text(id, CL_DEVICE_NAME, name, sizeof name);
    const locl_matrix_traits told = {name, platform, extensions};
    out->matrix = locl_matrix_of(&driver.traits, &told);
    out->lanes = locl_traits_lanes(&driver.traits);
    out->unified_memory = driver.traits.integrated;
    out->wide_items = driver.traits.maker != LOCL_MAKER_INTEL || driver.traits.type != CL_DEVICE_TYPE_GPU;
    out->broadcasts = query_broadcasts(id, &driver.traits, extensions);
    out->whole_blocks = out->cpu && !driver.traits.mesa && strcmp(platform, "Oclgrind") != 0;
    out->builds_late = !strcmp(platform, "Portable Computing Language");
    locl_quirks_apply(&driver, out);
}

locl_status locl_caps_query(cl_device_id id, locl_caps *out, locl_error *err)
{
    cl_uint alignment_bits = 0;
    cl_device_fp_config doubles = 0;
    char extensions[8192];
    *out = (locl_caps){0};
    const struct {
        cl_device_info what;
        size_t size;
        void *value;
        const char *name;
    } needed[] = {
        {CL_DEVICE_TYPE, sizeof out->type, &out->type, "CL_DEVICE_TYPE"},
        {CL_DEVICE_MAX_COMPUTE_UNITS, sizeof out->units, &out->units, "CL_DEVICE_MAX_COMPUTE_UNITS"},
        {CL_DEVICE_GLOBAL_MEM_SIZE, sizeof out->memory, &out->memory, "CL_DEVICE_GLOBAL_MEM_SIZE"},
        {CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof out->largest_buffer, &out->largest_buffer,
         "CL_DEVICE_MAX_MEM_ALLOC_SIZE"},
        {CL_DEVICE_LOCAL_MEM_SIZE, sizeof out->local_memory, &out->local_memory, "CL_DEVICE_LOCAL_MEM_SIZE"},
        {CL_DEVICE_MAX_WORK_GROUP_SIZE, sizeof out->work_group, &out->work_group,
         "CL_DEVICE_MAX_WORK_GROUP_SIZE"},
        {CL_DEVICE_MEM_BASE_ADDR_ALIGN, sizeof alignment_bits, &alignment_bits,
         "CL_DEVICE_MEM_BASE_ADDR_ALIGN"},
    };
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        cl_int rc = clGetDeviceInfo(id, needed[i].what, needed[i].size, needed[i].value, NULL);
        if (rc != CL_SUCCESS) {
            return locl_fail_cl(err, "clGetDeviceInfo", rc, NULL, needed[i].name);
        }
    }
    /* The rest is optional in some drivers: without an answer the cap is absent. */
    clGetDeviceInfo(id, CL_DEVICE_MAX_CLOCK_FREQUENCY, sizeof out->clock_mhz, &out->clock_mhz, NULL);
    clGetDeviceInfo(id, CL_DEVICE_DOUBLE_FP_CONFIG, sizeof doubles, &doubles, NULL);
    locl_device_text(id, CL_DEVICE_EXTENSIONS, extensions, sizeof extensions);
    out->type &= ~(cl_device_type)CL_DEVICE_TYPE_DEFAULT;
    out->cpu = (out->type & CL_DEVICE_TYPE_CPU) != 0;
    out->alignment = alignment_bits / 8 > SMALLEST_ALIGNMENT ? alignment_bits / 8 : SMALLEST_ALIGNMENT;
    out->fp16 = strstr(extensions, "cl_khr_fp16") != NULL;
    out->fp64 = doubles != 0 || strstr(extensions, "cl_khr_fp64") != NULL;
    out->sub_groups = strstr(extensions, "cl_khr_subgroups") || strstr(extensions, "cl_intel_subgroups");
    out->can_partition = partitions_equally(id);
    query_driver(id, extensions, out);
    return LOCL_OK;
}

/* Takes broadcasts away, or gives some that are emulated, which every device can do. False for another cap. */
static bool lower_broadcasts(locl_caps *caps, const char *name, unsigned long long value)
{
    bool emulated = !strcmp(name, "emulated_broadcasts");
    if (!emulated && strcmp(name, "broadcasts") != 0) {
        return false;
    }
    if (emulated ? value == 0 || value == 8 || value == 16 : value == 0) {
        caps->broadcasts = (cl_uint)value;
        caps->emulates_broadcasts = value > 0;
    }
    return true;
}

/* The same for the matrix unit. */
static bool lower_matrix(locl_caps *caps, const char *name, unsigned long long value)
{
    bool emulated = !strcmp(name, "emulated_matrix");
    if (!emulated && strcmp(name, "matrix") != 0) {
        return false;
    }
    if (emulated ? value <= LOCL_MATRIX_DPAS : value == 0) {
        caps->matrix = (locl_matrix)value;
        caps->emulates_matrix = value > 0;
    }
    return true;
}

/* Sets the cap `name` to `value` where that is weaker. False when there is no such cap. */
static bool lower_one(locl_caps *caps, const char *name, unsigned long long value)
{
    if (lower_matrix(caps, name, value) || lower_broadcasts(caps, name, value)) {
        return true;
    }
    if (!strcmp(name, "alignment")) {
        caps->alignment = value > caps->alignment ? (size_t)value : caps->alignment;
        return true;
    }
#define LOWER(field, kind)                                                                                   \
    if (!strcmp(name, #field)) {                                                                             \
        caps->field = value < (unsigned long long)caps->field ? (kind)value : caps->field;                   \
        return true;                                                                                         \
    }
    LOCL_CAPS_NUMBERS(LOWER)
    LOCL_CAPS_FLAGS(LOWER)
    LOCL_CAPS_HIDDEN(LOWER)
#undef LOWER
    return false;
}

static const char *const cap_names[] = {"matrix", "emulated_matrix", "broadcasts", "emulated_broadcasts",
#define NAME(field, kind) #field,
                                        LOCL_CAPS_NUMBERS(NAME) LOCL_CAPS_FLAGS(NAME) LOCL_CAPS_HIDDEN(NAME)
#undef NAME
                                            NULL};

locl_status locl_caps_lower(locl_caps *caps, const char *text, locl_error *err)
{
    while (*text) {
        char name[64] = "", *end = NULL;
        unsigned long long value = 0;
        size_t length = strcspn(text, ","), split = strcspn(text, "=,");
        snprintf(name, sizeof name, "%.*s", (int)split, text);
        if (text[split] == '=' && isdigit((unsigned char)text[split + 1])) {
            errno = 0;
            value = strtoull(text + split + 1, &end, 10);
        }
        bool bad_alignment = !strcmp(name, "alignment") && (value & (value - 1)) != 0;
        if (end != text + length || errno || bad_alignment) {
            locl_fail(err, LOCL_E_CONFIG, "LOCL_CAPS: \"%.*s\" should be name=number%s", (int)length, text,
                      bad_alignment ? ", a power of two" : "");
            locl_remedy(err, "for example LOCL_CAPS=cpu=0,work_group=64; see docs/devices.md");
            return LOCL_E_CONFIG;
        }
        if (!lower_one(caps, name, value)) {
            const char *near = locl_text_nearest(name, cap_names);
            locl_fail(err, LOCL_E_CONFIG, "LOCL_CAPS: no cap is called \"%s\"", name);
            locl_remedy(err, "%s%s%sthe caps are listed in docs/devices.md", near ? "did you mean " : "",
                        near ? near : "", near ? "? " : "");
            return LOCL_E_CONFIG;
        }
        text += length + (text[length] == ',');
    }
    return LOCL_OK;
}
