#include "check/shape.h"

#include "base/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double unit = 1e-6; /* of real numbers */

/* One entry of a row's `dims`, or of a shape: a name, and what follows the equals sign. */
typedef struct entry {
    const char *name, *value;
    size_t name_length, value_length;
} entry;

/* Reads the entry at *text and steps behind it. Returns false at the end. Without '=' the value is empty. */
static bool next(const char **text, entry *out)
{
    const char *p = *text + strspn(*text, " ");
    size_t length = strcspn(p, " ");
    const char *equals = memchr(p, '=', length);
    *text = p + length;
    *out = (entry){.name = p,
                   .name_length = equals ? (size_t)(equals - p) : length,
                   .value = equals ? equals + 1 : p + length};
    out->value_length = equals ? length - out->name_length - 1 : 0;
    return length > 0;
}

static bool is_choice(const entry *e)
{
    return memchr(e->value, '|', e->value_length);
}

static bool is_real(const entry *e)
{
    return !is_choice(e) && memchr(e->value, '.', e->value_length);
}

/* Returns word number `index` of "a|b|c", NULL past the end. */
static const char *word(const entry *e, size_t index, size_t *length)
{
    const char *p = e->value, *end = e->value + e->value_length;
    for (; p < end; index--) {
        const char *bar = memchr(p, '|', (size_t)(end - p));
        *length = (size_t)((bar ? bar : end) - p);
        if (!index) {
            return p;
        }
        p += *length + 1;
    }
    return NULL;
}

static bool same(const char *a, size_t a_length, const char *b, size_t b_length)
{
    return a_length == b_length && !memcmp(a, b, a_length);
}

static locl_status parse_choice(const entry *dim, const entry *given, size_t *out, locl_error *err)
{
    size_t length = 0;
    const char *w;
    for (size_t i = 0; (w = word(dim, i, &length)); i++) {
        if (same(w, length, given->value, given->value_length)) {
            *out = i;
            return LOCL_OK;
        }
    }
    return locl_fail(err, LOCL_E_CONFIG, "%.*s is %.*s; it may be %.*s", (int)dim->name_length, dim->name,
                     (int)given->value_length, given->value, (int)dim->value_length, dim->value);
}

static locl_status parse_number(const entry *dim, const entry *given, size_t *out, locl_error *err)
{
    char *end;
    bool real = is_real(dim);
    size_t least = dim->value[0] != '0';
    double value = real ? locl_number_read(given->value, &end) : 0;
    unsigned long long whole = real ? 0 : strtoull(given->value, &end, 10);
    if (end != given->value + given->value_length || !given->value_length || !isfinite(value) ||
        fabs(value) > 1e12 || (!real && (given->value[0] == '-' || whole < least))) {
        return locl_fail(err, LOCL_E_CONFIG, "%.*s is %.*s; it should be a%s", (int)dim->name_length,
                         dim->name, (int)given->value_length, given->value,
                         real    ? " real number"
                         : least ? "n integer from 1 on"
                                 : "n integer from 0 on");
    }
    *out = real ? (size_t)llround(value / unit) : (size_t)whole;
    return LOCL_OK;
}

static locl_status set(const locl_op *op, const entry *given, size_t *dim, locl_error *err)
{
    const char *dims = op->dims;
    entry e;
    for (size_t i = 0; next(&dims, &e); i++) {
        if (same(e.name, e.name_length, given->name, given->name_length)) {
            return is_choice(&e) ? parse_choice(&e, given, dim + i, err)
                                 : parse_number(&e, given, dim + i, err);
        }
    }
    return locl_fail(err, LOCL_E_CONFIG, "%s has no dimension \"%.*s\"; it has %s", op->name,
                     (int)given->name_length, given->name, op->dims);
}

locl_status locl_op_shape_change(const locl_op *op, const char *text, size_t dim[LOCL_OP_DIMS],
                                 locl_error *err)
{
    entry given;
    while (next(&text, &given)) {
        LOCL_TRY(set(op, &given, dim, err));
    }
    return LOCL_OK;
}

locl_status locl_op_shape_parse(const locl_op *op, const char *text, size_t dim[LOCL_OP_DIMS],
                                locl_error *err)
{
    const char *dims = op->dims;
    entry e;
    memset(dim, 0, LOCL_OP_DIMS * sizeof *dim);
    for (size_t i = 0; next(&dims, &e); i++) {
        if (!is_choice(&e)) {
            LOCL_TRY(parse_number(&e, &e, dim + i, err));
        }
    }
    return locl_op_shape_change(op, text, dim, err);
}

void locl_op_shape_print(const locl_op *op, const size_t *dim, char *text, size_t size)
{
    const char *dims = op->dims;
    size_t used = 0, length = 0;
    entry e;
    for (size_t i = 0; used < size && next(&dims, &e); i++) {
        used +=
            (size_t)snprintf(text + used, size - used, "%s%.*s=", i ? " " : "", (int)e.name_length, e.name);
        if (used >= size) {
            return;
        }
        if (is_choice(&e)) {
            const char *w = word(&e, dim[i], &length);
            used += (size_t)snprintf(text + used, size - used, "%.*s", w ? (int)length : 1, w ? w : "?");
        } else if (is_real(&e)) {
            used += (size_t)snprintf(text + used, size - used, "%.10g", locl_op_real(dim[i]));
        } else {
            used += (size_t)snprintf(text + used, size - used, "%zu", dim[i]);
        }
    }
}

static size_t word_count(const entry *e)
{
    size_t count = 1;
    for (size_t i = 0; i < e->value_length; i++) {
        count += e->value[i] == '|';
    }
    return count;
}

/* Writes shape *index of those that a cover stands for. Past its last returns false and lowers *index by
 * their number. */
static bool pick(const char *cover, size_t *index, char text[LOCL_OP_SHAPE_TEXT])
{
    size_t used = 0, shapes = 1, length = 0;
    entry e;
    while (used < LOCL_OP_SHAPE_TEXT && next(&cover, &e)) {
        size_t words = word_count(&e);
        const char *w = word(&e, *index / shapes % words, &length);
        used += (size_t)snprintf(text + used, LOCL_OP_SHAPE_TEXT - used, "%s%.*s=%.*s", used ? " " : "",
                                 (int)e.name_length, e.name, w ? (int)length : 0, w ? w : "");
        shapes *= words;
    }
    if (*index < shapes) {
        return true;
    }
    *index -= shapes;
    return false;
}

bool locl_op_shape_at(const locl_op *op, size_t index, char text[LOCL_OP_SHAPE_TEXT])
{
    if (index < op->shapes) {
        snprintf(text, LOCL_OP_SHAPE_TEXT, "%s", op->shape[index]);
        return true;
    }
    index -= op->shapes;
    for (size_t i = 0; i < op->covers; i++) {
        if (pick(op->cover[i], &index, text)) {
            return true;
        }
    }
    return false;
}

double locl_op_real(size_t dim)
{
    return (double)(int64_t)dim / (1 / unit);
}
