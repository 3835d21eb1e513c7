#include "device/identity.h"

#include "device/caps.h"

#include <CL/cl_ext.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define NV_PCI_BUS 0x4008    /* CL_DEVICE_PCI_BUS_ID_NV */
#define NV_PCI_SLOT 0x4009   /* CL_DEVICE_PCI_SLOT_ID_NV */
#define NV_PCI_DOMAIN 0x400A /* CL_DEVICE_PCI_DOMAIN_ID_NV */
#define AMD_TOPOLOGY 0x4037  /* CL_DEVICE_TOPOLOGY_AMD */

enum { PLATFORM_WORD = 41, NAME_WORD = 65, UUID_DIGITS = 32 };

static bool write_pci(char *out, size_t size, unsigned domain, unsigned bus, unsigned device,
                      unsigned function)
{
    snprintf(out, size, "%04x:%02x:%02x.%x", domain & 0xffff, bus & 0xff, device & 0x1f, function & 7);
    return true;
}

bool locl_identity_address(cl_device_id id, char *out, size_t size)
{
    cl_device_pci_bus_info_khr khr;
    cl_uint bus, slot, domain = 0;
    struct {
        cl_uint type;
        unsigned char unused[17], bus, device, function;
    } amd;
    if (clGetDeviceInfo(id, CL_DEVICE_PCI_BUS_INFO_KHR, sizeof khr, &khr, NULL) == CL_SUCCESS) {
        return write_pci(out, size, khr.pci_domain, khr.pci_bus, khr.pci_device, khr.pci_function);
    }
    if (clGetDeviceInfo(id, NV_PCI_BUS, sizeof bus, &bus, NULL) == CL_SUCCESS &&
        clGetDeviceInfo(id, NV_PCI_SLOT, sizeof slot, &slot, NULL) == CL_SUCCESS) {
        clGetDeviceInfo(id, NV_PCI_DOMAIN, sizeof domain, &domain, NULL); /* newer drivers */
        return write_pci(out, size, domain, bus, slot >> 3, slot);
    }
    return clGetDeviceInfo(id, AMD_TOPOLOGY, sizeof amd, &amd, NULL) == CL_SUCCESS &&
           write_pci(out, size, 0, amd.bus, amd.device, amd.function);
}

static void read_pci(locl_device_info *info)
{
    if (!(info->caps.type & CL_DEVICE_TYPE_CPU)) {
        locl_identity_address(info->id, info->pci, sizeof info->pci);
    }
}

static void read_uuid(locl_device_info *info)
{
    unsigned char bytes[CL_UUID_SIZE_KHR] = {0}, some = 0;
    char digits[2 * sizeof bytes + 1];
    if (clGetDeviceInfo(info->id, CL_DEVICE_UUID_KHR, sizeof bytes, bytes, NULL) != CL_SUCCESS) {
        return;
    }
    for (size_t i = 0; i < sizeof bytes; i++) {
        some |= bytes[i];
        snprintf(digits + 2 * i, 3, "%02x", bytes[i]);
    }
    if (some) {
        locl_identity_uuid(digits, info->uuid, sizeof info->uuid);
    }
}

void locl_identity_read(locl_device_info *info)
{
    read_pci(info);
    read_uuid(info);
    locl_device_text(info->id, CL_DEVICE_BOARD_NAME_AMD, info->board, sizeof info->board);
    if (!strcmp(info->board, info->name)) {
        info->board[0] = '\0';
    }
}

void locl_identity_slug(const char *name, char *out, size_t size)
{
    size_t length = 0;
    for (; *name && length + 1 < size; name++) {
        bool kept = (unsigned char)*name < 0x80 && isalnum((unsigned char)*name);
        if (kept) {
            out[length++] = (char)tolower((unsigned char)*name);
        } else if (length && out[length - 1] != '-') {
            out[length++] = '-';
        }
    }
    length -= length && out[length - 1] == '-';
    out[length] = '\0';
    if (!length) {
        snprintf(out, size, "x");
    }
}

/* Reads `digits` hexadecimal digits, and moves *text behind them. */
static bool take_hex(const char **text, size_t digits, unsigned *out)
{
    *out = 0;
    for (size_t i = 0; i < digits; i++, (*text)++) {
        int c = tolower((unsigned char)**text);
        if (!isxdigit(c)) {
            return false;
        }
        *out = *out * 16 + (unsigned)(isdigit(c) ? c - '0' : c - 'a' + 10);
    }
    return true;
}

