/* Finds OpenCL drivers that are installed though no ICD file registers them, as in containers and on clusters, by files
 * alone: loads nothing. unregistered.c implements locl_doctor_find_drivers() too. Included by doctor.c and tests. */
#ifndef LOCL_DOCTOR_UNREGISTERED_H
#define LOCL_DOCTOR_UNREGISTERED_H

#include "base/findings.h"

#include <limits.h>
#include <stdbool.h>

enum { LOCL_UNREGISTERED_MOST = 8, LOCL_UNREGISTERED_FOLDERS = 2048 };

typedef struct locl_unregistered {
    char library[LOCL_UNREGISTERED_MOST][PATH_MAX]; /* of drivers that no ICD file names */
    size_t count;
    char folders
        [LOCL_UNREGISTERED_FOLDERS]; /* "a:b": those of drivers, registered or not, where the linker would not look */
} locl_unregistered;

/* Looks in the linker's folders, in those that LD_LIBRARY_PATH (`path`, may be NULL) names, and where vendors put their
 * drivers. A driver of a GPU that is not registered counts where its device node is there, and every driver where no
 * ICD file is there at all. Paths are below `root`, "" for the machine's own. */
void locl_unregistered_find(const char *root, const char *path, locl_unregistered *out);

/* Adds a row where OCL_ICD_VENDORS is a folder that locl_doctor_find_drivers() made. */
void locl_unregistered_examine(locl_findings *rows);

#endif
