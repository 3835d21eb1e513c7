#include "device/quirks.h"

#include "base/text.h"
#include "device/caps.h"
#include "device/problem.h"
#include "device/trial.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* The first two numbers of a version. */
typedef struct version {
    unsigned major, minor;
} version;

typedef enum effect {
    FILL_IN_PIECES, /* larger fills go wrong: see locl_buffer_fill() */
    PROBE_HALF,     /* half precision may be there though it is not listed */
    WIDE_BUFFERS,   /* buffers may be larger than the largest, if asked for (device_file.h, large_buffers) */
    ALLOCATION_CAP, /* the largest buffer is small unless a variable was set before the first call */
    COPY_FOR_MAPPING, /* what is mapped may not be the device's: see locl_buffer_map() */
    FINISH_BY_EVENT,  /* clFinish may return early: see locl_queue_finish() */
    NARROW_CHUNKS,    /* kernels that take many values at once take minutes to compile */
    KEEP_APART,       /* parts of buffers that overlap cost time at every launch: see arena.h */
    AVOID             /* it gives wrong results, or none: only told */
} effect;

typedef struct quirk {
    const char *name;
    const char *platform; /* part of the platform's name; NULL: any */
    locl_maker maker;     /* OTHER: any */
    cl_device_type types;
    bool integrated;      /* only those that share the host's memory */
    version from, before; /* of the driver; before 0.0: all from there on */
    effect effect;
    const char *problem, *remedy; /* of `locl devices`; NULL: none */
} quirk;

enum { GPU = CL_DEVICE_TYPE_GPU, ANY = GPU | CL_DEVICE_TYPE_CPU | CL_DEVICE_TYPE_ACCELERATOR };

static const quirk quirks[] = {
    /* github.com/inducer/pyopencl/issues/395: clEnqueueFillBuffer of 2^31 bytes and more hangs on Pascal, and fails
     * later on Volta, with many drivers. pyopencl fills by a kernel there. */
    {.name = "nvidia-large-fill",
     .platform = "NVIDIA CUDA",
     .maker = LOCL_MAKER_NVIDIA,
     .types = GPU,
     .effect = FILL_IN_PIECES},
    /* github.com/CNugteren/CLBlast/issues/570, github.com/ProjectPhysX/OpenCL-Benchmark/issues/2: half arithmetic works
     * from about 520 on, cl_khr_fp16 is not listed; with some of these drivers results were wrong, so it is tried. */
    {.name = "nvidia-half",
     .platform = "NVIDIA CUDA",
     .maker = LOCL_MAKER_NVIDIA,
     .types = GPU,
     .from = {520, 0},
     .effect = PROBE_HALF},
    /* Seen with 580.159 on an H200 by this project: enqueueing a kernel of eight arguments takes 6 us, 28 us where each
     * is a part of a buffer that three others lie upon, and 140 us where thirty do. Releasing parts that overlap in the
     * order of their making crashes; the last first does not. */
    {.name = "nvidia-overlap",
     .platform = "NVIDIA CUDA",
     .maker = LOCL_MAKER_NVIDIA,
     .types = GPU,
     .effect = KEEP_APART},
    /* github.com/ProjectPhysX/FluidX3D/issues/351: host pointers are not coherent on GPUs that share the host's memory
     * (GB10), silently. */
    {.name = "nvidia-integrated",
     .platform = "NVIDIA CUDA",
     .maker = LOCL_MAKER_NVIDIA,
     .types = GPU,
     .integrated = true,
     .effect = COPY_FOR_MAPPING},
    /* github.com/intel/compute-runtime/issues/627 and its programmers-guide/ALLOCATIONS_GREATER_THAN_4GB.md: larger
     * buffers take a flag at their creation and an option of every build, which is slower. */
    {.name = "intel-wide-buffers",
     .platform = "Intel(R) OpenCL",
     .maker = LOCL_MAKER_INTEL,
     .types = GPU,
     .effect = WIDE_BUFFERS},
    /* github.com/ethereum-mining/ethminer/issues/1966, FluidX3D's opencl.hpp (get_devices): older drivers allow about
     * half of the memory in one buffer. */
    {.name = "amd-allocation",
     .platform = "AMD Accelerated Parallel Processing",
     .maker = LOCL_MAKER_AMD,
     .types = GPU,
     .effect = ALLOCATION_CAP,
     .problem = "its driver allows small buffers only, unless GPU_SINGLE_ALLOC_PERCENT is set before "
                "OpenCL's first call",
     .remedy = "set GPU_SINGLE_ALLOC_PERCENT=100 in the environment of the program, as the command locl does "
               "itself"},
    /* Arm's OpenCL guide (101574, 8.3.2): an address that was mapped need not be the buffer's next time. */
    {.name = "arm-mapping", .maker = LOCL_MAKER_ARM, .types = GPU, .effect = COPY_FOR_MAPPING},
    /* Mesa maps through a shadow of the buffer, whose writing back it orders by the queue alone. */
    {.name = "rusticl-mapping", .platform = "rusticl", .types = ANY, .effect = COPY_FOR_MAPPING},
    /* Seen with 22.3.6 on llvmpipe by this project: clFinish returned while kernels still ran; events were right. */
    {.name = "rusticl-finish",
     .platform = "rusticl",
     .types = ANY,
     .before = {23, 1},
     .effect = FINISH_BY_EVENT},
    /* Seen with 22.3.6 on llvmpipe by this project: activation_dual with draws takes 0.9 s of a processor to compile
     * for chunks of 4 values, and had not ended after 39 s for chunks of 32. */
    {.name = "rusticl-chunks", .platform = "rusticl", .types = CL_DEVICE_TYPE_CPU, .effect = NARROW_CHUNKS},
    /* darktable refuses these three (src/common/opencl_drivers_blacklist.h): they fail to build kernels, or compute
     * wrong results. */
    {.name = "beignet",
     .platform = "Intel Gen OCL Driver",
     .types = ANY,
     .effect = AVOID,
     .problem = "its driver (Beignet) is no longer maintained, and known for wrong results",
     .remedy = "install intel-opencl-icd, or mesa-opencl-icd with RUSTICL_ENABLE=iris"},
    {.name = "clover",
     .platform = "Clover",
     .types = ANY,
     .effect = AVOID,
     .problem =
         "its driver (Mesa's Clover) is no longer maintained, and known for kernels that it does not build",
     .remedy = "use Mesa's rusticl instead: RUSTICL_ENABLE=radeonsi"},
    /* hashcat 6.1 and later refuse PoCL before 1.5: "likely to fail kernel compilation or to produce false
     * negatives". */
    {.name = "old-pocl",
     .platform = "Portable Computing Language",
     .types = ANY,
     .before = {1, 5},
     .effect = AVOID,
     .problem = "this version of PoCL is known for kernels that it does not build, or builds wrong",
     .remedy = "install PoCL 3.1 or later"},
};
enum { QUIRKS = sizeof quirks / sizeof quirks[0] };

