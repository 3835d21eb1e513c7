#include "doctor/unregistered.h"

#include "base/file.h"
#include "doctor/elf_head.h"
#include "doctor/icd.h"
#include "locl/doctor.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

static const char usual_folder[] = "/etc/OpenCL/vendors", cache_name[] = "vendors";

/* Drivers by the name of their library: its versions, and the node of the devices that it is for ("": it is for
 * CPUs). */
static const struct {
    const char *stem, *pattern, *node;
} drivers[] = {
    {"libnvidia-opencl.so", "libnvidia-opencl.so.[0-9]*", "/dev/nvidiactl"},
    {"libamdocl64.so", "libamdocl64.so*", "/dev/kfd"},
    {"libigdrcl.so", "libigdrcl.so*", "/dev/dri/renderD*"},
    {"libintelocl.so", "libintelocl.so*", ""},
    {"libpocl.so", "libpocl.so.[0-9]*", ""},
};

/* Where a linker looks without being told. */
static const char *const linked[] = {
    "/lib/*-linux-gnu", "/usr/lib/*-linux-gnu", "/lib64", "/usr/lib64", "/lib", "/usr/lib"};

/* Where vendors, containers and clusters put drivers. */
static const char *const elsewhere[] = {"/usr/lib/*-linux-gnu/intel-opencl",
                                        "/usr/lib64/intel-opencl",
                                        "/usr/lib/intel-opencl",
                                        "/usr/local/lib/intel-opencl",
                                        "/usr/lib/*-linux-gnu/nvidia/current",
                                        "/usr/local/nvidia/lib64",
                                        "/usr/local/nvidia/lib",
                                        "/usr/local/lib",
                                        "/usr/local/lib64",
                                        "/opt/rocm/lib",
                                        "/opt/rocm/opencl/lib",
                                        "/opt/rocm-*/lib",
                                        "/opt/amdgpu/lib/*-linux-gnu",
                                        "/opt/amdgpu-pro/lib/*-linux-gnu",
                                        "/usr/lib/wsl/lib",
                                        "/usr/lib/wsl/drivers/*",
                                        "/.singularity.d/libs",
                                        "/run/opengl-driver/lib",
                                        "/opt/intel/oneapi/compiler/latest/lib",
                                        "/opt/intel/oneapi/redist/lib"};

/* What is found while it is looked for. */
typedef struct search {
    const char *root;
    const locl_icd_list *registered;
    bool found[sizeof drivers / sizeof *drivers]; /* in a folder that was looked in */
    locl_unregistered *out;
} search;

/* ---- one folder ---- */

static bool there_is(const char *root, const char *pattern)
{
    char full[PATH_MAX];
    glob_t paths = {0};
    snprintf(full, sizeof full, "%s%s", root, pattern);
    bool found = glob(full, GLOB_NOSORT, NULL, &paths) == 0;
    globfree(&paths);
    return found;
}

/* Finds a library of that pattern that this process could load; the first by name is the one without a version. */
static bool find_library(const char *root, const char *folder, const char *pattern, char *out, size_t size)
{
    char full[PATH_MAX], flaw[256];
    glob_t paths = {0};
    bool found = false;
    snprintf(full, sizeof full, "%s%s/%s", root, folder, pattern);
    size_t count = glob(full, 0, NULL, &paths) == 0 ? paths.gl_pathc : 0;
    for (size_t i = 0; i < count && !found; i++) {
        found = strlen(paths.gl_pathv[i]) < size && locl_elf_fits(paths.gl_pathv[i], flaw, sizeof flaw);
        snprintf(out, found ? size : 0, "%s", paths.gl_pathv[i]);
    }
    globfree(&paths);
    return found;
}

static const char *name_of(const char *library)
{
    const char *slash = strrchr(library, '/');
    return slash ? slash + 1 : library;
}

/* Returns the ICD file that names the library, by whatever path, if nothing is known against it, or NULL. */
static const locl_icd *registered_by(const locl_icd_list *list, const char *stem)
{
    for (size_t i = 0; i < list->count; i++) {
        const locl_icd *icd = &list->icd[i];
        if (!icd->flaw[0] && !strncmp(name_of(icd->library), stem, strlen(stem))) {
            return icd;
        }
    }
    return NULL;
}

