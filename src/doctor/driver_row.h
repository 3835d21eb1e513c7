/* Puts what a child found out about a driver into a row. Used by drivers.c. */
#ifndef LOCL_DOCTOR_DRIVER_ROW_H
#define LOCL_DOCTOR_DRIVER_ROW_H

#include "doctor/child.h"
#include "doctor/icd.h"

typedef struct locl_driver_facts {
    bool examined;            /* whether a child was asked */
    locl_child_result result; /* what it said */
    const locl_icd *twin;     /* that registers the same library, or NULL */
} locl_driver_facts;

/* Returns the real path of the library that was loaded, "" where none was. */
const char *locl_driver_library(const locl_driver_facts *facts);
void locl_driver_row(const locl_icd *icd, const locl_driver_facts *facts, double deadline,
                     locl_findings *rows);

/* Returns the first message that has the key, or NULL. */
const json_t *locl_message_with(const locl_child_result *r, const char *key);
const char *locl_message_text(const json_t *object, const char *key); /* returns "" where there is none */

#endif
