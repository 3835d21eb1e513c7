#include "gemm/clblast_setting.h"

#include "base/log.h"
#include "gemm/clblast_turn.h"

#include <string.h>

/* Parameters of the kernel for large products (Xgemm) and of that for small ones, in the order of their values. */
enum { XGEMM = 16, DIRECT = 10, MOST_DEVICES = 64 };
static const char *const xgemm_names[XGEMM] = {"GEMMK", "KREG",  "KWG",   "KWI", "MDIMA", "MDIMC",
                                               "MWG",   "NDIMB", "NDIMC", "NWG", "SA",    "SB",
                                               "STRM",  "STRN",  "VWM",   "VWN"};
static const char *const direct_names[DIRECT] = {"KWID", "MDIMAD", "MDIMCD", "NDIMBD", "NDIMCD",
                                                 "PADA", "PADB",   "VWMD",   "VWND",   "WGD"};

typedef struct setting {
    const char *name;
    bool cpus; /* worth measuring on CPUs, too, whose compilers take minutes for large groups */
    size_t xgemm[XGEMM], direct[DIRECT];
} setting;

static const setting settings[LOCL_CLBLAST_SETTINGS] = {
    {"64 items, 64x64",
     true,
     {0, 1, 16, 2, 8, 8, 64, 8, 8, 64, 1, 1, 0, 0, 4, 4},
     {2, 8, 8, 8, 8, 1, 1, 2, 2, 32}},
    {"64 items, 64x64, no local memory",
     false,
     {0, 1, 16, 2, 8, 8, 64, 8, 8, 64, 0, 0, 0, 0, 4, 4},
     {2, 8, 8, 8, 8, 1, 1, 1, 1, 16}},
    {"128 items, 128x64",
     false,
     {0, 1, 16, 2, 16, 16, 128, 8, 8, 64, 1, 1, 0, 0, 4, 4},
     {2, 8, 8, 8, 8, 1, 1, 4, 4, 32}},
    {"256 items, 128x128",
     false,
     {0, 1, 16, 2, 16, 16, 128, 16, 16, 128, 1, 1, 0, 0, 4, 4},
     {8, 16, 16, 16, 16, 1, 1, 2, 2, 64}},
    {"256 items, 64x64",
     false,
     {0, 1, 16, 2, 16, 16, 64, 16, 16, 64, 1, 1, 0, 0, 2, 2},
     {2, 16, 16, 16, 16, 1, 1, 1, 1, 32}},
};

/* Which devices of this process have which set: CLBlast keeps it per device, whoever opens that. Changed in turn. */
static struct {
    cl_device_id id;
    const setting *has;
} changed[MOST_DEVICES];
static size_t changed_count;

const char *locl_clblast_setting_name(size_t index)
{
    return settings[index].name;
}

bool locl_clblast_setting_suits(size_t index, const locl_caps *caps)
{
    return settings[index].cpus || !caps->cpu;
}

static const setting *find(const char *name)
{
    for (size_t i = 0; i < LOCL_CLBLAST_SETTINGS; i++) {
        if (!strcmp(settings[i].name, name)) {
            return &settings[i];
        }
    }
    return NULL;
}

const char *locl_clblast_setting_named(const char *name)
{
    const setting *found = find(name);
    return found ? found->name : name[0] ? NULL : "";
}

static CLBlastStatusCode set(const locl_device *device, const char *kernel, size_t count,
                             const char *const *names, const size_t *values)
{
    return CLBlastOverrideParameters(device->id, kernel, CLBlastPrecisionSingle, count,
                                     (const char **)(void *)names, values);
}

/* Returns the device's place among those that were changed; their count where it is not. */
static size_t place_of(const locl_device *device)
{
    size_t i = 0;
    while (i < changed_count && changed[i].id != device->id) {
        i++;
    }
    return i;
}

/* Puts a set, or NULL for CLBlast's own, in its turn. */
static CLBlastStatusCode change(const locl_device *device, const setting *to)
{
    size_t at = place_of(device);
    const setting *has = at < changed_count ? changed[at].has : NULL;
    if (has == to) {
        return CLBlastSuccess;
    }
    if (!to) {
        locl_log(LOCL_LOG_WARNING,
                 "%s: CLBlast keeps the parameters of an earlier run of this process (%s): the result is as "
                 "good, but "
                 "may differ in the last bits from that with its own",
                 device->name, has->name);
        return CLBlastSuccess;
    }
    if (at == MOST_DEVICES) {
        return CLBlastUnexpectedError;
    }
    CLBlastStatusCode code = set(device, "Xgemm", XGEMM, xgemm_names, to->xgemm);
    changed[at].id = device->id;
    changed[at].has = to;
    changed_count += at == changed_count;
    return code == CLBlastSuccess ? set(device, "XgemmDirect", DIRECT, direct_names, to->direct) : code;
}

locl_status locl_clblast_use_setting(locl_device *device, const char *name, locl_error *err)
{
    const setting *to = name && name[0] ? find(name) : NULL;
    if (name && name[0] && !to) {
        return locl_fail(err, LOCL_E_FAILED, "CLBlast has no set of parameters \"%s\"", name);
    }
    locl_clblast_take_turn();
    CLBlastStatusCode code = change(device, to);
    locl_clblast_end_turn();
    return code == CLBlastSuccess ? LOCL_OK
                                  : locl_fail_clblast(err, "CLBlastOverrideParameters", code, device);
}
