/* Finds what keeps OpenCL from working, as `locl doctor` does. Each driver is examined in a process of its own, with a
 * deadline, so that one that crashes, hangs, prints or ends the process is a row like any other; the process that asks
 * makes no OpenCL call.
 *
 *     int main(int argc, char **argv)
 *     {
 *         int code;
 *         if (locl_doctor_is_child(argc, argv, &code)) { // this process was started to examine a driver
 *             return code;
 *         }
 *         locl_doctor_setup setup = {.program = "/proc/self/exe"};
 *         locl_diagnosis *diagnosis;
 *         if (locl_doctor_run(&setup, &diagnosis, &err) == LOCL_OK) {
 *             for (size_t i = 0; i < locl_diagnosis_rows(diagnosis); i++) { ... locl_diagnosis_row(diagnosis, i) ... }
 *             locl_diagnosis_free(diagnosis);
 *         }
 *     }
 */
#ifndef LOCL_DOCTOR_H
#define LOCL_DOCTOR_H

#include "locl/export.h"
#include "locl/finding.h"
#include "locl/status.h"

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct locl_doctor_setup {
    const char *
        program; /* a program whose main() begins with locl_doctor_is_child(): it is started for each driver */
    double deadline; /* seconds in which a driver has to do something; 0: 20 */
} locl_doctor_setup;

typedef struct locl_diagnosis locl_diagnosis;

/* Examines the machine. Whatever is found is no error: it is a row. *out is the caller's; NULL on error.
 * LOCL_E_USAGE, LOCL_E_MEMORY. */
LOCL_API locl_status locl_doctor_run(const locl_doctor_setup *setup, locl_diagnosis **out, locl_error *err);
LOCL_API void locl_diagnosis_free(locl_diagnosis *diagnosis); /* NULL is fine */
LOCL_API size_t locl_diagnosis_rows(const locl_diagnosis *diagnosis);
LOCL_API const locl_finding *locl_diagnosis_row(const locl_diagnosis *diagnosis, size_t index);
/* Prints one JSON object, as `locl doctor --json` prints it; *out is the caller's to free(). LOCL_E_MEMORY. */
LOCL_API locl_status locl_diagnosis_to_json(const locl_diagnosis *diagnosis, char **out, locl_error *err);

/* Returns whether this process was started by locl_doctor_run(). It has then examined what it was asked to, and should
 * end with *code. */
LOCL_API bool locl_doctor_is_child(int argc, char **argv, int *code);

/* Drivers that are installed though nothing registers them, as in containers and on clusters. */
typedef struct locl_driver_search {
    char vendors
        [4096]; /* for OCL_ICD_VENDORS: a folder that registers them and all that is registered; "" for none */
    char libraries
        [4096]; /* for LD_LIBRARY_PATH: with folders of drivers where the linker would not look; "" for none */
    char found[4096]; /* their libraries, by commas; "" where all that are there are registered */
} locl_driver_search;

/* Looks for such drivers by files alone, and makes that folder, in the cache. It sets no variable: a program does so
 * before its first OpenCL call, and LD_LIBRARY_PATH takes starting again. Where variables say already which drivers
 * there are, nothing is looked for. */
LOCL_API void locl_doctor_find_drivers(locl_driver_search *out);

#ifdef __cplusplus
}
#endif
#endif
