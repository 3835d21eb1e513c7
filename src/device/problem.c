#include "device/problem.h"

#include "device/inventory.h"

#include <stdarg.h>
#include <stdio.h>

void locl_problem_add(locl_problem *problem, size_t *count, const char *remedy, const char *format, ...)
{
    va_list args;
    if (*count < LOCL_PROBLEMS) {
        va_start(args, format);
        vsnprintf(problem[*count].text, sizeof problem[*count].text, format, args);
        va_end(args);
        snprintf(problem[*count].remedy, sizeof problem[*count].remedy, "%s", remedy);
        (*count)++;
    }
}
