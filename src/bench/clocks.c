#include "bench/clocks.h"

#include "bench/nvml.h"
#include "bench/sampler.h"
#include "device/identity.h"

#include <glob.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REASONS = 32, REASON = 32 };

typedef struct locl_clocks_place locl_clocks_place;

struct locl_clocks {
    const locl_clocks_place *place; /* NULL: NVML */
    char folder[PATH_MAX];          /* that its patterns begin with */
    locl_nvml *nvml;
    locl_sampler *sampler;
    double sum, count;            /* of MHz, since it was asked last */
    double counted;               /* times that processors were too hot, until now */
    char reason[REASONS][REASON]; /* [reasons], since it was asked last */
    size_t reasons;
};

/* ---- files ---- */

/* Reads the first number of a file; NAN: there is none. */
static double read_number(const char *path)
{
    double value = NAN;
    FILE *file = fopen(path, "re");
    if (file) {
        value = fscanf(file, "%lf", &value) == 1 ? value : NAN;
        fclose(file);
    }
    return value;
}

/* Reads the clock of amdgpu's list of states, "1: 2100Mhz *", where the star is. */
static double read_state(const char *path)
{
    char line[128];
    double value, found = NAN;
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file)) {
        if (strchr(line, '*') && sscanf(line, "%*d: %lf", &value) == 1) {
            found = value;
        }
    }
    if (file) {
        fclose(file);
    }
    return found;
}

/* Reads the mean of /proc/cpuinfo's lines "cpu MHz : 2450.000". */
static double read_cpuinfo(const char *path)
{
    char line[512];
    double value, sum = 0, count = 0;
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file)) {
        if (sscanf(line, "cpu MHz : %lf", &value) == 1) {
            sum += value;
            count++;
        }
    }
    if (file) {
        fclose(file);
    }
    return count > 0 ? sum / count : NAN;
}

/* ---- places where a clock is told ---- */

/* Files by patterns below a folder; several that match give their mean. */
struct locl_clocks_place {
    const char *source, *clock;
    double (*read)(const char *path);
    double scale;        /* to MHz */
    const char *reasons; /* files that hold 1 where the rest of their name limits the clock; NULL: none */
    const char *counter; /* files that count how often it was too hot; NULL: none */
};

/* What runs stands before what is asked for, which i915 alone tells on older kernels. */
static const locl_clocks_place gpus[] = {
    {"xe", "tile*/gt*/freq*/act_freq", read_number, 1, "tile*/gt*/freq*/throttle/reason_*", NULL},
    {"i915", "drm/card*/gt/gt*/rps_act_freq_mhz", read_number, 1, "drm/card*/gt/gt*/throttle_reason_*", NULL},
    {"i915", "drm/card*/gt_act_freq_mhz", read_number, 1, NULL, NULL},
    {"i915", "drm/card*/gt_cur_freq_mhz", read_number, 1, NULL, NULL},
    {"amdgpu", "pp_dpm_sclk", read_state, 1, NULL, NULL}};

#define HOT "cpu[0-9]*/thermal_throttle/package_throttle_count"
static const locl_clocks_place cpufreq = {
    "cpufreq", "cpufreq/policy*/scaling_cur_freq", read_number, 1e-3, NULL, HOT};
static const locl_clocks_place cpuinfo = {"/proc/cpuinfo", "cpuinfo", read_cpuinfo, 1, NULL, NULL};

/* Calls a function for each file of a pattern below the folder. */
static void each(const locl_clocks *c, const char *pattern, void (*take)(void *user, const char *path),
                 void *user)
{
    char full[PATH_MAX + 128];
    glob_t found;
    snprintf(full, sizeof full, "%s/%s", c->folder, pattern);
    if (glob(full, 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++) {
            take(user, found.gl_pathv[i]);
        }
        globfree(&found);
    }
}

typedef struct mean {
    double (*read)(const char *path);
    double sum, count;
} mean;

static void add_value(void *user, const char *path)
{
    mean *m = user;
    double value = m->read(path);
    if (isfinite(value)) {
        m->sum += value;
        m->count++;
    }
}

/* Adds up what the files of a pattern hold. */
static mean read_all(const locl_clocks *c, const char *pattern, double (*read)(const char *path))
{
    mean m = {.read = read};
    each(c, pattern, add_value, &m);
    return m;
}

/* ---- a moment ---- */

static void add_reason(locl_clocks *c, const char *reason)
{
    for (size_t i = 0; i < c->reasons; i++) {
        if (!strcmp(c->reason[i], reason)) {
            return;
        }
    }
    if (c->reasons < REASONS) {
        snprintf(c->reason[c->reasons++], REASON, "%.31s", reason);
    }
}

/* Takes "throttle/reason_pl1" or "throttle_reason_pl1" where it holds 1; "status" says that there is any, and no
 * more. */
static void take_reason(void *user, const char *path)
{
    const char *at = strstr(strrchr(path, '/'), "reason_");
    if (at && strcmp(at, "reason_status") != 0 && read_number(path) > 0) {
        add_reason(user, at + strlen("reason_"));
    }
}

