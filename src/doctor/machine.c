#include "doctor/machine.h"

#include "base/file.h"
#include "base/memory.h"

#include <errno.h>
#include <glob.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MOST = 1 << 16, AMD = 0x1002, INTEL = 0x8086, NVIDIA = 0x10de };

/* What is known of the machine while it is examined. */
typedef struct machine {
    const char *root;
    const locl_drivers *drivers;
    locl_findings *rows;
    char container[64]; /* "docker"; "" where it is none */
    size_t nodes, gpus;
} machine;

/* ---- files ---- */

/* Finds the paths of that pattern; the caller frees them with globfree(). Returns how many. */
static size_t find(const machine *m, const char *pattern, glob_t *paths)
{
    char full[PATH_MAX];
    *paths = (glob_t){0};
    snprintf(full, sizeof full, "%s%s", m->root, pattern);
    return glob(full, 0, NULL, paths) == 0 ? paths->gl_pathc : 0;
}

static bool exists(const machine *m, const char *path)
{
    glob_t paths;
    size_t count = find(m, path, &paths);
    globfree(&paths);
    return count > 0;
}

/* Reads a file of the kernel's, which may say that it has no size. Returns "" where there is none. */
static void read_text(const char *path, char *out, size_t size)
{
    FILE *file = fopen(path, "r");
    size_t got = file ? fread(out, 1, size - 1, file) : 0;
    out[got] = '\0';
    if (file) {
        fclose(file);
    }
}

/* ---- device nodes ---- */

static void tell_closed_node(const machine *m, const char *path, const char *node)
{
    struct stat info;
    char remedy[256];
    const struct group *group = stat(path, &info) == 0 ? getgrgid(info.st_gid) : NULL;
    const char *name = group ? group->gr_name : "render";
    if (m->container[0]) {
        snprintf(remedy, sizeof remedy, "start the container with --group-add %u, the node's group",
                 group ? (unsigned)info.st_gid : 0U);
    } else {
        snprintf(remedy, sizeof remedy, "sudo usermod -aG %s $USER, then log in again", name);
    }
    locl_findings_add(m->rows, LOCL_FINDING_WARNING, node, remedy,
                      "no permission to use it: %s; it is the group %s's", strerror(errno), name);
}

static void look_at_nodes(machine *m, const char *pattern)
{
    glob_t paths;
    size_t count = find(m, pattern, &paths);
    for (size_t i = 0; i < count; i++) {
        char node[256];
        snprintf(node, sizeof node, "node %s", paths.gl_pathv[i] + strlen(m->root));
        m->nodes++;
        if (access(paths.gl_pathv[i], R_OK | W_OK)) {
            tell_closed_node(m, paths.gl_pathv[i], node);
        } else {
            locl_findings_add(m->rows, LOCL_FINDING_OK, node, "", "may be read and written");
        }
    }
    globfree(&paths);
}

static void look_at_all_nodes(machine *m)
{
    static const char *const patterns[] = {"/dev/dri/renderD*", "/dev/kfd",        "/dev/nvidia[0-9]*",
                                           "/dev/nvidiactl",    "/dev/nvidia-uvm", "/dev/accel/accel*",
                                           "/dev/dxg"};
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        look_at_nodes(m, patterns[i]);
    }
    if (!m->nodes) {
        locl_findings_add(
            m->rows, LOCL_FINDING_SKIPPED, "nodes",
            m->container[0]
                ? "none needed for CPUs; for GPUs start the container with --device /dev/dri --device "
                  "/dev/kfd, or --gpus all"
                : "none needed for CPUs; for a GPU install its kernel driver",
            "there is no device node of a GPU (/dev/dri/renderD*, /dev/kfd, /dev/nvidia*)");
    }
}

/* ---- GPUs on the bus ---- */

static const char *vendor_name(unsigned vendor)
{
    return vendor == AMD ? "AMD" : vendor == INTEL ? "Intel" : vendor == NVIDIA ? "NVIDIA" : NULL;
}

