#include "device/condition.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *name;
    double bytes;
} units[] = {{"b", 1},
             {"kb", 1e3},
             {"mb", 1e6},
             {"gb", 1e9},
             {"tb", 1e12},
             {"kib", 1024.0},
             {"mib", 1024.0 * 1024},
             {"gib", 1024.0 * 1024 * 1024},
             {"tib", 1024.0 * 1024 * 1024 * 1024}};

static const struct {
    const char *word;
    locl_comparison comparison;
} comparisons[] = {{">=", LOCL_AT_LEAST},      {"<=", LOCL_AT_MOST},      {">", LOCL_MORE},
                   {"<", LOCL_LESS},           {"=", LOCL_EQUAL},         {"at least ", LOCL_AT_LEAST},
                   {"at most ", LOCL_AT_MOST}, {"more than ", LOCL_MORE}, {"less than ", LOCL_LESS},
                   {"exactly ", LOCL_EQUAL}};

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " \t");
}

/* Reads a number without a sign, and moves *text behind it. */
static bool take_number(const char **text, double *out)
{
    const char *at = *text;
    double scale = 1;
    bool some = false;
    *out = 0;
    for (; isdigit((unsigned char)*at); at++, some = true) {
        *out = *out * 10 + (*at - '0');
    }
    if (some && *at == '.') {
        for (at++; isdigit((unsigned char)*at); at++) {
            *out += (scale /= 10) * (*at - '0');
        }
    }
    *text = at;
    return some && isfinite(*out);
}

/* Reads a unit; without one the value is in bytes if it is 0. */
static bool take_unit(const char *text, double *value)
{
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (!strcasecmp(text, units[i].name)) {
            *value *= units[i].bytes;
            return true;
        }
    }
    return !*text && !(*value > 0);
}

static bool read_value(const char *text, locl_quantity of, double *out)
{
    char unit[8];
    text = skip_blanks(text);
    if (!take_number(&text, out)) {
        return false;
    }
    text = skip_blanks(text);
    size_t length = strlen(text);
    while (length && isspace((unsigned char)text[length - 1])) {
        length--;
    }
    if (length >= sizeof unit) {
        return false;
    }
    snprintf(unit, sizeof unit, "%.*s", (int)length, text);
    return of == LOCL_QUANTITY_BYTES ? take_unit(unit, out) : !unit[0];
}

bool locl_condition_read(const char *text, locl_quantity of, locl_condition *out)
{
    text = skip_blanks(text);
    *out = (locl_condition){.comparison = LOCL_AT_LEAST};
    for (size_t i = 0; i < sizeof comparisons / sizeof comparisons[0]; i++) {
        size_t length = strlen(comparisons[i].word);
        if (!strncasecmp(text, comparisons[i].word, length)) {
            out->comparison = comparisons[i].comparison;
            text += length;
            break;
        }
    }
    return read_value(text, of, &out->value);
}

bool locl_condition_holds(const locl_condition *c, double value)
{
    switch (c->comparison) {
    case LOCL_AT_LEAST:
        return value >= c->value;
    case LOCL_MORE:
        return value > c->value;
    case LOCL_AT_MOST:
        return value <= c->value;
    case LOCL_LESS:
        return value < c->value;
    case LOCL_EQUAL:
        break;
    }
    return !(value < c->value) && !(value > c->value);
}

bool locl_size_read(const char *text, double *bytes)
{
    return read_value(text, LOCL_QUANTITY_BYTES, bytes);
}

void locl_size_write(double bytes, char *out, size_t size)
{
    static const char *const names[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    size_t i = 0;
    for (; bytes >= 1024 && i + 1 < sizeof names / sizeof names[0]; i++) {
        bytes /= 1024;
    }
    snprintf(out, size, "%.*f %s", i ? 1 : 0, bytes, names[i]);
}