/* Adds the folder of a library to those that the linker has to be told of. */
static void add_folder(locl_unregistered *out, const char *library)
{
    size_t length = strlen(out->folders), more = (size_t)(strrchr(library, '/') - library);
    if (length + more + 2 < sizeof out->folders) {
        snprintf(out->folders + length, sizeof out->folders - length, "%s%.*s", length ? ":" : "", (int)more,
                 library);
    }
}

static void take(search *s, size_t driver, const char *library, bool linker_looks)
{
    locl_unregistered *out = s->out;
    const char *node = drivers[driver].node;
    const locl_icd *icd = registered_by(s->registered, drivers[driver].stem);
    bool taken = !icd && out->count < LOCL_UNREGISTERED_MOST &&
                 (s->registered->count == 0 || (node[0] && there_is(s->root, node)));
    if (taken) {
        snprintf(out->library[out->count++], PATH_MAX, "%s", library);
    }
    if (!linker_looks && (taken || (icd && !strchr(icd->library, '/')))) {
        add_folder(out, library);
    }
}

/* Looks for all drivers in a folder. Those that were found in an earlier one are left as they are. */
static void look_in(search *s, const char *folder, bool linker_looks)
{
    for (size_t i = 0; i < sizeof drivers / sizeof *drivers; i++) {
        char library[PATH_MAX];
        if (!s->found[i] && find_library(s->root, folder, drivers[i].pattern, library, sizeof library)) {
            s->found[i] = true;
            take(s, i, library, linker_looks);
        }
    }
}

/* ---- all folders ---- */

static void look_in_path(search *s, const char *path)
{
    char *copy = strdup(path), *rest = NULL;
    for (char *folder = copy ? strtok_r(copy, ":", &rest) : NULL; folder;
         folder = strtok_r(NULL, ":", &rest)) {
        if (folder[0] == '/') {
            look_in(s, folder, true);
        }
    }
    free(copy);
}

/* Looks in the folders that a configuration of the linker names, one a line. */
static void look_in_listed(search *s, const char *file)
{
    char line[PATH_MAX];
    FILE *list = fopen(file, "r");
    while (list && fgets(line, sizeof line, list)) {
        line[strcspn(line, " \t\r\n#")] = '\0';
        if (line[0] == '/') {
            look_in(s, line, true);
        }
    }
    if (list) {
        fclose(list);
    }
}

static void look_where_linked(search *s)
{
    char pattern[PATH_MAX];
    glob_t files = {0};
    snprintf(pattern, sizeof pattern, "%s/etc/ld.so.conf.d/*.conf", s->root);
    size_t count = glob(pattern, 0, NULL, &files) == 0 ? files.gl_pathc : 0;
    for (size_t i = 0; i < count; i++) {
        look_in_listed(s, files.gl_pathv[i]);
    }
    globfree(&files);
    for (size_t i = 0; i < sizeof linked / sizeof *linked; i++) {
        look_in(s, linked[i], true);
    }
}

static void read_registered(const char *root, locl_icd_list *list)
{
    char pattern[PATH_MAX];
    glob_t files = {0};
    snprintf(pattern, sizeof pattern, "%s%s/*.icd", root, usual_folder);
    size_t count = glob(pattern, 0, NULL, &files) == 0 ? files.gl_pathc : 0;
    for (size_t i = 0; i < count && list->count < LOCL_ICD_MOST; i++) {
        locl_icd *icd = &list->icd[list->count++];
        snprintf(icd->path, sizeof icd->path, "%s", files.gl_pathv[i]);
        locl_icd_read(icd);
    }
    globfree(&files);
}

static void search_all(const char *root, const char *path, locl_icd_list *registered, locl_unregistered *out)
{
    search s = {.root = root, .registered = registered, .out = out};
    read_registered(root, registered);
    if (path) {
        look_in_path(&s, path);
    }
    look_where_linked(&s);
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++) {
        look_in(&s, elsewhere[i], false);
    }
}

void locl_unregistered_find(const char *root, const char *path, locl_unregistered *out)
{
    locl_icd_list *registered = calloc(1, sizeof *registered);
    *out = (locl_unregistered){.count = 0};
    if (registered) {
        search_all(root, path, registered, out);
        free(registered);
    }
}

/* ---- the folder that registers them ---- */

/* Finds a folder of one's own: in the cache, or under /tmp where that cannot be written. */
static bool own_folder(char *path, size_t size)
{
    struct stat info;
    if (locl_file_cache_folder(cache_name, path, size)) {
        return true;
    }
    snprintf(path, size, "/tmp/locl-%s-%u", cache_name, (unsigned)geteuid());
    return (mkdir(path, 0700) == 0 || errno == EEXIST) && lstat(path, &info) == 0 && S_ISDIR(info.st_mode) &&
           info.st_uid == geteuid() && !(info.st_mode & 022);
}

