/* Driver versions that are known to compute wrongly or to hang, and what to do about each. The one place that the doctor
 * asks; included by trial.c and tests. */
#ifndef LOCL_DOCTOR_KNOWN_BAD_H
#define LOCL_DOCTOR_KNOWN_BAD_H

typedef struct locl_known_bad {
    const char *platform; /* CL_PLATFORM_NAME */
    const char
        *part; /* of CL_PLATFORM_VERSION or CL_DRIVER_VERSION, by which the bad ones are known; "": all */
    const char *what, *remedy;
} locl_known_bad;

/* Returns what is known against a driver, NULL where nothing is. */
const locl_known_bad *locl_known_bad_find(const char *platform, const char *platform_version,
                                          const char *driver);

#endif
