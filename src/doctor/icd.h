/* Finds what the OpenCL loader would load, by its files and variables alone: reads ICD files and the heads of
 * libraries, loads nothing. Included by doctor.c, drivers.c and tests. */
#ifndef LOCL_DOCTOR_ICD_H
#define LOCL_DOCTOR_ICD_H

#include "base/findings.h"

#include <limits.h>

enum { LOCL_ICD_MOST = 128, LOCL_ICD_DETAIL = 512 };

/* A driver that is registered: an ICD file, or a library that a variable names. */
typedef struct locl_icd {
    char name[NAME_MAX + 32];      /* "icd pocl.icd", of its row */
    char path[PATH_MAX];           /* of the ICD file; "" where a variable names the library */
    char library[PATH_MAX];        /* as the file names it */
    char flaw[LOCL_ICD_DETAIL];    /* why it can't be loaded; "" where nothing is known against it */
    char remedy[LOCL_ICD_DETAIL];  /* of the flaw */
    char caution[LOCL_ICD_DETAIL]; /* what is odd about it although it may work; "" mostly */
} locl_icd;

typedef struct locl_icd_list {
    locl_icd icd[LOCL_ICD_MOST];
    size_t count;
} locl_icd_list;

/* Fills the list with what the loader at `loader` (a path, for what it knows; "" for the usual) would load under the
 * variables of this process, and adds rows about folders and variables that do not lead anywhere. */
void locl_icd_find(const char *loader, locl_icd_list *list, locl_findings *rows);
/* Reads an ICD file, as far as `name` and `path` say which: fills the rest. */
void locl_icd_read(locl_icd *icd);

#endif
