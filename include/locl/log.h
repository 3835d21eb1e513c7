/* Log events: what a person may want to know but that is no error, such as a rebuilt cache entry. The library
 * never prints. It passes events to the handler that the program installs, or drops them. */
#ifndef LOCL_LOG_H
#define LOCL_LOG_H

#include "locl/export.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum locl_log_level { LOCL_LOG_DEBUG, LOCL_LOG_INFO, LOCL_LOG_WARNING } locl_log_level;

/* Called from any thread. It must not call the library. */
typedef void (*locl_log_handler)(void *user, locl_log_level level, const char *text);

/* Installs the handler, before any other call of the library. NULL drops all events. */
LOCL_API void locl_log_set_handler(locl_log_handler handler, void *user);

#ifdef __cplusplus
}
#endif
#endif
