#include "doctor/icd.h"

#include "base/file.h"
#include "device/inventory.h"
#include "doctor/elf_head.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char usual_folder[] = "/etc/OpenCL/vendors";
enum { LARGEST_LOADER = 1 << 24 };

LOCL_PRINTF(3, 4)
static void set_flaw(locl_icd *icd, const char *remedy, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(icd->flaw, sizeof icd->flaw, format, args);
    va_end(args);
    snprintf(icd->remedy, sizeof icd->remedy, "%s", remedy);
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n > m && !strcmp(text + n - m, end);
}

/* ---- one ICD file ---- */

static const char *const rewrite = "write the name of the driver's library into it, one line without blanks, "
                                   "reinstall the driver's package, or remove the file";

static const char *const open_folders =
    "let everybody search the folders that lead to it: sudo chmod a+rx on each";

/* Opens the file, where it is one. Returns -1 with the flaw set. */
static int open_icd(locl_icd *icd)
{
    struct stat info;
    if (stat(icd->path, &info)) {
        bool closed = errno == EACCES, link = errno == ENOENT && lstat(icd->path, &info) == 0;
        set_flaw(icd, closed ? open_folders : "reinstall the driver's package, or remove the file", "%s",
                 link ? "is a link that leads nowhere" : strerror(errno));
        return -1;
    }
    if (!S_ISREG(info.st_mode)) {
        set_flaw(icd, "remove it: an ICD file is a text file that holds the name of a library",
                 "is no file but %s",
                 S_ISDIR(info.st_mode) ? "a folder" : "a pipe or a device, at which loaders wait for ever");
        return -1;
    }
    int fd = open(icd->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        set_flaw(icd, "make it readable: sudo chmod a+r on the file", "cannot be read: %s", strerror(errno));
    }
    return fd;
}

/* Takes the library's name from the text of a file, as the loader does: its first line, as it stands. */
static void take_name(locl_icd *icd, const char *text, size_t size)
{
    size_t line = strcspn(text, "\n"), blanks = strspn(text, " \t");
    const char *end = text + line;
    if (size == 0) {
        set_flaw(icd, rewrite, "is empty");
    } else if (!memcmp(text,
                       "\x7f"
                       "ELF",
                       size < 4 ? size : 4)) {
        set_flaw(icd, rewrite, "is a library itself; an ICD file holds the name of one");
    } else if (strlen(text) < size) {
        set_flaw(icd, rewrite, "holds binary data, no library's name");
    } else if (line == 0) {
        set_flaw(icd, rewrite, "its first line is empty");
    } else if (line >= sizeof icd->library) {
        set_flaw(icd, rewrite, "its first line has %zu characters, which is no library's name", line);
    } else if (!strncmp(text, "\xEF\xBB\xBF", 3)) {
        set_flaw(icd, rewrite, "begins with a byte order mark, which the loader takes for part of the name");
    } else if (end[-1] == '\r') {
        set_flaw(icd, "take the carriage returns away: sudo sed -i 's/\\r$//' on the file",
                 "its line ends with a carriage return, which the loader takes for part of the name");
    } else if (blanks || strchr(" \t", end[-1])) {
        set_flaw(icd, rewrite, "has blanks around the library's name, which the loader takes for part of it");
    } else {
        snprintf(icd->library, sizeof icd->library, "%.*s", (int)line, text);
        if (line + 1 < size) {
            snprintf(icd->caution, sizeof icd->caution,
                     "it has several lines, of which loaders read the first or none");
        }
    }
}

