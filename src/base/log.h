/* Raises log events. Their handler is set with locl/log.h. */
#ifndef LOCL_BASE_LOG_H
#define LOCL_BASE_LOG_H

#include "base/error.h"
#include "locl/log.h"

void locl_log(locl_log_level level, const char *format, ...) LOCL_PRINTF(2, 3);

#endif
