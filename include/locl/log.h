/* Log events: what a person may want to know but that is no error (a cache entry rebuilt, a device passed
 * over). The library never prints: events go to the handler that the program installs, or nowhere. */
#ifndef LOCL_LOG_H
#define LOCL_LOG_H

#include "locl/export.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum locl_log_level { LOCL_LOG_DEBUG, LOCL_LOG_INFO, LOCL_LOG_WARNING } locl_log_level;

/* May be called from any thread; must not call the library. */
typedef void (*locl_log_handler)(void *user, locl_log_level level, const char *text);

/* Before anything else of the library; NULL: nowhere. */
LOCL_API void locl_log_set_handler(locl_log_handler handler, void *user);

#ifdef __cplusplus
}
#endif
#endif