/* Looks at the library where its path is given. Where a name alone is given the dynamic linker knows the place. */
static void look_at_library(locl_icd *icd)
{
    char flaw[256];
    if (!strchr(icd->library, '/')) {
        return;
    }
    if (access(icd->library, F_OK)) {
        bool absent = errno == ENOENT;
        set_flaw(icd,
                 errno == EACCES ? open_folders
                                 : "install the driver's package again, or remove the ICD file",
                 "names %.300s, which %s%s", icd->library,
                 absent ? "is not there" : "cannot be reached: ", absent ? "" : strerror(errno));
    } else if (access(icd->library, R_OK)) {
        set_flaw(icd, "make the library readable: sudo chmod a+r on it",
                 "names %.300s, which cannot be read: %s", icd->library, strerror(errno));
    } else if (!locl_elf_fits(icd->library, flaw, sizeof flaw)) {
        set_flaw(
            icd,
            "name a library for this machine: install the driver's package for it, or remove the ICD file",
            "names %.240s, which %s", icd->library, flaw);
    } else if (icd->library[0] != '/') {
        snprintf(icd->caution, sizeof icd->caution, "its library is found from the present folder only");
    }
}

void locl_icd_read(locl_icd *icd)
{
    char text[2 * PATH_MAX];
    int fd = open_icd(icd);
    if (fd < 0) {
        return;
    }
    ssize_t got = read(fd, text, sizeof text - 1);
    if (got < 0) {
        set_flaw(icd, "reinstall the driver's package, or remove the file", "cannot be read: %s",
                 strerror(errno));
    } else {
        text[got] = '\0';
        take_name(icd, text, (size_t)got);
    }
    close(fd);
    if (!icd->flaw[0]) {
        look_at_library(icd);
    }
}

/* ---- all that are registered ---- */

static locl_icd *next(locl_icd_list *list)
{
    locl_icd *icd = list->count < LOCL_ICD_MOST ? &list->icd[list->count++] : NULL;
    if (icd) {
        *icd = (locl_icd){.path = ""};
    }
    return icd;
}

static void add_file(locl_icd_list *list, const char *path)
{
    const char *slash = strrchr(path, '/');
    locl_icd *icd = next(list);
    if (icd) {
        snprintf(icd->name, sizeof icd->name, "icd %s", slash ? slash + 1 : path);
        snprintf(icd->path, sizeof icd->path, "%s", path);
        locl_icd_read(icd);
    }
}

/* Adds a library that a variable names. */
static void add_library(locl_icd_list *list, const char *variable, const char *library)
{
    locl_icd *icd = next(list);
    if (icd) {
        snprintf(icd->name, sizeof icd->name, "icd %s of %s", library, variable);
        snprintf(icd->library, sizeof icd->library, "%s", library);
        look_at_library(icd);
    }
}

static int is_icd(const struct dirent *entry)
{
    return ends_with(entry->d_name, ".icd");
}

static void tell_folder(locl_findings *rows, const char *folder, const char *why, size_t files)
{
    const char *of = why ? why : "", *from = why ? ": " : "";
    if (files > LOCL_ICD_MOST) {
        locl_findings_add(
            rows, LOCL_FINDING_WARNING, "icd folder", "remove ICD files whose drivers are not used",
            "%s%s%s: %zu ICD files, of which %d are examined", of, from, folder, files, LOCL_ICD_MOST);
    } else if (files) {
        locl_findings_add(rows, LOCL_FINDING_OK, "icd folder", "", "%s%s%s: %zu ICD file%s", of, from, folder,
                          files, files == 1 ? "" : "s");
    } else {
        char remedy[1024];
        snprintf(remedy, sizeof remedy, "%s%s%s%s", why ? "unset " : "", why ? why : "",
                 why ? ", which hides the usual ones, or " : "", locl_install_remedy);
        locl_findings_add(rows, LOCL_FINDING_ERROR, "icd folder", remedy,
                          "%s%s%s has no ICD file (*.icd): no driver is registered", of, from, folder);
    }
}

