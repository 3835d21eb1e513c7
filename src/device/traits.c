#include "device/traits.h"

#include "base/text.h"
#include "device/caps.h"

#include <CL/cl_ext.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { NVIDIA_ID = 0x10de, AMD_ID = 0x1002, INTEL_ID = 0x8086 };

locl_maker locl_maker_of(cl_uint vendor_id, const char *vendor)
{
    static const struct {
        cl_uint id;
        const char *name;
        locl_maker maker;
    } makers[] = {
        {NVIDIA_ID, "nvidia", LOCL_MAKER_NVIDIA},
        {AMD_ID, "advanced micro devices", LOCL_MAKER_AMD},
        {AMD_ID, "amd", LOCL_MAKER_AMD},
        {INTEL_ID, "intel", LOCL_MAKER_INTEL},
        {INTEL_ID, "genuineintel", LOCL_MAKER_INTEL},
        {0, "arm", LOCL_MAKER_ARM},
    };
    for (size_t i = 0; i < sizeof makers / sizeof makers[0]; i++) {
        bool named = !strncasecmp(vendor, makers[i].name, strlen(makers[i].name));
        if (named || (makers[i].id && vendor_id == makers[i].id)) {
            return makers[i].maker;
        }
    }
    return LOCL_MAKER_OTHER;
}

/* Returns the value of a hexadecimal digit; 16: it is none. */
static cl_uint hex_digit(char c)
{
    const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (cl_uint)(at - digits) : 16;
}

bool locl_traits_read_gfx(const char *name, cl_uint *major, cl_uint *minor)
{
    enum { LEAST = 3, MOST = 5 };
    size_t length = strcspn(name, ":");
    if (strncmp(name, "gfx", 3) != 0 || length < 3 + LEAST || length > 3 + MOST) {
        return false;
    }
    *major = 0;
    for (const char *at = name + 3; at < name + length - 2; at++) {
        if (!isdigit((unsigned char)*at)) {
            return false;
        }
        *major = *major * 10 + (cl_uint)(*at - '0');
    }
    *minor = hex_digit(name[length - 2]);
    return *minor < 16 && hex_digit(name[length - 1]) < 16;
}

/* Reads the two numbers of a device's generation from the driver of its maker; others tell none. */
static void read_generation(cl_device_id id, locl_traits *out)
{
    char name[128];
    cl_uint ip = 0;
    switch (out->maker) {
    case LOCL_MAKER_NVIDIA:
        clGetDeviceInfo(id, CL_DEVICE_COMPUTE_CAPABILITY_MAJOR_NV, sizeof out->major, &out->major, NULL);
        clGetDeviceInfo(id, CL_DEVICE_COMPUTE_CAPABILITY_MINOR_NV, sizeof out->minor, &out->minor, NULL);
        break;
    case LOCL_MAKER_AMD:
        locl_device_text(id, CL_DEVICE_NAME, name, sizeof name);
        if (!locl_traits_read_gfx(name, &out->major, &out->minor)) {
            clGetDeviceInfo(id, CL_DEVICE_GFXIP_MAJOR_AMD, sizeof out->major, &out->major, NULL);
            clGetDeviceInfo(id, CL_DEVICE_GFXIP_MINOR_AMD, sizeof out->minor, &out->minor, NULL);
        }
        break;
    case LOCL_MAKER_INTEL: /* 10 bits, 8 bits and a revision of 14: cl_intel_device_attribute_query */
        clGetDeviceInfo(id, CL_DEVICE_IP_VERSION_INTEL, sizeof ip, &ip, NULL);
        out->major = ip >> 22;
        out->minor = ip >> 14 & 0xff;
        break;
    case LOCL_MAKER_ARM:
    case LOCL_MAKER_OTHER:
        break;
    }
}

void locl_traits_read(cl_device_id id, locl_traits *out)
{
    char vendor[128];
    cl_uint vendor_id = 0;
    cl_bool unified = CL_FALSE, integrated = CL_FALSE;
    *out = (locl_traits){0};
    clGetDeviceInfo(id, CL_DEVICE_TYPE, sizeof out->type, &out->type, NULL);
    clGetDeviceInfo(id, CL_DEVICE_VENDOR_ID, sizeof vendor_id, &vendor_id, NULL);
    locl_device_text(id, CL_DEVICE_VENDOR, vendor, sizeof vendor);
    out->maker = locl_maker_of(vendor_id, vendor);
    out->mesa = locl_device_is_of_platform(id, "rusticl");
    read_generation(id, out);
    clGetDeviceInfo(id, CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT, sizeof out->width, &out->width, NULL);
    clGetDeviceInfo(id, CL_DEVICE_HOST_UNIFIED_MEMORY, sizeof unified, &unified, NULL);
    clGetDeviceInfo(id, CL_DEVICE_INTEGRATED_MEMORY_NV, sizeof integrated, &integrated, NULL);
    out->integrated = unified || integrated;
}

/* NVIDIA's programming guide, "Compute Capabilities": float32 operations per multiprocessor and cycle. */
static cl_uint nvidia_lanes(cl_uint major, cl_uint minor)
{
    switch (major) {
    case 2: /* Fermi */
        return minor ? 48 : 32;
    case 3: /* Kepler */
        return 192;
    case 6: /* P100, other Pascals */
        return minor ? 128 : 64;
    case 7: /* Volta, Turing */
        return 64;
    case 8: /* A100, other Amperes and Ada */
        return minor ? 128 : 64;
    default: /* Maxwell, from Hopper on, and what nouveau does not tell */
        return 128;
    }
}

/* GCN and CDNA: compute units of 64. From RDNA (10) on AMD's driver counts pairs of them (github.com/ProjectPhysX/
 * OpenCL-Benchmark/issues/7). From gfx94 on (MI300) each unit issues two float32 operations of 64 at once. Mesa counts
 * single units. */
static cl_uint amd_lanes(const locl_traits *t)
{
    bool pairs = !t->mesa && t->major >= 10, twice = t->major == 9 && t->minor >= 4;
    return pairs || twice ? 128 : 64;
}

/* Units are vector engines of 8 values, of 16 in the Data Center GPU Max (12.60) and from Xe2 (20) on. Mesa counts
 * groups of at least 8 engines. */
static cl_uint intel_lanes(const locl_traits *t)
{
    enum { MAX = 60, AFTER_MAX = 70, XE2 = 20 };
    bool wide = t->major >= XE2 || (t->major == 12 && t->minor >= MAX && t->minor < AFTER_MAX);
    return t->mesa ? 64 : wide ? 16 : 8;
}

cl_uint locl_traits_lanes(const locl_traits *t)
{
    const cl_uint usual_vector = 4, usual_unit = 8;
    if (!(t->type & (CL_DEVICE_TYPE_GPU | CL_DEVICE_TYPE_ACCELERATOR))) {
        /* Two vector units a core, two threads a core: a vector for each unit, which is a thread. */
        return t->width ? t->width : usual_vector;
    }
    switch (t->maker) {
    case LOCL_MAKER_NVIDIA:
        return nvidia_lanes(t->major, t->minor);
    case LOCL_MAKER_AMD:
        return amd_lanes(t);
    case LOCL_MAKER_INTEL:
        return intel_lanes(t);
    case LOCL_MAKER_ARM:
    case LOCL_MAKER_OTHER:
        break;
    }
    return usual_unit;
}