static const char *install_for(unsigned vendor)
{
    return vendor == AMD     ? "mesa-opencl-icd with RUSTICL_ENABLE=radeonsi, or ROCm's rocm-opencl-runtime"
           : vendor == INTEL ? "intel-opencl-icd, or mesa-opencl-icd with RUSTICL_ENABLE=iris"
                             : "nvidia-opencl-icd of the version of NVIDIA's kernel driver";
}

/* Returns whether programs see a GPU of that vendor. */
static bool is_seen(const locl_drivers *drivers, unsigned vendor)
{
    for (size_t i = 0; i < drivers->count; i++) {
        if (!strcmp(drivers->seen[i].type, "gpu") && drivers->seen[i].vendor_id == (long)vendor) {
            return true;
        }
    }
    return false;
}

/* Gets the last part of where the link leads: the kernel driver's name. "" where there is none. */
static void driver_of(const char *device, char *out, size_t size)
{
    char path[PATH_MAX], target[PATH_MAX] = "";
    snprintf(path, sizeof path, "%s/driver", device);
    ssize_t length = readlink(path, target, sizeof target - 1);
    target[length > 0 ? length : 0] = '\0';
    const char *slash = strrchr(target, '/');
    snprintf(out, size, "%s", slash ? slash + 1 : target);
}

static void tell_gpu(const machine *m, const char *name, unsigned vendor, const char *driver)
{
    const char *whose = vendor_name(vendor);
    char remedy[256];
    snprintf(remedy, sizeof remedy, "install %s", install_for(vendor));
    if (!driver[0]) {
        locl_findings_add(
            m->rows, LOCL_FINDING_WARNING, name,
            vendor == NVIDIA
                ? "install nvidia-driver and start again, or see dmesg"
                : "see dmesg for amdgpu, i915 or xe; firmware may be missing (firmware-amd-graphics, "
                  "firmware-misc-nonfree)",
            "a GPU of %s without a kernel driver", whose);
    } else if (!strncmp(driver, "vfio", 4)) {
        locl_findings_add(m->rows, LOCL_FINDING_WARNING, name, "none needed if a virtual machine uses it",
                          "a GPU of %s that is given away (%s)", whose, driver);
    } else if (is_seen(m->drivers, vendor)) {
        locl_findings_add(m->rows, LOCL_FINDING_OK, name, "", "a GPU of %s, kernel driver %s", whose, driver);
    } else if (!strcmp(driver, "nouveau")) {
        locl_findings_add(
            m->rows, LOCL_FINDING_WARNING, name,
            "install nvidia-driver and nvidia-opencl-icd, or mesa-opencl-icd with RUSTICL_ENABLE=nouveau",
            "a GPU of NVIDIA under nouveau, and no OpenCL device of it");
    } else if (m->drivers->listed) {
        locl_findings_add(m->rows, LOCL_FINDING_WARNING, name, remedy,
                          "a GPU of %s, kernel driver %s, but no OpenCL device shows it", whose, driver);
    } else {
        locl_findings_add(m->rows, LOCL_FINDING_OK, name, "", "a GPU of %s, kernel driver %s", whose, driver);
    }
}

static void look_at_gpus(machine *m)
{
    glob_t paths;
    size_t count = find(m, "/sys/bus/pci/devices/*", &paths);
    for (size_t i = 0; i < count; i++) {
        char path[PATH_MAX], class[32], vendor[32], driver[64], name[128];
        const char *device = paths.gl_pathv[i];
        snprintf(path, sizeof path, "%s/class", device);
        read_text(path, class, sizeof class);
        snprintf(path, sizeof path, "%s/vendor", device);
        read_text(path, vendor, sizeof vendor);
        unsigned number = (unsigned)strtoul(vendor, NULL, 16);
        if (strncmp(class, "0x03", 4) == 0 && vendor_name(number)) {
            driver_of(device, driver, sizeof driver);
            snprintf(name, sizeof name, "gpu %s", strrchr(device, '/') + 1);
            m->gpus++;
            tell_gpu(m, name, number, driver);
        }
    }
    globfree(&paths);
}

/* ---- NVIDIA: library and kernel module go together ---- */

