#include "doctor/driver_row.h"

#include "base/text.h"
#include "device/inventory.h"
#include "doctor/elf_head.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const reinstall =
    "update or reinstall the driver's package, or take its ICD file out of the folder";

const char *locl_message_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

const json_t *locl_message_with(const locl_child_result *r, const char *key)
{
    for (size_t i = 0; i < json_array_size(r->messages); i++) {
        const json_t *message = json_array_get(r->messages, i);
        if (json_object_get(message, key)) {
            return message;
        }
    }
    return NULL;
}

const char *locl_driver_library(const locl_driver_facts *facts)
{
    return locl_message_text(locl_message_with(&facts->result, "library"), "library");
}

/* ---- a library that cannot be loaded ---- */

/* Finds a library of that name which the linker passed over, since it is for another machine. */
static bool find_passed_over(const char *library, char *text, size_t size)
{
    static const char *const places[] = {"/usr/lib/*", "/usr/lib", "/usr/lib32", "/usr/lib64",
                                         "/usr/local/lib"};
    bool found = false;
    for (size_t i = 0; i < sizeof places / sizeof *places && !found; i++) {
        char pattern[PATH_MAX + 32], flaw[256];
        glob_t paths = {0};
        snprintf(pattern, sizeof pattern, "%s/%s", places[i], library);
        if (glob(pattern, GLOB_NOSORT, NULL, &paths) == 0 &&
            !locl_elf_fits(paths.gl_pathv[0], flaw, sizeof flaw)) {
            snprintf(text, size, "%s %s", paths.gl_pathv[0], flaw);
            found = true;
        }
        globfree(&paths);
    }
    return found;
}

/* Says what is missing, from dlerror()'s "NAME: cannot open shared object file: ...". */
static void tell_unloadable(const locl_icd *icd, const char *why, locl_findings *rows)
{
    const char *end = strstr(why, ": cannot open shared object file");
    char other[512], remedy[512];
    bool own = end && strlen(icd->library) == (size_t)(end - why) &&
               !strncmp(why, icd->library, (size_t)(end - why));
    if (own && !strchr(icd->library, '/') && find_passed_over(icd->library, other, sizeof other)) {
        locl_findings_add(rows, LOCL_FINDING_ERROR, icd->name,
                          "install the driver's package for this machine, or remove the ICD file",
                          "names %s, which is not found; %s", icd->library, other);
    } else if (own) {
        locl_findings_add(rows, LOCL_FINDING_ERROR, icd->name,
                          "install the driver's package again, or remove the ICD file",
                          "names \"%s\", and no such library is found", icd->library);
    } else if (end) {
        snprintf(remedy, sizeof remedy,
                 "install the package that has %.*s (apt-file search), or remove the ICD file",
                 (int)(end - why), why);
        locl_findings_add(rows, LOCL_FINDING_ERROR, icd->name, remedy,
                          "its library %s needs %.*s, which is not found", icd->library, (int)(end - why),
                          why);
    } else {
        locl_findings_add(rows, LOCL_FINDING_ERROR, icd->name, reinstall, "its library cannot be loaded: %s",
                          why);
    }
}

/* ---- one that can ---- */

/* What a driver gives, and what is odd about it. */
typedef struct summary {
    locl_text platforms, odd, remedy;
    size_t devices, failures;
} summary;

LOCL_PRINTF(3, 4)
static void add_odd(summary *s, const char *remedy, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    locl_text_add(&s->odd, "; %s", text);
    locl_text_add(&s->remedy, "%s%s", s->remedy.length ? "; " : "", remedy);
}

static const char *remedy_of_none(const char *platform)
{
    return !strcmp(platform, "rusticl") && !getenv("RUSTICL_ENABLE")
               ? "set RUSTICL_ENABLE: radeonsi for AMD GPUs, iris for Intel ones, nouveau, or llvmpipe for "
                 "the CPU"
           : !strcmp(platform, "Portable Computing Language")
               ? "unset POCL_DEVICES, and see that $XDG_CACHE_HOME or ~/.cache can be written"
               : "see the rows of variables, device nodes and kernel drivers, or remove the driver's package";
}