static void look_at_files(locl_clocks *c)
{
    mean clock = read_all(c, c->place->clock, c->place->read);
    if (clock.count > 0 && clock.sum > 0) { /* Intel's GPUs say 0 while they sleep */
        c->sum += c->place->scale * clock.sum / clock.count;
        c->count++;
    }
    if (c->place->reasons) {
        each(c, c->place->reasons, take_reason, c);
    }
    if (c->place->counter) {
        double counted = read_all(c, c->place->counter, read_number).sum;
        if (counted > c->counted) {
            add_reason(c, "thermal");
        }
        c->counted = counted;
    }
}

static void look_at_nvml(locl_clocks *c)
{
    double mhz = locl_nvml_mhz(c->nvml);
    unsigned long long bits = locl_nvml_held_back(c->nvml);
    if (isfinite(mhz)) {
        c->sum += mhz;
        c->count++;
    }
    for (int i = 0; i < LOCL_NVML_REASONS; i++) {
        if (bits >> i & 1 && locl_nvml_reasons[i][0]) {
            add_reason(c, locl_nvml_reasons[i]);
        }
    }
}

static void look(void *user, double seconds)
{
    locl_clocks *c = user;
    (void)seconds;
    if (c->nvml) {
        look_at_nvml(c);
    } else {
        look_at_files(c);
    }
}

/* ---- opening ---- */

/* Starts looking, where a first look gives a clock. Takes over the clocks: NULL, and they are freed, where it does
 * not. */
static locl_clocks *start(locl_clocks *c)
{
    look(c, 0);
    c->sampler = c->count > 0 ? locl_sampler_start(look, c) : NULL;
    if (!c->sampler) {
        locl_clocks_close(c);
        return NULL;
    }
    return c;
}

static locl_clocks *open_place(const locl_clocks_place *place, const char *folder)
{
    locl_clocks *c = calloc(1, sizeof *c);
    if (!c) {
        return NULL;
    }
    c->place = place;
    snprintf(c->folder, sizeof c->folder, "%s", folder);
    if (place->counter) {
        c->counted = read_all(c, place->counter, read_number).sum;
    }
    return start(c);
}

locl_clocks *locl_clocks_open_processors(const char *system, const char *processes, char *why, size_t size)
{
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s/devices/system/cpu", system);
    locl_clocks *c = open_place(&cpufreq, folder);
    c = c ? c : open_place(&cpuinfo, processes);
    if (!c) {
        snprintf(why, size, "neither %s/cpufreq nor %s/cpuinfo tells a clock", folder, processes);
    }
    return c;
}

static locl_clocks *open_nvml(const char *address)
{
    locl_nvml *nvml = locl_nvml_open(address);
    locl_clocks *c = nvml ? calloc(1, sizeof *c) : NULL;
    if (!c) {
        locl_nvml_close(nvml);
        return NULL;
    }
    c->nvml = nvml;
    return start(c);
}

locl_clocks *locl_clocks_open_gpu(const char *system, const char *address, char *why, size_t size)
{
    char folder[PATH_MAX];
    locl_clocks *c = NULL;
    snprintf(folder, sizeof folder, "%s/bus/pci/devices/%s", system, address);
    for (size_t i = 0; i < sizeof gpus / sizeof *gpus && !c; i++) {
        c = open_place(&gpus[i], folder);
    }
    c = c ? c : open_nvml(address);
    if (!c) {
        snprintf(why, size, "neither the GPU's driver in %s nor NVML tells a clock", folder);
    }
    return c;
}

locl_clocks *locl_clocks_open(const locl_device *device, const char *system, const char *processes, char *why,
                              size_t size)
{
    char address[32];
    if (device->caps.cpu) {
        return locl_clocks_open_processors(system, processes, why, size);
    }
    if (!locl_identity_address(device->id, address, sizeof address)) {
        snprintf(why, size, "the driver does not tell where the device is (PCI)");
        return NULL;
    }
    return locl_clocks_open_gpu(system, address, why, size);
}

/* ---- what was seen ---- */

void locl_clocks_look(locl_clocks *c, locl_clocks_seen *out)
{
    size_t length = 0;
    *out = (locl_clocks_seen){.mhz = NAN};
    locl_sampler_lock(c->sampler);
    look(c, 0); /* however short the time was */
    if (c->count > 0) {
        out->mhz = c->sum / c->count;
    }
    for (size_t i = 0; i < c->reasons && length < sizeof out->held_back; i++) {
        length += (size_t)snprintf(out->held_back + length, sizeof out->held_back - length, "%s%s",
                                   i ? ", " : "", c->reason[i]);
    }
    c->sum = c->count = 0;
    c->reasons = 0;
    locl_sampler_unlock(c->sampler);
}

const char *locl_clocks_source(const locl_clocks *c)
{
    return c->nvml ? "NVML" : c->place->source;
}

bool locl_clocks_tells_reasons(const locl_clocks *c)
{
    return c->nvml || c->place->reasons || c->place->counter;
}

void locl_clocks_close(locl_clocks *c)
{
    if (c) {
        locl_sampler_stop(c->sampler);
        locl_nvml_close(c->nvml);
        free(c);
    }
}
