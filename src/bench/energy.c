#include "bench/energy.h"

#include "bench/nvml.h"
#include "bench/sampler.h"
#include "device/identity.h"

#include <glob.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COUNTERS = 16 };

/* A file that counts microjoules, or NVML's millijoules. */
typedef struct counter {
    char path[PATH_MAX];
    double wraps; /* at so many microjoules it begins anew; 0: never */
    double before, sum;
} counter;

struct locl_energy {
    const char *source;
    counter counter[COUNTERS]; /* [counters] */
    size_t counters;
    locl_nvml *nvml;
    /* A sensor that tells power alone is read by a thread, ten times a second, and added up. */
    char power[PATH_MAX];
    locl_sampler *sampler;
    double joules;
};

/* Reads a number from the first line of a file; NAN: there is none. */
static double read_number(const char *path)
{
    double value = NAN;
    FILE *file = fopen(path, "re");
    if (file) {
        if (fscanf(file, "%lf", &value) != 1) {
            value = NAN;
        }
        fclose(file);
    }
    return value;
}

/* ---- counters ---- */

/* Adds a counter that can be read. Returns whether it can. */
static bool add_counter(locl_energy *e, const char *path, double wraps)
{
    double now = read_number(path);
    if (!isfinite(now) || e->counters == COUNTERS) {
        return false;
    }
    counter *c = &e->counter[e->counters++];
    *c = (counter){.wraps = wraps, .before = now};
    snprintf(c->path, sizeof c->path, "%s", path);
    return true;
}

static double advance(counter *c)
{
    double now = read_number(c->path), step = now - c->before;
    step = step < 0 && c->wraps > 0 ? step + c->wraps : step;
    c->before = now;
    c->sum += step;
    return 1e-6 * c->sum;
}

/* Whether a zone of powercap is a processor's package; others, as "psys" of a whole machine, contain some. */
static bool is_package(const char *zone)
{
    char path[PATH_MAX + 64], name[32] = "";
    snprintf(path, sizeof path, "%s/name", zone);
    FILE *file = fopen(path, "re");
    if (file) {
        name[0] = fscanf(file, "%31s", name) == 1 ? name[0] : '\0';
        fclose(file);
    }
    return !name[0] || !strncmp(name, "package", strlen("package"));
}

locl_energy *locl_energy_open_rapl(const char *system, char *why, size_t size)
{
    char pattern[PATH_MAX], path[PATH_MAX + 64];
    glob_t found;
    locl_energy *e = calloc(1, sizeof *e);
    size_t there = 0;
    snprintf(pattern, sizeof pattern, "%s/class/powercap/intel-rapl:[0-9]", system);
    if (e && glob(pattern, 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++) {
            if (!is_package(found.gl_pathv[i])) {
                continue;
            }
            snprintf(path, sizeof path, "%s/max_energy_range_uj", found.gl_pathv[i]);
            double wraps = read_number(path);
            snprintf(path, sizeof path, "%s/energy_uj", found.gl_pathv[i]);
            there++;
            add_counter(e, path, isfinite(wraps) ? wraps : 0);
        }
        globfree(&found);
    }
    if (!e || e->counters == 0) {
        snprintf(why, size,
                 there ? "%s/class/powercap/intel-rapl:0/energy_uj can be read by root alone"
                       : "there is no %s/class/powercap/intel-rapl:0 (virtual machines have none)",
                 system);
        free(e);
        return NULL;
    }
    e->source = "RAPL";
    return e;
}

/* ---- a sensor of power ---- */

static void add_power(void *user, double seconds)
{
    locl_energy *e = user;
    e->joules += 1e-6 * read_number(e->power) * seconds;
}

static bool start_sampling(locl_energy *e, const char *path)
{
    if (!isfinite(read_number(path))) {
        return false;
    }
    snprintf(e->power, sizeof e->power, "%s", path);
    e->sampler = locl_sampler_start(add_power, e);
    return e->sampler != NULL;
}

/* Takes the first file that matches and can be read. */
static bool take_file(locl_energy *e, const char *system, const char *address, const char *name, bool counts)
{
    char pattern[PATH_MAX];
    glob_t found;
    bool taken = false;
    snprintf(pattern, sizeof pattern, "%s/bus/pci/devices/%s/hwmon/hwmon*/%s", system, address, name);
    if (glob(pattern, 0, NULL, &found) != 0) {
        return false;
    }
    for (size_t i = 0; i < found.gl_pathc && !taken; i++) {
        taken = counts ? add_counter(e, found.gl_pathv[i], 0) : start_sampling(e, found.gl_pathv[i]);
    }
    globfree(&found);
    return taken;
}

locl_energy *locl_energy_open_hwmon(const char *system, const char *address, char *why, size_t size)
{
    locl_energy *e = calloc(1, sizeof *e);
    if (e && (take_file(e, system, address, "energy1_input", true) ||
              take_file(e, system, address, "power1_average", false) ||
              take_file(e, system, address, "power1_input", false))) {
        e->source = "hwmon";
        return e;
    }
    free(e);
    snprintf(why, size, "the GPU's driver tells neither energy nor power in %s/bus/pci/devices/%s/hwmon",
             system, address);
    return NULL;
}

/* ---- of a device ---- */

locl_energy *locl_energy_open_nvml(const char *address, char *why, size_t size)
{
    locl_nvml *nvml = locl_nvml_open(address);
    double before = nvml ? locl_nvml_joules(nvml) : NAN;
    locl_energy *e = isfinite(before) ? calloc(1, sizeof *e) : NULL;
    if (!e) {
        if (nvml) { /* without it the reason is that of hwmon */
            snprintf(why, size, "NVML does not tell the energy of the GPU at %s", address);
        }
        locl_nvml_close(nvml);
        return NULL;
    }
    e->source = "NVML";
    e->nvml = nvml;
    e->counter[0].before = before;
    return e;
}

locl_energy *locl_energy_open(const locl_device *device, const char *system, char *why, size_t size)
{
    char address[32];
    if (device->caps.cpu) {
        return locl_energy_open_rapl(system, why, size);
    }
    if (!locl_identity_address(device->id, address, sizeof address)) {
        snprintf(why, size, "the driver does not tell where the device is (PCI)");
        return NULL;
    }
    locl_energy *e = locl_energy_open_hwmon(system, address, why, size);
    return e ? e : locl_energy_open_nvml(address, why, size);
}

double locl_energy_joules(locl_energy *e)
{
    double sum = 0;
    if (e->nvml) {
        return locl_nvml_joules(e->nvml) - e->counter[0].before;
    }
    if (e->sampler) {
        locl_sampler_lock(e->sampler);
        sum = e->joules;
        locl_sampler_unlock(e->sampler);
        return sum;
    }
    for (size_t i = 0; i < e->counters; i++) {
        sum += advance(&e->counter[i]);
    }
    return sum;
}

const char *locl_energy_source(const locl_energy *e)
{
    return e->source;
}

void locl_energy_close(locl_energy *e)
{
    if (!e) {
        return;
    }
    locl_sampler_stop(e->sampler);
    locl_nvml_close(e->nvml);
    free(e);
}
