/* A clock that only goes forward, for rates and idle shares. Nothing that is computed depends on it. */
#ifndef LOCL_BASE_CLOCK_H
#define LOCL_BASE_CLOCK_H

#include "locl/support.h" /* locl_clock_seconds() */

#endif
