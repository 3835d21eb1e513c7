/* Raising log events; who receives them is locl/log.h's matter. Included wherever something is worth telling
 * that is no error. */
#ifndef LOCL_BASE_LOG_H
#define LOCL_BASE_LOG_H

#include "base/error.h"
#include "locl/log.h"

void locl_log(locl_log_level level, const char *format, ...) LOCL_PRINTF(2, 3);

#endif
