/* Examines each registered driver in a child of its own, then all of them together as programs see them, then each
 * device. Used by doctor.c. */
#ifndef LOCL_DOCTOR_DRIVERS_H
#define LOCL_DOCTOR_DRIVERS_H

#include "doctor/icd.h"
#include "locl/doctor.h"

enum { LOCL_SEEN_MOST = 64 };

/* A device that programs see. */
typedef struct locl_seen {
    char selector[32]; /* "0:1" */
    char platform[128], name[128], driver[128], type[16];
    long vendor_id;
} locl_seen;

typedef struct locl_drivers {
    locl_icd_list icds;
    locl_seen seen[LOCL_SEEN_MOST];
    size_t count;
    bool listed;           /* whether `seen` is what there is: nothing kept it from being found out */
    char nvidia[PATH_MAX]; /* NVIDIA's library, where one is registered and loaded; else "" */
} locl_drivers;

/* Fills *out, but for `icds`, which it reads, and adds rows. */
void locl_drivers_examine(const locl_doctor_setup *setup, locl_drivers *out, locl_findings *rows);

#endif