static bool write_icd(const char *folder, size_t number, const char *library)
{
    char path[2 * PATH_MAX], line[PATH_MAX + 2];
    const char *name = name_of(library);
    locl_error err;
    snprintf(path, sizeof path, "%s/%02zu-%.*s.icd", folder, number, (int)strcspn(name, "."), name);
    int length = snprintf(line, sizeof line, "%s\n", library);
    return locl_file_exists(path) || locl_file_write(path, line, (size_t)length, &err) == LOCL_OK;
}

/* Makes a folder of ICD files, of those that are registered and of those that are not. It is called after what it
 * holds, so that machines with other drivers, which share a home, have others. */
static bool register_all(const locl_icd_list *registered, const locl_unregistered *found, char *out,
                         size_t size)
{
    const char *library[LOCL_ICD_MOST + LOCL_UNREGISTERED_MOST];
    char own[PATH_MAX];
    size_t count = 0;
    XXH64_hash_t hash = 0;
    for (size_t i = 0; i < registered->count; i++) {
        if (!registered->icd[i].flaw[0]) {
            library[count++] = registered->icd[i].library;
        }
    }
    for (size_t i = 0; i < found->count; i++) {
        library[count++] = found->library[i];
    }
    for (size_t i = 0; i < count; i++) {
        hash = XXH3_64bits_withSeed(library[i], strlen(library[i]) + 1, hash);
    }
    bool made = own_folder(own, sizeof own) &&
                snprintf(out, size, "%s/%016llx", own, (unsigned long long)hash) < (int)size &&
                (mkdir(out, 0700) == 0 || errno == EEXIST);
    for (size_t i = 0; made && i < count; i++) {
        made = write_icd(out, i, library[i]);
    }
    return made;
}

/* Returns whether a variable already says which drivers there are. */
static bool is_told(void)
{
    return getenv("OCL_ICD_VENDORS") || getenv("OPENCL_VENDOR_PATH") || getenv("OCL_ICD_FILENAMES");
}

/* Returns whether OCL_ICD_VENDORS is a folder that was made here, for the program that started this one. */
static bool is_own(void)
{
    char own[PATH_MAX];
    const char *vendors = getenv("OCL_ICD_VENDORS");
    return vendors && own_folder(own, sizeof own) && !strncmp(vendors, own, strlen(own));
}

/* Puts the folders behind what LD_LIBRARY_PATH has. */
static void join(const char *path, const char *folders, char *out, size_t size)
{
    bool both = path && path[0] && folders[0];
    snprintf(out, folders[0] ? size : 0, "%s%s%s", both ? path : "", both ? ":" : "", folders);
}

static void tell_found(const locl_unregistered *found, char *out, size_t size)
{
    for (size_t i = 0, length = 0; i < found->count && length < size; i++, length = strlen(out)) {
        snprintf(out + length, size - length, "%s%s", i ? ", " : "", found->library[i]);
    }
}

static void search_for(const locl_icd_list *registered, const locl_unregistered *found,
                       locl_driver_search *out)
{
    if (found->count && !is_own() && !register_all(registered, found, out->vendors, sizeof out->vendors)) {
        out->vendors[0] = '\0';
    }
    join(getenv("LD_LIBRARY_PATH"), found->folders, out->libraries, sizeof out->libraries);
    tell_found(found, out->found, sizeof out->found);
}

void locl_doctor_find_drivers(locl_driver_search *out)
{
    locl_icd_list *registered = calloc(1, sizeof *registered);
    locl_unregistered *found = calloc(1, sizeof *found);
    *out = (locl_driver_search){.vendors = ""};
    if (registered && found && (!is_told() || is_own())) {
        search_all("", getenv("LD_LIBRARY_PATH"), registered, found);
        search_for(registered, found, out);
    }
    free(registered);
    free(found);
}

void locl_unregistered_examine(locl_findings *rows)
{
    locl_driver_search *given = calloc(1, sizeof *given);
    if (given && is_own()) {
        locl_doctor_find_drivers(given);
        locl_findings_add(rows, LOCL_FINDING_OK, "found drivers", "",
                          "no ICD file of %s names %s; locl uses what is there nevertheless", usual_folder,
                          given->found);
    }
    free(given);
}