static version read_version(const char *text)
{
    version v = {0, 0};
    char *end;
    while (*text && !isdigit((unsigned char)*text)) {
        text++;
    }
    v.major = (unsigned)strtoul(text, &end, 10);
    v.minor = *end == '.' ? (unsigned)strtoul(end + 1, NULL, 10) : 0;
    return v;
}

static bool is_before(version a, version b)
{
    return a.major != b.major ? a.major < b.major : a.minor < b.minor;
}

static bool holds(const quirk *q, const locl_driver *d)
{
    version v = read_version(d->driver);
    bool ends = q->before.major || q->before.minor;
    return (!q->platform || locl_text_contains(d->platform, q->platform)) &&
           (q->maker == LOCL_MAKER_OTHER || q->maker == d->traits.maker) && (q->types & d->traits.type) &&
           (!q->integrated || d->traits.integrated) && !is_before(v, q->from) &&
           (!ends || is_before(v, q->before));
}

static void apply(effect what, locl_caps *caps)
{
    const size_t piece = (size_t)1 << 30; /* bytes, below what goes wrong */
    switch (what) {
    case FILL_IN_PIECES:
        caps->largest_fill = piece;
        break;
    case PROBE_HALF:
        caps->probe_half = !caps->fp16;
        break;
    case WIDE_BUFFERS:
        caps->wide_buffers = true;
        break;
    case COPY_FOR_MAPPING:
        caps->maps = false;
        break;
    case FINISH_BY_EVENT:
        caps->finishes = false;
        break;
    case NARROW_CHUNKS:
        caps->wide_chunks = false;
        break;
    case KEEP_APART:
        caps->overlaps = false;
        break;
    case ALLOCATION_CAP:
    case AVOID:
        break;
    }
}

void locl_quirks_apply(const locl_driver *driver, locl_caps *caps)
{
    caps->largest_fill = SIZE_MAX;
    caps->maps = caps->finishes = caps->overlaps = caps->wide_chunks = true;
    caps->probe_half = caps->wide_buffers = false;
    for (size_t i = 0; i < QUIRKS; i++) {
        if (holds(&quirks[i], driver)) {
            apply(quirks[i].effect, caps);
        }
    }
}

/* Whether a row's problem shows on this device. A capped driver may have been told not to be. */
static bool shows(const quirk *q, const locl_caps *caps)
{
    bool small = caps->largest_buffer < caps->memory / 4 * 3;
    return q->problem && (q->effect != ALLOCATION_CAP || (small && !getenv("GPU_SINGLE_ALLOC_PERCENT")));
}

void locl_quirks_tell(locl_device_info *info)
{
    locl_driver driver = {.platform = info->platform, .driver = info->driver};
    locl_traits_read(info->id, &driver.traits);
    for (size_t i = 0; i < QUIRKS; i++) {
        if (holds(&quirks[i], &driver) && shows(&quirks[i], &info->caps)) {
            locl_problem_add(info->problem, &info->problems, quirks[i].remedy, "%s", quirks[i].problem);
        }
    }
}

const char *locl_quirk_name(size_t index)
{
    return index < QUIRKS ? quirks[index].name : NULL;
}

void locl_quirks_probe_half(locl_inventory *inventory)
{
    for (size_t i = 0; i < inventory->count; i++) {
        locl_caps *caps = &inventory->info[i].caps;
        if (caps->probe_half) {
            caps->fp16 = locl_device_try_half(inventory->info[i].id);
            caps->probe_half = false;
        }
    }
}
