/* The version. It stands here alone: the build files read it from these lines. Before 1.0 a new minor version
 * may break programs, and the soname changes with it. From 1.0 on only a new major version may.
 * docs/library.md says what a version promises. */
#ifndef LOCL_VERSION_H
#define LOCL_VERSION_H

#include "locl/export.h"

#ifdef __cplusplus
extern "C" {
#endif

#define LOCL_VERSION_MAJOR 0
#define LOCL_VERSION_MINOR 1
#define LOCL_VERSION_PATCH 0

/* The version as one number, 10203 for 1.2.3, for #if and for comparison with locl_version_number(). */
#define LOCL_VERSION_NUMBER (LOCL_VERSION_MAJOR * 10000 + LOCL_VERSION_MINOR * 100 + LOCL_VERSION_PATCH)

/* Return the version of the library that runs, which may be later than the one compiled with. */
LOCL_API const char *locl_version(void); /* "0.1.0" */
LOCL_API int locl_version_number(void);  /* 100 */

#ifdef __cplusplus
}
#endif
#endif