static void add_platform(summary *s, const json_t *platform)
{
    const char *name = locl_message_text(platform, "name"), *error = locl_message_text(platform, "error");
    size_t devices = json_array_size(json_object_get(platform, "devices"));
    locl_text_add(&s->platforms, ", platform %s with %zu device%s", name, devices, devices == 1 ? "" : "s");
    s->devices += devices;
    if (error[0]) {
        s->failures++;
        add_odd(s, reinstall, "clGetDeviceIDs: %s", error);
    } else if (!devices) {
        add_odd(s, remedy_of_none(name), "it shows no device%s",
                !strcmp(name, "rusticl") && !getenv("RUSTICL_ENABLE") ? ", since RUSTICL_ENABLE is not set"
                                                                      : "");
    }
}

static void add_cautions(summary *s, const locl_icd *icd, const locl_driver_facts *facts, double deadline)
{
    const locl_child_result *r = &facts->result;
    char text[512];
    if (icd->caution[0]) {
        add_odd(s, "write the full path of the library into the file, alone on one line", "%s", icd->caution);
    }
    if (facts->twin) {
        char remedy[NAME_MAX + 64];
        snprintf(remedy, sizeof remedy, "remove it, or %s", facts->twin->name + strlen("icd "));
        add_odd(s, remedy, "%s registers the same library, whose devices show up twice",
                facts->twin->name + strlen("icd "));
    }
    if (r->printed[0]) {
        add_odd(s, "none needed: locl keeps it out of its results", "it prints when it is loaded: %s",
                r->printed);
    }
    if (r->end != LOCL_CHILD_DONE) {
        locl_child_describe(r, deadline, text, sizeof text);
        add_odd(s, reinstall, "at a program's end it %s", text);
    }
}

static void tell_loaded(const locl_icd *icd, const locl_driver_facts *facts, double deadline,
                        locl_findings *rows)
{
    const char *library = locl_driver_library(facts);
    summary s = {.devices = 0};
    for (size_t i = 0; i < json_array_size(facts->result.messages); i++) {
        const json_t *platform = json_object_get(json_array_get(facts->result.messages, i), "platform");
        if (platform) {
            add_platform(&s, platform);
        }
    }
    add_cautions(&s, icd, facts, deadline);
    locl_findings_add(rows,
                      s.failures     ? LOCL_FINDING_ERROR
                      : s.odd.length ? LOCL_FINDING_WARNING
                                     : LOCL_FINDING_OK,
                      icd->name, s.remedy.length ? s.remedy.data : "", "%s%s%s",
                      library[0] ? library : icd->library, s.platforms.length ? s.platforms.data : "",
                      s.odd.length ? s.odd.data : "");
    rows->failed = rows->failed || s.platforms.failed || s.odd.failed || s.remedy.failed;
    locl_text_free(&s.platforms);
    locl_text_free(&s.odd);
    locl_text_free(&s.remedy);
}

void locl_driver_row(const locl_icd *icd, const locl_driver_facts *facts, double deadline,
                     locl_findings *rows)
{
    const locl_child_result *r = &facts->result;
    const json_t *failed = locl_message_with(r, "failed");
    char text[512];
    if (icd->flaw[0]) {
        locl_findings_add(rows, LOCL_FINDING_ERROR, icd->name, icd->remedy, "%s", icd->flaw);
    } else if (!facts->examined || r->end == LOCL_CHILD_ABSENT) {
        locl_findings_add(rows, LOCL_FINDING_SKIPPED, icd->name,
                          "see that /tmp can be written and processes be started",
                          "%s is registered; it could not be examined", icd->library);
    } else if (!r->done) {
        locl_child_describe(r, deadline, text, sizeof text);
        locl_findings_add(rows, LOCL_FINDING_ERROR, icd->name, reinstall, "the driver %s %s%s%s",
                          icd->library, text, r->printed[0] ? "; printed: " : "", r->printed);
    } else if (failed && !locl_message_text(failed, "remedy")[0]) {
        tell_unloadable(icd, locl_message_text(failed, "failed"), rows);
    } else if (failed) {
        locl_findings_add(rows, LOCL_FINDING_ERROR, icd->name, locl_message_text(failed, "remedy"), "%s %s",
                          icd->library, locl_message_text(failed, "failed"));
    } else {
        tell_loaded(icd, facts, deadline, rows);
    }
}