/* Adds the ICD files of a folder. `why`: the variable that names it, or NULL. */
static void add_folder(locl_icd_list *list, const char *folder, const char *why, locl_findings *rows)
{
    struct dirent **entry = NULL;
    int count = scandir(folder, &entry, is_icd, alphasort);
    if (count < 0) {
        char remedy[1024];
        snprintf(remedy, sizeof remedy, "%s%s%s%s", why ? "unset " : "", why ? why : "", why ? ", or " : "",
                 errno == ENOENT ? locl_install_remedy : "make it a folder that everybody may read");
        locl_findings_add(rows, LOCL_FINDING_ERROR, "icd folder", remedy, "%s%s%s: %s", why ? why : "",
                          why ? ": " : "", folder, strerror(errno));
        return;
    }
    tell_folder(rows, folder, why, (size_t)count);
    for (int i = 0; i < count; i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", folder, entry[i]->d_name);
        add_file(list, path);
        free(entry[i]);
    }
    free(entry);
}

/* Returns the value of a variable that is set and not empty, else NULL. */
static const char *value_of(const char *variable)
{
    const char *value = getenv(variable);
    return value && value[0] ? value : NULL;
}

/* Returns whether the loader reads a variable: whether its name is in the library. Unknown loaders do. */
static bool knows(const char *loader, const char *variable)
{
    char *data = NULL;
    size_t size = 0, length = strlen(variable);
    locl_error err;
    if (!loader[0] || locl_file_read(loader, LARGEST_LOADER, LOCL_E_IO, &data, &size, &err) != LOCL_OK) {
        return true;
    }
    bool found = false;
    for (const char *at = data; !found && at && at + length < data + size; at++) {
        at = memchr(at, variable[0], size - (size_t)(at - data));
        if (!at || at + length >= data + size) {
            break;
        }
        found = !memcmp(at, variable, length);
    }
    free(data);
    return found;
}

/* Returns the variable's value where the loader reads it; where it does not, says so. */
static const char *value_for(const char *loader, const char *variable, locl_findings *rows)
{
    const char *value = value_of(variable);
    char name[64];
    if (value && !knows(loader, variable)) {
        snprintf(name, sizeof name, "variable %s", variable);
        locl_findings_add(rows, LOCL_FINDING_WARNING, name,
                          "unset it, or use OCL_ICD_VENDORS, which every loader reads",
                          "is set to \"%.200s\", but the loader %s does not read it", value, loader);
        return NULL;
    }
    return value;
}

/* Adds what OCL_ICD_VENDORS names: a folder, an ICD file (also of the usual folder), or a library. */
static void add_vendors(locl_icd_list *list, const char *value, const char *folder, locl_findings *rows)
{
    static const char variable[] = "OCL_ICD_VENDORS";
    char path[PATH_MAX];
    if (locl_file_is_folder(value)) {
        add_folder(list, value, variable, rows);
    } else if (ends_with(value, ".icd")) {
        snprintf(path, sizeof path, "%s/%s", folder, value);
        bool usual = !strchr(value, '/') && locl_file_exists(path);
        add_file(list, usual ? path : value);
    } else if (strstr(value, ".so")) {
        add_library(list, variable, value);
    } else {
        add_folder(list, value, variable, rows);
    }
}

static void add_filenames(locl_icd_list *list, const char *value)
{
    char *copy = strdup(value), *rest = NULL;
    for (char *name = copy ? strtok_r(copy, ":", &rest) : NULL; name; name = strtok_r(NULL, ":", &rest)) {
        add_library(list, "OCL_ICD_FILENAMES", name);
    }
    free(copy);
}

void locl_icd_find(const char *loader, locl_icd_list *list, locl_findings *rows)
{
    const char *vendors = value_for(loader, "OCL_ICD_VENDORS", rows);
    const char *path = value_for(loader, "OPENCL_VENDOR_PATH", rows);
    const char *names = value_for(loader, "OCL_ICD_FILENAMES", rows);
    list->count = 0;
    if (names) {
        add_filenames(list, names);
    }
    if (vendors) {
        add_vendors(list, vendors, path ? path : usual_folder, rows);
    } else if (path) {
        add_folder(list, path, "OPENCL_VENDOR_PATH", rows);
    } else {
        add_folder(list, usual_folder, NULL, rows);
    }
}
