/* What devices and platforms claim of themselves, in place of what is true. */
#include "opencl_layer/layer.h"

#include <CL/cl.h>
#include <CL/cl_ext.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 1024 };

/* How a value is given: as text, as a number of so many bytes, or as a struct. */
typedef enum kind { TEXT, NUMBER, PCI, UUID } kind;

static struct {
    const char *name;
    cl_uint what;
    kind kind;
    size_t bytes;
    bool platform, claimed;
    char value[LONGEST];
} claims[] = {
    {.name = "vendor", .what = CL_DEVICE_VENDOR, .kind = TEXT},
    {.name = "name", .what = CL_DEVICE_NAME, .kind = TEXT},
    {.name = "driver", .what = CL_DRIVER_VERSION, .kind = TEXT},
    {.name = "version", .what = CL_DEVICE_VERSION, .kind = TEXT},
    {.name = "extensions", .what = CL_DEVICE_EXTENSIONS, .kind = TEXT},
    {.name = "board", .what = CL_DEVICE_BOARD_NAME_AMD, .kind = TEXT},
    {.name = "platform", .what = CL_PLATFORM_NAME, .kind = TEXT, .platform = true},
    {.name = "platform_version", .what = CL_PLATFORM_VERSION, .kind = TEXT, .platform = true},
    {.name = "type", .what = CL_DEVICE_TYPE, .kind = NUMBER, .bytes = sizeof(cl_device_type)},
    {.name = "vendor_id", .what = CL_DEVICE_VENDOR_ID, .kind = NUMBER, .bytes = sizeof(cl_uint)},
    {.name = "units", .what = CL_DEVICE_MAX_COMPUTE_UNITS, .kind = NUMBER, .bytes = sizeof(cl_uint)},
    {.name = "clock", .what = CL_DEVICE_MAX_CLOCK_FREQUENCY, .kind = NUMBER, .bytes = sizeof(cl_uint)},
    {.name = "memory", .what = CL_DEVICE_GLOBAL_MEM_SIZE, .kind = NUMBER, .bytes = sizeof(cl_ulong)},
    {.name = "largest_buffer",
     .what = CL_DEVICE_MAX_MEM_ALLOC_SIZE,
     .kind = NUMBER,
     .bytes = sizeof(cl_ulong)},
    {.name = "local_memory", .what = CL_DEVICE_LOCAL_MEM_SIZE, .kind = NUMBER, .bytes = sizeof(cl_ulong)},
    {.name = "work_group", .what = CL_DEVICE_MAX_WORK_GROUP_SIZE, .kind = NUMBER, .bytes = sizeof(size_t)},
    {.name = "alignment", .what = CL_DEVICE_MEM_BASE_ADDR_ALIGN, .kind = NUMBER, .bytes = sizeof(cl_uint)},
    {.name = "unified", .what = CL_DEVICE_HOST_UNIFIED_MEMORY, .kind = NUMBER, .bytes = sizeof(cl_bool)},
    {.name = "pci", .what = CL_DEVICE_PCI_BUS_INFO_KHR, .kind = PCI},
    {.name = "uuid", .what = CL_DEVICE_UUID_KHR, .kind = UUID},
};
enum { CLAIMS = sizeof claims / sizeof claims[0] };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards claimed and value */

void layer_claim(const char *name, const char *value)
{
    size_t i = 0;
    while (i < CLAIMS && strcmp(claims[i].name, name) != 0) {
        i++;
    }
    if (i == CLAIMS) {
        fprintf(stderr, "the OpenCL layer knows no claim %s\n", name);
        abort();
    }
    pthread_mutex_lock(&lock);
    claims[i].claimed = value != NULL;
    snprintf(claims[i].value, LONGEST, "%s", value ? value : "");
    pthread_mutex_unlock(&lock);
}

void layer_read_claims(const char *text)
{
    while (*text) {
        char entry[LONGEST];
        size_t length = strcspn(text, ";");
        snprintf(entry, sizeof entry, "%.*s", (int)length, text);
        char *value = strchr(entry, '=');
        if (value) {
            *value++ = '\0';
            layer_claim(entry, value);
        }
        text += length + (text[length] == ';');
    }
}

/* Writes what a claim gives to `bytes`; returns how many. */
static size_t encode(kind as, size_t number_bytes, const char *value, unsigned char *bytes)
{
    uint64_t number;
    unsigned digits[4];
    switch (as) {
    case TEXT:
        return (size_t)snprintf((char *)bytes, LONGEST, "%s", value) + 1;
    case NUMBER: /* the low bytes come first on the machines that the layer is for */
        number = strtoull(value, NULL, 0);
        memcpy(bytes, &number, number_bytes);
        return number_bytes;
    case PCI:
        if (sscanf(value, "%x:%x:%x.%x", &digits[0], &digits[1], &digits[2], &digits[3]) != 4) {
            abort();
        }
        memcpy(bytes, digits, sizeof digits);
        return sizeof digits;
    case UUID:
        break;
    }
    size_t count = 0;
    for (const char *at = value; *at && count < CL_UUID_SIZE_KHR; at += *at == '-' ? 1 : 2) {
        unsigned byte;
        if (*at != '-' && sscanf(at, "%2x", &byte) == 1) {
            bytes[count++] = (unsigned char)byte;
        }
    }
    return count;
}

bool layer_claims(bool platform, unsigned what, size_t n, void *out, size_t *size, int *code)
{
    unsigned char bytes[LONGEST] = {0};
    size_t length = 0;
    bool found = false;
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < CLAIMS; i++) {
        if (claims[i].claimed && claims[i].what == what && claims[i].platform == platform) {
            length = encode(claims[i].kind, claims[i].bytes, claims[i].value, bytes);
            found = true;
        }
    }
    pthread_mutex_unlock(&lock);
    *code = CL_SUCCESS;
    if (found && size) {
        *size = length;
    }
    if (found && out && n < length) {
        *code = CL_INVALID_VALUE;
    } else if (found && out) {
        memcpy(out, bytes, length);
    }
    return found;
}