static void look_at_nvidia(const machine *m)
{
    char path[PATH_MAX], text[512], own[64] = "";
    snprintf(path, sizeof path, "%s/proc/driver/nvidia/version", m->root);
    read_text(path, text, sizeof text);
    for (char *rest = NULL, *word = strtok_r(text, " \t\n", &rest); word && !own[0];
         word = strtok_r(NULL, " \t\n", &rest)) {
        size_t digits = strspn(word, "0123456789");
        if (digits >= 2 && word[digits] == '.') {
            snprintf(own, sizeof own, "%s", word);
        }
    }
    if (!own[0]) {
        return;
    }
    const char *library = strstr(m->drivers->nvidia, ".so.");
    if (!library) {
        locl_findings_add(
            m->rows, LOCL_FINDING_WARNING, "nvidia",
            m->container[0]
                ? "start the container with NVIDIA_DRIVER_CAPABILITIES=compute,utility, and in it: echo "
                  "libnvidia-opencl.so.1 > /etc/OpenCL/vendors/nvidia.icd"
                : "install nvidia-opencl-icd of that version",
            "kernel driver %s, but its OpenCL library is not registered, or does not load", own);
    } else if (strcmp(library + 4, own) != 0) {
        locl_findings_add(
            m->rows, LOCL_FINDING_ERROR, "nvidia",
            "start the machine again after an update of the driver, or install the packages of one version",
            "kernel driver %s, but library %s: they only work with the same version", own, library + 4);
    } else {
        locl_findings_add(m->rows, LOCL_FINDING_OK, "nvidia", "", "kernel driver and library %s", own);
    }
}

/* ---- containers ---- */

static void find_container(machine *m)
{
    char path[PATH_MAX], text[FILE_MOST / 16];
    const char *told = getenv("container");
    if (exists(m, "/.dockerenv")) {
        snprintf(m->container, sizeof m->container, "docker");
    } else if (exists(m, "/run/.containerenv")) {
        snprintf(m->container, sizeof m->container, "podman");
    } else if (told && told[0]) {
        snprintf(m->container, sizeof m->container, "%s", told);
    } else {
        snprintf(path, sizeof path, "%s/proc/1/cgroup", m->root);
        read_text(path, text, sizeof text);
        const char *kind = strstr(text, "kubepods") ? "kubernetes"
                           : strstr(text, "docker") ? "docker"
                           : strstr(text, "lxc")    ? "lxc"
                                                    : "";
        snprintf(m->container, sizeof m->container, "%s", kind);
    }
}

static void tell_container(const machine *m)
{
    locl_memory_free left = locl_memory_available();
    char path[PATH_MAX], text[256];
    snprintf(path, sizeof path, "%s/proc/sys/kernel/osrelease", m->root);
    read_text(path, text, sizeof text);
    bool windows = strstr(text, "icrosoft") != NULL;
    if (windows && !exists(m, "/dev/dxg")) {
        locl_findings_add(m->rows, LOCL_FINDING_WARNING, "container",
                          "update WSL (wsl --update) and the GPU's Windows driver",
                          "Windows' subsystem for Linux without /dev/dxg: GPUs are not passed on");
    } else if (m->container[0] && m->gpus && !m->nodes) {
        locl_findings_add(m->rows, LOCL_FINDING_WARNING, "container",
                          "start it with --device /dev/dri (AMD: also --device /dev/kfd; NVIDIA: --gpus all)",
                          "in %s: the machine has %zu GPU%s, but none of their device nodes is passed on",
                          m->container, m->gpus, m->gpus == 1 ? "" : "s");
    } else {
        locl_findings_add(m->rows, LOCL_FINDING_OK, "container", "", "%s%s%s",
                          windows           ? "Windows' subsystem for Linux"
                          : m->container[0] ? "in "
                                            : "in none that is known",
                          windows ? "" : m->container,
                          left.limited ? "; its memory is limited by a control group" : "");
    }
}

void locl_machine_examine(const char *root, const locl_drivers *drivers, locl_findings *rows)
{
    machine m = {.root = root, .drivers = drivers, .rows = rows};
    find_container(&m);
    look_at_all_nodes(&m);
    look_at_gpus(&m);
    look_at_nvidia(&m);
    tell_container(&m);
}
