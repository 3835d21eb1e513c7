#include "base/number.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

/* Makes the C locale the thread's. Returns what leave() takes; without memory nothing changes. */
static locale_t enter(locale_t *plain)
{
    *plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    return *plain ? uselocale(*plain) : (locale_t)0;
}

static void leave(locale_t plain, locale_t before)
{
    if (plain) {
        uselocale(before);
        freelocale(plain);
    }
}

double locl_number_read(const char *text, char **end)
{
    locale_t plain, before = enter(&plain);
    double value = strtod(text, end);
    leave(plain, before);
    return value;
}

void locl_number_write(double value, int digits, char *out, size_t size)
{
    locale_t plain, before = enter(&plain);
    snprintf(out, size, "%.*g", digits, value);
    leave(plain, before);
}