bool locl_identity_pci(const char *text, char *out, size_t size)
{
    const char *at = text;
    unsigned domain = 0, bus, device, function;
    bool longer = strlen(text) > sizeof "00:00.0" - 1;
    if (longer && !(take_hex(&at, 4, &domain) && *at++ == ':')) {
        return false;
    }
    if (!take_hex(&at, 2, &bus) || *at++ != ':' || !take_hex(&at, 2, &device) || *at++ != '.' ||
        !take_hex(&at, 1, &function) || *at) {
        return false;
    }
    snprintf(out, size, "%04x:%02x:%02x.%x", domain, bus, device, function);
    return true;
}

bool locl_identity_uuid(const char *text, char *out, size_t size)
{
    char digits[UUID_DIGITS + 1];
    size_t count = 0;
    text += strncasecmp(text, "GPU-", 4) ? 0 : 4;
    for (; *text && count < UUID_DIGITS; text++) {
        if (isxdigit((unsigned char)*text)) {
            digits[count++] = (char)tolower((unsigned char)*text);
        } else if (*text != '-') {
            return false;
        }
    }
    digits[count] = '\0';
    if (*text || count != UUID_DIGITS) {
        return false;
    }
    snprintf(out, size, "%.8s-%.4s-%.4s-%.4s-%s", digits, digits + 8, digits + 12, digits + 16, digits + 20);
    return true;
}

/* Sets "name:nvidia-cuda:geforce-rtx-3060", with ":1" for the second of that platform and name. */
static void set_called(locl_inventory *inventory, size_t index)
{
    locl_device_info *info = &inventory->info[index];
    char platform[PLATFORM_WORD], name[NAME_WORD];
    size_t alike = 0;
    locl_identity_slug(info->platform, platform, sizeof platform);
    locl_identity_slug(info->name, name, sizeof name);
    snprintf(info->called, sizeof info->called, "name:%s:%s", platform, name);
    for (size_t i = 0; i < index; i++) {
        size_t length = strlen(info->called);
        const char *other = inventory->info[i].called;
        alike += !strncmp(other, info->called, length) && (!other[length] || other[length] == ':');
    }
    if (alike) {
        snprintf(info->called, sizeof info->called, "name:%s:%s:%zu", platform, name, alike);
    }
}

/* What two rows share by which one of them is named. */
typedef struct sharing {
    bool on_platform, elsewhere;
} sharing;

static sharing shared(const locl_inventory *inventory, const locl_device_info *info, size_t offset)
{
    sharing found = {false, false};
    for (size_t i = 0; i < inventory->count; i++) {
        const locl_device_info *other = &inventory->info[i];
        if (other != info && !strcmp((const char *)other + offset, (const char *)info + offset)) {
            found.on_platform = found.on_platform || other->platform_index == info->platform_index;
            found.elsewhere = found.elsewhere || other->platform_index != info->platform_index;
        }
    }
    return found;
}

/* Names a row by one of its fields, unless that is empty or another row of its platform has the same. */
static bool name_by(const locl_inventory *inventory, locl_device_info *info, const char *kind, size_t offset)
{
    char platform[PLATFORM_WORD];
    const char *value = (const char *)info + offset;
    sharing with = shared(inventory, info, offset);
    if (!value[0] || with.on_platform) {
        return false;
    }
    locl_identity_slug(info->platform, platform, sizeof platform);
    snprintf(info->stable, sizeof info->stable, "%s:%s%s%s", kind, value, with.elsewhere ? "@" : "",
             with.elsewhere ? platform : "");
    return true;
}

void locl_identity_name(locl_inventory *inventory)
{
    for (size_t i = 0; i < inventory->count; i++) {
        set_called(inventory, i);
    }
    for (size_t i = 0; i < inventory->count; i++) {
        locl_device_info *info = &inventory->info[i];
        bool is_cpu = info->caps.type & CL_DEVICE_TYPE_CPU; /* whose drivers make up a UUID */
        if (is_cpu || (!name_by(inventory, info, "pci", offsetof(locl_device_info, pci)) &&
                       !name_by(inventory, info, "uuid", offsetof(locl_device_info, uuid)))) {
            snprintf(info->stable, sizeof info->stable, "%s", info->called);
        }
    }
}
